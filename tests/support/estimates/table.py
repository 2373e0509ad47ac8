"""How far estimates were from what was counted, configuration by configuration, and as tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from dspy_lens.values.estimate import Estimate, Range
from support.estimates.simulated import true_interval
from support.estimates.sweep import Case, Counted, estimated

GUESS = 0.5  # what is taken for the success rate where nothing is known


@dataclass(frozen=True)
class Compared:
    """One configuration: its runs and what was said of each. Errors are shares of the counted mean."""

    case: Case
    runs: tuple[tuple[Estimate, Counted], ...]
    guessed: tuple[bool, ...]  # whether each run's calls lie in the range where the success rate is a guess

    @property
    def inside(self) -> tuple[bool, ...]:
        return tuple(fits(said, counted) for said, counted in self.runs)

    @property
    def certain(self) -> bool:
        return all(said.calls.task.certain for said, _ in self.runs)

    @property
    def calls(self) -> float:
        return self._off(
            lambda it: it.calls.total.expected, lambda it: it.task.calls + it.prompt.calls + it.judge.calls
        )

    @property
    def requests(self) -> float:
        return self._off(
            lambda it: it.requests.expected,
            lambda it: it.task.requests + it.prompt.requests + it.judge.requests,
        )

    @property
    def input(self) -> float | None:
        """None where a metric asks a model, whose prompts nobody measured."""
        if self.case.judged:
            return None
        return self._off(lambda it: it.tokens.input.expected if it.tokens else 0.0, lambda it: it.input)

    @property
    def dollars(self) -> float | None:
        if self.case.judged:
            return None
        return self._off(lambda it: it.dollars.expected if it.dollars else 0.0, lambda it: it.dollars)

    @property
    def width(self) -> float | None:
        """The range of task calls as a part of the true interval; None where there is nothing to compare."""
        true = true_interval(self.case)
        said = self.runs[0][0].calls.task
        if true is None or true[0] == true[1]:
            return None
        return (said.high - said.low + 1) / (true[1] - true[0] + 1)

    def _off(self, said: Callable[[Estimate], float], counted: Callable[[Counted], float]) -> float:
        """The expected figure against the mean, as a share of it, with its sign."""
        mean = fmean(counted(it) for _, it in self.runs)
        told = fmean(said(it) for it, _ in self.runs)
        return (told - mean) / mean if mean else float(told != 0)


def compared(case: Case, seeds: Mapping[int, Counted]) -> Compared:
    runs = tuple((estimated(case, seed), counted) for seed, counted in sorted(seeds.items()))
    guessed = tuple(
        fits(estimated(case, seed, success=GUESS), counted) for seed, counted in sorted(seeds.items())
    )
    return Compared(case, runs, guessed)


def fits(said: Estimate, counted: Counted) -> bool:
    pairs = (
        (said.calls.task, counted.task),
        (said.calls.prompt, counted.prompt),
        (said.calls.judge, counted.judge),
    )
    return all(within(range_, it.calls) for range_, it in pairs)


def within(range_: Range, value: float) -> bool:
    return range_.low <= value <= range_.high


HEAD = (
    "| | configurations | runs | calls in range | rate guessed | certain | width | calls off | tokens off | dollars off |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def row(title: str, all_of: Sequence[Compared]) -> str:
    inside = [it for one in all_of for it in one.inside]
    guessed = [it for one in all_of for it in one.guessed]
    widths = [it for one in all_of if (it := one.width) is not None]
    columns = (
        title,
        str(len(all_of)),
        str(len(inside)),
        percent(fmean(inside)),
        percent(fmean(guessed)),
        percent(fmean(it.certain for it in all_of)),
        f"{median(widths):.2f}, {max(widths):.2f}" if widths else "–",
        *(
            ends([abs(it) for one in all_of if (it := getattr(one, of)) is not None])
            for of in ("calls", "input", "dollars")
        ),
    )
    return f"| {' | '.join(columns)} |"


def ends(values: Sequence[float]) -> str:
    """The median and the 95th percentile."""
    if not values:
        return "–"
    return f"{percent(median(values))}, {percent(quantile(values, 0.95))}"


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def percent(share: float) -> str:
    return f"{share:.1%}".replace(".0%", " %").replace("%", " %").replace("  ", " ")


def grouped(all_of: Iterable[Compared], by: Callable[[Compared], str]) -> dict[str, list[Compared]]:
    groups: dict[str, list[Compared]] = defaultdict(list)
    for it in all_of:
        groups[by(it)].append(it)
    return groups
