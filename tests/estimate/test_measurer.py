"""The warm process: it answers, survives what is odd, and is replaced when it dies."""

import asyncio
import sys
from pathlib import Path

import pytest

from dspy_lens.estimate.measurer import Measurer, MeasurerFailed
from dspy_lens_worker.messages import FieldOrder, MeasureRequest, ModelOrder, TargetOrder
from support.crashing_measurer import first_time, interpreter_that


def request() -> MeasureRequest:
    target = TargetOrder(
        name="app:QA", kind="class", path="app.py", module="app", qualname="QA", import_roots=[],
        literal=None, wrapper="Predict", inputs=[FieldOrder(name="question")],
        outputs=[FieldOrder(name="answer")],
    )  # fmt: skip
    return MeasureRequest(id=0, predictors=[target], model=ModelOrder(name="offline"), preview=False)


async def test_it_starts_when_first_asked_and_stays_warm() -> None:
    measurer = Measurer(Path(sys.executable))
    assert not measurer.running
    try:
        replies = await asyncio.gather(*(measurer.measure(request()) for _ in range(3)))
        assert [it.id for it in replies] == [1, 2, 3]
        assert replies[0].practice
        assert measurer.running
    finally:
        await measurer.close()
    assert not measurer.running


async def test_it_leaves_when_it_is_idle() -> None:
    measurer = Measurer(Path(sys.executable), idle=0.0)
    await measurer.measure(request())
    await measurer.gone()
    assert not measurer.running
    assert (await measurer.measure(request())).error is None
    await measurer.close()


async def test_an_interpreter_that_is_not_there_is_said() -> None:
    measurer = Measurer(Path("/nowhere/python"))
    with pytest.raises(MeasurerFailed, match="/nowhere/python"):
        await measurer.measure(request())
    await measurer.close()


@pytest.mark.parametrize(
    ("does", "said", "deadline"),
    [
        ("raise SystemExit(3)", "ended with code 3", 30),
        ("import sys; sys.stdin.close(); raise SystemExit(3)", "ended with code 3", 30),
        ("print('hello', flush=True); input(); input()", "no readable answer", 30),
        ("import signal; signal.pause()", "longer than 0.5 seconds", 0.5),
    ],
)
async def test_a_measurer_that_fails_is_said(tmp_path: Path, does: str, said: str, deadline: float) -> None:
    measurer = Measurer(interpreter_that(tmp_path, does), deadline=deadline)
    with pytest.raises(MeasurerFailed, match=said):
        await measurer.measure(request())
    assert not measurer.running
    await measurer.close()


async def test_a_crashed_one_is_replaced_by_the_next_request(tmp_path: Path) -> None:
    measurer = Measurer(interpreter_that(tmp_path, first_time("import os; os._exit(9)")))
    with pytest.raises(MeasurerFailed):
        await measurer.measure(request())
    assert (await measurer.measure(request())).error is None
    await measurer.close()


async def test_a_request_that_is_given_up_does_not_answer_the_next_one(tmp_path: Path) -> None:
    measurer = Measurer(interpreter_that(tmp_path, first_time("import signal; signal.pause()")))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await measurer.measure(request())
    assert (await measurer.measure(request())).id == 2
    await measurer.close()
