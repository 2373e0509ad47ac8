"""Fixtures: a machine with a small repository, and windows on it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from support.lens_client import Editor, Home, editors

QA = '''
    import dspy


    class QA(dspy.Signature):
        """Answer the question."""

        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()
    '''


@pytest.fixture
def home(tmp_path: Path) -> Home:
    rows = "".join(
        f'{{"question": "Is {it} even?", "answer": {"true" if it % 2 == 0 else "false"}}}\n'
        for it in range(40)
    )
    return Home.make(tmp_path, {"app.py": QA, "qa.jsonl": rows, "dspy-lens.toml": 'model = "offline"\n'})


@pytest.fixture
async def window(home: Home) -> AsyncIterator[Callable[..., Awaitable[Editor]]]:
    async with editors(home) as open_one:
        yield open_one
