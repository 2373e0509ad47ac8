"""What the user agreed to once: this workspace's code, and where prompts may be sent."""

import time

from dspy_lens.store.database import Database

TRUSTED = "select 1 from trust"
TRUST = "insert into trust (root, at) values (1, :at) on conflict do nothing"
DISTRUST = "delete from trust"
ENDPOINTS = "select url from endpoint order by url"
CONFIRM = "insert into endpoint (url, at) values (:url, :at) on conflict do nothing"


class Agreements(Database):
    """Trust in the root, and the endpoints that were seen and confirmed."""

    async def trusted(self) -> bool:
        return await self.fetch_one(TRUSTED) is not None

    async def set_trusted(self, trusted: bool = True) -> None:
        async with self.transaction() as db:
            await db.execute(TRUST if trusted else DISTRUST, {"at": time.time()} if trusted else {})

    async def endpoints(self) -> frozenset[str]:
        return frozenset(row["url"] for row in await self.fetch(ENDPOINTS))

    async def endpoint_confirmed(self, url: str) -> bool:
        return url in await self.endpoints()

    async def confirm_endpoint(self, url: str) -> None:
        async with self.transaction() as db:
            await db.execute(CONFIRM, {"url": url, "at": time.time()})
