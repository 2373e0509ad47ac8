"""What a result says in Markdown: parts that hovers and pages are made of. Pure; all foreign text is escaped."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dspy_lens.lsp.lenses import failure, joined
from dspy_lens.lsp.markdown import cell, code, fenced, prose, sections
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.figures import PRACTICE, duration, estimated, headline, is_practice, percent, spent
from dspy_lens.values.run import Run

BLOCKS = "▁▂▃▄▅▆▇"
MOST_TRIALS = 40
MOST_DEMOS = 3
LONGEST = 300  # characters of one value of a demo

Json = Mapping[str, Any]


def report(run: Run, document: Json, estimate: Estimate | None = None) -> str:
    """A page on one run."""
    return sections(
        f"# {code(run.target)}",
        joined(f"run {code(run.id)}", run.state.value, code(run.recipe.optimizer)),
        said(run),
        remarks(document),
        scores(run),
        cost(run, estimate),
        trials(document.get("trials") or []),
        instructions(run, document.get("before") or {}),
        demos(document.get("program"), most=100),
        wrong_answers(document.get("held_out") or []),
        ingredients(run),
    )


def remarks(document: Json) -> str | None:
    """What must be known before the figures are believed, and what to try next."""
    signs = {"error": "✗ ", "warning": "⚠ "}
    lines = [
        f"- {signs.get(it['level'], '')}**{prose(it['title'])}.** {prose(it['text'])}"
        for it in document.get("cautions") or ()
    ]
    lines += [f"- → {prose(it['text'])}" for it in document.get("advice") or ()]
    return "\n".join(lines) or None


def said(run: Run) -> str | None:
    """The headline with its verdict, or why there is none."""
    if run.state.finished and not run.state.has_result:
        return code(failure(run))
    lines = [it for it in (headline(run), run.outcome.get("verdict")) if it]
    return f"**{' · '.join(lines)}**" if lines else None


def scores(run: Run) -> str | None:
    """Held-out and validation scores apart, with intervals; the practice model is named."""
    if run.state.finished and not run.state.has_result:
        return None
    outcome = run.outcome
    table = [
        f"| {name} | {percent(it['score'])} | {percent(it['low'])} to {percent(it['high'])} | {it['n']} |"
        for name, it in (
            ("held-out, before", outcome.get("baseline")),
            ("held-out, optimized", outcome.get("best")),
        )
        if it
    ]
    validation = outcome.get("validation") or {}
    table += [
        f"| validation, {name} | {percent(validation[key])} | | {validation.get('n') or ''} |"
        for name, key in (("before", "baseline"), ("best", "best"))
        if validation.get(key) is not None
    ]
    head = ["| | score | 95 % | n |", "|---|---|---|---|"] if table else []
    practice = f"Answered by the {PRACTICE}: no real model took part." if is_practice(run) else None
    return sections("\n".join([*head, *table]), practice) or None


def cost(run: Run, estimate: Estimate | None) -> str:
    """What it took, against what was estimated."""
    usage = run.usage
    calls = f"{usage.calls:,} calls, {usage.cached:,} of them cached, {usage.requests:,} requests"
    tokens = f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens" if usage.input_tokens else None
    seconds = run.outcome.get("seconds")
    expected = f"estimated: {estimated(estimate).removeprefix('est. ')}" if estimate else None
    return joined(spent(usage), calls, tokens, duration(seconds) if seconds else None, expected)


def trials(found: Sequence[Json]) -> str | None:
    """The full evaluations as a line of blocks, with the best."""
    full = [float(it["score"]) for it in found if it.get("full")] or [float(it["score"]) for it in found]
    if not full:
        return None
    return f"trials {chart(full[-MOST_TRIALS:])} best {percent(max(full))}"


def chart(values: Sequence[float]) -> str:
    """A line of block characters, as high as the values are between their least and their greatest."""
    low, high = min(values), max(values)
    if high == low:
        return BLOCKS[3] * len(values)
    return "".join(BLOCKS[round((it - low) / (high - low) * (len(BLOCKS) - 1))] for it in values)


def instructions(run: Run, now: Mapping[str, str]) -> str | None:
    """The optimized instructions by predictor, as a diff to what the source has where that is known."""
    new: Mapping[str, str] = run.outcome.get("instructions") or {}
    parts = []
    for name, text in new.items():
        before = now.get(name)
        head = "Instructions" if len(new) == 1 else f"Instructions of {code(name)}"
        if before is not None and before.strip() == text.strip():
            parts.append(f"{head}: as in the source.")
        elif before is None:
            parts.append(f"{head}:\n\n{fenced(text, 'text')}")
        else:
            parts.append(f"{head}:\n\n{fenced(diff(before, text), 'diff')}")
    return sections(*parts) or None


def diff(before: str, after: str) -> str:
    lines = difflib.ndiff(before.strip().splitlines(), after.strip().splitlines())
    return "\n".join(it for it in lines if not it.startswith("?"))


def demos(program: Json | None, most: int = MOST_DEMOS) -> str | None:
    """The demos of a saved program, predictor by predictor."""
    parts = []
    for name, found in demos_of(program):
        title = f"{len(found)} demo{'s' if len(found) != 1 else ''}"
        shown = "\n\n".join(as_lines(it) for it in found[:most])
        more = f"\n\n… and {len(found) - most} more" if len(found) > most else ""
        parts.append(f"{title} of {code(name)}:\n\n{fenced(shown + more, 'text')}")
    return sections(*parts) or None


def demos_of(program: Json | None) -> Iterable[tuple[str, list[Json]]]:
    for name, state in (program or {}).items():
        found = state.get("demos") if isinstance(state, dict) else None
        if isinstance(found, list) and found:
            yield name, [it for it in found if isinstance(it, dict)]


def as_lines(demo: Json) -> str:
    return "\n".join(f"{name}: {short(it)}" for name, it in demo.items() if name not in ("augmented",))


def short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def wrong_answers(held_out: Sequence[Json], most: int = 20) -> str | None:
    """Held-out examples that the best program did not get right."""
    wrong = [it for it in held_out if it.get("program") == "best" and it.get("score") not in (None, 1, 1.0)]
    if not wrong:
        return None
    rows = [
        f"| {it['row']} | {cell(short(it['inputs']))} | {cell(short(it['labels']))} | {cell(short(it['answer']))} |"
        for it in wrong[:most]
    ]
    head = "| example | inputs | expected | answered |\n|---|---|---|---|"
    return "Held-out examples it did not get right:\n\n" + "\n".join([head, *rows])


def ingredients(run: Run) -> str:
    """What the result was made of."""
    recipe = run.recipe
    models = ", ".join(f"{role} {code(str(name_of(it)))}" for role, it in recipe.models.items())
    return joined(
        f"{len(recipe.examples)} examples",
        f"metric {code(recipe.metric)}",
        models,
        f"optimizer {code(recipe.optimizer)}",
        f"seed {recipe.seed}",
        f"DSPy {code(recipe.dspy)}" if recipe.dspy else None,
    )


def name_of(model: object) -> object:
    return model.get("name") if isinstance(model, dict) else model


def prompt_page(name: str, messages: Sequence[Json]) -> str:
    parts = [f"**{code(str(it.get('role', '')))}**\n\n{fenced(content(it), 'text')}" for it in messages]
    return sections(f"# Prompt of {code(name)}", *parts)


def content(message: Json) -> str:
    said = message.get("content")
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, indent=2, default=str)
