"""Examples from the Hub and from the user's code, over the wire: never without a yes, and kept afterwards."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.hub import Hub
from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]

SIGNATURE = '''
    import dspy


    class QA(dspy.Signature):
        """Answer the question."""

        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()
    '''
LOADER = """
    import pathlib

    import dspy

    def load(count=20):
        pathlib.Path(__file__).with_name("ran.txt").open("a").write("ran\\n")
        return [dspy.Example(question=f"Is {it} even?", answer=it % 2 == 0) for it in range(count)]
"""
FROM_CODE = 'model = "offline"\n[target."qa:QA"]\nexamples = "app.data:load"\n'
FROM_HUB = 'model = "offline"\n[target."qa:QA"]\nexamples = "hf:me/even"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.make(tmp_path, {"qa.py": SIGNATURE, "app/data.py": LOADER, "dspy-lens.toml": FROM_CODE})


def runs_of_the_loader(home: Home) -> int:
    place = home.root / "app" / "ran.txt"
    return len(place.read_text().splitlines()) if place.exists() else 0


async def test_a_function_runs_after_a_yes_only_and_then_not_again(home: Home, window: Window) -> None:
    editor = await window(trusted=True)
    editor.open("qa.py")
    lens = (await editor.lenses("qa.py"))[5]
    assert lens == "⤓ Get the examples of this signature | no examples yet · app.data:load"
    await editor.hover("qa.py", 5)
    assert (await editor.command("getExamples", target="QA"))["refused"]["reason"] == "declined"
    assert runs_of_the_loader(home) == 0
    editor.answers = ["Run it"]
    answer = await editor.command("getExamples", target="QA")
    assert answer == {"target": "qa:QA", "got": ["20 records of app.data:load"], "count": 20}
    assert "20 examples · exact" in await editor.until_lens("qa.py", lambda it: "no score yet" in it)
    assert runs_of_the_loader(home) == 1
    another = await window(trusted=True)
    another.open("qa.py")
    assert "20 examples" in (await another.lenses("qa.py"))[5]
    assert (await another.command("getExamples", target="QA"))["got"] == []
    assert runs_of_the_loader(home) == 1


async def test_changed_code_is_asked_about_anew_and_other_code_is_not(home: Home, window: Window) -> None:
    editor = await window(trusted=True)
    editor.open("qa.py")
    await editor.command("getExamples", target="QA", yes=True)
    await editor.until_lens("qa.py", lambda it: "20 examples" in it)
    home.write("app/data.py", LOADER + "\n    OTHER = 1\n")
    home.write("app/more.py", "import dspy\n")
    await editor.command("getExamples", target="QA", yes=True)
    assert runs_of_the_loader(home) == 1
    home.write("app/data.py", LOADER.replace("count=20", "count=10"))
    await editor.until_lens("qa.py", lambda it: "⤓ Get the examples" in it)
    editor.answers = ["Run it"]
    assert (await editor.command("getExamples", target="QA"))["count"] == 10


async def test_a_run_asks_for_the_examples_first(home: Home, window: Window) -> None:
    editor = await window(trusted=True)
    editor.open("qa.py")
    answer = await editor.command("evaluate", target="QA")
    assert answer["refused"]["reason"] == "declined"
    assert "app.data:load of app/data.py gives the examples" in editor.questions[-1].message
    editor.answers = ["Run it"]
    run = (await editor.command("evaluate", target="QA"))["run"]
    assert (await editor.finished(run))["state"] == "succeeded"


async def test_without_trust_no_code_runs(home: Home, window: Window) -> None:
    editor = await window(client="vscode", trusted=False)
    assert (await editor.command("getExamples", target="QA", yes=True))["refused"]["reason"] == "untrusted"
    other = await window()
    assert (await other.command("getExamples", target="QA"))["refused"]["reason"] == "declined"
    assert "Do you trust this workspace?" in other.questions[-1].message
    assert runs_of_the_loader(home) == 0


async def test_a_download_comes_after_a_yes_and_is_made_once(home: Home, window: Window) -> None:
    home.write("dspy-lens.toml", FROM_HUB)
    rows = [{"question": f"Is {it} even?", "answer": it % 2 == 0} for it in range(120)]
    with Hub({("me/even", "default", "train"): rows}) as hub:
        home.extra["DSPY_LENS_HUB"] = hub.base
        editor = await window()
        editor.open("qa.py")
        assert (
            "⤓ Get the examples of this signature | no examples yet · hf:me/even"
            in (await editor.lenses("qa.py")).values()
        )
        assert (await editor.command("getExamples", target="QA"))["refused"]["reason"] == "declined"
        assert editor.questions[-1].message == "Download up to 500 rows of me/even from the Hugging Face Hub?"
        assert hub.log == []
        editor.answers = ["Download"]
        answer = await editor.command("getExamples", target="QA")
        assert answer["got"] == ["120 of 120 rows of default/train"]
        await editor.until_lens("qa.py", lambda it: "120 examples · exact" in it)
        asked = len(hub.log)
        assert (await editor.command("getExamples", target="QA", yes=True))["got"] == []
        assert len(hub.log) == asked
        assert (await editor.command("getExamples", target="QA", yes=True, again=True))["count"] == 120
        assert len(hub.log) > asked


async def test_a_dataset_that_is_not_there_is_one_sentence(home: Home, window: Window) -> None:
    home.write("dspy-lens.toml", FROM_HUB)
    with Hub({}) as hub:
        home.extra["DSPY_LENS_HUB"] = hub.base
        editor = await window()
        answer = await editor.command("getExamples", target="QA", yes=True)
    assert answer["refused"]["reason"] == "examples"
    assert "There is no dataset me/even on the Hub" in answer["refused"]["message"]
