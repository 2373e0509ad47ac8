"""What earlier runs tell of a run: a training that would find too little to train on is refused before it is paid for."""

from pathlib import Path
from typing import Any

import pytest

from dspy_lens.values.request import Refused, RunRequest
from dspy_lens.workspace.beforehand import baseline_calls, hopeless
from dspy_lens.workspace.experience import Experience
from dspy_lens.workspace.planning import Ingredients, ingredients
from support.repository import Repository


async def made_of(tmp_path: Path, settings: str = "", **asked: Any) -> Ingredients:
    given = {"target": "Ticket", "model": "openai/gpt-4o-mini", **asked}
    async with Repository.of_tickets(tmp_path, settings).open() as workspace:
        saved = workspace.saved
        target = await saved.target("app:Ticket")
        assert target is not None
        request = RunRequest.model_validate(given)
        found = ingredients(target, saved.settings_for("app.py"), request, "", saved.project.function)
    assert isinstance(found, Ingredients), found
    return found


@pytest.mark.parametrize(
    ("success", "measured", "asked", "refused"),
    [
        (0.05, 60, {}, True),
        (0.95, 60, {}, False),
        (0.3, 3, {}, False),  # three say little
        (0.0, 0, {}, False),
        (0.0, 60, {"teacher": "openai/gpt-4o"}, False),
        (0.0, 60, {"optimizer": "bootstrap"}, False),
    ],
)
async def test_a_training_needs_a_program_that_is_right_often_enough(
    tmp_path: Path, success: float, measured: int, asked: dict[str, Any], refused: bool
) -> None:
    made = await made_of(tmp_path, **{"optimizer": "finetune", **asked})
    answer = hopeless(made, Experience(success=success, measured=measured))
    assert (answer is not None) is refused
    if answer is not None:
        assert answer == Refused("examples", answer.message)
        assert (
            "right answers, and training takes 10. Add examples, or name a stronger teacher."
            in answer.message
        )


async def test_a_metric_that_gives_parts_does_not_say_how_often_the_program_is_right(tmp_path: Path) -> None:
    settings = '[tool.dspy-lens.target."app:Ticket"]\nmetric = "f1:label"\n'
    made = await made_of(tmp_path, settings, optimizer="finetune")
    assert hopeless(made, Experience(success=0.05, measured=60)) is None


async def test_the_answers_of_another_run_are_cached_unless_the_cache_is_off(tmp_path: Path) -> None:
    made = await made_of(tmp_path / "on", optimizer="labeled")
    assert baseline_calls(made) == len(made.parts.test) == 6
    off = 'model = { name = "openai/gpt-4o-mini", cache = false }'
    text = f'[tool.dspy-lens.target."app:Ticket"]\n{off}\n'
    made = await made_of(tmp_path / "off", text, optimizer="labeled", model=None)
    assert baseline_calls(made) == 0
