"""A run's folder."""

import fcntl
from pathlib import Path

from dspy_lens.runs.folder import RunFolder
from dspy_lens_worker.messages import HeldOut, OrderExample
from support.recipes import order, run


def made(tmp_path: Path) -> RunFolder:
    examples = [OrderExample(part="test", row=0, inputs={"question": "Où?\n\ud800"}, labels={"answer": "là"})]
    return RunFolder.create(tmp_path / "runs" / "r1", order(run()), examples)


def test_an_order_is_read_back_and_only_its_owner_can(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert folder.order() == order(run())
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert {it.name: it.stat().st_mode & 0o777 for it in folder.path.iterdir()} == {
        "examples.jsonl": 0o600,
        "order.json": 0o600,
    }
    assert len((folder.path / "examples.jsonl").read_bytes().splitlines()) == 1


def test_an_empty_or_broken_folder_has_no_order_no_events_and_nobody_in_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "r1")
    assert (folder.order(), folder.all_events(), folder.held_out(), folder.log_tail()) == (None, (), (), "")
    assert (folder.alive(), folder.pid(), folder.result()) == (False, None, None)
    folder.path.mkdir()
    (folder.path / "order.json").write_text("{")
    (folder.path / "pid").write_text("?")
    assert (folder.order(), folder.pid()) == (None, None)


def test_a_held_lock_means_that_somebody_is_at_work(tmp_path: Path) -> None:
    folder = made(tmp_path)
    for name in ("lock", "launch"):
        with (folder.path / name).open("w") as lock:
            assert not folder.alive()
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert folder.alive()
        assert not folder.alive()


def test_held_out_answers_are_read_without_the_bad_lines(tmp_path: Path) -> None:
    folder = made(tmp_path)
    row = HeldOut(program="best", row=3, inputs={"q": 1}, labels={}, answer={"a": 2}, score=None, error="429")
    (folder.path / "heldout.jsonl").write_text(f"{row.model_dump_json()}\nbad\n{{}}\n")
    assert folder.held_out() == (row,)


def test_the_log_is_shown_by_its_last_64_kib(tmp_path: Path) -> None:
    folder = made(tmp_path)
    folder.log.write_bytes(b"x" * 1_000_000 + b"\xffthe end")
    tail = folder.log_tail()
    assert len(tail) == 64 * 1024
    assert tail.endswith("x\ufffdthe end")


def test_the_final_program_goes_before_the_best_so_far(tmp_path: Path) -> None:
    folder = made(tmp_path)
    folder.candidate.write_text("{}")
    assert folder.result() == folder.candidate
    folder.program.write_text("{}")
    assert folder.result() == folder.program
