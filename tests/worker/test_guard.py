import re
import threading

import pytest

from dspy_lens_worker.failure import Refused
from dspy_lens_worker.guard import Amount, Guard
from dspy_lens_worker.messages import CapsOrder

ONE = Amount(1, 100, 1000)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_exactly_as_many_requests_are_admitted_as_the_cap_says() -> None:
    guard = Guard(CapsOrder(calls=3))
    for _ in range(3):
        guard.settle(guard.admit(ONE, None), Amount())
    with pytest.raises(Refused, match="cap of 3 calls"):
        guard.admit(ONE, None)


def test_a_refusal_latches_for_smaller_requests_too() -> None:
    guard = Guard(CapsOrder(tokens=150))
    guard.settle(guard.admit(ONE, None), Amount(0, 100))
    with pytest.raises(Refused, match="cap of 150 tokens"):
        guard.admit(ONE, None)
    with pytest.raises(Refused):
        guard.admit(Amount(1, 1), None)


def test_what_does_not_fit_beside_others_waits_until_they_settle_for_less() -> None:
    guard = Guard(CapsOrder(micros=1500))
    first = guard.admit(ONE, None)
    assert guard.try_admit(ONE, None) is None
    admitted = threading.Event()

    def ask() -> None:
        guard.admit(ONE, None)
        admitted.set()

    waiting = threading.Thread(target=ask)
    waiting.start()
    guard.settle(first, Amount(0, 10, 100))
    assert admitted.wait(10)
    waiting.join()


def test_what_waits_is_refused_once_the_others_took_too_much() -> None:
    guard = Guard(CapsOrder(micros=1500))
    first = guard.admit(ONE, None)
    refused: list[str] = []

    def ask() -> None:
        with pytest.raises(Refused) as caught:
            guard.admit(ONE, None)
        refused.append(caught.value.reason)

    waiting = threading.Thread(target=ask)
    waiting.start()
    guard.settle(first, Amount(0, 100, 1000))
    waiting.join(10)
    assert refused == ["The cap of $0.0015 is reached."]


def test_what_is_kept_back_is_only_there_after_release() -> None:
    guard = Guard(CapsOrder(calls=3))
    guard.keep_back(Amount(requests=2), 0.0)
    guard.admit(ONE, None)
    with pytest.raises(Refused):
        guard.admit(ONE, None)
    assert guard.release()
    guard.admit(ONE, None)
    guard.admit(ONE, None)
    with pytest.raises(Refused):
        guard.admit(ONE, None)


def test_nothing_opens_a_guard_that_the_user_closed() -> None:
    guard = Guard(CapsOrder())
    guard.latch("cap", "enough")
    guard.latch("cancelled", "Cancelled.")
    assert not guard.release()
    with pytest.raises(Refused, match="Cancelled"):
        guard.admit(ONE, None)


def test_a_model_that_leads_to_another_one_is_counted_once() -> None:
    guard = Guard(CapsOrder(calls=1))
    outer = guard.admit(ONE, None)
    assert guard.hand_over(outer)
    assert not guard.hand_over(outer)
    guard.admit(ONE, None)
    assert guard.spent.requests == 1


def test_threads_of_an_earlier_part_of_the_run_send_nothing_more() -> None:
    guard = Guard(CapsOrder())
    guard.enter("optimize")
    guard.admit(ONE, "optimize")
    guard.enter("final")
    with pytest.raises(Refused, match="earlier part"):
        guard.admit(ONE, "optimize")
    guard.admit(ONE, "final")
    guard.admit(ONE, None)
    guard.enter("final", strict=True)
    with pytest.raises(Refused, match="earlier part"):
        guard.admit(ONE, None)


def test_time_is_a_cap_too_and_some_of_it_is_kept_back() -> None:
    clock = Clock()
    guard = Guard(CapsOrder(seconds=60), clock)
    guard.keep_back(Amount(), 20)
    clock.now = 39
    guard.admit(ONE, None)
    clock.now = 41
    with pytest.raises(Refused, match="cap of 1 minutes"):
        guard.admit(ONE, None)
    assert guard.release()
    guard.admit(ONE, None)
    clock.now = 61
    assert guard.out_of_time()
    assert not guard.release()


def test_a_latch_ends_the_wait_before_a_retry() -> None:
    guard = Guard(CapsOrder())
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(Refused):
            guard.pause(3600, None)
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    guard.latch("cancelled", "Cancelled.")
    assert ended.wait(10)
    waiting.join()


def test_a_call_that_alone_is_too_dear_says_so() -> None:
    guard = Guard(CapsOrder(micros=500))
    with pytest.raises(Refused, match=re.escape("cap of $0.0005 has no room for a call of up to $0.001.")):
        guard.admit(ONE, None)
