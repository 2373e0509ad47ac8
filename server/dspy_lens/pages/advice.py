"""What to try next, from a run's own figures: each rule looks at one thing, and says one thing to do. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dspy_lens.pages.cautions import FEW, LEAST_CHANGED, records
from dspy_lens.pages.record import Record
from dspy_lens.pages.sameness import alike, contradictions
from dspy_lens.values.figures import count, duration, percent
from dspy_lens.values.money import micros, shown
from dspy_lens.values.run import Verb
from dspy_lens_worker.messages import Role

SLOW = 300.0  # seconds
COSTLY = 0.50  # dollars
USUAL_THREADS = 8
MANY = 100  # validation examples from which on fewer would do
LARGE = 0.4  # share of the money, or of the requests, from which on a role is worth a word
SAME = 0.2  # share of examples that say the same as another
DONE = 0.95  # score above which there is little left to gain
SHARE_UNSOLVED = 0.1

NEXT: Mapping[str, str] = {
    "labeled": "`bootstrap_rs`, which also lets the program make demos and tries several sets of them",
    "bootstrap": "`bootstrap_rs`, which tries several sets of demos instead of the first",
    "bootstrap_rs": "`miprov2`, which writes instructions too",
    "bootstrap_optuna": "`miprov2`, which writes instructions too",
    "knn": "`miprov2`, which writes instructions too",
    "copro": "`gepa`, which learns from what went wrong",
    "infer_rules": "`gepa`, which learns from what went wrong",
    "miprov2": '`gepa`, which learns from what went wrong, or auto = "medium"',
    "simba": "`gepa`, which learns from what went wrong",
    "gepa": 'auto = "medium", or a metric that says in words what was wrong',
}
"""What to try after an optimizer that did not help; of those that cost no more than about a step more."""


@dataclass(frozen=True, slots=True)
class Advice:
    """`about` is a key for programs, `text` one or two sentences for people."""

    about: str
    text: str


def advice(record: Record) -> list[Advice]:
    """All that the rules have to say on a finished run, the most telling first."""
    if not record.run.state.finished or record.run.verb is Verb.DRAFT:
        return []
    return [Advice(name, text) for name, rule in RULES.items() for text in rule(record)]


def contradicting_labels(record: Record) -> Iterator[str]:
    if found := contradictions(record.examples):
        first = found[0]
        yield (
            f"{count(len(found), 'input')} of the examples {has(len(found))} labels that contradict each other, "
            f"such as {records(first)}. No program can get all of them right: correct them."
        )


def has(n: int) -> str:
    return "has" if n == 1 else "have"


def never_solved(record: Record) -> Iterator[str]:
    """Examples that were wrong before and after."""
    scores: dict[int, dict[str, float]] = {}
    for it in record.held_out:
        if it.score is not None:
            scores.setdefault(it.row, {})[it.program] = it.score
    compared = [row for row, by in scores.items() if len(by) == 2]
    wrong = {row for row in compared if not any(scores[row].values())}
    if len(wrong) >= 2 and len(wrong) >= SHARE_UNSOLVED * len(compared):
        unsolved = [it for it in record.held_out_examples if it.row in wrong]
        where = f" ({records(unsolved)})" if unsolved else ""
        yield (
            f"{len(wrong)} of {len(compared)} held-out examples were wrong before and after{where}. "
            "Look whether their labels are right, whether the inputs hold what is asked, or take a stronger model."
        )


def more_examples(record: Record) -> Iterator[str]:
    outcome = record.run.outcome
    n = (outcome.get("best") or outcome.get("baseline") or {}).get("n")
    if n is not None and n < FEW and outcome.get("verdict") == "no clear difference":
        now = len(record.run.recipe.examples)
        share = percent(LEAST_CHANGED / FEW)
        yield (
            f"Add examples: with about {max(now + 1, round(now * FEW / n)):,} instead of {now:,}, "
            f"a difference of {share} could be told from chance."
        )


def more_diverse_examples(record: Record) -> Iterator[str]:
    same = alike(record.examples)
    if same > SAME * len(record.examples):
        yield (
            f"{same} of {count(len(record.examples), 'example')} say the same as another one. "
            "They cost as much and teach nothing new: replace them by different ones."
        )


def fewer_examples(record: Record) -> Iterator[str]:
    loaded, took = record.loaded, slow_or_costly(record)
    if loaded is None or took is None or loaded.validation < MANY or any(not it.full for it in record.trials):
        return
    yield (
        f"It took {took}, and each trial asked {loaded.validation:,} validation examples. A smaller share "
        f"(split.validation) of {MANY // 2} or so mostly ranks candidates as well, at "
        f"{percent(MANY / 2 / loaded.validation)} of that price."
    )


def slow_or_costly(record: Record) -> str | None:
    """`$3.20 and 14 min`, where either is worth a word."""
    spent, seconds = record.run.usage.dollars, float(record.run.outcome.get("seconds") or 0)
    said = [shown(spent)] if spent is not None and spent >= micros(COSTLY) else []
    said += [duration(seconds)] if seconds >= SLOW else []
    return " and ".join(said) or None


def another_optimizer(record: Record) -> Iterator[str]:
    run, outcome = record.run, record.run.outcome
    baseline, verdict = outcome.get("baseline") or {}, outcome.get("verdict")
    if run.verb is not Verb.OPTIMIZE or verdict in (None, "improved"):
        return
    if baseline.get("score", 0) >= DONE:
        yield (
            f"The program was right on {percent(baseline['score'])} before: there is little to gain. "
            "Add harder examples, or try a cheaper model."
        )
    elif (after := NEXT.get(run.recipe.optimizer.rpartition(",")[2])) is not None:
        yield f"{run.recipe.optimizer} did not help here. Try {after}."


def more_threads(record: Record) -> Iterator[str]:
    seconds = float(record.run.outcome.get("seconds") or 0)
    threads = record.threads
    if threads is not None and threads < USUAL_THREADS and seconds >= SLOW and record.run.usage.requests > 50:
        at_once = "one example after the other" if threads == 1 else f"{threads} examples at the same time"
        yield (
            f"It took {duration(seconds)}, with {at_once}. Raise `threads` to {USUAL_THREADS} or more, "
            "as far as the provider's rate limit allows."
        )


def cheaper_proposals(record: Record) -> Iterator[str]:
    share = share_of(record, "prompt")
    if share >= LARGE and slow_or_costly(record):
        model = next((it.model for it in record.charges if it.role == "prompt"), "the prompt model")
        yield (
            f"{percent(share)} of the money went to {model}, which writes instructions. "
            "A cheaper `prompt_model` is often as good."
        )


def share_of(record: Record, role: Role) -> float:
    """The role's share of the money, or of the tokens where no price is known."""
    charges = record.charges
    dollars = [it.micros or 0 for it in charges]
    weights = dollars if any(dollars) else [it.input + it.output for it in charges]
    own = sum(weight for it, weight in zip(charges, weights, strict=True) if it.role == role)
    return own / sum(weights) if any(weights) else 0.0


def caching_was_off(record: Record) -> Iterator[str]:
    for role, model in record.run.recipe.models.items():
        parameters = model.get("parameters") if isinstance(model, Mapping) else None
        if isinstance(parameters, Mapping) and parameters.get("cache") is False:
            yield (
                f"The LM cache was off for the {role} model, so that the same question was paid each time, and "
                "running again pays all of it again. Leave `cache = false` out of its settings."
            )


def metric_asks_a_model(record: Record) -> Iterator[str]:
    share = share_of(record, "judge")
    if share >= LARGE:
        yield (
            f"{percent(share)} of what was paid went to the metric, which asks a model for each answer. "
            "Compare what can be compared without one (`0.5*exact:… + 0.5*judge:…`), or take a cheaper `judge_model`."
        )


RULES: Mapping[str, Callable[[Record], Iterator[str]]] = {
    "labels": contradicting_labels,
    "unsolved": never_solved,
    "more-examples": more_examples,
    "diverse-examples": more_diverse_examples,
    "optimizer": another_optimizer,
    "fewer-examples": fewer_examples,
    "threads": more_threads,
    "proposals": cheaper_proposals,
    "cache": caching_was_off,
    "metric": metric_asks_a_model,
}
