"""The guard around hosted embedding models, which DSPy does not run through its execution path."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from dspy_lens_worker.charging import reserved, taken
from dspy_lens_worker.hooks import Hooks, phase, role_of
from dspy_lens_worker.messages import Charge
from dspy_lens_worker.prices import Bound


def install(hooks: Hooks) -> None:
    """Batches of hosted embeddings are admitted and charged like any other request."""
    from dspy.clients import embedding

    compute, acompute = embedding._compute_embeddings, embedding._acompute_embeddings

    def guarded(model: Any, batch: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(model, str):
            return compute(model, batch, *args, **kwargs)
        bound = bound_of(hooks, model, batch)
        with sent(hooks, hooks.guard.admit(reserved(bound), phase()), model, bound):
            return compute(model, batch, *args, **kwargs)

    async def aguarded(model: Any, batch: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(model, str):
            return await acompute(model, batch, *args, **kwargs)
        bound = bound_of(hooks, model, batch)
        with sent(hooks, await hooks.admitted(reserved(bound)), model, bound):
            return await acompute(model, batch, *args, **kwargs)

    embedding._compute_embeddings, embedding._acompute_embeddings = guarded, aguarded


def bound_of(hooks: Hooks, model: str, batch: Any) -> Bound:
    lm = SimpleNamespace(model=model, engine="auto")
    bound = hooks.prices.bound(lm, {"max_tokens": 1}, batch, None, 1)
    hooks.need_price(bound, model)
    return bound


@contextmanager
def sent(hooks: Hooks, ticket: Any, model: str, bound: Bound) -> Iterator[None]:
    """DSPy keeps no usage of embeddings, so what was set aside counts as taken."""
    hooks.ledger.request()
    charge = None
    try:
        yield
        role = role_of(None)
        charge = Charge(role=role, model=model, input=bound.input, output=0, micros=bound.micros)
    finally:
        hooks.guard.settle(ticket, taken(charge))
        if charge is not None:
            hooks.ledger.charge(charge)
