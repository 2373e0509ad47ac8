"""A run from the click to the applied result, by the practice model in a real worker."""

import fcntl
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from lsprotocol import types

from dspy_lens.daemon.connect import living
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
    with closed_gate(home):
        started = await editor.command("optimize", target="slow:Slow")
        await editor.until(lambda: bars(editor))
        token = next(iter(editor.client.progress_reports))
        editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        await editor.request("dspyLens/runs")  # answered after the cancelling is under way
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
    with closed_gate(home):
        started = await first.command("optimize", target="slow:Slow")
        await first.leave()
        later = await window()
        later.open("slow.py")
        await later.until(lambda: bars(later))
        assert "■ Stop" in "".join((await later.lenses("slow.py")).values())
        answer = await later.command("cancel")
    assert answer == {"run": started["run"], "cancelled": True}
    assert (await later.finished(started["run"]))["state"] == "stopped"


SLOW = """
    import fcntl
    from pathlib import Path

    import dspy


    def waits(example, prediction, trace=None):
        with (Path(__file__).parent / "gate").open("rb") as gate:
            fcntl.flock(gate, fcntl.LOCK_SH)
        return 1.0


    # dspy-lens: examples=qa.jsonl metric=slow:waits
    class Slow(dspy.Signature):
        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()
    """


@contextmanager
def closed_gate(home: Home) -> Iterator[None]:
    """The metric of `Slow` waits for as long as the gate is closed, so that its run goes on until then."""
    with home.write("gate", "").open("rb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


async def test_a_daemon_that_is_killed_leaves_the_run_to_its_successor(home: Home, window: Window) -> None:
    home.write("slow.py", SLOW)
    first = await window(trusted=True)
    with closed_gate(home):
        started = await first.command("optimize", target="slow:Slow")
        await first.until(lambda: bars(first))
        there = living(home.paths)
        assert there is not None
        os.kill(there.pid, signal.SIGKILL)
        later = await window()
        later.open("slow.py")
        assert "■ Stop" in await later.until_lens("slow.py", lambda it: "■ Stop" in it)
    finished = await later.finished(started["run"])
    assert finished["state"] == "succeeded"
    sequences = [it["sequence"] for it in later.events if it["run"] == started["run"]]
    assert sequences == list(range(1, len(sequences) + 1))


async def test_applying_brings_the_instructions_into_the_source_as_one_edit(
    home: Home, window: Window
) -> None:
    editor = await window(trusted=True)
    editor.open("app.py")
    started = await editor.command("optimize", target="QA", optimizer="miprov2", parameters=ZERO_SHOT)
    finished = await editor.finished(started["run"])
    assert finished["state"] == "succeeded", finished
    editor.change("app.py", "# 😀 moved\n" + editor.texts["app.py"])
    answer = await editor.command("apply", run=started["run"])
    if finished["instructions"].get("self", "").strip() == "Answer the question.":
        assert answer["files"] == []
        return
    assert answer["files"] == ["app.py"]
    change = editor.edits[0].document_changes
    assert change is not None
    assert isinstance(change[0], types.TextDocumentEdit)
    assert change[0].text_document.version == 2
    assert change[0].edits[0].range.start.line >= 7


ZERO_SHOT = {"auto": "light", "max_bootstrapped_demos": 0, "max_labeled_demos": 0}
