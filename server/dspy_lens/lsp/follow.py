"""Following a run: each of its events as a notification, from the first or from where a client left off."""

import asyncio

from dspy_lens.lsp.protocol import EVENT, event_json
from dspy_lens.lsp.session import Session
from dspy_lens.values.request import Changed
from dspy_lens_worker.messages import Finished


async def follow(session: Session, run: str, after: int) -> None:
    """Sends the events of a run until its last; sleeps while the run says nothing."""
    news = asyncio.Event()

    def listen(changed: Changed) -> None:
        if run in changed.runs:
            news.set()

    unsubscribe = session.workspace.subscribe(listen)
    try:
        while True:
            news.clear()
            for event in await session.workspace.events(run, after):
                session.notify(EVENT, event_json(event))
                after = event.sequence
                if isinstance(event, Finished):
                    return
            await news.wait()
    finally:
        unsubscribe()
