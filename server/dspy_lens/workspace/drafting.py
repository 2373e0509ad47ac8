"""What a run that drafts examples is made of: a signature that asks for one record of the target's fields after another."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dspy_lens.source.annotations import annotation
from dspy_lens.source.drafts import UNREVIEWED
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.definition import Definition, Field, Kind
from dspy_lens.values.examples import Example, Parts
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.request import Refused, RunRequest
from dspy_lens.values.settings import Settings
from dspy_lens.values.target import Metric, Target
from dspy_lens.workspace.planning import Finding, Ingredients, usable_models
from dspy_lens.workspace.recipes import Models, caps_of, checked, price_orders, recipe_of, split_of

DRAFT = "draft"
DRAFTS = 10  # when nobody says how many
SHOWN = 80  # characters of an earlier example that the model is shown, so that it makes up another one
MOST_SHOWN = 20  # examples there are already that it is shown
INSTRUCTIONS = """\
You make up examples that a program is tried with. Write one realistic example of what the program's purpose asks \
for: first what is given to it, then the one right answer to exactly that. Follow what is wanted of this example. \
Do not repeat earlier examples: take another topic, other names, numbers and words."""
SORTS = ("an ordinary one", "a difficult one", "one with unusual details", "a short one", "a long one")
EARLIER = "An earlier example, of which about as many words are shown as there are in this."
UNDRAFTED = "`{}` is of the type {}, which a model cannot write. Write the examples by hand."


def draft_ingredients(
    target: Target, settings: Settings, request: RunRequest, dspy: str, function: Finding
) -> Ingredients | Refused:
    """What drafting examples for a target would be made of. `dspy` is the version the interpreter has."""
    inputs, outputs = example_fields(target.definition)
    if not inputs or not outputs:
        missing = "takes" if not inputs else "gives"
        return Refused("examples", f"What {target.name} {missing} is not known. Write the examples by hand.")
    if (odd := next((it for it in (*inputs, *outputs) if "dspy." in it.type), None)) is not None:
        return Refused("examples", UNDRAFTED.format(odd.name, odd.type))
    asking = asking_target(target)
    models = usable_models(asking, settings, request)
    if isinstance(models, Refused):
        return models
    models = Models(models.task, None, None)
    drafts = request.drafts or DRAFTS
    parts = Parts(asks(target, asking.definition, drafts), (), ())
    choice, metric = checked("labeled", {}), Metric("exact", "type")
    seed = settings.seed if request.seed is None else request.seed
    made = recipe_of(asking, metric, models, choice, split_of(target, settings), seed, dspy)
    recipe = Recipe.from_parts(
        {
            **made.parts(),
            "optimizer": DRAFT,
            "parameters": {"drafts": drafts, "inputs": [it.name for it in inputs]},
            "examples": [it.digest for it in parts.train],
        }
    )
    caps, prices = caps_of(settings, request), price_orders(settings)
    return Ingredients(asking, metric, models, choice, parts, recipe, caps, 1, prices)


def asking_target(target: Target) -> Target:
    """The target's stand-in for the run: its fields are what the model answers with."""
    inputs, outputs = example_fields(target.definition)
    taken = {it.name for it in (*inputs, *outputs)}
    purpose, wanted, earlier = (free(it, taken) for it in ("purpose", "wanted", "earlier"))
    asked = (Field(purpose), Field(wanted), Field(earlier, "list[str]"))
    definition = replace(
        target.definition,
        kind=Kind.STRING,
        inputs=asked,
        outputs=(*inputs, *outputs),
        instructions=INSTRUCTIONS,
        literal=None,
        predictors=(),
        wrapper="Predict",
        comment=None,
    )
    own = target.settings.model_copy(update={"module": None})
    return replace(target, definition=definition, settings=own, examples=None, metric=None)


def free(name: str, taken: set[str]) -> str:
    return name if name not in taken else free(f"{name}_", taken)


def asks(target: Target, asking: Definition, drafts: int) -> tuple[Example, ...]:
    """What is asked for each draft. Earlier drafts stand in by texts as long, so that the estimate counts them."""
    there = target.examples.examples if target.examples else ()
    start = [shortened(it.inputs) for it in there[-MOST_SHOWN:]]
    # Those that wait for a review count too, so that asking for more asks for others.
    before = len(there) + waiting(target)
    purpose, wanted, earlier = (it.name for it in asking.inputs)
    return tuple(
        Example(
            {
                purpose: purpose_of(target.definition),
                wanted: wish(before + at, before + drafts, target.definition),
                earlier: [*start, *[EARLIER] * at],
            },
            {},
            at,
        )
        for at in range(drafts)
    )


def waiting(target: Target) -> int:
    """Drafts that nobody has reviewed."""
    return sum(it.code == UNREVIEWED for it in (target.examples.problems if target.examples else ()))


def purpose_of(definition: Definition) -> str:
    """What the program is for, and which fields stand for what is given and what is right."""
    inputs, outputs = example_fields(definition)
    given, right = (", ".join(f"`{it.name}`" for it in fields) for fields in (inputs, outputs))
    instructions = definition.instructions or f"The program {definition.qualname}."
    return f"{instructions}\nGiven: {given}. The right answer: {right}."


def wish(at: int, of: int, definition: Definition) -> str:
    """What this example should be like; labels that types allow take turns, so that none is rare."""
    labels, rest = [], at
    for it in example_fields(definition)[1]:
        kind = annotation(it.type)
        values: tuple[Any, ...] = (True, False) if kind.kind == "bool" else kind.values
        if values:
            labels.append(f"`{it.name}` is {values[rest % len(values)]!r}")
            rest //= len(values)
    such = f", where {' and '.join(labels)}" if labels else ""
    return f"Example {at + 1} of {of}: {SORTS[at % len(SORTS)]}{such}."


def shortened(inputs: Mapping[str, Any]) -> str:
    """As much of an example as the model is shown of it."""
    return " | ".join(str(it) for it in inputs.values())[:SHOWN]
