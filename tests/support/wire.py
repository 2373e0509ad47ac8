"""The smallest LSP client that can be timed: standard library only, over a child's standard input and output."""

import json
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

DEADLINE = 120.0  # seconds that a server may be silent while something is waited for
CHUNK = 1 << 16


class Wire:
    """A server process, and the messages to and from it. `events` are those of followed runs, as they came."""

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=cwd, bufsize=0
        )
        self.events: list[dict[str, Any]] = []
        self._last = 0
        self._bytes = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def kill(self) -> None:
        """`kill -9`; what had been said before can still be read."""
        self.process.kill()
        self.process.wait(30)

    # saying --------------------------------------------------------------------------------------------
    def request(self, method: str, params: object) -> Any:
        """The result of a request; what else arrives meanwhile is answered with null or kept."""
        self._last += 1
        number = self._last
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(message["error"])
                return message.get("result")
            self._take(message)

    def notify(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def initialize(self, root: Path, **options: object) -> float:
        """Seconds from the start of the process to the answer."""
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "capabilities": {},
                "initializationOptions": options,
            },
        )
        taken = time.perf_counter() - self.started
        self.notify("initialized", {})
        return taken

    def open(self, path: Path, text: str) -> None:
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def lenses(self, path: Path) -> Any:
        return self.request("textDocument/codeLens", {"textDocument": {"uri": path.as_uri()}})

    def command(self, name: str, **argument: object) -> Any:
        """What `dspyLens.NAME` answers to one object."""
        params = {"command": f"dspyLens.{name}", "arguments": [argument]}
        return self.request("workspace/executeCommand", params)

    # hearing -------------------------------------------------------------------------------------------
    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event of a followed run that is wanted, whether it has come or not."""
        while (found := next((it for it in self.events if wanted(it)), None)) is None:
            self._take(self._read())
        return found

    def heard(self) -> list[dict[str, Any]]:
        """The events that have arrived by now, also from a server that is gone."""
        try:
            while True:
                if (message := self._whole()) is not None:
                    self._take(message)
                elif self._ready(0.0):
                    self._more(0.0)
                else:
                    return self.events
        except EOFError:
            return self.events

    def gone(self) -> int:
        """Reads on to the end of the server, and returns its exit code."""
        try:
            while True:
                self._take(self._read())
        except EOFError:
            return self.process.wait(30)

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message and "method" in message:
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
        elif message.get("method") == "dspyLens/event":
            self.events.append(message["params"])

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def _read(self) -> dict[str, Any]:
        while (message := self._whole()) is None:
            self._more(DEADLINE)
        return message

    def _whole(self) -> dict[str, Any] | None:
        """The next message, once all of it has arrived."""
        head, gap, rest = self._bytes.partition(b"\r\n\r\n")
        if not gap:
            return None
        headers = (it.partition(b":") for it in head.lower().split(b"\r\n"))
        length = next(int(value) for name, _, value in headers if name == b"content-length")
        if len(rest) < length:
            return None
        self._bytes = rest[length:]
        message: dict[str, Any] = json.loads(rest[:length])
        return message

    def _more(self, seconds: float) -> None:
        if not self._ready(seconds):
            raise TimeoutError(f"the server said nothing for {seconds:g} seconds")
        assert self.process.stdout is not None
        part = os.read(self.process.stdout.fileno(), CHUNK)
        if not part:
            raise EOFError("the server went away")
        self._bytes += part

    def _ready(self, seconds: float) -> bool:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            return bool(selector.select(seconds))
