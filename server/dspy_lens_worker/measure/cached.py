"""Which calls the LM cache already holds, by the key that DSPy computes for the exact call."""

from collections.abc import Sequence
from typing import Any

from dspy_lens_worker.cache import folder_of_model
from dspy_lens_worker.messages import ModelOrder
from dspy_lens_worker.models import make_model


def cached(model: ModelOrder, cache_dir: str | None, prompts: Sequence[Any]) -> list[bool]:
    """Of each rendered prompt whether it would be answered without a request. Creates nothing."""
    nothing = [False] * len(prompts)
    if cache_dir is None or not prompts or model.parameters.get("cache") is False:
        return nothing
    folder = folder_of_model(cache_dir, model)
    if not (folder / "000").is_dir():
        return nothing
    from dspy.clients.cache import Cache

    cache = Cache(
        enable_disk_cache=True, enable_memory_cache=False, disk_cache_dir=str(folder), restrict_pickle=True
    )
    try:
        return [_key(cache, model, it) in cache for it in prompts]
    finally:
        cache.disk_cache.close()


def _key(cache: Any, model: ModelOrder, messages: Any) -> str:
    from dspy.clients.execution import IGNORED_CACHE_KEYS, prepare

    lm = make_model(model, "task")
    key: str = cache.cache_key(prepare(lm, None, messages, {}).key(lm, False), IGNORED_CACHE_KEYS)
    return key
