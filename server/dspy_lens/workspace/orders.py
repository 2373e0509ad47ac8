"""From ingredients to a worker's order."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dspy_lens.values.definition import Field, Piece
from dspy_lens.values.examples import Example, Parts
from dspy_lens.values.run import Caps, Run
from dspy_lens.values.target import Target
from dspy_lens.workspace.planning import Ingredients
from dspy_lens.workspace.recipes import wrapper_of
from dspy_lens_worker.messages import CapsOrder, FieldOrder, Order, OrderExample, Part, TargetOrder


def order_of(
    run: Run,
    root: Path,
    made: Ingredients,
    caps: Caps,
    cache: Path,
    files: Mapping[str, str],
    judge_calls: float | None = None,
) -> Order:
    """All that a worker needs, so that it needs nobody."""
    env_file = root / ".env"
    return Order(
        run=run.id,
        verb=run.verb.value,
        root=str(root),
        key=run.key,
        target=target_order(made.target, root),
        metric=made.metric.name,
        optimizer=run.recipe.optimizer,
        parameters=run.recipe.parameters,
        model=made.models.task,
        prompt_model=made.models.prompt,
        teacher=made.models.teacher,
        judge_model=made.models.judge,
        judge_calls=judge_calls,
        prices=dict(made.prices),
        seed=run.recipe.seed,
        threads=made.threads,
        caps=caps_order(caps),
        cache_dir=str(cache),
        files=dict(files),
        provenance=run.recipe.parts(),
        env_file=str(env_file) if env_file.is_file() else None,
    )


def caps_order(caps: Caps) -> CapsOrder:
    seconds = None if caps.minutes is None else caps.minutes * 60
    return CapsOrder(micros=caps.dollars, calls=caps.calls, tokens=caps.tokens, seconds=seconds)


def target_order(target: Target, root: Path) -> TargetOrder:
    definition = target.definition
    return TargetOrder(
        name=definition.name,
        kind=definition.kind.value,
        path=definition.span.path,
        module=definition.module,
        qualname=definition.qualname,
        import_roots=[str(root), str(root / "src")],
        literal=definition.literal,
        instructions=definition.instructions,
        wrapper=wrapper_of(target),
        inputs=field_orders(definition.inputs),
        outputs=field_orders(definition.outputs),
    )


def field_orders(fields: tuple[Field, ...]) -> list[FieldOrder]:
    return [FieldOrder(name=it.name, type=it.type, desc=it.desc) for it in fields]


def order_examples(parts: Parts) -> tuple[OrderExample, ...]:
    dealt: tuple[tuple[Part, tuple[Example, ...]], ...] = (
        ("train", parts.train),
        ("validation", parts.validation),
        ("test", parts.test),
    )
    return tuple(
        OrderExample(part=part, row=it.row, inputs=dict(it.inputs), labels=dict(it.labels))
        for part, examples in dealt
        for it in examples
    )


def file_digests(root: Path, pieces: tuple[Piece, ...]) -> dict[str, str]:
    """The sha256 of each file that the pieces stand in, as it is on disk now."""
    paths = sorted({it.path for it in pieces})
    return {path: hashlib.sha256((root / path).read_bytes()).hexdigest() for path in paths}
