"""What an example file says at its records: marks, hovers, and the lenses at its top. Pure."""

import json
from collections.abc import Sequence

from dspy_lens.lsp.lenses import Lens, joined, one_line
from dspy_lens.lsp.markdown import cell, code, sections
from dspy_lens.values.figures import PRACTICE, count, is_practice, percent, shortened
from dspy_lens.values.target import Target
from dspy_lens.workspace.marks import Served
from dspy_lens_worker.messages import HeldOut

LONGEST = 60  # characters of an answer at the end of a line
LONGEST_CELL = 300


def lenses_of(served: Served) -> tuple[Lens, Lens]:
    """For which target a file is, with what is known of it, and evaluating it."""
    target, run = served.target, served.run
    argument = {"target": target.name}
    title = joined(f"Examples of {target.definition.qualname}", amount(target), known(served))
    # Without a result there is still the prompt that the first of them would make.
    about = (
        Lens(title, "dspyLens.show", {"run": run.id, **argument})
        if run
        else Lens(title, "dspyLens.preview", argument)
    )
    return about, Lens(f"▶ Evaluate {target.definition.qualname}", "dspyLens.evaluate", argument)


def amount(target: Target) -> str:
    return count(len(target.examples.examples) if target.examples else 0, "example")


def known(served: Served) -> str:
    """`14 of 18 held-out right`, with the practice model named."""
    rows = [it for same in served.best.values() for it in same if it.score is not None]
    if served.run is None or not rows:
        return "no answers yet"
    right = sum(1 for it in rows if it.score is not None and it.score >= 1)
    practice = f" ({PRACTICE})" if is_practice(served.run) else ""
    return f"{right} of {len(rows)} held-out right{practice}"


def behind(it: HeldOut, target: Target | None) -> str:
    """`→ Science`; the target is named where the file serves several."""
    name = f"{target.definition.qualname} " if target else ""
    return f"{name}→ {shortened(answered(it), LONGEST)}"


def sign(score: float | None) -> str:
    if score is None:
        return "?"
    return "✓" if score >= 1 else "✗" if score <= 0 else "≈"


def answered(it: HeldOut) -> str:
    """The answer's labelled fields; those that the metric may have counted against it."""
    fields = [name for name in it.labels if name in it.answer] or list(it.answer)
    said = ", ".join(text(it.answer[name]) for name in fields)
    return said or (it.error or "no answer")


def text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def hover(served: Sequence[tuple[Served, HeldOut, HeldOut | None]]) -> str:
    """The answers to one record, target by target."""
    return "\n\n---\n\n".join(answer(*it) for it in served)


def answer(served: Served, best: HeldOut, before: HeldOut | None) -> str:
    run = served.run
    practice = f" ({PRACTICE})" if run and is_practice(run) else ""
    head = f"**{judged(best.score)}** by {code(served.target.definition.qualname)}{practice}, held out"
    was = f"before: {judged(before.score)}" if before else None
    error = f"⚠ {code(one_line(best.error))}" if best.error else None
    return sections(joined(head, was, f"run {code(run.id)}" if run else None), table(best, before), error)


def judged(score: float | None) -> str:
    if score is None:
        return "? not scored"
    return "✓ right" if score >= 1 else "✗ wrong" if score <= 0 else f"{percent(score)} right"


def table(best: HeldOut, before: HeldOut | None) -> str | None:
    names = list(dict.fromkeys([*best.labels, *best.answer]))
    if not names:
        return None
    columns = [("expected", best.labels), ("answered", best.answer)]
    columns += [("before", before.answer)] if before else []
    head = "| | " + " | ".join(title for title, _ in columns) + " |\n|---" + "|---" * len(columns) + "|"
    rows = [
        f"| {cell(name)} | " + " | ".join(shown(values.get(name)) for _, values in columns) + " |"
        for name in names
    ]
    return "\n".join([head, *rows])


def shown(value: object) -> str:
    return "" if value is None else cell(text(value)[:LONGEST_CELL])
