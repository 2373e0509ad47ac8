"""What a lens says has changed."""

from typing import Any

import pytest

from dspy_lens.runs.stale import stale_reasons
from support.recipes import recipe

SOURCE = recipe().source


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, ()),
        ({"optimizer": "miprov2"}, ()),
        ({"parameters": {"max_rounds": 9}}, ()),
        ({"seed": 7}, ()),
        ({"examples": ["c", "b", "a"]}, ()),
        ({"examples": ["a", "b", "x"]}, ("1 example changed",)),
        ({"examples": ["a", "b", "c", "d", "e"]}, ("2 examples changed",)),
        ({"examples": []}, ("3 examples changed",)),
        ({"examples": ["a", "a", "b", "c"]}, ("1 example changed",)),
        ({"metric": "f1"}, ("metric changed",)),
        ({"metric_source": "other"}, ("metric changed",)),
        ({"source": {**SOURCE, "app.py:QA": "1"}}, ("instructions changed",)),
        ({"source": {**SOURCE, "app.py:QA": "1", "#shape": "3"}}, ("signature changed",)),
        ({"source": {**SOURCE, "app.py:Label": "2"}}, ("signature changed",)),
        ({"source": {**SOURCE, "more.py:Base": "4"}}, ("signature changed",)),
        ({"models": {"task": {"name": "other"}}}, ("model changed",)),
        ({"models": {"task": {"name": "openai/gpt-4o-mini"}, "prompt": {"name": "big"}}}, ()),
        ({"split": {"test": 0.5}}, ("split changed",)),
        ({"dspy": "3.5.0"}, ("DSPy changed",)),
        ({"dspy": ""}, ()),
        ({"wrapper": "ChainOfThought"}, ("signature wrapper changed",)),
        ({"metric": "f1", "examples": ["a"]}, ("2 examples changed", "metric changed")),
    ],
)
def test_what_changed_is_said_in_the_lens_words(change: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert stale_reasons(recipe(), recipe(**change)) == reasons


def test_a_program_is_called_one() -> None:
    changed = recipe(source={**SOURCE, "#shape": "other"})
    assert stale_reasons(recipe(), changed, noun="program") == ("program changed",)
