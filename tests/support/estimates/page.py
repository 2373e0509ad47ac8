"""The page of documentation that the estimates benchmark writes."""

from collections.abc import Sequence
from statistics import median

from support.estimates.cases import NOISE, RATES, SIZES, WHOLE, WHOLE_SIZES
from support.estimates.learning import Learnt
from support.estimates.runs import LEAST
from support.estimates.table import HEAD, NOISE_HEAD, Compared, Off, grouped, noise_row, percent, row

FURTHEST = 12
TARGET = 0.2  # for tokens and dollars, at the 95th percentile

INTRODUCTION = """\
# Estimates, and what runs really take

Made by `make estimates` (`tests/bench/bench_estimates.py`); what is counted is kept, so that the command can be
stopped and goes on. Each run is a whole one, as a user gets it: the baseline on held-out examples, the optimizer,
the best on held-out examples, with real DSPy and its cache, and a model that counts instead of answering
(`tests/support/counting.py`). {sizes} examples, one and two predictors, success rates of
{rates}, with searches that are smaller than DSPy's own; and, with DSPy's own sizes ("as it comes"),
{whole} from {whole_sizes} examples.

Of the model's answers {noise} follow from the prompt and the others from the example alone, so that an optimizer
finds something. Texts that a model writes freely are as long as estimates assume where nobody measured them: the
table tests the arithmetic, the rendering and the cache, not how long a certain model's instructions are. That is
what the correction by earlier runs is for.

- **calls in range**: runs whose task, prompt and judge calls all lie within low and high, with the success rate
  known, as after a dry run or an evaluation. The target is 99 %.
- **rate guessed**: the same when nothing is known of the program, so that a half is taken for it.
- **requests in range**: runs in which what is sent past the cache lies within low and high, the rate known.
- **price in range**: runs whose dollars lie within low and high, the rate known.
- **ends of the price**: low and high as parts of the expected price, before anything was run, the median over
  configurations. Most of it is that nobody knows how much a model will write; earlier runs tell.
- **certain**: configurations in which low and high of the task calls are equal.
- **width**: low to high of the task calls as a part of the interval that holds 99 % when the scans are played
  {plays} times, a single scan {plays_of_one} times (`tests/support/estimates/simulated.py`); the median, the 95th
  percentile and the widest. The target is 1.2. The interval's own ends are known to a call or two.
- **calls, tokens, dollars off**: how far the expected figure is from the mean of the counted runs, without its
  sign: the median and the 95th percentile over configurations. The targets are 5 % and 10 % for calls, 10 % and
  20 % for input tokens and for dollars. Tokens and dollars are those of all models together, a judge's and what a
  model is trained on among them; the prompt model is priced at 17 times the task model and the judge.

A configuration is run with {seeds} seeds, each with examples of its own{unfinished}.

"""
NOISE_TEXT = """
## How much of it is chance

Where an optimizer's search hangs on a handful of answers (SIMBA, GEPA and demos without labelled ones, from few
examples), one run differs from the next by more than the targets allow, and the mean of the counted runs is itself
not known exactly. For each configuration: how far the expected figure is **off** the mean, what that **mean is known
to** (half of its 95 % interval), how much is left **beyond that**, and the standard deviation of **one run**, all as
shares of the mean; the median and the 95th percentile over configurations. An estimate whose figure is the true mean
would be about as far off as the mean is known to, and nothing beyond that but by chance in one of twenty.

{counted} of {all} configurations have their tokens within {target} of the mean, and {counted_dollars} their dollars;
{tokens} and {dollars} are within that or within the mean's own interval.
Where BetterTogether trains, a run costs several times as much if its first step found demos to train on than if it
found none: two runs of one kind are far from the mean of both.

"""


def page(all_of: Sequence[Compared], learnt: Sequence[Learnt]) -> str:
    from support.estimates.simulated import OF_ONE, PLAYS

    fewer = [it for it in all_of if len(it.runs) < LEAST]
    text = INTRODUCTION.format(
        sizes=listed([str(it) for it in SIZES]),
        rates=listed([percent(it) for it in RATES]),
        noise=percent(NOISE),
        plays=f"{PLAYS:,}",
        plays_of_one=f"{OF_ONE:,}",
        whole=listed(WHOLE),
        whole_sizes=listed([str(it) for it in WHOLE_SIZES]),
        seeds=LEAST,
        unfinished=unfinished(fewer) if fewer else "",
    )
    groups = grouped(all_of, lambda it: it.case.name)
    return "\n".join(
        (
            text + "## By optimizer\n",
            HEAD,
            *(row(name, group) for name, group in groups.items()),
            row("**all**", all_of),
            "\n## By settings\n",
            HEAD,
            *(
                row(title, group)
                for title, group in grouped(all_of, lambda it: f"{it.case.name}: {it.case.setting}").items()
            ),
            "\n## By number of examples\n",
            HEAD,
            *(row(n, group) for n, group in grouped(all_of, lambda it: f"{it.case.n:3d}").items()),
            chance(all_of),
            furthest(all_of),
            learning(learnt),
        )
    )


def unfinished(fewer: Sequence[Compared]) -> str:
    """How many runs the others had, and how well their means are known all the same."""
    runs = [len(it.runs) for it in fewer]
    unsure = max(off.unsure or 0.0 for it in fewer for off in (it.calls, it.input, it.dollars))
    return (
        f".\n{len(fewer)} of them had {min(runs)} to {max(runs)} runs only, "
        f"which tell the means to {percent(unsure)} or better"
    )


def chance(all_of: Sequence[Compared]) -> str:
    """How much of the distances is that of the means themselves."""
    text = NOISE_TEXT.format(
        all=len(all_of),
        target=percent(TARGET),
        counted=sum(near(it.input) for it in all_of),
        counted_dollars=sum(near(it.dollars) for it in all_of),
        tokens=sum(near(it.input) or it.input.beyond == 0 for it in all_of),
        dollars=sum(near(it.dollars) or it.dollars.beyond == 0 for it in all_of),
    )
    groups = grouped(all_of, lambda it: it.case.name)
    rows = [noise_row(name, group) for name, group in groups.items()]
    return "\n".join((text + NOISE_HEAD, *rows, noise_row("**all**", all_of)))


def near(off: Off) -> bool:
    return abs(off.share) <= TARGET


def furthest(all_of: Sequence[Compared]) -> str:
    """The configurations in which the distance is least explained by chance."""
    worst = sorted(all_of, key=lambda it: max(it.input.beyond, it.dollars.beyond), reverse=True)[:FURTHEST]
    lines = [
        f"\n## The {FURTHEST} that are furthest off\n",
        "By what the mean's own uncertainty does not explain, with the sign: above 0 the estimate is too high.\n",
        "| optimizer | settings | examples | predictors | success | runs "
        "| tokens off | mean known to | dollars off | mean known to |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for it in worst:
        figures = [
            "–" if one is None else percent(one)
            for off in (it.input, it.dollars)
            for one in (off.share, off.unsure)
        ]
        about = [
            it.case.name,
            it.case.setting,
            it.case.n,
            it.case.predictors,
            percent(it.case.success),
            len(it.runs),
        ]
        lines.append(f"| {' | '.join(map(str, (*about, *figures)))} |")
    return "\n".join(lines)


def learning(learnt: Sequence[Learnt]) -> str:
    """What earlier runs of the same target teach, where a model writes otherwise than was assumed."""
    if not learnt:
        return ""
    lines = [
        "\n## After three runs\n",
        "A model that writes twice as much as was assumed, or half as much. How far input tokens and dollars are",
        "off the mean of four further runs before anything was run, and after one, two and three runs of the same",
        "target and optimizer: the median over configurations. The target is that three runs halve the error.\n",
        "| | configurations | before | after 1 | after 2 | after 3 |",
        "|---|---|---|---|---|---|",
    ]
    for figure in ("tokens", "dollars"):
        errors = [getattr(it, figure) for it in learnt]
        ends = [percent(median(it[at] for it in errors)) for at in range(4)]
        lines.append(f"| {figure} | {len(errors)} | {' | '.join(ends)} |")
    return "\n".join(lines) + "\n"


def listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
