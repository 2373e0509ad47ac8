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
        self._known: dict[str, tuple[tuple[str, MeasureReply | None, Experience], Estimate]] = {}

    async def known(self, made: Ingredients, interpreter: Interpreter | None, past: Experience) -> Estimate:
        """What is known now; where tokens are not, they are asked for, and `measured` is told.

        Calls that were not counted before are counted in a thread: playing an optimizer takes up to 30 ms.
        """
        size = self._sizes.get(made.size)
        if size is None and interpreter is not None:
            self._ask(made, interpreter)
        known = self._known.get(made.target.name)
        if known is None or known[0] != (made.key, size, past):
            cached = float(size.cached if size else 0)
            found = await asyncio.to_thread(estimate_of, made, Verb.OPTIMIZE, prices_of(size), cached, past)
            known = self._known[made.target.name] = ((made.key, size, past), found)
        return known[1]

    def prices(self, made: Ingredients) -> Prices | None:
        """Sizes and prices from memory; None until they are known."""
        return prices_of(self._sizes.get(made.size))

    async def measured(
        self, made: Ingredients, verb: Verb, interpreter: Interpreter | None, cached: int, past: Experience
    ) -> Estimate:
        """The estimate with tokens and dollars; with calls only where nothing may be rendered."""
        size = self._sizes.get(made.size)
        if size is None and interpreter is not None:
            size = await asyncio.shield(self._ask(made, interpreter))
        known = float(max(cached, size.cached if size else 0))
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

    def _measurer(self, interpreter: Interpreter) -> Measurer:
        path = str(interpreter.path)
        if path not in self._measurers:
            self._measurers[path] = Measurer(Path(path))
        return self._measurers[path]

    def _ask(self, made: Ingredients, interpreter: Interpreter) -> asyncio.Task[MeasureReply | None]:
        key = made.size
        if key not in self._asking:
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
