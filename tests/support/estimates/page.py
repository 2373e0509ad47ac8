"""The page of documentation that the estimates benchmark writes."""

from collections.abc import Sequence
from statistics import median

from support.estimates.cases import NOISE, RATES, SIZES
from support.estimates.learning import Learnt
from support.estimates.table import HEAD, Compared, grouped, percent, row

INTRODUCTION = """\
# Estimates, and what runs really take

Made by `make estimates` (`tests/bench/bench_estimates.py`); what is counted is kept, so that the command can be
stopped and goes on. Each run is a whole one, as a user gets it: the baseline on held-out examples, the optimizer,
the best on held-out examples, with real DSPy and its cache, and a model that counts instead of answering
(`tests/support/counting.py`). {sizes} examples, one and two predictors, success rates of {rates}.

Of the model's answers {noise} follow from the prompt and the others from the example alone, so that an optimizer
finds something. Texts that a model writes freely are as long as estimates assume where nobody measured them: the
table tests the arithmetic, the rendering and the cache, not how long a certain model's instructions are. That is
what the correction by earlier runs is for.

- **calls in range**: runs whose task, prompt and judge calls all lie within low and high, with the success rate
  known, as after a dry run or an evaluation. The target is 99 %.
- **rate guessed**: the same when nothing is known of the program, so that a half is taken for it.
- **certain**: configurations in which low and high of the task calls are equal.
- **width**: low to high of the task calls as a part of the interval that holds 99 % when the scans are played
  {plays} times (`tests/support/estimates/simulated.py`); the median and the widest. The target is 1.2.
- **calls, tokens, dollars off**: how far the expected figure is from the mean of the counted runs, without its
  sign: the median and the 95th percentile over configurations. The targets are 5 % and 10 % for calls, 10 % and
  20 % for input tokens and for dollars. The prompt model is priced at 17 times the task model.

A configuration is run with up to {seeds} seeds, the larger ones with fewer, at least two; the mean of few runs is
itself off by some percent.

Where an optimizer's search hangs on a handful of answers (SIMBA, GEPA and demos without labelled ones, from few
examples), one run differs from the next by more than the targets for the 95th percentile allow, and so do the means
of two runs: the expected figure is that of many runs. Earlier runs of the same target say more, see the end.

"""


def page(all_of: Sequence[Compared], learnt: Sequence[Learnt]) -> str:
    from support.estimates.simulated import PLAYS

    most = max((len(it.runs) for it in all_of), default=0)
    text = INTRODUCTION.format(
        sizes=listed([str(it) for it in SIZES]),
        rates=listed([percent(it) for it in RATES]),
        noise=percent(NOISE),
        plays=f"{PLAYS:,}",
        seeds=most,
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
            learning(learnt),
        )
    )


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
