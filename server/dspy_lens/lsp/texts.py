"""How targets, runs and estimates read in one line, for clients that list them. Pure text."""

from typing import Any

from dspy_lens.lsp.lenses import doing, early, failure, joined, left, lenses, when
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.figures import headline, of_cap, spent
from dspy_lens.values.run import Run
from dspy_lens.values.standing import Standing
from dspy_lens.values.target import Target


def target_text(target: Target, standing: Standing, estimate: Estimate | None, now: float) -> dict[str, Any]:
    """What its two lenses say: what could be done, and what is known."""
    offer, known = lenses(target, standing, estimate, now)
    return {"offer": offer.title, "text": known.title}


def run_text(run: Run, now: float) -> str:
    """`62 → 83 % held-out (n=24) · $0.05 · 2 h ago`, how far it is, or why there is no result."""
    if not run.state.finished:
        return joined(doing(run), of_cap(run), left(run))
    if not run.state.has_result:
        return failure(run)
    return joined(headline(run) or "no score", early(run), spent(run.usage), when(run, now))
