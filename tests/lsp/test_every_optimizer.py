"""Each optimizer from the editor's command to an exported program, which DSPy alone loads and scores the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dspy_lens_worker.messages import OrderExample
from dspy_lens_worker.optimizers import all_optimizers
from support.colours import APP, SMALL, half_right, rows
from support.lens_client import Editor, Home, editors
from support.plain_process import in_plain_dspy
from support.provider import KEY
from support.tuning import Tuning

Window = Callable[..., Awaitable[Editor]]


@pytest.fixture
def tuning() -> Any:
    with Tuning(rule=half_right) as server:
        yield server


@pytest.fixture
def coloured(tmp_path: Path, tuning: Tuning) -> Home:
    settings = f"""
        threads = 4
        [model]
        name = "openai/test-model"
        api_base = "{tuning.base}"
        num_retries = 0
        max_tokens = 200
        """
    files = {"colours.py": APP, "colours.jsonl": rows(60), "dspy-lens.toml": settings}
    home = Home.make(tmp_path, files)
    home.extra["OPENAI_API_KEY"] = KEY
    return home


@pytest.fixture
async def opened(coloured: Home) -> AsyncIterator[Window]:
    async with editors(coloured) as open_one:
        yield open_one


def test_no_optimizer_is_left_out() -> None:
    assert {it.name for it in all_optimizers()} == {it for it in SMALL if "," not in it}


@pytest.mark.parametrize("optimizer", SMALL)
async def test_from_the_command_to_a_program_that_needs_dspy_only(
    coloured: Home, tuning: Tuning, opened: Window, optimizer: str
) -> None:
    editor = await opened(trusted=True)
    asked = {"target": "colours:Colour", "optimizer": optimizer, "parameters": SMALL[optimizer]}
    started = await editor.command("optimize", **asked, cap_calls=2000, yes=True)
    assert "run" in started, started
    end = await editor.finished(started["run"])
    assert end["state"] == "succeeded", end
    told = [it["event"] for it in editor.events]
    assert "candidate" in told
    numbers = [it["number"] for it in editor.events if it["event"] == "trial"]
    assert numbers == list(range(1, len(numbers) + 1))

    exported = await editor.command("export", run=started["run"])
    document = await editor.request("dspyLens/run", {"run": started["run"]})
    lm = {"model": "openai/test-model", "api_base": tuning.base, "api_key": KEY, "max_tokens": 200}
    again = in_plain_dspy(
        Path(exported["path"]),
        held_out(document),
        [coloured.root],
        coloured.base / "plain",
        lm,
        target=None if end["module"] else "colours:Colour",
    )
    assert again.ours == []
    assert again.score == pytest.approx(end["best"]["score"])
    assert Path(exported["path"]).is_relative_to(coloured.root)


def held_out(document: dict[str, Any]) -> list[OrderExample]:
    return [
        OrderExample(part="test", row=it["row"], inputs=it["inputs"], labels=it["labels"])
        for it in document["held_out"]
        if it["program"] == "best"
    ]
