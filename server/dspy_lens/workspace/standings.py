"""How a target stands: its newest run against what its recipe would be now."""

from dspy_lens.runs.stale import SHAPE, stale_reasons
from dspy_lens.values.definition import Definition, Kind
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.run import Run, RunState
from dspy_lens.values.standing import Applied, Failed, Fresh, Never, Running, Stale, Standing


def standing_of(definition: Definition, recipe: Recipe | None, run: Run | None) -> Standing:
    """The standing. `recipe` is the target's recipe now, None when its examples or metric are missing."""
    if run is None:
        return Never()
    if not run.state.finished:
        return Running(run)
    if not run.state.has_result or not run.outcome:
        return Failed(run)
    if recipe is None:
        return Stale(run, ("examples or metric are missing",))
    reasons = stale_reasons(run.recipe, recipe, definition.noun)
    if not reasons:
        return Fresh(run)
    return Applied(run) if is_applied(definition, recipe, run) else Stale(run, reasons)


def is_applied(definition: Definition, recipe: Recipe, run: Run) -> bool:
    """Whether all but the instructions are as they were, and the instructions are the run's own."""
    wanted: dict[str, str] = run.outcome.get("instructions", {})
    if run.outcome.get("module"):
        return False
    if run.state is not RunState.SUCCEEDED and run.state is not RunState.STOPPED:
        return False
    if not wanted or current_instructions(definition) != {k: v.strip() for k, v in wanted.items()}:
        return False
    return not stale_reasons(without_text(run.recipe), without_text(recipe))


def current_instructions(definition: Definition) -> dict[str, str]:
    """Instructions by predictor, as the source has them."""
    if definition.kind is Kind.PROGRAM:
        return {it.name: (it.instructions or "").strip() for it in definition.predictors}
    name = "predict" if definition.wrapper == "ChainOfThought" else "self"
    return {name: (definition.instructions or "").strip()}


def without_text(recipe: Recipe) -> Recipe:
    """The recipe with the shape of its sources only: fields and structure, no instructions."""
    parts = recipe.parts()
    parts["source"] = {name: it for name, it in recipe.source.items() if name.endswith(SHAPE)}
    return Recipe.from_parts(parts)
