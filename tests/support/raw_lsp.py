"""LSP by hand over the real pump, for what a well-behaved client would never send."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from support.lens_client import DEADLINE, PUMP, Home

INITIALIZE: dict[str, Any] = {"processId": None, "capabilities": {}}


class RawSession:
    """One pump with its pipes. `async with` starts it, and ends it without ceremony."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._number = 0

    async def __aenter__(self) -> Self:
        self.process = await asyncio.create_subprocess_exec(
            *PUMP,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._home.environment,
            cwd=self._home.root,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.ended()

    async def ended(self) -> int:
        """The pump's exit code."""
        async with asyncio.timeout(DEADLINE):
            return await self.process.wait()

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def send_body(self, body: bytes) -> None:
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def notify(self, method: str, params: Any = None) -> None:
        self.send_body(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    async def request(self, method: str, params: Any = None) -> dict[str, Any]:
        """The whole answer, result or error."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self.send_body(json.dumps(message).encode())
        return await self.answer(self._number)

    async def answer(self, number: int | None) -> dict[str, Any]:
        """The answer with this id; other messages before it are dropped."""
        while True:
            message = await self.receive()
            if "method" not in message and message.get("id") == number:
                return message

    async def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            length = 0
            while (line := await self.process.stdout.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert length, "the server closed the connection"
            return json.loads(await self.process.stdout.readexactly(length))  # type: ignore[no-any-return]

    async def initialize(self) -> None:
        assert "result" in await self.request(
            "initialize", {**INITIALIZE, "rootUri": self._home.root.as_uri()}
        )
        self.notify("initialized", {})
