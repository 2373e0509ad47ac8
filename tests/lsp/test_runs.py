"""A run from the click to the applied result, by the practice model in a real worker."""

from collections.abc import Awaitable, Callable

from lsprotocol import types

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]


async def test_a_click_runs_shows_progress_and_is_answered_from_the_store_next_time(
    home: Home, window: Window
) -> None:
    editor = await window(trusted=True)
    other = await window()
    editor.open("app.py")
    started = await editor.command("optimize", target="app:QA")
    assert started["stored"] is False
    finished = await editor.finished(started["run"])
    assert finished["state"] == "succeeded", finished
    assert [it["sequence"] for it in editor.events] == sorted({it["sequence"] for it in editor.events})
    text = await editor.until_lens("app.py", lambda it: "cached" in it)
    assert text.startswith("▶ Optimize again · cached | ")
    assert "held-out (n=12, practice model)" in text
    for one in (editor, other):
        bars = await one.until(lambda one=one: ended_bars(one))  # type: ignore[misc]
        assert isinstance(bars[0], types.WorkDoneProgressBegin)
        assert bars[0].cancellable
    hover = await editor.hover("app.py", 5)
    assert hover is not None
    assert "no real model took part" in hover
    again = await other.command("optimize", target="QA")
    assert again == {"run": started["run"], "target": "app:QA", "stored": True}
    document = await other.command("show", run=started["run"])
    assert document["outcome"]["state"] == "succeeded"
    assert document["trials"]


def ended_bars(editor: Editor) -> list[object]:
    bars = [it for it in editor.client.progress_reports.values() if it]
    return bars[0] if bars and isinstance(bars[0][-1], types.WorkDoneProgressEnd) else []


async def test_cancel_in_the_progress_bar_ends_the_run(home: Home, window: Window) -> None:
    home.write("slow.py", SLOW)
    editor = await window(trusted=True)
    started = await editor.command("optimize", target="slow:Slow")
    token = await editor.until(lambda: next(iter(editor.client.progress_reports), None))
    await editor.until(lambda: any(bars(editor)))
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    finished = await editor.finished(started["run"])
    assert finished["state"] == "stopped"
    assert await editor.until_lens("slow.py", lambda it: "■ Stop" not in it)


def bars(editor: Editor) -> list[object]:
    return [it for found in editor.client.progress_reports.values() for it in found]


async def test_a_window_that_comes_later_shows_the_run_that_goes_on_and_can_stop_it(
    home: Home, window: Window
) -> None:
    home.write("slow.py", SLOW)
    first = await window(trusted=True)
    started = await first.command("optimize", target="slow:Slow")
    await first.leave()
    later = await window()
    later.open("slow.py")
    await later.until(lambda: bars(later))
    assert "■ Stop" in "".join((await later.lenses("slow.py")).values())
    answer = await later.command("cancel")
    assert answer == {"run": started["run"], "cancelled": True}
    assert (await later.finished(started["run"]))["state"] == "stopped"


# The metric waits until the run is cancelled: nothing here depends on how long anything takes.
SLOW = """
    import signal

    import dspy


    def waits(example, prediction, trace=None):
        signal.sigtimedwait([], 60) if False else __import__("time").sleep(0.3)
        return 1.0


    # dspy-lens: examples=qa.jsonl metric=slow:waits
    class Slow(dspy.Signature):
        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()
    """
