"""What the user's own calls say, over the wire: in lenses, hovers and the list of targets."""

from collections.abc import Awaitable, Callable

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]

TRAIN = """
    import json
    import dspy
    from app import QA

    def score(example, prediction, trace=None):
        return example.answer == prediction.answer

    data = [dspy.Example(**json.loads(it)).with_inputs("question") for it in open("elsewhere/rows.jsonl")]
    dspy.BootstrapFewShot(metric=score).compile(dspy.Predict(QA), trainset=data)
"""


async def test_a_call_in_another_file_gives_examples_and_metric(home: Home, window: Window) -> None:
    home.write("elsewhere/rows.jsonl", '{"question": "Is 1 even?", "answer": false}\n' * 12)
    editor = await window()
    editor.open("app.py")
    assert "40 examples · exact" in (await editor.lenses("app.py"))[5]
    home.write("train.py", TRAIN)
    assert "12 examples · train:score" in await editor.until_lens("app.py", lambda it: "train:score" in it)
    text = await editor.hover("app.py", 5)
    assert text is not None
    assert "- examples by your own compile and Evaluate calls" in text
    assert "- metric by your own compile and Evaluate calls" in text


async def test_the_list_of_targets_says_why_calls_gave_nothing(home: Home, window: Window) -> None:
    home.write("train.py", TRAIN.replace("json.loads(it)", "parsed(it)"))
    editor = await window()
    editor.open("app.py")
    (target,) = (await editor.request("dspyLens/targets", {"path": "app.py"}))["targets"]
    assert target["examples"]["rule"] == "file"
    (missed,) = [it["why"] for it in target["missed"] if (it["what"], it["rule"]) == ("examples", "calls")]
    assert missed == "`trainset` of compile at train.py:10 changes values on the way into its examples"
    text = await editor.hover("app.py", 5)
    assert text is not None
    assert "examples by a data file near it; not by your own compile and Evaluate calls: `" in text
