"""When a daemon leaves: never while somebody needs it, and once nobody has for a while."""

import asyncio
from dataclasses import dataclass, field

import pytest

from dspy_lens.daemon.life import FIRST_CLIENT_SECONDS, IDLE_SECONDS, Life, idle_seconds


@dataclass
class Work:
    busy: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def leave(self) -> None:
        self.left.set()


async def leaves(work: Work) -> bool:
    """Whether it has decided to leave once everything that was due at this moment has happened."""
    loop = asyncio.get_running_loop()
    after_that = loop.create_future()
    loop.call_later(0, after_that.set_result, None)
    await after_that
    return work.left.is_set()


async def test_it_leaves_when_the_last_session_has_ended() -> None:
    work = Work()
    life = Life(work, work.leave, 0)
    with life.session():
        with life.session():
            assert not await leaves(work)
        assert not await leaves(work)
    assert await leaves(work)


async def test_it_waits_for_runs_and_leaves_after_the_last() -> None:
    work = Work(busy=True)
    life = Life(work, work.leave, 0)
    with life.session():
        pass
    assert not await leaves(work)
    work.busy = False
    life.look_again()
    assert await leaves(work)


async def test_a_first_client_may_take_its_time_however_short_the_idle_time_is() -> None:
    work = Work()
    life = Life(work, work.leave, 0)
    life.begin()
    life.look_again()  # an index that became complete, say
    assert not await leaves(work)
    assert FIRST_CLIENT_SECONDS > 10
    life.end()


@pytest.mark.parametrize(
    ("said", "seconds"), [(None, IDLE_SECONDS), ("5", 5), ("0.5", 0.5), ("-1", 0), ("soon", IDLE_SECONDS)]
)
def test_the_idle_time_can_be_said(said: str | None, seconds: float) -> None:
    assert idle_seconds({} if said is None else {"DSPY_LENS_IDLE_SECONDS": said}) == seconds
