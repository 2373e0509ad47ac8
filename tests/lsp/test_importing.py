"""Import in the editor: records of another file or dataset, with the target's own fields."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.hub import Hub
from support.lens_client import Editor, Home
from support.terminal import SIGNATURE

Window = Callable[..., Awaitable[Editor]]
TABLE = "id,text,label\n1,What a day!,glad\n2,Oh no.,sad\n"
COLUMNS = {"sentence": "text", "mood": "label"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.make(tmp_path, {"mood.py": SIGNATURE.lstrip(), "dspy-lens.toml": 'model = "offline"\n'})


def rows(home: Home) -> list[dict[str, str]]:
    return [json.loads(it) for it in (home.root / "evals/mood.jsonl").read_text("utf-8").splitlines()]


async def test_a_file_near_is_offered_and_its_new_records_are_added(home: Home, window: Window) -> None:
    home.write("export.csv", TABLE)
    editor = await window()
    assert (await editor.command("importExamples", target="Mood"))["refused"]["reason"] == "declined"
    assert editor.questions[-1].message == "Import examples from which file?"
    editor.answers = ["export.csv"]
    answer = await editor.command("importExamples", target="Mood", map=COLUMNS)
    assert answer == {"target": "mood:Mood", "path": "evals/mood.jsonl", "added": 2}
    wanted = [{"sentence": "What a day!", "mood": "glad"}, {"sentence": "Oh no.", "mood": "sad"}]
    assert rows(home) == wanted
    again = await editor.command("importExamples", target="Mood", source="export.csv", map=COLUMNS)
    assert again["added"] == 0
    assert rows(home) == wanted


async def test_what_does_not_fit_or_is_not_there_is_refused(home: Home, window: Window) -> None:
    editor = await window()
    nothing = await editor.command("importExamples", target="Mood")
    assert nothing["refused"]["message"].startswith("No other data file lies near Mood.")
    missing = await editor.command("importExamples", target="Mood", source="no.csv")
    assert missing["refused"]["reason"] == "missing"
    home.write("export.csv", TABLE)
    other = await editor.command("importExamples", target="Mood", source="export.csv")
    assert "No column gives the input `sentence`" in other["refused"]["message"]
    assert not (home.root / "evals").exists()


async def test_a_dataset_is_downloaded_after_a_yes_only(home: Home, window: Window) -> None:
    moods = [{"sentence": f"Day {it}", "mood": "glad"} for it in range(3)]
    with Hub({("owner/moods", "default", "train"): moods}) as hub:
        home.extra["DSPY_LENS_HUB"] = hub.base
        editor = await window()
        asked = {"target": "Mood", "source": "hf:owner/moods"}
        assert (await editor.command("importExamples", **asked))["refused"]["reason"] == "declined"
        editor.answers = ["Download"]
        assert (await editor.command("importExamples", **asked))["added"] == 3
    assert rows(home) == moods
