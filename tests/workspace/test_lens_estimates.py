"""What a lens says of a price, from memory."""

import asyncio
from pathlib import Path

from support.repository import Repository


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
