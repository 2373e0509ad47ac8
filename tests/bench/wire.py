"""The smallest LSP client that can be timed: standard library only, over a child's standard input and output."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any


class Wire:
    """A server process, and the messages to and from it."""

    def __init__(self, argv: list[str], environment: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=cwd
        )
        self._last = 0

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    @property
    def pid(self) -> int:
        return self._process.pid

    def request(self, method: str, params: object) -> Any:
        """The result of a request; what else arrives meanwhile is answered with null or passed over."""
        self._last += 1
        number = self._last
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(message["error"])
                return message.get("result")
            if "id" in message and "method" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})

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
        return self.request("workspace/executeCommand", {"command": name, "arguments": [argument]})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise EOFError("the server went away")
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message
