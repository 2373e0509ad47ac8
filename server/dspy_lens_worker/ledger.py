"""What the run has called, sent and paid so far, told as it happens."""

import threading

from dspy_lens_worker.events import Writer
from dspy_lens_worker.messages import CallCounts, Charge, Role, TokenCounts, Usage


class Ledger:
    """Running totals. A logical call may take several requests, or none when the cache answers it."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._calls: dict[str, int] = {"task": 0, "prompt": 0, "judge": 0, "cached": 0}
        self._input = 0
        self._output = 0
        self.requests = 0
        self.micros: int | None = 0

    def call(self, role: Role, cached: bool) -> None:
        with self._lock:
            self._calls[role] += 1
            self._calls["cached"] += cached

    def request(self, change: int = 1) -> None:
        with self._lock:
            self.requests += change

    def charge(self, charge: Charge) -> None:
        """Counts a billed request and tells of it. One unknown price makes the total unknown."""
        with self._lock:
            self._input += charge.input
            self._output += charge.output
            known = self.micros is not None and charge.micros is not None
            self.micros = (self.micros or 0) + (charge.micros or 0) if known else None
            self._writer.event(
                Usage,
                calls=self.calls,
                requests=self.requests,
                tokens=self.tokens,
                micros=self.micros,
                charge=charge,
            )

    @property
    def calls(self) -> CallCounts:
        return CallCounts(**self._calls)

    @property
    def tokens(self) -> TokenCounts:
        return TokenCounts(input=self._input, output=self._output)

    @property
    def logical(self) -> int:
        """Logical calls, cached ones included."""
        return sum(self._calls[it] for it in ("task", "prompt", "judge"))

    @property
    def billed(self) -> int:
        """Logical calls that the cache did not answer."""
        return self.logical - self._calls["cached"]
