"""A small JSON-RPC client: one thread reads, everything else happens in the caller's."""

import contextlib
import itertools
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from json import loads
from queue import SimpleQueue
from types import FrameType
from typing import Any, Literal

from dspy_lens.cli.errors import Ended, MayNotAsk
from dspy_lens.daemon.frames import BadFrame, frame, read_header

Handler = Callable[[Any], Any]
Signal = Literal["gone", "interrupted"]
METHOD_NOT_FOUND = -32601


class Gone(Ended):
    """The daemon is no longer there."""


class Interrupted(Exception):
    """Ctrl-C, raised where it can do no harm."""


class Connection:
    """One session with the daemon. `handlers` answer what it asks; notifications go to `handlers` too.

    Ctrl-C arrives as one more message while `interrupts` is active, so that nothing is cut off halfway.
    """

    def __init__(self, connected: socket.socket, handlers: Mapping[str, Handler]) -> None:
        self._socket = connected
        self._handlers = handlers
        self._numbers = itertools.count(1)
        # Reentrant: a signal handler may put while the same thread gets.
        self._inbox: SimpleQueue[dict[str, Any] | Signal] = SimpleQueue()
        self._events: deque[dict[str, Any]] = deque()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def request(self, method: str, params: Any) -> Any:
        """The result of a request; what arrives meanwhile is handled."""
        number = next(self._numbers)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == number:
                return _result(message)
            self._handle(message)

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def event(self) -> dict[str, Any]:
        """The next event of a followed run; raises Interrupted on Ctrl-C and Gone without a daemon."""
        while not self._events:
            self._handle(self._receive())
        return self._events.popleft()

    @contextlib.contextmanager
    def interrupts(self) -> Iterator[None]:
        """Makes Ctrl-C a message instead of an exception anywhere."""

        def interrupt(number: int, where: FrameType | None) -> None:
            self._inbox.put("interrupted")

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def close(self) -> None:
        """Ends the session; the daemon and its runs go on."""
        with contextlib.suppress(Ended, Interrupted):
            self.request("shutdown", None)
            self.notify("exit", None)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._socket.close()

    def _receive(self) -> dict[str, Any]:
        message = self._inbox.get()
        if message == "interrupted":
            raise Interrupted
        if isinstance(message, str):
            self._inbox.put("gone")  # for whoever asks next
            raise Gone("The daemon went away. Run the command again; runs go on without it.")
        return message

    def _handle(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            return  # an answer that nobody waits for any more
        handler = self._handlers.get(method)
        if "id" in message:
            self._answer(message, handler)
        elif method == "dspyLens/event":
            self._events.append(message["params"])
        elif handler is not None:
            handler(message.get("params"))

    def _answer(self, message: dict[str, Any], handler: Handler | None) -> None:
        if handler is None:
            error = {"code": METHOD_NOT_FOUND, "message": f"{message['method']} is not known here"}
            self._send({"jsonrpc": "2.0", "id": message["id"], "error": error})
            return
        try:
            result = handler(message.get("params"))
        except MayNotAsk:
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            raise
        self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.sendall(frame(message))
        except OSError as error:
            raise Gone("The daemon went away. Run the command again; runs go on without it.") from error

    def _read(self) -> None:
        with contextlib.suppress(OSError, BadFrame, ValueError), self._socket.makefile("rb") as stream:
            while header := read_header(stream.readline):
                body = stream.read(header[1])
                if len(body) < header[1]:
                    break
                self._inbox.put(loads(body))
        self._inbox.put("gone")


def _result(message: dict[str, Any]) -> Any:
    if error := message.get("error"):
        raise Ended(f"The daemon could not answer: {error.get('message')}. Run `dspy-lens doctor`.")
    return message.get("result")
