"""From a request to a run: answered from the store, refused with a reason, or started."""

import asyncio
import sys
from pathlib import Path

import pytest

from dspy_lens.values.request import Answered, Refused, RunRequest
from dspy_lens.values.run import Run, RunState, Verb
from dspy_lens.values.settings import ModelSettings
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


async def test_what_one_model_did_says_nothing_of_another(repository: Repository) -> None:
    async with repository.open() as workspace:
        other = RunRequest(target="Ticket", optimizer="bootstrap", model="openai/gpt-4o-mini")
        before = await planned(workspace, other)
        await ran(workspace, RunRequest(target="Ticket", optimizer="bootstrap"))
        assert (await planned(workspace, other)).estimate == before.estimate


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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "tickets.jsonl holds no examples. Add one"),
        ("nonsense\n", "tickets.jsonl:1: This record is not JSON"),
        ('{"a": 1}\n', "app:Ticket has no examples. Create some"),
        (
            '{"TEXT": "x", "labl": "y"}\n',
            "tickets.jsonl may hold them (text ← TEXT, label ← labl). Take it: dspy-lens link app:Ticket tickets.jsonl.",
        ),
    ],
)
async def test_a_refusal_for_want_of_examples_says_what_is_wrong_with_those_nearby(
    repository: Repository, text: str, says: str
) -> None:
    repository.write("tickets.jsonl", text)
    async with repository.open() as workspace:
        answer = await refused(workspace, LABELED)
        assert answer.reason == "examples"
        assert says in answer.message


@pytest.mark.parametrize(
    ("setting", "reason", "says"),
    [
        (
            'metric = "exakt"',
            "metric",
            "pyproject.toml:4: There is no metric called exakt. Did you mean exact?",
        ),
        ('metric = "app:score"', "metric", "pyproject.toml:4: There is no function app:score"),
        ('examples = "nope.csv"', "examples", "pyproject.toml:4: nope.csv does not exist"),
    ],
)
async def test_a_refusal_names_the_setting_that_is_wrong(
    tmp_path: Path, setting: str, reason: str, says: str
) -> None:
    repository = Repository.of_tickets(tmp_path, f'[tool.dspy-lens.target."app:Ticket"]\n{setting}\n')
    async with repository.open() as workspace:
        answer = await refused(workspace, LABELED)
        assert answer.reason == reason
        assert says in answer.message


async def test_examples_without_labels_need_a_metric_of_the_users_own(repository: Repository) -> None:
    repository.write("tickets.jsonl", "".join(f'{{"text": "ticket {it}"}}\n' for it in range(20)))
    repository.settings('[tool.dspy-lens.target."app:Ticket"]\nexamples = "tickets.jsonl"\n')
    async with repository.open() as workspace:
        message = (await refused(workspace, LABELED)).message
        assert "tickets.jsonl has no column for its output `label`. Name the column:" in message
        assert "create metric app:Ticket" in message


async def test_nothing_is_planned_while_a_cap_does_not_hold(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path, 'cap = "little"\n')
    async with repository.open() as workspace:
        answer = await refused(workspace, LABELED)
        assert answer.reason == "cap"
        assert "pyproject.toml:3: `cap` should be a valid number" in answer.message


async def test_a_key_among_a_models_parameters_is_refused(repository: Repository) -> None:
    model = ModelSettings.model_validate({"name": "openai/gpt-4o-mini", "api_key": "0123456789abcdef"})
    async with repository.open() as workspace:
        assert (await refused(workspace, LABELED.model_copy(update={"model": model}))).reason == "key"


async def test_settings_for_a_target_that_nobody_declares_are_told_with_the_nearest(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path, '[tool.dspy-lens.target."app:Tickets"]\nmetric = "exact"\n')
    async with repository.open(trusted=False) as workspace:
        (problem,) = workspace.saved.settings_problems
        assert (problem.span.path, problem.span.line, problem.code) == (
            "pyproject.toml",
            3,
            "settings/unknown-target",
        )
        assert problem.message == "There is no target app:Tickets. Did you mean app:Ticket?"


async def test_of_two_that_ask_for_a_recipe_at_once_the_second_joins_the_first(
    repository: Repository,
) -> None:
    async with repository.open() as workspace:
        plan = await planned(workspace, LABELED)
        one, two = await asyncio.gather(*(workspace.start(plan, LABELED, {}) for _ in range(2)))
        assert isinstance(one, Run)
        assert isinstance(two, Run)
        assert one.id == two.id


async def test_a_yes_to_measuring_gives_tokens_where_the_settings_name_an_interpreter(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path, f'interpreter = "{sys.executable}"\n')
    async with repository.opened() as workspace:
        unmeasured = await planned(workspace, LABELED)
        assert unmeasured.estimate.tokens is None
        assert "Prompts were not measured" in unmeasured.estimate.assumptions[-1]
        await workspace.consent.agree_to_measuring()
        assert (await planned(workspace, LABELED)).estimate.tokens is not None


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
        assert [it.kind for it in await workspace.questions(await planned(workspace, request), request)] == [
            "budget"
        ]


async def test_a_run_goes_over_the_budget_when_the_user_says_so(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path, "budget = { dollars = 0.0001 }\n")
    async with repository.open() as workspace:
        request = RunRequest(target="Ticket", optimizer="labeled", model="openai/gpt-4o", over_budget=True)
        plan = await planned(workspace, request)
        assert [it.kind for it in await workspace.questions(plan, request)] in ([], ["spend"])
        started = await workspace.start(plan, request, {})
        assert isinstance(started, Run)
        # The usual cap holds, not what is left of the budget.
        assert started.caps.dollars == 1_000_000
        await workspace.cancel(started.id)


async def test_a_price_in_the_users_own_settings_gives_an_estimate_in_dollars(tmp_path: Path) -> None:
    repository = Repository.of_tickets(tmp_path)
    (tmp_path / "user.toml").write_text('prices."openai/lab" = { input = 2, output = 4, date = "May" }\n')
    request = RunRequest(target="Ticket", optimizer="labeled", model="openai/lab")
    async with repository.open() as workspace:
        estimate = (await planned(workspace, request)).estimate
    assert estimate.dollars is not None
    assert estimate.tokens is not None
    expected = estimate.tokens.input.expected * 2e-6 + estimate.tokens.output.expected * 4e-6
    assert estimate.dollars.expected == pytest.approx(expected)
    said = "openai/lab costs $2 for a million input tokens, $4 for output, by the settings of May."
    assert said in estimate.assumptions


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
        await workspace.consent.trust()
        plan = await planned(workspace, LABELED)
        (question,) = await workspace.questions(plan, LABELED)
        assert question.kind == "interpreter"
        assert sys.executable in question.message
        assert isinstance(await workspace.start(plan, LABELED, {}), Refused)
        await workspace.consent.agree(question)
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
        await workspace.consent.agree(question)
        assert await workspace.questions(plan, LABELED) == ()


async def test_a_run_is_made_of_what_the_disk_says_now(repository: Repository) -> None:
    async with repository.open() as workspace:
        before = await planned(workspace, LABELED)
        text = (repository.root / "app.py").read_text()
        repository.write("app.py", text.replace("Sort the", "Label the"))
        repository.examples(count=30)
        after = await planned(workspace, LABELED)
        assert after.definition.instructions == "Label the ticket."
        assert len(after.recipe.examples) == 30
        assert after.recipe.key != before.recipe.key


async def test_a_target_that_was_written_just_now_is_found(repository: Repository) -> None:
    async with repository.open() as workspace:
        text = (repository.root / "app.py").read_text()
        repository.write("other.py", text.replace("Ticket", "Letter"))
        assert (await planned(workspace, RunRequest(target="Letter"))).recipe.target == "other:Letter"


async def test_settings_that_were_saved_just_now_hold(repository: Repository) -> None:
    async with repository.open() as workspace:
        repository.settings("seed = 5\n")
        assert (await planned(workspace, LABELED)).recipe.seed == 5
