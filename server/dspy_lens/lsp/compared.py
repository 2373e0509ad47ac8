"""A comparison in Markdown, for windows that show no page. Pure; all foreign text is escaped."""

from collections.abc import Sequence

from dspy_lens.lsp.markdown import cell, code, prose, sections
from dspy_lens.lsp.reports import instructions
from dspy_lens.pages.comparison import Comparison, Contender
from dspy_lens.values.figures import count, headline, percent, spent
from dspy_lens.values.money import micros, shown
from dspy_lens.values.run import Run


def comparison(runs: Sequence[Run], found: Comparison) -> str:
    """The programs on their common held-out examples, and what the runs took."""
    price = "1,000 runs" if found.axis == "dollars" else "tokens of a run"
    rows = {
        "score": [headline(it) or "no score" for it in runs],
        "cost": [spent(it.usage) for it in runs],
        "optimizer": [it.recipe.optimizer for it in runs],
        "metric": [it.recipe.metric for it in runs],
        "examples": [str(len(it.recipe.examples)) for it in runs],
        "seed": [str(it.recipe.seed) for it in runs],
    }
    return sections(
        f"# {code(found.target)}",
        f"On {count(found.examples, 'held-out example')} in common. ★ marks what no other beats in score and price.",
        "\n".join(f"- ⚠ {prose(it)}" for it in found.cautions) or None,
        table(
            ["", "program", "model", "score", "against A", price],
            [contender(found, it) for it in found.contenders],
        ),
        table(["", *(it.id for it in runs)], [[name, *values] for name, values in rows.items()]),
        *(instructions(it, {}) for it in runs),
    )


def contender(found: Comparison, it: Contender) -> list[str]:
    price, score = found.price(it), it.score
    bounds = "–" if score is None else f"{percent(score.score)} ({percent(score.low)}–{percent(score.high)})"
    return [
        f"{it.letter} ★" if it.frontier else it.letter,
        it.name,
        it.model,
        bounds,
        f"{it.verdict} (+{it.better} −{it.worse})" if it.verdict else "–",
        "–" if price is None else shown(micros(price)) if found.axis == "dollars" else f"{price:,.0f}",
    ]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(cell(it) if it else "" for it in line) for line in (heads, *rows)]
    return "\n".join(f"| {it} |" for it in [lines[0], " | ".join(["---"] * len(heads)), *lines[1:]])
