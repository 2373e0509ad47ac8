"""DSPy's LM cache with one folder for each endpoint, since DSPy's own keys leave the endpoint out."""

import hashlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dspy_lens_worker.messages import ModelOrder

DEFAULT = "default"
PRACTICE = "practice"
_current: ContextVar[str | None] = ContextVar("dspy_lens_endpoint", default=None)


def endpoint_of(model: str, options: Mapping[str, Any]) -> str:
    """Where a model's requests go: its own base, else the environment's, else the provider's default."""
    prefix = model.partition("/")[0].upper()
    named = (options.get("api_base"), options.get("base_url"))
    ambient = (os.environ.get(f"{prefix}_{it}") for it in ("API_BASE", "BASE_URL"))
    found = next((str(it) for it in (*named, *ambient) if it), None)
    return found.rstrip("/") if found else DEFAULT


def folder_for(cache_dir: str | Path, endpoint: str) -> Path:
    """The folder of an endpoint's replies: readable, unique, and without whatever the address may hide."""
    if endpoint in (DEFAULT, PRACTICE):
        return Path(cache_dir) / endpoint
    host = re.sub(r"[^a-z0-9.-]", "_", (urlsplit(endpoint).hostname or "other").lower())
    return Path(cache_dir) / f"{host}-{hashlib.sha256(endpoint.encode()).hexdigest()[:12]}"


def folder_of_model(cache_dir: str | Path, model: ModelOrder) -> Path:
    """Where the replies of a model of an order are kept."""
    if model.name == "offline":
        return folder_for(cache_dir, PRACTICE)
    options = {**model.parameters, "api_base": model.api_base or model.parameters.get("api_base")}
    return folder_for(cache_dir, endpoint_of(model.name, options))


class EndpointCache:
    """Stands where `dspy.cache` stands, and passes on to one DSPy cache for each endpoint."""

    def __init__(self, cache_dir: str | Path) -> None:
        self._root = Path(cache_dir)
        self._lock = threading.Lock()
        self._caches: dict[str, Any] = {}

    @contextmanager
    def endpoint(self, endpoint: str) -> Iterator[None]:
        """Requests looked up inside go to this endpoint; DSPy's own keys do not always say where."""
        token = _current.set(endpoint)
        try:
            yield
        finally:
            _current.reset(token)

    def get(self, request: dict[str, Any], ignored: list[str] | None = None) -> Any:
        return self._of(request).get(request, ignored)

    def put(
        self,
        request: dict[str, Any],
        value: Any,
        ignored: list[str] | None = None,
        enable_memory_cache: bool = True,
    ) -> None:
        self._of(request).put(request, value, ignored, enable_memory_cache)

    def __getattr__(self, name: str) -> Any:
        """Whatever else user code asks of the cache, the default endpoint's answers."""
        return getattr(self._cache(DEFAULT), name)

    def _of(self, request: Mapping[str, Any]) -> Any:
        return self._cache(_current.get() or endpoint_of(str(request.get("model", "")), request))

    def _cache(self, endpoint: str) -> Any:
        with self._lock:
            if endpoint not in self._caches:
                self._caches[endpoint] = self._open(endpoint)
            return self._caches[endpoint]

    def _open(self, endpoint: str) -> Any:
        from dspy.clients import DISK_CACHE_LIMIT
        from dspy.clients.cache import Cache

        folder = folder_for(self._root, endpoint)
        for it in (self._root, folder):
            it.mkdir(parents=True, exist_ok=True, mode=0o700)
            it.chmod(0o700)
        return Cache(
            enable_disk_cache=True,
            enable_memory_cache=True,
            disk_cache_dir=str(folder),
            disk_size_limit_bytes=DISK_CACHE_LIMIT,
            restrict_pickle=True,
        )


def install(cache: EndpointCache) -> None:
    """From here on DSPy keeps its replies there, whatever user code configured before."""
    import dspy

    with dspy._cache_lock:
        dspy.cache = cache
