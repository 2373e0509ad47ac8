"""Forgetting: results, and cached replies. The ledger of what was spent always stays."""

import asyncio
import time
from pathlib import Path

from dspy_lens.paths import Paths
from dspy_lens.store.store import Store


async def clear(
    store: Store, paths: Paths, *, runs: bool, cache: bool, older_days: float | None
) -> dict[str, int]:
    """How many runs and cached files went; those of the last `older_days` days stay."""
    before = time.time() - older_days * 86_400 if older_days is not None else None
    return {
        "runs": await store.clear(paths.runs, before) if runs else 0,
        "cache_files": await asyncio.to_thread(clear_cache, paths.cache, before) if cache else 0,
    }


def clear_cache(cache: Path, before: float | None) -> int:
    """Deletes cached replies, all or those not touched since `before`; says how many files."""
    files = [it for it in cache.rglob("*") if it.is_file()]
    old = [it for it in files if before is None or it.stat().st_mtime < before]
    for it in old:
        it.unlink(missing_ok=True)
    return len(old)
