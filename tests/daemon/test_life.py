"""One daemon for each root: shared, found again, replaced, and gone when nobody needs it."""

import asyncio
import fcntl
import json
import os
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import psutil
import pytest

from dspy_lens.daemon.connect import Caller, NoDaemon, attach, here, is_held, living, status, stop
from dspy_lens.daemon.frames import frame
from dspy_lens.paths import Paths
from support.lens_client import DEADLINE, Editor, Home, editors

SECRET = "sk-not-for-anybody-else"


def daemon_of(home: Home) -> int:
    there = living(home.paths)
    assert there is not None
    return there.pid


async def until_gone(paths: Paths) -> None:
    """Returns when nobody holds the daemon's lock."""

    def wait() -> None:
        with paths.lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)

    async with asyncio.timeout(DEADLINE):
        await asyncio.to_thread(wait)


async def exit_code(editor: Editor) -> int:
    async with asyncio.timeout(DEADLINE):
        return await editor.process.wait()


async def test_windows_share_a_daemon_and_one_that_leaves_takes_nobody_along(home: Home, window: Any) -> None:
    one, two = await window(), await window()
    assert (status(home.paths) or {})["sessions"] == 2
    await one.leave()
    two.open("app.py")
    assert 5 in await two.lenses("app.py")
    assert (status(home.paths) or {})["sessions"] == 1


async def test_many_that_start_at_once_reach_one_daemon(home: Home, window: Any) -> None:
    await asyncio.gather(*(window() for _ in range(8)))
    assert (status(home.paths) or {})["sessions"] == 8
    assert home.daemon_log().count("Listening for") == 1


async def test_after_a_kill_the_pump_ends_with_an_error_and_the_next_finds_what_was_known(
    home: Home, window: Any
) -> None:
    first = await window(trusted=True)
    killed = daemon_of(home)
    os.kill(killed, signal.SIGKILL)
    assert await exit_code(first) != 0
    second = await window()
    assert daemon_of(home) != killed
    checks = {it["name"]: it["ok"] for it in (await second.command("doctor"))["checks"]}
    assert checks["trust"]


async def test_a_daemon_that_nobody_needs_leaves_and_takes_its_files_with_it(home: Home) -> None:
    home.extra["DSPY_LENS_IDLE_SECONDS"] = "0"
    async with editors(home) as window:
        editor = await window()
        await editor.leave()
        await until_gone(home.paths)
    assert not home.paths.daemon.exists()
    assert not home.paths.socket.exists()
    assert status(home.paths) is None


async def test_a_request_to_end_ends_it_cleanly(home: Home, window: Any) -> None:
    editor = await window()
    os.kill(daemon_of(home), signal.SIGTERM)
    assert await exit_code(editor) == 1
    await until_gone(home.paths)
    assert not home.paths.daemon.exists()
    assert "Leaving." in home.daemon_log()


async def test_stop_ends_the_daemon_and_says_whether_there_was_one(home: Home, window: Any) -> None:
    assert not stop(home.paths)
    await window()
    assert await asyncio.to_thread(stop, home.paths)
    assert not is_held(home.paths)
    assert not stop(home.paths)


async def test_an_older_daemon_retires_for_a_newer_pump(home: Home, window: Any) -> None:
    old = await window()
    said = json.loads(home.paths.daemon.read_text())
    home.paths.daemon.write_text(json.dumps({**said, "version": "0.0.1"}))
    await window()
    assert daemon_of(home) != said["pid"]
    assert await exit_code(old) == 1


async def test_an_older_pump_attaches_to_a_newer_daemon(home: Home, window: Any) -> None:
    await window()
    before = daemon_of(home)
    attached = await asyncio.to_thread(attach, home.paths, here("terminal", "0.0.1"))
    attached.close()
    assert daemon_of(home) == before


async def test_who_does_not_know_the_token_gets_no_session(home: Home, window: Any) -> None:
    await window()
    hello = {
        "ask": "session",
        "token": "guess",
        "environment": {},
        "kind": "editor",
        "folder": "",
        "version": "9",
    }
    for said in (frame(hello), b"GET / HTTP/1.1\r\n\r\n", b"x" * 10_000):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(DEADLINE)
            stranger.connect(str(home.paths.socket))
            stranger.sendall(said)
            assert await asyncio.to_thread(stranger.recv, 1000) == b'{"error": "token"}\n'
            assert await asyncio.to_thread(stranger.recv, 1000) == b""


async def test_only_the_owner_can_reach_the_daemon_and_its_files(home: Home, window: Any) -> None:
    await window()
    paths = home.paths
    assert stat.S_IMODE(paths.state.stat().st_mode) == 0o700
    for path in (paths.socket, paths.daemon, paths.log):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_long_state_path_moves_the_socket_to_a_short_private_folder(tmp_path: Path) -> None:
    home = Home.make(tmp_path / ("deep" * 20), {"app.py": "import dspy\n"})
    async with editors(home) as window:
        await window()
        assert not home.paths.socket.is_relative_to(home.paths.state)
        assert stat.S_IMODE(home.paths.socket.parent.stat().st_mode) == 0o700
        assert (status(home.paths) or {})["sessions"] == 1


async def test_the_daemon_is_no_descendant_of_the_editor(home: Home, window: Any) -> None:
    editor = await window()
    pump = psutil.Process(editor.process.pid)
    assert pump.children(recursive=True) == []
    assert psutil.Process(daemon_of(home)).pid not in {
        it.pid for it in psutil.Process().children(recursive=True)
    }


async def test_keys_stay_in_memory(home: Home) -> None:
    home.extra["OPENAI_API_KEY"] = SECRET
    async with editors(home) as window:
        editor = await window(trusted=True)
        editor.open("app.py")
        await editor.lenses("app.py")
        await editor.command("doctor")
        assert SECRET not in str(psutil.Process(daemon_of(home)).environ())
    held = [it for it in home.base.rglob("*") if it.is_file() and SECRET.encode() in it.read_bytes()]
    assert held == []


async def test_the_daemon_never_has_dspy_in_it(home: Home, window: Any) -> None:
    editor = await window(trusted=True)
    editor.open("app.py")
    await editor.lenses("app.py")
    checks = {it["name"]: it for it in (await editor.command("doctor"))["checks"]}
    assert checks["daemon"]["ok"], checks["daemon"]


async def test_why_a_daemon_cannot_start_is_said(home: Home) -> None:
    home.paths.state.parent.mkdir(parents=True)
    home.paths.state.write_text("a file where the folder should be")
    with pytest.raises((NoDaemon, OSError)):
        await asyncio.to_thread(attach, home.paths, Caller("terminal", {}, "/"))
