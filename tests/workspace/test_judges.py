"""Metrics that ask a model: their calls are in the estimate, whoever wrote them."""

from pathlib import Path

from dspy_lens.values.estimate import Range
from dspy_lens.values.request import RunRequest
from dspy_lens.values.run import RunState, Verb
from support.repository import Repository, planned, ran

EVALUATE = RunRequest(target="Ticket", verb=Verb.EVALUATE)
ASKING = """
    import dspy

    judge = dspy.Predict("text, label -> fitting: bool")


    def score(example, prediction, trace=None):
        return judge(text=example.text, label=prediction.label).fitting
    """
HIDDEN = (
    ASKING.replace("judge = dspy", "tools = [dspy")
    .replace('bool")', 'bool")]')
    .replace("judge(", "tools[0](")
)


def tickets(path: Path, metric: str) -> Repository:
    return Repository.of_tickets(path, f'[tool.dspy-lens.target."app:Ticket"]\nmetric = "{metric}"\n')


async def test_the_judges_calls_are_in_the_estimate_and_in_the_run(tmp_path: Path) -> None:
    async with tickets(tmp_path, "judge:label").open() as workspace:
        plan = await planned(workspace, EVALUATE)
        assert plan.estimate.calls.judge == Range.exactly(6)
        run = await ran(workspace, EVALUATE)
    assert run.state is RunState.SUCCEEDED, run.outcome["reason"]
    assert (run.usage.task, run.usage.judge) == (6, 6)
    assert plan.estimate.requests.low <= run.usage.requests <= plan.estimate.requests.high
    assert run.recipe.models["judge"]["name"] == "offline"


async def test_an_optimization_stays_within_what_was_estimated_for_its_judge(tmp_path: Path) -> None:
    request = RunRequest(target="Ticket", optimizer="bootstrap_rs")
    async with tickets(tmp_path, "0.5*exact:label + 0.5*judge:label").open() as workspace:
        estimate = (await planned(workspace, request)).estimate
        run = await ran(workspace, request)
    assert run.state is RunState.SUCCEEDED, run.outcome["reason"]
    assert estimate.calls.judge.low <= run.usage.judge <= estimate.calls.judge.high
    assert estimate.requests.low <= run.usage.requests <= estimate.requests.high


async def test_another_judge_is_another_recipe(tmp_path: Path) -> None:
    repository = tickets(tmp_path, "judge:label")
    other = EVALUATE.model_copy(update={"judge_model": "openai/gpt-4o"})
    async with repository.open() as workspace:
        first, second = await planned(workspace, EVALUATE), await planned(workspace, other)
    assert first.recipe.key != second.recipe.key
    assert second.estimate.dollars is not None
    assert second.estimate.dollars.low > 0


async def test_a_function_that_asks_a_model_is_recognized_by_its_text(tmp_path: Path) -> None:
    repository = tickets(tmp_path, "metrics:score")
    repository.write("metrics.py", ASKING)
    async with repository.open() as workspace:
        plan = await planned(workspace, EVALUATE)
        run = await ran(workspace, EVALUATE)
    assert plan.estimate.calls.judge == Range.exactly(6)
    assert run.usage.judge == 6
    assert any("The metric asks a model for each answer (1 calls)" in it for it in plan.estimate.assumptions)


async def test_one_that_hides_it_is_recognized_once_it_ran(tmp_path: Path) -> None:
    repository = tickets(tmp_path, "metrics:score")
    repository.write("metrics.py", HIDDEN)
    async with repository.open() as workspace:
        assert (await planned(workspace, EVALUATE)).estimate.calls.judge == Range.exactly(0)
        run = await ran(workspace, EVALUATE)
        assert run.usage.judge == 6
        again = EVALUATE.model_copy(update={"seed": 1})
        assert (await planned(workspace, again)).estimate.calls.judge == Range.exactly(6)


async def test_the_answers_that_gepa_reflects_on_are_judged_too_and_counted(tmp_path: Path) -> None:
    request = RunRequest(target="Ticket", optimizer="gepa", parameters={"max_metric_calls": 40})
    async with tickets(tmp_path, "judge:label").open() as workspace:
        estimate = (await planned(workspace, request)).estimate
        run = await ran(workspace, request)
    assert run.state is RunState.SUCCEEDED, run.outcome["reason"]
    assert estimate.calls.judge.low <= run.usage.judge <= estimate.calls.judge.high
    assert run.usage.judge > run.usage.task
