"""Questions in a real terminal, and what `dspy-lens lsp` loads before it pumps."""

import os
import pty
import subprocess
import sys

import pytest

from support.terminal import SIGNATURE, Desk


def answered(desk: Desk, answer: str, *words: str) -> tuple[int, str]:
    """Runs a verb in a terminal of its own, where somebody types an answer; the exit code and the screen."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dspy_lens.cli.main", *words]
    process = subprocess.Popen(command, cwd=desk.root, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    screen = b""
    try:
        while part := os.read(ours, 65536):
            screen += part
    except OSError:
        pass  # Linux's way of saying that the other end has closed.
    finally:
        os.close(ours)
    return process.wait(60), screen.decode()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_a_file_is_only_written_after_a_yes(desk: Desk, answer: str, code: int) -> None:
    desk.write({"mood.py": SIGNATURE})
    ended, screen = answered(desk, answer, "create", "examples", "Mood")
    assert "Write evals/mood.jsonl?" in screen
    assert ended == code
    assert (desk.root / "evals/mood.jsonl").exists() == (code == 0)


def test_the_pump_starts_without_anything_heavy(desk: Desk) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "dspy_lens.cli.main", "lsp"]
    done = subprocess.run(
        command, cwd=desk.root, input="", capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "dspy_lens.daemon.pump" in loaded
    assert not loaded & {"rich", "pydantic", "argparse", "asyncio", "pygls", "dspy_lens.cli.dispatch"}
