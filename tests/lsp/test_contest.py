"""Comparing from an editor: the price before, the runs, and the comparison when all have ended."""

from collections.abc import Awaitable, Callable

from support.lens_client import Editor

Window = Callable[..., Awaitable[Editor]]


async def test_optimizers_are_run_against_each_other_and_then_compared(window: Window) -> None:
    editor = await window("neovim@v0.11", trusted=True)
    editor.answers = ["Show Comparison"]
    wanted = {"target": "QA", "optimizers": ["labeled", "bootstrap"]}
    answer = await editor.command("compareWith", **wanted)
    assert [(it["contender"], it["stored"]) for it in answer["runs"]] == [
        ("labeled", False),
        ("bootstrap", False),
    ]
    runs = [it["run"] for it in answer["runs"]]
    for run in runs:
        assert (await editor.finished(run))["state"] == "succeeded"
    await editor.until(lambda: [it for it in editor.questions if "does best of 2" in it.message])
    compared = await editor.command("compare", runs=runs)
    assert compared["differ"] == ["optimizer", "parameters"]
    again = await editor.command("compareWith", **wanted)
    assert [(it["run"], it["stored"]) for it in again["runs"]] == [(it, True) for it in runs]


async def test_vs_code_is_told_which_runs_to_show_side_by_side(window: Window) -> None:
    editor = await window(client="vscode", trusted=True)
    answer = await editor.command("compareWith", target="QA", optimizers=["labeled", "bootstrap"])
    runs = [it["run"] for it in answer["runs"]]
    for run in runs:
        assert (await editor.finished(run))["state"] == "succeeded"
    await editor.command("compare", runs=runs)
    await editor.until(lambda: editor.compared)
    assert [it["runs"] for it in editor.compared] == [runs]
    assert not list(editor.home.paths.state.rglob("compare.md"))


async def test_without_optimizers_the_user_picks_those_that_stand_out(window: Window) -> None:
    editor = await window(trusted=True)
    answer = await editor.command("compareWith", target="QA")
    assert answer["refused"]["reason"] == "declined"
    first, every = [it.title for it in editor.questions[-1].actions or ()]
    assert first.startswith("The cheapest, the recommended and the strongest: labeled, ")
    assert every.startswith("All that work here: ")
    editor.answers = [first]
    answer = await editor.command("compareWith", target="QA", cap_calls=1)
    assert answer["refused"]["reason"] == "cap"


async def test_a_restricted_window_compares_nothing(window: Window) -> None:
    editor = await window(client="vscode", trusted=False)
    answer = await editor.command("compareWith", target="QA", optimizers=["labeled", "copro"])
    assert answer["refused"]["reason"] == "untrusted"
