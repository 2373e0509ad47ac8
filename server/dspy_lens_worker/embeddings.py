"""The guard around hosted embedding models, which DSPy does not run through its execution path."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from dspy_lens_worker.charging import reserved, taken
from dspy_lens_worker.hooks import Hooks, phase, role_of
from dspy_lens_worker.messages import Charge
from dspy_lens_worker.prices import EXTRA, Bound, size


def install(hooks: Hooks) -> None:
    """Batches of hosted embeddings are admitted and charged like any other request."""
    from dspy.clients import embedding

    compute, acompute = embedding._compute_embeddings, embedding._acompute_embeddings

    def guarded(model: Any, batch: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(model, str):
            return compute(model, batch, *args, **kwargs)
        bound = bound_of(hooks, model, batch)
        with sent(hooks, hooks.guard.admit(reserved(bound), phase()), model, batch):
            return compute(model, batch, *args, **kwargs)

    async def aguarded(model: Any, batch: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(model, str):
            return await acompute(model, batch, *args, **kwargs)
        bound = bound_of(hooks, model, batch)
        with sent(hooks, await hooks.admitted(reserved(bound)), model, batch):
            return await acompute(model, batch, *args, **kwargs)

    embedding._compute_embeddings, embedding._acompute_embeddings = guarded, aguarded


def bound_of(hooks: Hooks, model: str, batch: Any) -> Bound:
    bound = hooks.prices.bound(of(model), {"max_tokens": 1}, batch, None, 1)
    hooks.need_price(bound, model)
    return bound


def of(model: str) -> Any:
    """What prices are looked up for, as a model object would be."""
    return SimpleNamespace(model=model, engine="auto")


@contextmanager
def sent(hooks: Hooks, ticket: Any, model: str, batch: Any) -> Iterator[None]:
    """DSPy keeps no usage of embeddings, so that a cautious guess counts as taken."""
    hooks.ledger.request()
    charge = None
    try:
        yield
        role = role_of(None)
        tokens, price = math.ceil(size(batch)) + EXTRA, hooks.prices.price(of(model))
        micros = None if price is None else price.micros(tokens, 0)
        charge = Charge(role=role, model=model, input=tokens, output=0, micros=micros)
    finally:
        hooks.guard.settle(ticket, taken(charge))
        if charge is not None:
            hooks.ledger.charge(charge)
