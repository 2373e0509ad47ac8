"""`dspy-lens lsp`: what an editor starts. Finds or starts the daemon of its root and pumps bytes.

Standard library and platformdirs only, since an editor waits for it. It keeps no state: it ends when
the editor does, and when the daemon goes it exits with an error, so that the editor starts it again.
"""

import json
import os
import socket
import sys
import threading
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from dspy_lens.daemon.connect import NoDaemon, attach, here
from dspy_lens.daemon.frames import BadFrame, read_header
from dspy_lens.paths import Paths, root_of

CHUNK = 1 << 16
TAIL = 4096  # bytes in which a farewell is looked for
LAST_WORDS = 5.0  # seconds for answers that are still on their way when the editor has closed its end


def main(argv: Sequence[str] = ()) -> int:
    """Runs until either side goes. What editors append (`--stdio` and the like) is ignored."""
    stdin = sys.stdin.buffer
    assert isinstance(stdin, BufferedReader)
    try:
        first = _first_message(stdin)
        if not first:
            return 0
        paths = Paths.of(root_of(folder_of(_params(first))))
        connection = attach(paths, here("editor"))
    except (BadFrame, NoDaemon, OSError) as error:
        sys.stderr.write(f"dspy-lens: {error}\n")
        return 1
    return Pump(connection, stdin, sys.stdout.fileno()).run(first)


class Pump:
    """Bytes from the editor to the daemon in a thread, and back in this one."""

    def __init__(self, connection: socket.socket, stdin: BufferedReader, stdout: int) -> None:
        self._connection = connection
        self._stdin = stdin
        self._stdout = stdout
        self._tail = b""
        self._closed = False

    def run(self, first: bytes) -> int:
        """The exit code: 0 when the editor left, 1 when the daemon did."""
        self._send(first)
        threading.Thread(target=self._up, daemon=True).start()
        self._down()
        return 0 if self._closed or self._said_goodbye() else 1

    def _up(self) -> None:
        while part := self._stdin.read1(CHUNK):
            if not self._send(part):
                return
        self._closed = True
        try:
            # Half closed: what the daemon still has to say is passed on before it closes its own half.
            self._connection.shutdown(socket.SHUT_WR)
            self._connection.settimeout(LAST_WORDS)
        except OSError:
            pass

    def _down(self) -> None:
        try:
            while part := self._connection.recv(CHUNK):
                _write(self._stdout, part)
        except OSError:
            return

    def _send(self, part: bytes) -> bool:
        self._tail = (self._tail + part)[-TAIL:]
        try:
            self._connection.sendall(part)
        except OSError:
            return False
        return True

    def _said_goodbye(self) -> bool:
        return b'"exit"' in self._tail and b'"shutdown"' in self._tail


def folder_of(params: dict[str, Any]) -> Path:
    """The folder that an initialize names: its first workspace folder, root, or else the current one."""
    folders = params.get("workspaceFolders")
    first = folders[0] if isinstance(folders, list) and folders else {}
    uri = first.get("uri") if isinstance(first, dict) else None
    for candidate in (_path(uri), _path(params.get("rootUri")), params.get("rootPath")):
        if isinstance(candidate, str) and candidate and Path(candidate).is_dir():
            return Path(candidate)
    return Path.cwd()


def _path(uri: object) -> str | None:
    if not isinstance(uri, str) or not uri.startswith("file://"):
        return None
    _, slash, rest = uri.removeprefix("file://").partition("/")
    return os.fsdecode(unquote_to_bytes(slash + rest))


def _first_message(stdin: BufferedReader) -> bytes:
    header = read_header(stdin.readline)
    if header is None:
        return b""
    raw, length = header
    return raw + stdin.read(length)


def _params(message: bytes) -> dict[str, Any]:
    try:
        params = json.loads(message.partition(b"{")[1] + message.partition(b"{")[2]).get("params")
    except ValueError:
        return {}
    return params if isinstance(params, dict) else {}


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def leave(code: int) -> NoReturn:
    """Ends the process at once."""
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread may still sit in a read of standard input, whose lock an orderly exit would want: Python would abort.
    os._exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
