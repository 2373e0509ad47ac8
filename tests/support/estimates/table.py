"""How far estimates were from what was counted, configuration by configuration, and as tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

from dspy_lens.values.estimate import Estimate, Range
from support.estimates.means import half_width
from support.estimates.simulated import true_interval
from support.estimates.sweep import Case, Counted, estimated

GUESS = 0.5  # what is taken for the success rate where nothing is known


@dataclass(frozen=True)
class Compared:
    """One configuration: its runs and what was said of each. Errors are shares of the counted mean."""

    case: Case
    runs: tuple[tuple[Estimate, Counted], ...]
    guessed: tuple[bool, ...]  # whether each run's calls lie in the range where the success rate is a guess
    width: (
        float | None
    )  # of the range of task calls, as a part of the true interval; None where there is none

    @property
    def inside(self) -> tuple[bool, ...]:
        return tuple(fits(said, counted) for said, counted in self.runs)

    @property
    def certain(self) -> bool:
        return all(said.calls.task.certain for said, _ in self.runs)

    @property
    def requests_inside(self) -> tuple[bool, ...]:
        return tuple(within(said.requests, counted.requests) for said, counted in self.runs)

    @property
    def price_inside(self) -> tuple[bool, ...]:
        return tuple(within(said.dollars, counted.dollars) for said, counted in self.runs if said.dollars)

    @property
    def price_ends(self) -> tuple[float, float]:
        """Low and high of the price, as parts of the expected one."""
        prices = [said.dollars for said, _ in self.runs if said.dollars]
        expected = fmean(it.expected for it in prices) or 1.0
        return fmean(it.low for it in prices) / expected, fmean(it.high for it in prices) / expected

    @property
    def calls(self) -> "Off":
        return self._off(lambda it: it.calls.total.expected, lambda it: it.calls)

    @property
    def input(self) -> "Off":
        return self._off(lambda it: it.tokens.input.expected if it.tokens else 0.0, lambda it: it.input)

    @property
    def dollars(self) -> "Off":
        return self._off(lambda it: it.dollars.expected if it.dollars else 0.0, lambda it: it.dollars)

    def _off(self, said: Callable[[Estimate], float], counted: Callable[[Counted], float]) -> "Off":
        """The expected figure against the mean, as a share of it, with its sign."""
        took = [counted(it) for _, it in self.runs]
        mean, told = fmean(took), fmean(said(it) for it, _ in self.runs)
        share = (told - mean) / mean if mean else float(told != 0)
        if len(took) < 2:
            return Off(share, None, None)
        return Off(share, half_width(took), stdev(took) / mean if mean else 0.0)


@dataclass(frozen=True)
class Off:
    """How far an expected figure is from the mean of the runs, and how well that is known, as shares of the mean.

    `unsure` is half of the mean's own 95 % interval, `spread` the standard deviation of one run; None where there is
    a single one.
    """

    share: float
    unsure: float | None
    spread: float | None

    @property
    def beyond(self) -> float:
        """The part of it that the mean's own uncertainty does not explain; all of it for a single run."""
        return max(0.0, abs(self.share) - (self.unsure or 0.0))


def compared(case: Case, seeds: Mapping[int, Counted]) -> Compared:
    runs = tuple((estimated(case, seed), counted) for seed, counted in sorted(seeds.items()))
    guessed = tuple(
        fits(estimated(case, seed, success=GUESS), counted) for seed, counted in sorted(seeds.items())
    )
    return Compared(case, runs, guessed, width_of(case, runs[0][0].calls.task))


def width_of(case: Case, said: Range) -> float | None:
    true = true_interval(case)
    if true is None or true[0] == true[1]:
        return None
    return (said.high - said.low + 1) / (true[1] - true[0] + 1)


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
    "| | configurations | runs | calls in range | rate guessed | requests in range | price in range "
    "| ends of the price | certain | width | calls off | tokens off | dollars off |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)
NOISE_HEAD = (
    "| | tokens off | mean known to | off beyond that | one run's spread "
    "| dollars off | mean known to | off beyond that | one run's spread |\n"
    "|---|---|---|---|---|---|---|---|---|"
)
FIGURES = ("calls", "input", "dollars")


def row(title: str, all_of: Sequence[Compared]) -> str:
    inside, guessed, requests, prices = (
        [it for one in all_of for it in getattr(one, of)]
        for of in ("inside", "guessed", "requests_inside", "price_inside")
    )
    low, high = (median(it.price_ends[end] for it in all_of) for end in (0, 1))
    widths = [it for one in all_of if (it := one.width) is not None]
    columns = (
        title,
        str(len(all_of)),
        str(len(inside)),
        percent(fmean(inside)),
        percent(fmean(guessed)),
        percent(fmean(requests)),
        percent(fmean(prices)),
        f"{low:.2f}–{high:.2f}",
        percent(fmean(it.certain for it in all_of)),
        f"{median(widths):.2f}, {quantile(widths, 0.95):.2f}, {max(widths):.2f}" if widths else "–",
        *(ends([abs(getattr(one, of).share) for one in all_of]) for of in FIGURES),
    )
    return f"| {' | '.join(columns)} |"


def noise_row(title: str, all_of: Sequence[Compared]) -> str:
    """How much of the distance is that of the counted means themselves."""
    columns = [title]
    for of in FIGURES[1:]:
        off: list[Off] = [getattr(one, of) for one in all_of]
        columns += [
            ends([abs(it.share) for it in off]),
            ends([it.unsure for it in off if it.unsure is not None]),
            ends([it.beyond for it in off]),
            ends([it.spread for it in off if it.spread is not None]),
        ]
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
