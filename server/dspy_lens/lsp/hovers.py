"""What hovering a target shows, in Markdown. Pure: everything comes in as values, all foreign text is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dspy_lens.lsp.lenses import doing, joined, left, listed
from dspy_lens.lsp.markdown import code, fenced, sections
from dspy_lens.lsp.pictures import Point, picture
from dspy_lens.lsp.reports import cost, demos, ingredients, instructions, remarks, said, scores, trials
from dspy_lens.values.definition import Definition, Field
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.figures import age, count, of_cap
from dspy_lens.values.run import Run
from dspy_lens.values.standing import Never, Running, Stale, Standing
from dspy_lens.values.target import Target


@dataclass(frozen=True, slots=True)
class Known:
    """What a hover is made of, beyond the target itself."""

    standing: Standing
    estimate: Estimate | None = None
    trials: Sequence[Mapping[str, Any]] = ()
    remarks: Mapping[str, Any] = field(default_factory=dict)  # cautions and advice, as JSON
    pictures: bool = False  # whether the client shows pictures in hovers
    program: Mapping[str, Any] | None = None
    instructions: Mapping[str, str] = field(default_factory=dict)  # by predictor, as the source has them


def hover(target: Target, known: Known, now: float) -> str:
    """The whole hover."""
    return sections(
        fenced(heading(target.definition), "python"),
        made_with(target),
        result(known, now),
        links(target),
        problems(target),
    )


def behind(definition: Definition) -> str:
    """The signature or program behind a predictor: what it takes and gives, and its instructions."""
    every = (*definition.inputs, *definition.outputs)
    fields = [f"- `{it.name}`: {code(it.desc)}" for it in every if it.desc and it.desc != f"${{{it.name}}}"]
    return sections(
        fenced(heading(definition), "python"),
        fenced(definition.instructions, "text") if definition.instructions else None,
        "\n".join(fields) or None,
    )


def heading(definition: Definition) -> str:
    """`HistoricEvent: event: str -> category: Category`."""
    inputs = ", ".join(field_text(it) for it in definition.inputs)
    if not definition.outputs:
        inner = ", ".join(it.name for it in definition.predictors)
        return f"{definition.qualname}({inputs})" + (f"  # {inner}" if inner else "")
    return f"{definition.qualname}: {inputs} -> {', '.join(field_text(it) for it in definition.outputs)}"


def field_text(it: Field) -> str:
    return f"{it.name}: {it.type}"


def made_with(target: Target) -> str:
    examples, metric = target.examples, target.metric
    has = (
        f"{count(len(examples.examples), 'example')} in {code(examples.source)}"
        if examples
        else "no examples"
    )
    return joined(has, f"metric {code(metric.name)}" if metric else "no metric")


RULES = {
    "comment": "the comment above it",
    "settings": "the settings",
    "calls": "your own compile and Evaluate calls",
    "examples": "dspy.Example literals beside it",
    "file": "a data file near it",
    "type": "the types of its outputs",
}


def links(target: Target) -> str | None:
    """By which rule examples and metric were found, and why better ones found nothing."""
    lines = []
    for what, rule in (
        ("examples", target.examples and target.examples.rule),
        ("metric", target.metric and target.metric.rule),
    ):
        by = f"by {RULES.get(rule, rule)}" if rule else "none"
        missed = [f"not by {RULES[it.rule]}: {code(it.why)}" for it in target.missed if it.what == what]
        lines.append(f"- {'; '.join([f'{what} {by}', *missed])}")
    lines += [f"- may fit: {code(it.path)}, {code(it.text)}" for it in target.offers]
    return "\n".join(lines)


def result(known: Known, now: float) -> str | None:
    match known.standing:
        case Never():
            return None
        case Running(run):
            return sections(
                f"**{joined(doing(run), of_cap(run), left(run))}**", chart(run, known), ingredients(run)
            )
        case Stale(run, reasons):
            return sections(f"**⚠ stale: {listed(reasons)}**", finished(run, known, now))
    return finished(known.standing.run, known, now)


def finished(run: Run, known: Known, now: float) -> str:
    when = age(run.finished, now) if run.finished is not None else None
    return sections(
        said(run),
        chart(run, known),
        remarks(known.remarks),
        scores(run),
        instructions(run, known.instructions),
        demos(known.program),
        joined(cost(run, known.estimate), when),
        ingredients(run),
    )


def chart(run: Run, known: Known) -> str | None:
    """The trials as a picture where the client shows one, else as a line of blocks."""
    if not known.pictures or not known.trials:
        return trials(known.trials)
    points = [Point(it["number"], it["score"], it["full"]) for it in known.trials]
    return picture(points, (run.outcome.get("validation") or {}).get("baseline"))


def problems(target: Target) -> str | None:
    lines = [f"- ⚠ {code(it.message)}" for it in target.problems]
    return "\n".join(lines) or None
