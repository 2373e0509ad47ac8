"""The terminal's own LSP client, against a peer that speaks as the daemon does."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from dspy_lens.cli.connection import Connection, Gone, Handler
from dspy_lens.cli.errors import Ended, MayNotAsk
from dspy_lens.daemon.frames import frame, read_header

Message = dict[str, Any]


class Peer:
    """The other end: reads and writes whole messages."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._stream = end.makefile("rb")

    def read(self) -> Message:
        header = read_header(self._stream.readline)
        assert header is not None
        message: Message = json.loads(self._stream.read(header[1]))
        return message

    def write(self, **message: Any) -> None:
        self._end.sendall(frame({"jsonrpc": "2.0", **message}))

    def hang_up(self) -> None:
        self._end.shutdown(socket.SHUT_RDWR)


@contextmanager
def talking(script: Callable[[Peer], None], **handlers: Handler) -> Iterator[Connection]:
    """A connection to a peer that follows a script and then hangs up."""
    here, there = socket.socketpair()
    peer = Peer(there)

    def play() -> None:
        script(peer)
        peer.hang_up()

    thread = threading.Thread(target=play)
    thread.start()
    with closing(there), closing(peer._stream):
        connection = Connection(here, {name.replace("_", "/"): it for name, it in handlers.items()})
        try:
            yield connection
        finally:
            connection.close()
            thread.join()


def test_a_request_gets_its_answer_whatever_comes_before() -> None:
    def script(peer: Peer) -> None:
        asked = peer.read()
        peer.write(method="dspyLens/changed", params={})
        peer.write(id="7", method="window/showMessageRequest", params={"message": "Really?"})
        assert peer.read() == {"jsonrpc": "2.0", "id": "7", "result": {"title": "Yes"}}
        peer.write(id=asked["id"], result={"run": "one"})

    with talking(script, window_showMessageRequest=lambda params: {"title": "Yes"}) as connection:
        assert connection.request("workspace/executeCommand", {}) == {"run": "one"}


def test_what_the_terminal_does_not_know_is_answered_with_an_error() -> None:
    def script(peer: Peer) -> None:
        asked = peer.read()
        peer.write(id=1, method="window/showDocument", params={})
        assert peer.read()["error"]["code"] == -32601
        peer.write(id=asked["id"], result=None)

    with talking(script) as connection:
        assert connection.request("anything", {}) is None


def test_a_question_that_may_not_be_asked_is_answered_before_the_verb_ends() -> None:
    replies: list[Message] = []

    def script(peer: Peer) -> None:
        peer.read()
        peer.write(id="7", method="window/showMessageRequest", params={})
        replies.append(peer.read())

    def refuse(params: Any) -> None:
        raise MayNotAsk("Nobody can be asked here.")

    with talking(script, window_showMessageRequest=refuse) as connection, pytest.raises(MayNotAsk):
        connection.request("workspace/executeCommand", {})
    assert replies == [{"jsonrpc": "2.0", "id": "7", "result": None}]


def test_events_wait_until_they_are_asked_for() -> None:
    def script(peer: Peer) -> None:
        asked = peer.read()
        peer.write(method="dspyLens/event", params={"event": "started"})
        peer.write(id=asked["id"], result={})
        peer.write(method="dspyLens/event", params={"event": "finished"})

    with talking(script) as connection:
        connection.request("dspyLens/follow", {})
        assert [connection.event()["event"] for _ in range(2)] == ["started", "finished"]


def test_an_error_is_a_sentence() -> None:
    def script(peer: Peer) -> None:
        peer.write(id=peer.read()["id"], error={"code": -32603, "message": "out of ideas"})

    with talking(script) as connection, pytest.raises(Ended, match="could not answer: out of ideas"):
        connection.request("dspyLens/run", {})


def test_a_daemon_that_goes_away_is_noticed() -> None:
    with talking(lambda peer: None) as connection, pytest.raises(Gone, match="went away"):
        connection.request("dspyLens/runs", {})
