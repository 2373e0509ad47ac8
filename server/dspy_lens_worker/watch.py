"""The watch: a thread that ends the run when nothing else can, so that no run ever hangs.

Signals reach it through a pipe that Python writes to from the handler itself, whatever the main thread is
doing and whichever handlers user code has put in place.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from dspy_lens_worker.failure import is_inside, shown
from dspy_lens_worker.guard import Guard
from dspy_lens_worker.optimizers.finetune_local import end_servers
from dspy_lens_worker.report import Report

GRACE = {signal.SIGINT: 5.0, signal.SIGTERM: 1.0}  # seconds for requests under way to settle
SETTLE = 2.0
CANCELLED = "Cancelled."


class Watch(threading.Thread):
    """Latches the guard on signals, silence and lateness, and leaves the process when that did not help."""

    def __init__(self, guard: Guard, report: Report, silence: float) -> None:
        super().__init__(name="watch", daemon=True)
        self._guard = guard
        self._report = report
        self._silence = silence
        self._leave_at: float | None = None
        self._limit: tuple[float, Callable[[], None]] | None = None
        self._hearing = threading.RLock()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        guard.on_latch(self.wake)

    def listen(self) -> None:
        """Takes over SIGINT and SIGTERM. To be called in the main thread."""
        for number in GRACE:
            signal.signal(number, lambda heard, _: self.wake(heard))
        # Written at once, also while the main thread is too busy to run the handlers above.
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, GRACE)

    def wake(self, number: int = 0) -> None:
        try:
            os.write(self._writer, bytes([number]))
        except BlockingIOError:
            return  # It has enough to wake up from.

    @contextmanager
    def limit(self, seconds: float, on_expiry: Callable[[], None]) -> Iterator[None]:
        """Ends the process after `on_expiry` unless the block is left in time."""
        self._limit = (self._guard.clock() + seconds, on_expiry)
        self.wake()
        try:
            yield
        finally:
            self._limit = None

    def run(self) -> None:
        while True:
            select.select([self._reader], [], [], self._next())
            self._hear()
            self._look()

    def _next(self) -> float:
        """Seconds until something may be due. New attempts are not late before that."""
        now, oldest, limit = self._guard.clock(), self._guard.oldest(), self._limit
        if self._leave_at is not None:
            return max(0.0, self._leave_at - now)
        due = [
            (now if oldest is None else oldest) + self._silence,
            self._guard.deadline(),
            limit[0] if limit else None,
        ]
        return max(0.0, min(it for it in due if it is not None) - now)

    def catch_up(self) -> None:
        """Hears what was said already: DSPy's own handler may end an evaluation before this thread wakes."""
        self._hear()

    def _hear(self) -> None:
        with self._hearing:
            try:
                heard = os.read(self._reader, 512)
            except BlockingIOError:
                return
            for number, grace in GRACE.items():
                if number in heard:
                    self._guard.latch("cancelled", CANCELLED)
                    self._leave_within(grace)

    def _look(self) -> None:
        now = self._guard.clock()
        limit, oldest = self._limit, self._guard.oldest()
        if limit is not None and now >= limit[0]:
            limit[1]()
            leave()
        if oldest is not None and now >= oldest + self._silence:
            self._guard.latch("silent", f"The model did not answer within {self._silence:g} seconds.")
            self._leave_within(SETTLE)
        if self._guard.out_of_time():
            self._guard.run_out()
            self._leave_within(GRACE[signal.SIGINT])
        if self._leave_at is not None and now >= self._leave_at:
            latched = self._guard.latched
            self._report.finish("stopped", latched[1] if latched else CANCELLED)
            leave()

    def _leave_within(self, seconds: float) -> None:
        until = self._guard.clock() + seconds
        self._leave_at = until if self._leave_at is None else min(self._leave_at, until)


def leave() -> None:
    """Ends the process although threads are left that nobody can end."""
    sys.stdout.flush()
    sys.stderr.flush()
    end_servers()
    os._exit(0)


def where_main_is(roots: Sequence[str]) -> str:
    """The line of the user's code that the main thread is at, as `path:line`; empty when at none."""
    frame: FrameType | None = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None and not is_inside(frame.f_code.co_filename, roots):
        frame = frame.f_back
    return f"{shown(frame.f_code.co_filename, roots)}:{frame.f_lineno}" if frame is not None else ""
