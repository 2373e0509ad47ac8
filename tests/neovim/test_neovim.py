"""The documented set-up of Neovim, in a real one: lenses, a run, the hover, and a daemon that is killed."""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.neovim import Neovim, neovim
from support.terminal import GLAD, SAD, SIGNATURE, Desk

LINE = 5  # of the class
OPTIMIZE_AND_TRUST = "1\r1\r"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk.at(tmp_path)
    rows = [
        {"sentence": f"A {it} day.", "mood": mood}
        for mood, its in (("glad", GLAD), ("sad", SAD))
        for it in its
    ]
    settings = 'model = "offline"\n[target."app:Mood"]\nexamples = "moods.jsonl"\noptimizer = "labeled"\n'
    desk.write({"app.py": SIGNATURE, "dspy-lens.toml": settings, "pyproject.toml": ""})
    desk.write({"moods.jsonl": "".join(json.dumps(it) + "\n" for it in rows)})
    (desk.root / ".venv").symlink_to(Path(sys.prefix))
    yield desk
    desk.close()


@pytest.fixture
def editor(desk: Desk, tmp_path: Path) -> Iterator[Neovim]:
    with neovim(tmp_path, desk.root / "app.py", environment(desk)) as opened:
        yield opened


def environment(desk: Desk) -> dict[str, str]:
    own = {"DSPY_LENS_STATE": str(desk.state), "DSPY_LENS_CACHE": str(desk.state / "lm")}
    path = os.pathsep.join([str(desk.root / ".venv" / "bin"), os.environ["PATH"]])
    return {**os.environ, **own, "DSPY_LENS_CONFIG": str(desk.state / "settings.toml"), "PATH": path}


def daemon_of(desk: Desk) -> int:
    short = hashlib.sha256(os.fsencode(desk.root.resolve())).hexdigest()[:12]
    return int(json.loads((desk.state / short / "daemon.json").read_text("utf-8"))["pid"])


def test_neovim_shows_lenses_runs_one_shows_the_hover_and_comes_back_when_the_daemon_was_killed(
    desk: Desk, editor: Neovim
) -> None:
    first, second = editor.ask("wait_for_lens", "est")
    assert first.startswith("▶ Optimize this signature")
    assert second == "no score yet · 12 examples · exact"

    texts = editor.ask("run_lens", LINE, OPTIMIZE_AND_TRUST, "practice model")
    assert texts[0] == "▶ Optimize again · cached"

    assert "held-out" in editor.ask("hover", LINE)

    before = editor.ask("client")
    os.kill(daemon_of(desk), signal.SIGKILL)
    assert editor.ask("wait_for_another_client", before) != before
    assert editor.ask("wait_for_lens", "practice model")[0] == "▶ Optimize again · cached"
