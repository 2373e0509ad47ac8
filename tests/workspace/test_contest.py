"""Several runs planned together: one price, one question, caps that hold all of them."""

from pathlib import Path

import pytest

from dspy_lens.values.request import ContestRequest, Refused, RunRequest
from dspy_lens.workspace import Workspace
from dspy_lens.workspace.contest import Contest, contest, questions
from support.repository import Repository, planned, ran

DEAR = ["bootstrap_rs", "copro"]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.of_tickets(tmp_path)


async def of(workspace: Workspace, **asked: object) -> Contest:
    found = await contest(workspace, ContestRequest(target="Ticket", **asked))
    assert isinstance(found, Contest), found
    return found


async def asked_of(workspace: Workspace, **asked: object) -> list[tuple[str, str]]:
    request = ContestRequest(target="Ticket", **asked)
    found = await of(workspace, **asked)
    return [(it.kind, it.message) for it in await questions(workspace, found, request)]


async def test_every_optimizer_meets_every_model(repository: Repository) -> None:
    models = ["openai/gpt-4o", "openai/gpt-4o-mini"]
    async with repository.open() as workspace:
        found = await of(workspace, optimizers=["labeled", "bootstrap,copro depth=1"], models=models)
    estimates = [it.planned.estimate for it in found.entries]
    assert [(it.model, it.optimizer) for it in estimates] == [
        (model, name) for model in models for name in ("labeled", "bootstrap,copro")
    ]
    assert estimates[1].parameters["copro"] == {**estimates[1].parameters["copro"], "depth": 1}  # type: ignore[dict-item]


async def test_the_program_as_it_is_is_paid_for_once_for_each_model(repository: Repository) -> None:
    async with repository.open() as workspace:
        alone = await planned(
            workspace, RunRequest(target="Ticket", optimizer="copro", model="openai/gpt-4o")
        )
        found = await of(workspace, optimizers=["labeled", "copro"], models=["openai/gpt-4o"])
    first, second = (it.planned.estimate for it in found.entries)
    assert first.cached_calls.high == 0
    assert second.cached_calls.low == 6  # the held-out examples
    assert second.requests.expected == alone.estimate.requests.expected - 6
    assert found.requests == first.requests + second.requests


async def test_one_question_tells_the_price_of_all(repository: Repository) -> None:
    async with repository.open() as workspace:
        asked = {"optimizers": DEAR, "models": ["openai/gpt-4o"]}
        ((kind, message),) = await asked_of(workspace, **asked)
        assert kind == "spend"
        assert message.startswith("These 2 runs may cost $")
        assert message.endswith(", at most $2.00 by their caps. Start them?")
        ((_, message),) = await asked_of(workspace, **asked, cap=0.5)
        assert message.endswith(", at most $0.50 by their caps. Start them?")
        ((_, message),) = await asked_of(workspace, optimizers=DEAR, models=["openai/none"])
        assert message.startswith("The price of openai/none is unknown: these 2 runs send about ")


async def test_a_cap_holds_all_of_them_together(repository: Repository) -> None:
    async with repository.open() as workspace:
        found = await of(workspace, optimizers=DEAR, models=["openai/gpt-4o"], cap=0.5, cap_calls=301)
    requests = [it.request for it in found.entries]
    assert sum(it.cap or 0 for it in requests) == pytest.approx(0.5)
    assert 299 <= sum(it.cap_calls or 0 for it in requests) <= 301
    worst = [it.planned.estimate.dollars.high for it in found.entries if it.planned.estimate.dollars]
    assert (requests[0].cap or 0) / (requests[1].cap or 1) == pytest.approx(worst[0] / worst[1])


async def test_what_is_in_the_store_takes_no_share(repository: Repository) -> None:
    async with repository.open() as workspace:
        await ran(workspace, RunRequest(target="Ticket", optimizer="labeled"))
        found = await of(workspace, optimizers=["labeled", "copro"], cap_calls=400)
    assert [it.stored for it in found.entries] == [True, False]
    assert [it.request.cap_calls for it in found.entries] == [400, 400]
    assert found.requests == found.entries[1].planned.estimate.requests


async def test_the_budget_has_to_hold_all_of_them(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path, "budget = { dollars = 1.5 }\n")
    async with repository.open() as workspace:
        asked = {"optimizers": DEAR, "models": ["openai/gpt-4o", "openai/gpt-4o-mini"]}
        ((kind, message),) = await asked_of(workspace, **asked)
        assert (kind, "The budget has" in message) == ("budget", True)
        assert "budget" not in [kind for kind, _ in await asked_of(workspace, **asked, cap=1.0)]
        assert "budget" not in [kind for kind, _ in await asked_of(workspace, **asked, over_budget=True)]


async def test_a_cap_too_small_for_one_of_them_refuses_all(repository: Repository) -> None:
    async with repository.open() as workspace:
        request = ContestRequest(target="Ticket", optimizers=["labeled", "bootstrap_rs"], cap_calls=30)
        answer = await contest(workspace, request)
    assert isinstance(answer, Refused)
    assert "a held-out evaluation alone takes 6" in answer.message
