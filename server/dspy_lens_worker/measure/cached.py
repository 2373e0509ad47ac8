"""How many calls the LM cache already holds, by the key that DSPy computes for the exact call."""

from collections.abc import Sequence
from typing import Any

from dspy_lens_worker.cache import folder_of_model
from dspy_lens_worker.messages import ModelOrder
from dspy_lens_worker.models import make_model


def count_cached(model: ModelOrder, cache_dir: str | None, prompts: Sequence[Any]) -> int:
    """How many of the rendered prompts would be answered without a request. Creates nothing."""
    if cache_dir is None or not prompts:
        return 0
    folder = folder_of_model(cache_dir, model)
    if not (folder / "000").is_dir():
        return 0
    from dspy.clients.cache import Cache

    cache = Cache(
        enable_disk_cache=True, enable_memory_cache=False, disk_cache_dir=str(folder), restrict_pickle=True
    )
    try:
        return sum(key in cache for key in (_key(cache, model, it) for it in prompts))
    finally:
        cache.disk_cache.close()


def _key(cache: Any, model: ModelOrder, messages: Any) -> str:
    from dspy.clients.execution import IGNORED_CACHE_KEYS, prepare

    lm = make_model(model, "task")
    key: str = cache.cache_key(prepare(lm, None, messages, {}).key(lm, False), IGNORED_CACHE_KEYS)
    return key
