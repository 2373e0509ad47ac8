"""From calls to tokens, dollars and seconds."""

from dataclasses import dataclass

from dspy_lens.estimate.prices import Correction, Prices
from dspy_lens.values.estimate import ZERO, Calls, Range, Tokens
from dspy_lens.values.money import Price
from dspy_lens_worker.optimizers.base import CallPlan, Figure

EXACT = (1.0, 1.0, 1.0)
RENDERED = (0.96, 1.0, 1.04)  # the examples rendered are a sample
WRITTEN = (0.9, 1.0, 1.1)  # what a model writes around and instead of the labels
ASSUMED = (0.25, 1.0, 2.5)  # text that no example shows is as long as the model likes
LEARNED = (0.9, 1.0, 1.15)  # after earlier runs
EXAMPLE_MARKS = 15  # what the prompt model's view of an example has around its fields
PLAIN_MARKS = 9  # the same in a plain list
JUDGED = (Range(150, 300, 800), Range(10, 40, 150))  # input and output tokens of a metric's own call
OPINION = (0.6, 1.0, 2.0)  # the judge's reasons are as long as it likes
LATENCY = 1.2  # seconds of a request
PRACTICE_LATENCY = 0.004
NO_DEMOS = Figure(0, 0, 0)
TRAINING = Range(180, 1200, 7200)  # seconds of a job; its provider may be busy
START = 2.0  # seconds until a worker is ready


@dataclass(frozen=True, slots=True)
class Asked:
    """A run's calls and what will not be sent of them.

    `before` and `after` are the held-out evaluations, `again` is what the second one repeats of the first.
    """

    plan: CallPlan
    calls: Calls
    before: Range
    after: Range
    cached: Range
    repeated: Range
    again: Range
    judge_sent: Range = ZERO  # calls of the judge that the cache does not answer

    @property
    def evaluation(self) -> Range:
        return self.before + self.after

    @property
    def prompt_requests(self) -> Range:
        """A call that asks for several answers is billed for each."""
        return self.calls.prompt * self.plan.prompt_answers - _range(self.plan.prompt_repeated)

    @property
    def requests(self) -> Range:
        return self.task_requests + self.prompt_requests + self.judge_sent

    @property
    def task_requests(self) -> Range:
        return self.calls.task - self.cached - self.repeated - self.again


def tokens_of(asked: Asked, prices: Prices, correction: Correction) -> Tokens:
    """Tokens of the requests that will be sent, of all models together."""
    task, prompt, judge = _task(asked, prices, correction), _prompt(asked, prices), _judge(asked, prices)
    given = task.input + prompt.input + judge.input + trained_tokens(asked.plan, prices)
    return Tokens(given, task.output + prompt.output + judge.output)


def trained_tokens(plan: CallPlan, prices: Prices) -> Range:
    """Tokens that a model is trained on: prompts and answers of the program's own calls, each epoch anew."""
    size = _prompt_size(prices, NO_DEMOS, 0, NO_DEMOS) + _partly(prices, "output", WRITTEN)
    return _product(_range(plan.trained), size)


def dollars_of(asked: Asked, prices: Prices, correction: Correction) -> Range | None:
    """None where the price of a model that takes part is unknown."""
    total = ZERO
    for tokens, price in (
        (_task(asked, prices, correction), prices.task),
        (_prompt(asked, prices), prices.prompt),
        (_judge(asked, prices), prices.judge if prices.judged else prices.task),
    ):
        if not tokens.input.high:
            continue
        if price is None:
            return None
        total += _cost(tokens, price)
    if asked.plan.trained.high:
        if asked.plan.training_price is None:
            return None
        total += trained_tokens(asked.plan, prices) * asked.plan.training_price
    return total


def seconds_of(asked: Asked, threads: int, latency: float | None, *, practice: bool) -> Range:
    """Scans for demos and proposals of instructions go one by one, evaluations in parallel."""
    each = latency or (PRACTICE_LATENCY if practice else LATENCY)
    sequential = _range(asked.plan.sequential) + asked.calls.prompt
    share = Range(*(min(1.0, it) for it in _ratio(sequential, asked.calls.total)))
    sent = asked.requests
    spread = (0.6, 1.0, 1.6) if latency else (0.4, 1.0, 3.0)
    figures = zip(
        (sent.low, sent.expected, sent.high), (share.low, share.expected, share.high), spread, strict=True
    )
    low, expected, high = (
        START + requests * (part + (1 - part) / threads) * each * factor for requests, part, factor in figures
    )
    whole = Range(low, max(low, expected), max(low, expected, high))
    return whole + TRAINING if asked.plan.trained.high else whole


def _task(asked: Asked, prices: Prices, correction: Correction) -> Tokens:
    """Plain prompts before, prompts with demos while searching, prompts of the result afterwards."""
    plan = asked.plan
    searching = _range(plan.task) - asked.repeated
    before = asked.before - asked.cached
    after = asked.after - asked.again
    searched = _prompt_size(prices, plan.demos, plan.bootstrapped, plan.longer)
    # The steps that ask the same again are not sent: what is left are the others.
    sent_after = prices.labelled if asked.again.expected else prices
    result = _prompt_size(sent_after, plan.result_demos, plan.result_bootstrapped, plan.result_longer)
    plain = _prompt_size(prices, NO_DEMOS, 0, NO_DEMOS)
    sent = _product(searching, searched) + _product(before, plain) + _product(after, result)
    written = _product(asked.task_requests, _partly(prices, "output", WRITTEN))
    given = _spread(sent * correction.input, LEARNED if correction.runs else RENDERED)
    return Tokens(given, written * correction.output)


def _partly(prices: Prices, figure: str, spread: tuple[float, float, float]) -> Range:
    """A figure of which a part is only assumed."""
    assumed = prices.mean(f"assumed_{figure}")
    known = prices.mean(figure) - assumed
    return _spread(Range.exactly(known), spread) + _spread(Range.exactly(assumed), ASSUMED)


def _prompt_size(prices: Prices, demos: Figure, bootstrapped: float, longer: Figure) -> Range:
    """Input tokens of a prompt with so many demos."""
    labelled, made = prices.mean("demo"), prices.mean("bootstrapped")
    share = min(1.0, bootstrapped / demos.expected) if demos.expected else 0.0
    each = labelled + (made - labelled) * share
    return _partly(prices, "input", EXACT) + _range(demos) * each + _range(longer)


def _prompt(asked: Asked, prices: Prices) -> Tokens:
    """Calls that summarize examples, describe the program and write instructions."""
    example = max(prices.mean("demo"), prices.mean("bootstrapped")) + EXAMPLE_MARKS
    plain = prices.example + PLAIN_MARKS
    plan = asked.plan
    shown = _range(plan.prompt_examples) * example + _range(plan.prompt_plain_examples) * plain
    size = _range(plan.prompt_given) + shown + _range(plan.prompt_longer)
    written = _range(plan.prompt_written)
    return Tokens(_product(asked.prompt_requests, size), _product(asked.prompt_requests, written))


def _judge(asked: Asked, prices: Prices) -> Tokens:
    """The built-in judge's prompts are measured; what a metric of the user's asks is not known."""
    given, written = JUDGED
    if (it := prices.judged) is not None:
        given = _spread(Range.exactly(it.input), WRITTEN)
        written = _spread(Range.exactly(it.output), OPINION)
    return Tokens(_product(asked.judge_sent, given), _product(asked.judge_sent, written))


def _cost(tokens: Tokens, price: Price) -> Range:
    return tokens.input * price.input + tokens.output * price.output


def _range(figure: Figure) -> Range:
    return Range(figure.low, figure.expected, figure.high)


def _product(left: Range, right: Range) -> Range:
    return Range(left.low * right.low, left.expected * right.expected, left.high * right.high)


def _spread(value: Range, factors: tuple[float, float, float]) -> Range:
    low, expected, high = factors
    return Range(value.low * low, value.expected * expected, value.high * high)


def _ratio(part: Range, whole: Range) -> tuple[float, float, float]:
    return (
        part.low / whole.low if whole.low else 0.0,
        part.expected / whole.expected if whole.expected else 0.0,
        part.high / whole.high if whole.high else 0.0,
    )
