"""Whatever a client sends, each request is answered once and other sessions never notice."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dspy_lens.daemon.connect import stop
from support.lens_client import Home
from support.raw_lsp import RawSession

QA = "import dspy\n\n\nclass QA(dspy.Signature):\n    question: str = dspy.InputField()\n"
PARSE_ERROR, INVALID_REQUEST, NOT_FOUND, INVALID_PARAMS, NOT_INITIALIZED = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32002,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One machine for all of these, since each must leave the daemon as it was."""
    home = Home.make(tmp_path_factory.mktemp("wire"), {"app.py": QA})
    yield home
    stop(home.paths)


@pytest.fixture
def document(home: Home) -> dict[str, str]:
    return {"uri": (home.root / "app.py").as_uri()}


async def test_a_request_before_initialize_is_refused_with_its_own_code(home: Home) -> None:
    async with RawSession(home) as session:
        assert (await session.request("textDocument/hover", {}))["error"]["code"] == NOT_INITIALIZED
        await session.initialize()


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("textDocument/hover", None, INVALID_PARAMS),
        ("textDocument/hover", {"textDocument": 7, "position": "here"}, INVALID_PARAMS),
        ("textDocument/codeLens", {}, INVALID_PARAMS),
        ("textDocument/noSuchThing", {}, NOT_FOUND),
        ("dspyLens/noSuchThing", {}, NOT_FOUND),
        ("initialize", {"processId": None, "capabilities": {}}, INVALID_REQUEST),
        ("workspace/executeCommand", {"command": "rm"}, INVALID_PARAMS),
        ("workspace/executeCommand", {"command": "dspyLens.show", "arguments": [3]}, INVALID_PARAMS),
        ("textDocument/didOpen", {"textDocument": {}}, INVALID_PARAMS),
        ("initialized", {}, INVALID_REQUEST),
    ],
)
async def test_what_cannot_be_done_is_answered_with_an_error(
    home: Home, method: str, params: Any, code: int
) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        assert (await session.request(method, params))["error"]["code"] == code
        assert "result" in await session.request("dspyLens/optimizers", {})


async def test_a_position_that_is_nowhere_gives_no_hover(home: Home, document: dict[str, str]) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        for position in ({"line": 99999, "character": 0}, {"line": -1, "character": -1}):
            answer = await session.request(
                "textDocument/hover", {"textDocument": document, "position": position}
            )
            assert answer.get("result") is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", PARSE_ERROR),
        (b"\xff\xfe", PARSE_ERROR),
        (b"[" * 100_000, PARSE_ERROR),
        (b"[]", INVALID_REQUEST),
        (b"3", INVALID_REQUEST),
        (b'{"id": 1, "method": "shutdown"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": null, "method": "shutdown"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": [], "method": "shutdown"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": {}}', INVALID_REQUEST),
    ],
)
async def test_bodies_that_are_no_request_are_answered_too(home: Home, body: bytes, code: int) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        session.send_body(body)
        assert (await session.answer(None))["error"]["code"] == code
        assert "result" in await session.request("dspyLens/optimizers", {})


async def test_answers_to_nothing_and_unknown_notifications_are_left_out(home: Home) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        for odd in (
            {"id": "never-asked", "result": 1},
            {"id": 1, "result": 1},
            {"id": {}, "error": 7},
            {"method": "no/suchNotification", "params": [1]},
            {"method": "textDocument/didChange", "params": {"contentChanges": 3}},
            {"method": "$/cancelRequest", "params": {"id": 4711}},
        ):
            session.send_body(json.dumps({"jsonrpc": "2.0", **odd}).encode())
        assert "result" in await session.request("dspyLens/optimizers", {})


async def test_after_shutdown_requests_are_refused_and_exit_ends_the_pump_well(home: Home) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        assert (await session.request("shutdown"))["result"] is None
        assert (await session.request("dspyLens/optimizers", {}))["error"]["code"] == INVALID_REQUEST
        session.notify("exit")
        assert await session.ended() == 0


async def test_exit_without_shutdown_is_an_error(home: Home) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        session.notify("exit")
        assert await session.ended() == 1


async def test_line_ends_without_carriage_return_are_understood(home: Home) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        body = json.dumps(
            {"jsonrpc": "2.0", "id": "x", "method": "dspyLens/optimizers", "params": {}}
        ).encode()
        session.send_bytes(b"content-length: %d\nContent-Type: application/json\n\n" % len(body) + body)
        assert "result" in await session.answer("x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"Content-Length: -4\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\n",
        b"Content-Type: json\r\n\r\n{}",
        b"x" * 100_000,
    ],
)
async def test_garbage_ends_its_own_session_only(home: Home, garbage: bytes) -> None:
    async with RawSession(home) as other, RawSession(home) as session:
        await other.initialize()
        await session.initialize()
        session.send_bytes(garbage)
        assert await session.ended() == 1
        assert "result" in await other.request("dspyLens/optimizers", {})


async def test_many_requests_cancelled_at_once_are_all_answered(home: Home, document: dict[str, str]) -> None:
    async with RawSession(home) as session:
        await session.initialize()
        for number in range(100, 300):
            params = {"textDocument": document}
            request = {"jsonrpc": "2.0", "id": number, "method": "textDocument/codeLens", "params": params}
            session.send_body(json.dumps(request).encode())
            session.notify("$/cancelRequest", {"id": number})
        waiting = set(range(100, 300))
        while waiting:
            waiting.discard((await session.receive()).get("id", -1))
