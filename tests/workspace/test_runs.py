"""From a request to a run: answered from the store, refused with a reason, or started."""

import sys
from pathlib import Path

import pytest

from dspy_lens.values.request import Answered, Refused, RunRequest
from dspy_lens.values.run import RunState, Verb
from dspy_lens.workspace import Workspace
from support.repository import Repository, planned, ran

LABELED = RunRequest(target="Ticket", optimizer="labeled")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.of_tickets(tmp_path)


async def refused(workspace: Workspace, request: RunRequest) -> Refused:
    answer = await workspace.plan(request)
    assert isinstance(answer, Refused), answer
    return answer


async def test_a_finished_recipe_is_answered_from_the_store(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, LABELED)
        again = await workspace.start(await planned(workspace, LABELED), LABELED, {})
        assert again == Answered(run)


async def test_another_seed_is_another_recipe(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, LABELED)
        other = await ran(workspace, LABELED.model_copy(update={"seed": 7}))
        assert other.key != run.key


async def test_fresh_runs_again_over_the_cache(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, LABELED)
        again = await ran(workspace, LABELED.model_copy(update={"fresh": True}))
        assert again.id != run.id
        assert again.usage.requests == 0
        assert again.usage.cached == run.usage.calls


async def test_what_a_run_was_expected_to_take_is_kept_with_it(repository: Repository) -> None:
    async with repository.open() as workspace:
        plan = await planned(workspace, LABELED)
        run = await ran(workspace, LABELED)
        assert await workspace.estimated(run.id) == plan.estimate
        assert plan.estimate.calls.total.low <= run.usage.calls <= plan.estimate.calls.total.high


async def test_evaluate_only_looks(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, RunRequest(target="Ticket", verb=Verb.EVALUATE))
        assert run.outcome["best"] is None
        assert run.outcome["baseline"]["n"] == 6
        assert run.usage.calls == 6


async def test_the_estimate_learns_how_often_the_program_is_right(repository: Repository) -> None:
    async with repository.open() as workspace:
        await ran(workspace, RunRequest(target="Ticket", verb=Verb.EVALUATE))
        plan = await planned(workspace, RunRequest(target="Ticket", optimizer="bootstrap"))
        assert any("measured on 6 examples" in it for it in plan.estimate.assumptions)


async def test_nothing_runs_in_a_workspace_that_is_not_trusted(repository: Repository) -> None:
    async with repository.open(trusted=False) as workspace:
        plan = await planned(workspace, LABELED)
        assert [it.kind for it in await workspace.questions(plan, LABELED)] == ["trust"]
        answer = await workspace.start(plan, LABELED, {})
        assert isinstance(answer, Refused)
        assert answer.reason == "untrusted"
        assert await workspace.runs() == ()


async def test_a_target_without_examples_is_refused(repository: Repository) -> None:
    (repository.root / "tickets.jsonl").unlink()
    async with repository.open() as workspace:
        assert (await refused(workspace, LABELED)).reason == "examples"


async def test_a_target_without_a_metric_is_refused(repository: Repository) -> None:
    source = (repository.root / "app.py").read_text()
    repository.write("app.py", source.replace('Literal["billing", "login"]', "str"))
    async with repository.open() as workspace:
        assert (await refused(workspace, LABELED)).reason == "metric"


async def test_without_a_model_the_answer_says_where_to_name_one(repository: Repository) -> None:
    repository.write("pyproject.toml", "")
    async with repository.open(trusted=False) as workspace:
        answer = await refused(workspace, LABELED)
        assert answer.reason == "missing"
        assert "[tool.dspy-lens]" in answer.message


async def test_an_unknown_target_gets_the_nearest_name(repository: Repository) -> None:
    async with repository.open() as workspace:
        answer = await refused(workspace, RunRequest(target="Tickt"))
        assert "app:Ticket" in answer.message


async def test_an_unknown_optimizer_gets_the_nearest_name(repository: Repository) -> None:
    async with repository.open() as workspace:
        answer = await refused(workspace, RunRequest(target="Ticket", optimizer="miprov3"))
        assert "miprov2" in answer.message


async def test_an_unknown_parameter_gets_the_nearest_name(repository: Repository) -> None:
    async with repository.open() as workspace:
        request = RunRequest(target="Ticket", optimizer="bootstrap", parameters={"max_demos": 3})
        assert "max_labeled_demos" in (await refused(workspace, request)).message


async def test_a_cap_in_dollars_cannot_be_kept_where_the_price_is_unknown(repository: Repository) -> None:
    async with repository.open() as workspace:
        request = LABELED.model_copy(update={"model": "openai/no-such-model", "cap": 0.5})
        answer = await workspace.start(await planned(workspace, request), request, {})
        assert isinstance(answer, Refused)
        assert answer.reason == "cap"


async def test_a_budget_that_is_too_small_refuses_before_anything_is_spent(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path, "budget = { dollars = 0.0001 }\n")
    async with repository.open() as workspace:
        request = RunRequest(target="Ticket", optimizer="bootstrap_rs", model="openai/gpt-4o")
        answer = await workspace.start(await planned(workspace, request), request, {})
        assert isinstance(answer, Refused)
        assert answer.reason == "budget"
        assert "Raise it" in answer.message


async def test_spending_is_asked_for_above_the_threshold_only(repository: Repository) -> None:
    async with repository.open() as workspace:
        dear = RunRequest(target="Ticket", optimizer="bootstrap_rs", model="openai/gpt-4o", cap=5.0)
        cheap = dear.model_copy(update={"optimizer": "labeled", "model": "openai/gpt-4o-mini"})
        assert [it.kind for it in await workspace.questions(await planned(workspace, dear), dear)] == [
            "spend"
        ]
        assert await workspace.questions(await planned(workspace, cheap), cheap) == ()


async def test_an_interpreter_outside_the_root_is_asked_for_once(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path, f'interpreter = "{sys.executable}"\n')
    async with repository.opened() as workspace:
        await workspace.trust()
        plan = await planned(workspace, LABELED)
        (question,) = await workspace.questions(plan, LABELED)
        assert question.kind == "interpreter"
        assert sys.executable in question.message
        assert isinstance(await workspace.start(plan, LABELED, {}), Refused)
        await workspace.agree(question)
        assert (await ran(workspace, LABELED)).state is RunState.SUCCEEDED


async def test_an_endpoint_that_the_repository_names_is_asked_for_once(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path)
    repository.settings()
    text = (repository.root / "pyproject.toml").read_text()
    named = 'model = { name = "openai/gpt-4o-mini", api_base = "http://127.0.0.1:9/v1" }'
    repository.write("pyproject.toml", text.replace('model = "offline"', named))
    async with repository.open() as workspace:
        plan = await planned(workspace, LABELED)
        (question,) = await workspace.questions(plan, LABELED)
        assert question.kind == "endpoint"
        await workspace.agree(question)
        assert await workspace.questions(plan, LABELED) == ()
