"""The guard: no request leaves the process that the caps do not allow. Knows numbers only, not DSPy."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dspy_lens_worker.failure import Kind, Refused
from dspy_lens_worker.messages import CapsOrder


@dataclass(frozen=True, slots=True)
class Amount:
    """What attempts take: requests, tokens and millionths of a dollar."""

    requests: int = 0
    tokens: int = 0
    micros: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.requests + other.requests, self.tokens + other.tokens, self.micros + other.micros)

    def __mul__(self, factor: float) -> "Amount":
        return Amount(*(round(it * factor) for it in (self.requests, self.tokens, self.micros)))

    def __sub__(self, other: "Amount") -> "Amount":
        return self + Amount(-other.requests, -other.tokens, -other.micros)


@dataclass(eq=False, slots=True)
class Ticket:
    """The right to send one request: what it may cost at most is set aside until it is settled."""

    worst: Amount
    since: float
    handed_over: bool = False


class Guard:
    """Admits attempts within the caps, one latch for all threads.

    An attempt reserves its worst case. When that does not fit beside what others have reserved it waits
    for them to settle; when it cannot fit at all the guard latches, and every later attempt is refused
    before it is sent. What is kept back is for the final evaluation.
    """

    def __init__(self, caps: CapsOrder, clock: Callable[[], float] = time.monotonic) -> None:
        self.caps = caps
        self.clock = clock
        self.started = clock()
        self.spent = Amount()
        self.largest = Amount()  # that one attempt has set aside so far
        self.kept_back = Amount()
        self.kept_back_seconds = 0.0
        self.changed = threading.Condition()
        self._flying: set[Ticket] = set()
        self._latched: tuple[Kind, str] | None = None
        self._phase: str | None = None
        self._strict = False
        self._listener: Callable[[], None] = lambda: None

    # what the run says -------------------------------------------------------------------------------
    def on_latch(self, listener: Callable[[], None]) -> None:
        self._listener = listener

    def latch(self, kind: Kind, reason: str) -> None:
        """No request is sent from now on; the first reason stays."""
        with self.changed:
            if self._latched is None or (self._latched[0] == "cap" and kind != "cap"):
                self._latched = (kind, reason)
            self.changed.notify_all()
        self._listener()

    def enter(self, phase: str, strict: bool = False) -> None:
        """Begins a phase; attempts of threads that earlier phases left behind are refused.

        When `strict`, so are those of threads that do not say to which phase they belong.
        """
        with self.changed:
            self._phase, self._strict = phase, strict

    def release(self) -> bool:
        """Opens a latch that a cap closed, for what was kept back; False when something else closed it."""
        with self.changed:
            if self.out_of_time() or (self._latched is not None and self._latched[0] != "cap"):
                return False
            self._latched = None
            self.keep_back(Amount(), 0.0)
            return True

    def keep_back(self, amount: Amount, seconds: float) -> None:
        with self.changed:
            self.kept_back, self.kept_back_seconds = amount, seconds
            self.changed.notify_all()

    @property
    def latched(self) -> tuple[Kind, str] | None:
        return self._latched

    # what an attempt asks ----------------------------------------------------------------------------
    def admit(self, worst: Amount, phase: str | None) -> Ticket:
        """The right to send, once it fits; raises Refused when it never will."""
        with self.changed:
            while (ticket := self._try(worst, phase)) is None:
                self.changed.wait(self._remaining())
            return ticket

    def try_admit(self, worst: Amount, phase: str | None) -> Ticket | None:
        """The same without waiting; None when others must settle first."""
        with self.changed:
            return self._try(worst, phase)

    @property
    def counts_tokens(self) -> bool:
        """Whether a cap depends on how long prompts are."""
        return self.caps.tokens is not None or self.caps.micros is not None

    def fits(self, worst: Amount) -> bool:
        """Whether there is room for it beside all that others have set aside."""
        with self.changed:
            reserved = sum((it.worst for it in self._flying), Amount())
            needed = self.spent + self.kept_back + worst + Amount(0, reserved.tokens, reserved.micros)
            return self._exceeded(needed) is None

    def wait_for_change(self, seconds: float = 1.0) -> None:
        with self.changed:
            self.changed.wait(seconds)

    def settle(self, ticket: Ticket, actual: Amount) -> None:
        """Gives back what was set aside, and counts what was really taken (its request is counted)."""
        with self.changed:
            self._flying.discard(ticket)
            self.spent += Amount(0, actual.tokens, actual.micros)
            self.changed.notify_all()

    def adjust(self, difference: Amount) -> None:
        """Corrects what was counted as taken, once it is known what really was."""
        with self.changed:
            self.spent += difference
            self.changed.notify_all()

    def hand_over(self, ticket: Ticket) -> bool:
        """Takes an attempt that only leads to another one inside out of the count; False when it was."""
        with self.changed:
            if ticket not in self._flying or ticket.handed_over:
                return False
            ticket.handed_over = True
            ticket.worst = Amount()
            self.spent -= Amount(requests=1)
            self.changed.notify_all()
            return True

    def pause(self, seconds: float, phase: str | None) -> None:
        """Waits before a retry, no longer than the run has; raises Refused as soon as nothing may be sent."""
        until = self.clock() + seconds
        with self.changed:
            while (left := until - self.clock()) > 0:
                self._check(phase)
                remaining = self._remaining()
                self.changed.wait(left if remaining is None else min(left, remaining))
            self._check(phase)

    # what the watch asks -----------------------------------------------------------------------------
    def oldest(self) -> float | None:
        """When the oldest attempt that is under way began."""
        with self.changed:
            return min((it.since for it in self._flying if not it.handed_over), default=None)

    def out_of_time(self) -> bool:
        """Whether even what was kept back has run out."""
        return self.caps.seconds is not None and self.clock() >= self.started + self.caps.seconds

    def run_out(self) -> None:
        """Latches for good: there is no time left for a final evaluation either."""
        self.latch("cap", self._time_reason())

    def deadline(self) -> float | None:
        return None if self.caps.seconds is None else self.started + self.caps.seconds

    # inside --------------------------------------------------------------------------------------------
    def _try(self, worst: Amount, phase: str | None) -> Ticket | None:
        self._check(phase)
        needed = self.spent + self.kept_back + worst
        if (reason := self._exceeded(needed)) is not None:
            reason = self._too_dear(worst) or reason
            self.latch("cap", reason)
            raise Refused("cap", reason)
        reserved = sum((it.worst for it in self._flying), Amount())
        if self._exceeded(needed + Amount(0, reserved.tokens, reserved.micros)) is not None:
            return None
        ticket = Ticket(Amount(1, worst.tokens, worst.micros), self.clock())
        self._flying.add(ticket)
        if worst.tokens > self.largest.tokens:
            self.largest = Amount(0, worst.tokens, worst.micros)
        self.spent += Amount(requests=1)
        return ticket

    def _check(self, phase: str | None) -> None:
        if self._latched is not None:
            raise Refused(*self._latched)
        stray = phase != self._phase and (phase is not None or self._strict)
        if stray:
            raise Refused("cap", "Left over from an earlier part of the run.")
        remaining = self._remaining()
        if remaining is not None and remaining <= 0:
            self.latch("cap", self._time_reason())
            raise Refused("cap", self._time_reason())

    def _remaining(self) -> float | None:
        deadline = self.deadline()
        return None if deadline is None else max(0.0, deadline - self.kept_back_seconds - self.clock())

    def _time_reason(self) -> str:
        return f"The cap of {(self.caps.seconds or 0) / 60:g} minutes is reached."

    def _exceeded(self, amount: Amount) -> str | None:
        caps = self.caps
        if caps.calls is not None and amount.requests > caps.calls:
            return f"The cap of {caps.calls} calls is reached."
        if caps.tokens is not None and amount.tokens > caps.tokens:
            return f"The cap of {caps.tokens:,} tokens is reached."
        if caps.micros is not None and amount.micros > caps.micros:
            return f"The cap of {shown(caps.micros)} is reached."
        return None

    def _too_dear(self, worst: Amount) -> str | None:
        """Why one attempt alone is too much, whatever was spent before."""
        cap = self.caps.micros
        if cap is None or (self.kept_back + worst).micros <= cap:
            return None
        most = shown(worst.micros)
        return f"The cap of {shown(cap)} has no room for a call of up to {most}. Raise it, or set max_tokens."


def shown(micros: int) -> str:
    """Dollars with as many digits as small amounts need."""
    text = f"{micros / 1e6:.6f}".rstrip("0")
    return f"${text}" if len(text.partition(".")[2]) >= 2 else f"${micros / 1e6:.2f}"
