"""What a lens may say about a result when the source, its examples or its metric have changed since."""

from pathlib import Path

import pytest

from dspy_lens.values.request import RunRequest
from dspy_lens.values.run import RunState
from dspy_lens.values.standing import Applied, Failed, Fresh, Never, Stale
from dspy_lens.workspace import Changes, Workspace
from dspy_lens.workspace.artifacts import artifact_problem
from support.repository import Repository, changed, edited, planned, ran, standing

LABELED = RunRequest(target="Ticket", optimizer="labeled")
ZERO_SHOT = RunRequest(
    target="Ticket", optimizer="miprov2", parameters={"max_bootstrapped_demos": 0, "max_labeled_demos": 0}
)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.of_tickets(tmp_path)


async def stale_reasons(workspace: Workspace) -> tuple[str, ...]:
    now = await standing(workspace, "app:Ticket")
    assert isinstance(now, Stale), now
    return now.reasons


async def test_a_target_that_nobody_ran_stands_at_never(repository: Repository) -> None:
    async with repository.open() as workspace:
        assert await standing(workspace, "app:Ticket") == Never()


async def test_a_result_is_fresh_until_something_changes(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, LABELED)
        assert await standing(workspace, "app:Ticket") == Fresh(run)


async def test_a_result_stays_fresh_when_the_daemon_is_another(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, LABELED)
    async with repository.open() as workspace:
        assert await standing(workspace, "app:Ticket") == Fresh(run)


async def test_stale_says_how_many_examples_changed(repository: Repository) -> None:
    async with repository.open() as workspace:
        await ran(workspace, LABELED)
        await changed(workspace, lambda: repository.examples(row3="login", row5="login"), "tickets.jsonl")
        assert await stale_reasons(workspace) == ("2 examples changed",)


async def test_stale_says_that_the_signature_changed(repository: Repository) -> None:
    async with repository.open() as workspace:
        await ran(workspace, LABELED)
        more = (repository.root / "app.py").read_text().replace('"login"]', '"login", "other"]')
        await changed(workspace, lambda: repository.write("app.py", more), "app.py")
        assert await stale_reasons(workspace) == ("signature changed",)


async def test_stale_says_that_only_the_instructions_changed(repository: Repository) -> None:
    async with repository.open() as workspace:
        await ran(workspace, LABELED)
        other = (repository.root / "app.py").read_text().replace("Sort the", "Label the")
        await changed(workspace, lambda: repository.write("app.py", other), "app.py")
        assert await stale_reasons(workspace) == ("instructions changed",)


async def test_stale_says_that_the_metric_changed(repository: Repository) -> None:
    metric = "def same(example, prediction, trace=None):\n    return example.label == prediction.label\n"
    repository.write("metrics.py", metric)
    repository.settings('[tool.dspy-lens.target."app:Ticket"]\nmetric = "metrics:same"\n')
    async with repository.open() as workspace:
        await ran(workspace, LABELED)
        other = metric.replace("return", "return 1.0 *")
        await changed(workspace, lambda: repository.write("metrics.py", other), "metrics.py")
        assert await stale_reasons(workspace) == ("metric changed",)


VECTORS = "def lengths(texts):\n    return [[float(len(it))] for it in texts]\n"
VOTE = "def first(predictions, **others):\n    return predictions[0]\n"


@pytest.mark.parametrize(
    ("optimizer", "parameters", "text"),
    [
        ("knn", {"vectorizer": "own:lengths", "k": 2}, VECTORS),
        ("ensemble", {"reduce_fn": "own:first", "parameters": {"num_candidate_programs": 2}}, VOTE),
    ],
)
async def test_stale_says_that_code_which_the_parameters_name_changed(
    repository: Repository, optimizer: str, parameters: dict[str, object], text: str
) -> None:
    repository.write("own.py", text)
    (name,) = (it for it in parameters.values() if isinstance(it, str) and ":" in it)
    async with repository.open() as workspace:
        request = RunRequest(target="Ticket", optimizer=optimizer, parameters=parameters)
        run = await ran(workspace, request)
        assert run.state is RunState.SUCCEEDED, run.outcome
        assert await standing(workspace, "app:Ticket") == Fresh(run)
        exported = await workspace.export(run.id)
        assert isinstance(exported, Path)
        key = (await planned(workspace, request)).recipe.key
        await changed(workspace, lambda: repository.write("own.py", "# Mine.\n" + text), "own.py")
        assert (await planned(workspace, request)).recipe.key == key
        other = text.replace("return", "return 1 and")
        await changed(workspace, lambda: repository.write("own.py", other), "own.py")
        assert await stale_reasons(workspace) == (f"{name} changed",)
        assert (await planned(workspace, request)).recipe.key != key
        target = await workspace.saved.target("app:Ticket")
        assert target is not None
        problem = artifact_problem(workspace.saved, target, workspace.saved.settings)
        assert problem is not None
        assert f"no longer fits: {name} changed." in problem.message


async def test_another_file_changes_nothing(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, LABELED)
        await changed(workspace, lambda: repository.write("other.py", "x = 1\n"), "other.py")
        assert await standing(workspace, "app:Ticket") == Fresh(run)


async def test_applied_instructions_do_not_make_their_own_result_stale(repository: Repository) -> None:
    async with repository.open() as workspace:
        run = await ran(workspace, ZERO_SHOT)
        assert "billing" in run.outcome["instructions"]["self"]
        changes = await workspace.apply(run.id, workspace.saved, {})
        assert isinstance(changes, Changes)
        (edit,) = changes.edits["app.py"]
        text = edited((repository.root / "app.py").read_text(), edit)
        await changed(workspace, lambda: (repository.root / "app.py").write_text(text), "app.py")
        assert await standing(workspace, "app:Ticket") == Applied(run)


async def test_a_module_that_does_not_import_fails_at_load_and_says_why(repository: Repository) -> None:
    broken = "import no_such_module\n" + (repository.root / "app.py").read_text()
    repository.write("app.py", broken)
    async with repository.open() as workspace:
        run = await ran(workspace, LABELED)
        assert run.state is RunState.FAILED
        assert run.outcome["stage"] == "load"
        assert "no_such_module" in run.outcome["reason"]
        assert await standing(workspace, "app:Ticket") == Failed(run)
