"""The page of a run. Pure: everything comes in as a record, and Jinja escapes all that is not ours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dspy_lens.pages.advice import advice
from dspy_lens.pages.answers import counts, examples
from dspy_lens.pages.assets import HERE, assets
from dspy_lens.pages.cautions import cautions
from dspy_lens.pages.chart import chart
from dspy_lens.pages.costs import costs
from dspy_lens.pages.diffs import Line, diff
from dspy_lens.pages.made_of import facts
from dspy_lens.pages.record import Record
from dspy_lens.pages.texts import Value, as_text, moment, values
from dspy_lens.runs.contents import demos_in, predictors_of
from dspy_lens.values.figures import arrow, headline, is_practice, number, percent
from dspy_lens.values.run import Verb
from dspy_lens_worker.messages import Prompt

MOST_EXAMPLES = 2000  # rows that a browser still shows at once
VERDICTS = {
    "improved": "Better than before, by more than chance would explain.",
    "no clear difference": "Chance alone could explain this difference.",
    "worse": "Worse than before, by more than chance would explain.",
}


@dataclass(frozen=True, slots=True)
class Instructions:
    """One predictor's instructions: what they are now, and how they came to be that."""

    predictor: str
    after: str
    lines: list[Line]  # empty where they stayed, or where nobody knows what they were
    known: bool


@dataclass(frozen=True, slots=True)
class Demo:
    made: bool  # by the program itself, rather than taken from the examples
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Measure:
    """One program's score on held-out examples, in per cent for the drawing of its interval."""

    name: str
    key: str
    score: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Big:
    """The headline's numbers in per cent, and what they are of."""

    before: str | None
    after: str
    what: str

    @classmethod
    def of(cls, scores: Sequence[float], what: str) -> "Big":
        """The last score, after the one before it where there are two."""
        before = number(scores[0]) if len(scores) > 1 else None
        return cls(before, number(scores[-1]), what)


def page(record: Record) -> str:
    """The whole page, with nothing outside of it that it needs."""
    run, outcome = record.run, record.run.outcome
    answered = examples(record.held_out)
    html = template().render(
        assets=assets(),
        run=run,
        qualname=run.target.partition(":")[2] or run.target,
        model=model_name(record),
        practice=is_practice(run),
        headline=headline(run),
        big=big(record),
        verdict=outcome.get("verdict"),
        verdict_text=VERDICTS.get(str(outcome.get("verdict")), ""),
        measures=list(measures(record)),
        validation=outcome.get("validation") or {},
        optimized=run.verb is Verb.OPTIMIZE,
        cautions=cautions(record),
        advice=advice(record),
        chart=chart(record),
        trials=record.trials,
        examples=answered[:MOST_EXAMPLES],
        left_out=len(answered) - MOST_EXAMPLES,
        compared=any(it.after for it in answered),
        counts=counts(answered),
        instructions=instructions(record),
        demos=demos(record),
        prompts=prompts(record),
        costs=costs(run, record.estimate),
        assumptions=record.estimate.assumptions if record.estimate else (),
        facts=facts(record),
        finished=moment(run.finished),
        arrow=arrow,
        percent=percent,
        text=message_text,
    )
    return f"{html.strip()}\n"


@cache
def environment() -> Environment:
    """What makes templates; StrictUndefined, so that a name that is not there is an error and not a blank."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def template() -> Template:
    return environment().get_template("page.html")


def model_name(record: Record) -> str:
    task = record.run.recipe.models.get("task")
    return str(task.get("name") if isinstance(task, dict) else task)


def big(record: Record) -> Big | None:
    """The headline, with its held-out score where there is one; None without any score."""
    outcome = record.run.outcome
    held_out = [outcome[key]["score"] for key in ("baseline", "best") if outcome.get(key)]
    if held_out:
        n = (outcome.get("best") or outcome["baseline"])["n"]
        return Big.of(held_out, f"held-out, n = {n}")
    validation = outcome.get("validation") or {}
    found = [validation[key] for key in ("baseline", "best") if validation.get(key) is not None]
    return Big.of(found, f"validation, not held-out, n = {validation.get('n')}") if found else None


def measures(record: Record) -> Iterator[Measure]:
    outcome = record.run.outcome
    name = "before" if record.run.verb is Verb.OPTIMIZE else "score"
    for title, key in ((name, "baseline"), ("after", "best")):
        if outcome.get(key):
            yield Measure(title, key, outcome[key])


def instructions(record: Record) -> list[Instructions]:
    """What an optimization made of the instructions; those that changed first."""
    before = record.before
    found = [
        Instructions(
            name,
            text.strip(),
            diff(before[name], text) if name in before and before[name].strip() != text.strip() else [],
            name in before,
        )
        for name, text in record.after.items()
    ]
    return sorted(found, key=lambda it: not it.lines)


def demos(record: Record) -> list[tuple[str, list[Demo]]]:
    """The demos of the best program, predictor by predictor."""
    found = [(name, demos_in(state)) for name, state in predictors_of(record.program or {})]
    return [(name, [demo(it) for it in states]) for name, states in found if states]


def demo(state: Mapping[str, Any]) -> Demo:
    return Demo(bool(state.get("augmented")), values(state, ("augmented",)))


def prompts(record: Record) -> list[tuple[str, int, list[Prompt]]]:
    """What was sent for one held-out example: by the best program where there is one, else by the first."""
    programs = {it.program for it in record.prompts}
    wanted = "best" if "best" in programs else "baseline"
    kept = [it for it in record.prompts if it.program == wanted]
    if not kept:
        return []
    row = kept[-1].row
    return [(wanted, row, [it for it in kept if it.row == row])]


def message_text(content: object) -> str:
    """A message's content: its text, or the parts that it is made of."""
    if isinstance(content, list):
        return "\n\n".join(part_text(it) for it in content)
    return as_text(content)


def part_text(part: object) -> str:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    return as_text(part)
