"""The pump is light, finds its root, and never runs what lies around in the current folder."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dspy_lens.daemon.frames import BadFrame, frame, read_header
from dspy_lens.daemon.launch import inherited
from dspy_lens.daemon.pump import folder_of
from support.lens_client import Home
from support.raw_lsp import RawSession

LOADED = "import sys, {0}; print([it for it in sys.modules if it.partition('.')[0] not in sys.stdlib_module_names])"
OURS = {"dspy_lens", "platformdirs", "__main__", "sitecustomize", "usercustomize"}


@pytest.mark.parametrize("module", ["dspy_lens.daemon.pump", "dspy_lens.cli.main"])
def test_what_an_editor_waits_for_loads_the_standard_library_and_platformdirs_only(module: str) -> None:
    code = LOADED.format(module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    bare = subprocess.run(
        [sys.executable, "-c", LOADED.format("os")], capture_output=True, check=True, text=True
    )
    before = set(json.loads(bare.stdout.replace("'", '"')))
    loaded = set(json.loads(done.stdout.replace("'", '"'))) - before
    assert {it.partition(".")[0] for it in loaded} <= OURS
    assert {it for it in loaded if it.startswith("dspy_lens")} <= {
        "dspy_lens",
        "dspy_lens.cli",
        "dspy_lens.cli.main",
        "dspy_lens.daemon",
        "dspy_lens.daemon.connect",
        "dspy_lens.daemon.frames",
        "dspy_lens.daemon.launch",
        "dspy_lens.daemon.pump",
        "dspy_lens.paths",
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"workspaceFolders": [{"uri": "file://{0}/a%20b", "name": "x"}], "rootUri": "file://{0}"}, "a b"),
        ({"workspaceFolders": [], "rootUri": "file://{0}/a%20b"}, "a b"),
        ({"workspaceFolders": None, "rootPath": "{0}/a b"}, "a b"),
        ({"rootUri": "file://localhost{0}/a%20b"}, "a b"),
        ({"rootUri": "untitled:1"}, None),
        ({"rootUri": "file://{0}/missing"}, None),
        ({"workspaceFolders": [3], "rootUri": 7}, None),
        ({}, None),
    ],
)
def test_the_folder_is_the_first_that_initialize_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, Any], expected: str | None
) -> None:
    (tmp_path / "a b").mkdir()
    monkeypatch.chdir(tmp_path)
    given = json.loads(json.dumps(params).replace("{0}", str(tmp_path)))
    assert folder_of(given) == (tmp_path / expected if expected else tmp_path)


async def test_modules_in_the_current_folder_are_not_run(home: Home, window: Any) -> None:
    for name in ("json", "platformdirs", "pygls", "asyncio", "dspy_lens"):
        home.write(f"{name}.py", f"open({str(home.base / 'ran')!r}, 'a').write({name!r})\n")
    editor = await window()
    editor.open("app.py")
    assert await editor.lenses("app.py")
    assert not (home.base / "ran").exists()


async def test_what_is_piped_in_at_once_is_answered_before_the_pump_ends(home: Home, window: Any) -> None:
    await window()
    async with RawSession(home) as session:
        said: dict[str, Any] = {"processId": None, "capabilities": {}, "rootUri": home.root.as_uri()}
        session.send_bytes(frame({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": said}))
        session.send_bytes(frame({"jsonrpc": "2.0", "id": 2, "method": "dspyLens/targets", "params": {}}))
        assert session.process.stdin is not None
        session.process.stdin.close()
        assert "result" in await session.answer(1)
        assert "result" in await session.answer(2)
        assert await session.ended() == 0


async def test_an_editor_that_says_nothing_starts_nothing(home: Home) -> None:
    async with RawSession(home) as session:
        assert session.process.stdin is not None
        session.process.stdin.close()
        assert await session.ended() == 0
    assert not home.paths.state.exists()


async def test_an_editor_that_speaks_something_else_is_told(home: Home) -> None:
    async with RawSession(home) as session:
        session.send_bytes(b"hello\r\n\r\n")
        assert await session.ended() == 1


def test_a_daemon_inherits_no_keys() -> None:
    given = {"PATH": "/bin", "LC_ALL": "C", "OPENAI_API_KEY": "x", "AWS_SECRET": "y", "HTTPS_PROXY": "p"}
    assert inherited(given) == {"PATH": "/bin", "LC_ALL": "C", "HTTPS_PROXY": "p"}


@pytest.mark.parametrize(
    "header", [b"no colon\r\n\r\n", b"Content-Length: 5", b"A: b\r\n\r\n", b"Content-Length: x\r\n"]
)
def test_headers_that_do_not_tell_a_length_are_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "header"
    path.write_bytes(header)
    with path.open("rb") as file, pytest.raises(BadFrame):
        read_header(file.readline)
