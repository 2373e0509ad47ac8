"""What a lens says of a price, from memory."""

import asyncio
from pathlib import Path

from dspy_lens.values.estimate import Range
from dspy_lens.values.request import RunRequest
from support.repository import Repository, planned, ran


async def test_the_event_loop_goes_on_while_calls_are_counted_for_the_first_time(tmp_path: Path) -> None:
    async with Repository.of_tickets(tmp_path).open() as workspace:
        await workspace.indexed()
        snapshot = workspace.saved
        target = await snapshot.target("app:Ticket")
        assert target is not None
        turn = asyncio.create_task(asyncio.sleep(0))
        estimate = await workspace.estimate_known(target, snapshot)
        assert turn.done()
        assert estimate is not None
        other = asyncio.create_task(asyncio.sleep(0))
        assert await workspace.estimate_known(target, snapshot) == estimate
        assert not other.done()
        await other


async def test_what_an_earlier_run_paid_for_is_estimated_as_cached_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    repository = Repository.of_tickets(tmp_path)
    async with repository.open() as workspace:
        await workspace.consent.trust()
        few = RunRequest(target="app:Ticket", optimizer="labeled", parameters={"k": 2})
        more = few.model_copy(update={"parameters": {"k": 3}})
        before = (await planned(workspace, more)).estimate
        first = await ran(workspace, few)
        assert first.usage.requests == before.requests.high == before.calls.total.high
        after = (await planned(workspace, more)).estimate
        held_out = first.outcome["baseline"]["n"]
        assert after.cached_calls == Range.exactly(held_out)
        second = await ran(workspace, more)
        assert second.usage.requests == after.requests.expected == before.requests.high - held_out
    # A daemon that has just started looks into the cache as well.
    async with repository.open() as workspace:
        another = few.model_copy(update={"parameters": {"k": 4}})
        assert (await planned(workspace, another)).estimate.cached_calls == Range.exactly(held_out)
