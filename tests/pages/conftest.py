"""One real run by the practice model, whose source and examples try to break out of the page."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dspy_lens.pages.page import page
from dspy_lens.pages.record import Record, record_of
from dspy_lens.values.request import RunRequest
from dspy_lens.values.run import RunState
from support.html import Element, read
from support.recipes import run
from support.repository import Repository, ran

FEW = {"num_candidate_programs": 2}
HOSTILE = '<img src=x onerror="alert(1)"></td></script></style>\'"&amp;{{ 7 * 7 }}'
SOURCE = '''
    from typing import Literal

    import dspy


    class Ticket(dspy.Signature):
        """Sort the ticket. <script>alert("instructions")</script>"""

        text: str = dspy.InputField()
        label: Literal["billing", "login"] = dspy.OutputField()
'''


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The record of a run, made once by a real worker."""
    repository = Repository.of_tickets(tmp_path_factory.mktemp("page"))
    repository.write("app.py", SOURCE)
    rows = [
        {
            "text": f"my {'invoice' if it % 2 else 'password'} {it} {HOSTILE}",
            "label": ("login", "billing")[it % 2],
        }
        for it in range(40)
    ]
    repository.write("tickets.jsonl", "".join(json.dumps(it) + "\n" for it in rows))
    return asyncio.run(made(repository))


async def made(repository: Repository) -> Record:
    async with repository.open() as workspace:
        done = await ran(workspace, RunRequest(target="app:Ticket", optimizer="bootstrap_rs", parameters=FEW))
        assert done.state is RunState.SUCCEEDED, done.outcome
        return await record_of(workspace, done)


@pytest.fixture(scope="session")
def html(record: Record) -> str:
    return page(record)


@pytest.fixture(scope="session")
def shown(html: str) -> Element:
    return read(html)


@pytest.fixture
def finished() -> Callable[..., Record]:
    """A record of a finished run with this outcome, and other parts of it as said."""

    def of(
        outcome: dict[str, Any] | None = None, state: RunState = RunState.SUCCEEDED, **parts: Any
    ) -> Record:
        said = replace(run(), state=state, outcome=outcome or {}, finished=1060.0)
        return replace(Record(said), **parts)

    return of


@pytest.fixture
def root() -> Path:
    return Path(__file__).parents[2]
