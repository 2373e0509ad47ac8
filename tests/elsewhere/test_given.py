"""Examples that the user's own code gives, run in a real worker."""

import os
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dspy_lens.elsewhere.given import NotGiven, given
from dspy_lens_worker.messages import ExamplesOrder

CODE = """
    import dataclasses
    import dspy
    import pydantic

    print("noise on standard output")

    ROWS = [{"question": it, "answer": it.upper()} for it in "abc"]
    TRAIN = [dspy.Example(**it).with_inputs("question") for it in ROWS]
    WORD = "abc"

    class Item(pydantic.BaseModel):
        question: str
        answer: list[int]

    @dataclasses.dataclass
    class Plain:
        question: str

    def examples():
        return TRAIN

    def generator():
        yield from ROWS

    def forever():
        while True:
            yield {"question": "again"}

    def models():
        return [Item(question="a", answer=[1])]

    def plain():
        return (Plain("a"), Plain("b"))

    def splits():
        return {"train": ROWS[:1], "test": ROWS[1:]}

    def nothing():
        return []

    def number():
        return 7

    def words():
        return ["a", "b"]

    def fails():
        return ROWS[99]

    def leaves():
        import os
        os._exit(3)

    async def later():
        return ROWS

    def never_ends():
        import threading
        threading.Event().wait()

    def calls_a_model():
        dspy.configure(lm=dspy.LM("openai/gpt-4o-mini", api_key="none", num_retries=0))
        return [{"question": dspy.Predict("q -> a")(q="?").a}]
"""


async def got(root: Path, name: str, code: str = CODE, **more: Any) -> list[dict[str, Any]]:
    (root / "app").mkdir(exist_ok=True)
    (root / "app" / "data.py").write_text(dedent(code))
    order = ExamplesOrder(
        root=str(root),
        module="app.data",
        qualname=name,
        path="app/data.py",
        import_roots=[str(root)],
        most=more.pop("most", 100),
    )
    return await given(order, Path(sys.executable), dict(os.environ), **more)


@pytest.mark.parametrize("name", ["TRAIN", "examples", "generator", "ROWS", "splits"])
async def test_examples_and_dicts_come_from_lists_functions_and_generators(tmp_path: Path, name: str) -> None:
    assert await got(tmp_path, name) == [{"question": it, "answer": it.upper()} for it in "abc"]


async def test_models_and_dataclasses_are_records_too(tmp_path: Path) -> None:
    assert await got(tmp_path, "models") == [{"question": "a", "answer": [1]}]
    assert await got(tmp_path, "plain") == [{"question": "a"}, {"question": "b"}]


async def test_what_never_ends_is_taken_as_far_as_is_wanted(tmp_path: Path) -> None:
    assert len(await got(tmp_path, "forever", most=5)) == 5


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", "gives no examples"),
        ("number", "gives a value of type int"),
        ("WORD", "gives a value of type str"),
        ("words", "a value of type str where an example should be"),
        ("absent", "There is no absent in app.data"),
        ("fails", r"app/data.py:\d+: IndexError"),
        ("leaves", "ended with code 3"),
        ("later", "asynchronous"),
        ("calls_a_model", "calls a model, which costs money"),
    ],
)
async def test_what_gives_no_examples_says_why(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(NotGiven, match=says):
        await got(tmp_path, name)


async def test_code_that_does_not_come_back_is_ended(tmp_path: Path) -> None:
    with pytest.raises(NotGiven, match="took longer than 3 seconds"):
        await got(tmp_path, "never_ends", seconds=3.0)


async def test_a_module_that_is_broken_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(NotGiven, match=r"app/data.py:1: SyntaxError"):
        await got(tmp_path, "x", "def broken(:\n")
