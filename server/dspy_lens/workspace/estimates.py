"""Estimates as lenses need them: calls at once from memory, tokens and dollars as soon as they are measured."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from dspy_lens.estimate.estimate import Prices
from dspy_lens.estimate.measurer import Measurer, MeasurerFailed
from dspy_lens.runs.interpreter import Interpreter
from dspy_lens.source.metric import judged
from dspy_lens.values.definition import Kind
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.run import Verb
from dspy_lens.workspace.experience import Experience
from dspy_lens.workspace.orders import field_orders, target_order
from dspy_lens.workspace.planning import Ingredients, estimate_of
from dspy_lens_worker.messages import MeasureReply, MeasureRequest, TargetOrder

SAMPLES = 40  # examples rendered to learn the size of a prompt


class Estimates:
    """Measured sizes by what they depend on. One measurer for each interpreter, warm while it is needed."""

    def __init__(self, cache: Path, measured: Callable[[str], None]) -> None:
        self._cache = cache
        self._measured = measured
        self._measurers: dict[str, Measurer] = {}
        self._sizes: dict[str, MeasureReply] = {}
        self._asking: dict[str, asyncio.Task[MeasureReply | None]] = {}
        self._measured_for: dict[str, str] = {}  # what was measured -> its target
        self._outdated: set[str] = set()  # what was measured before a run filled the LM cache
        self._known: dict[str, tuple[tuple[str, MeasureReply | None, Experience], Estimate]] = {}

    async def known(self, made: Ingredients, interpreter: Interpreter | None, past: Experience) -> Estimate:
        """What is known now; where tokens are not, they are asked for, and `measured` is told.

        Calls that were not counted before are counted in a thread: playing an optimizer takes up to 30 ms.
        """
        size = self._sizes.get(key_of(made))
        if self._is_old(made) and interpreter is not None:
            self._ask(made, interpreter)
        known = self._known.get(made.target.name)
        if known is None or known[0] != (made.key, size, past):
            cached = held(made, size)
            found = await asyncio.to_thread(estimate_of, made, Verb.OPTIMIZE, prices_of(size), cached, past)
            known = self._known[made.target.name] = ((made.key, size, past), found)
        return known[1]

    def prices(self, made: Ingredients) -> Prices | None:
        """Sizes and prices from memory; None until they are known."""
        return prices_of(self._sizes.get(key_of(made)))

    async def measured(
        self, made: Ingredients, verb: Verb, interpreter: Interpreter | None, cached: int, past: Experience
    ) -> Estimate:
        """The estimate with tokens and dollars; with calls only where nothing may be rendered."""
        size = self._sizes.get(key_of(made))
        if self._is_old(made) and interpreter is not None:
            size = await asyncio.shield(self._ask(made, interpreter)) or size
        known = max(float(cached), held(made, size))
        return await asyncio.to_thread(estimate_of, made, verb, prices_of(size), known, past)

    async def preview(self, made: Ingredients, interpreter: Interpreter) -> MeasureReply | None:
        """The reply with the messages of the first example; None where the measurer does not answer."""
        request = measure_request(made, self._cache).model_copy(update={"preview": True})
        try:
            return await self._measurer(interpreter).measure(request)
        except MeasurerFailed:
            return None

    async def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        for measurer in self._measurers.values():
            await measurer.close()

    def forget(self) -> None:
        """Measures again when asked next: the LM cache is another."""
        self._sizes.clear()

    def look_again(self, target: str) -> None:
        """A run of this target has ended: the LM cache may hold more now. Until that is known, what was is said."""
        self._outdated |= {key for key, name in self._measured_for.items() if name == target}

    def _is_old(self, made: Ingredients) -> bool:
        key = key_of(made)
        return key not in self._sizes or key in self._outdated

    def _measurer(self, interpreter: Interpreter) -> Measurer:
        path = str(interpreter.path)
        if path not in self._measurers:
            self._measurers[path] = Measurer(Path(path))
        return self._measurers[path]

    def _ask(self, made: Ingredients, interpreter: Interpreter) -> asyncio.Task[MeasureReply | None]:
        key = key_of(made)
        if key not in self._asking:
            # What ends from now on may be missing in the reply.
            self._outdated.discard(key)
            self._measured_for[key] = made.target.name
            self._asking[key] = asyncio.create_task(self._measure(made, interpreter, key))
        return self._asking[key]

    async def _measure(self, made: Ingredients, interpreter: Interpreter, key: str) -> MeasureReply | None:
        try:
            reply = await self._measurer(interpreter).measure(measure_request(made, self._cache))
        except MeasurerFailed:
            return None
        finally:
            self._asking.pop(key, None)
        self._sizes[key] = reply
        self._measured(made.target.name)
        return reply


def key_of(made: Ingredients) -> str:
    """What a measurement depends on; a dry run looks at other examples first."""
    return f"{made.size}:{len(made.parts.test)}"


def held(made: Ingredients, size: MeasureReply | None) -> float:
    """Calls of the first evaluation that the LM cache holds, by those of them that were looked up.

    They are the first samples. A program of several steps is not looked up.
    """
    evaluated = len(made.parts.test) or len(made.parts.validation) + len(made.parts.train)
    looked_up = size.cached[:evaluated] if size else []
    return round(evaluated * sum(looked_up) / len(looked_up)) if looked_up else 0.0


def prices_of(size: MeasureReply | None) -> Prices | None:
    return None if size is None or size.error else Prices.of(size)


def measure_request(made: Ingredients, cache: Path) -> MeasureRequest:
    rows = [
        {**it.inputs, **it.labels} for it in (*made.parts.test, *made.parts.validation, *made.parts.train)
    ]
    return MeasureRequest(
        id=0,
        predictors=predictor_orders(made),
        samples=rows[:SAMPLES],
        demos=[{**it.inputs, **it.labels} for it in made.parts.train if it.labels][:SAMPLES],
        model=made.models.task,
        prompt_model=made.models.prompt,
        judge_model=made.judge,
        judged=list(judged(made.metric.name)) if made.models.judge else [],
        prices=dict(made.prices),
        cache_dir=str(cache),
    )


def predictor_orders(made: Ingredients) -> list[TargetOrder]:
    """The predictors to render: a bare signature's own, or each of a program's."""
    own = target_order(made.target, Path())
    if made.definition.kind is not Kind.PROGRAM:
        return [own]
    return [
        own.model_copy(
            update={
                "name": it.name,
                "kind": "string",
                "wrapper": it.factory,
                "instructions": it.instructions,
                "inputs": field_orders(it.inputs),
                "outputs": field_orders(it.outputs),
            }
        )
        for it in made.definition.predictors
    ]
