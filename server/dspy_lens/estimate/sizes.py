"""From calls to tokens, dollars and seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dspy_lens.estimate.correcting import Correction
from dspy_lens.estimate.prices import Prices
from dspy_lens.values.estimate import ZERO, Calls, Range, Share, Tokens
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
FEEDBACK = 20  # tokens of it for each example where no judge gives reasons
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


@dataclass(frozen=True, slots=True)
class Part:
    """What the model of one role takes; the price is None where it is unknown."""

    role: str
    requests: Range
    tokens: Tokens
    price: Price | None

    def corrected(self, correction: Correction) -> "Part":
        """With what earlier runs really used of it."""
        if self.role not in correction.roles:
            return self
        factors, (given, written) = correction.of(self.role), (self.tokens.input, self.tokens.output)
        tokens = Tokens(_learnt(given, factors.input), _learnt(written, factors.output))
        return replace(self, tokens=tokens)


def parts_of(asked: Asked, prices: Prices) -> tuple[Part, ...]:
    """The figures of each role, before any correction."""
    return (
        Part("task", asked.task_requests, _task(asked, prices), prices.task),
        Part("prompt", asked.prompt_requests, _prompt(asked, prices), prices.prompt),
        Part("judge", asked.judge_sent, _judge(asked.judge_sent, prices), prices.judge),
        _training(asked, prices),
    )


def shares_of(parts: Sequence[Part]) -> dict[str, Share]:
    """What is expected of each role, to be compared with what a run uses."""
    return {
        it.role: Share(it.requests.expected, it.tokens.input.expected, it.tokens.output.expected)
        for it in parts
        if it.requests.expected
    }


def tokens_of(parts: Sequence[Part]) -> Tokens:
    """Tokens of the requests that will be sent, of all models together."""
    return Tokens(sum((it.tokens.input for it in parts), ZERO), sum((it.tokens.output for it in parts), ZERO))


def trained_tokens(plan: CallPlan, prices: Prices) -> Range:
    """Tokens that a model is trained on: prompts and answers of the program's own calls, each epoch anew."""
    size = _prompt_size(prices, plan.trained_demos, plan.trained_bootstrapped, NO_DEMOS) + _output(prices)
    return _product(_range(plan.trained), size)


def _training(asked: Asked, prices: Prices) -> Part:
    """What a model is trained on; it is billed, but nothing is sent for it."""
    each = asked.plan.training_price
    price = None if each is None else Price(each, 0.0)
    return Part("training", ZERO, Tokens(trained_tokens(asked.plan, prices)), price)


def dollars_of(parts: Sequence[Part]) -> Range | None:
    """None where the price of a model that takes part is unknown."""
    total = ZERO
    for it in parts:
        if not it.tokens.input.high:
            continue
        if it.price is None:
            return None
        total += it.tokens.input * it.price.input + it.tokens.output * it.price.output
    return total


def _learnt(value: Range, factor: float) -> Range:
    """Around what is expected by now, narrower than before where a guess made it wide."""
    expected = value.expected * factor
    low, high = expected * LEARNED[0], expected * LEARNED[2]
    return Range(
        max(value.low * factor, 0.5 * low), expected, max(expected, min(value.high * factor, 2 * high))
    )


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


def _task(asked: Asked, prices: Prices) -> Tokens:
    """Plain prompts before, prompts with demos while searching, prompts of the result afterwards."""
    plan = asked.plan
    searching = _range(plan.task) - asked.repeated
    before = asked.before - asked.cached
    after = asked.after - asked.again
    searched = _prompt_size(prices, plan.demos, plan.bootstrapped, plan.longer)
    # The steps that ask the same again are not sent: what is left are the others.
    kept = asked.again.expected and plan.again is None and not plan.result_pool
    sent_after = prices.labelled if kept else prices
    result = _prompt_size(sent_after, plan.result_demos, plan.result_bootstrapped, plan.result_longer)
    plain = _prompt_size(prices, NO_DEMOS, 0, NO_DEMOS)
    answered = _product(after, result)
    written = _product(searching + before, _output(prices))
    wrote = _product(after, _output(sent_after))
    if plan.result_pool:
        # What is looked up again are the plain prompts among them.
        others = prices.unlabelled
        answered = _product(asked.after, result) - _product(
            asked.again, _prompt_size(others, NO_DEMOS, 0, NO_DEMOS)
        )
        wrote = _product(asked.after, _output(prices)) - _product(asked.again, _output(others))
    sent = _product(searching, searched) + _product(before, plain) + answered
    written = written + wrote
    return Tokens(_spread(sent, RENDERED), written)


def _input(prices: Prices) -> Range:
    """Input tokens of a prompt without demos."""
    return _partly(prices.mean("input"), prices.mean("assumed_input"), EXACT)


def _output(prices: Prices) -> Range:
    """Output tokens of an answer."""
    return _partly(prices.mean("output"), prices.mean("assumed_output"), WRITTEN)


def _partly(whole: float, assumed: float, spread: tuple[float, float, float]) -> Range:
    """A figure of which a part is only assumed."""
    known = whole - assumed
    return _spread(Range.exactly(known), spread) + _spread(Range.exactly(assumed), ASSUMED)


def _prompt_size(prices: Prices, demos: Figure, bootstrapped: float, longer: Figure) -> Range:
    """Input tokens of a prompt with so many demos."""
    labelled, made = prices.mean("demo"), prices.mean("bootstrapped")
    share = min(1.0, bootstrapped / demos.expected) if demos.expected else 0.0
    each = labelled + (made - labelled) * share
    return _input(prices) + _range(demos) * each + _range(longer)


def _prompt(asked: Asked, prices: Prices) -> Tokens:
    """Calls that summarize examples, describe the program and write instructions."""
    example = max(prices.mean("demo"), prices.mean("bootstrapped")) + EXAMPLE_MARKS
    plain = prices.example + PLAIN_MARKS
    plan = asked.plan
    if plan.judge.high and prices.judged:
        # Where there are a judge's reasons, they are the feedback.
        example += max(0.0, prices.judged.assumed_output - FEEDBACK)
    shown = _range(plan.prompt_examples) * example + _range(plan.prompt_plain_examples) * plain
    size = _range(plan.prompt_given) + shown + _range(plan.prompt_longer)
    written = _range(plan.prompt_written)
    return Tokens(_product(asked.prompt_requests, size), _product(asked.prompt_requests, written))


def judged_dollars(calls: Range, prices: Prices) -> Range | None:
    """What so many calls of a judge cost; None where its price is unknown."""
    return dollars_of([Part("judge", calls, _judge(calls, prices), prices.judge)])


def _judge(calls: Range, prices: Prices) -> Tokens:
    """The built-in judge's prompts are measured; what a metric of the user's asks is not known."""
    given, written = JUDGED
    if (it := prices.judged) is not None:
        given = _spread(Range.exactly(it.input), WRITTEN)
        written = _spread(Range.exactly(it.output), OPINION)
    return Tokens(_product(calls, given), _product(calls, written))


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
