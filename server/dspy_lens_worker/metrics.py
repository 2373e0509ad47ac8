"""The metric of a run: the user's function or a built-in one, its results checked before they count."""

import inspect
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

from dspy_lens_worker import builtin_metrics
from dspy_lens_worker.failure import Failed, described, place
from dspy_lens_worker.guard import Guard
from dspy_lens_worker.judging import Judge, Opinion, labels_of
from dspy_lens_worker.load import find_attribute, import_user_module

IN_A_ROW = 3  # results in a row that are none, with no good one before, end the run


class NoScore(Exception):
    """The metric gave no score for one example. It is not a wrong answer."""


class Metric:
    """Calls the metric as each optimizer does, and refuses to take for a score what is none."""

    def __init__(self, name: str, function: Callable[..., Any], roots: Sequence[str], guard: Guard) -> None:
        self.name = name
        self._function = function
        self._arguments = accepted(name, function)
        self._roots = roots
        self._guard = guard
        self._lock = threading.Lock()
        self._bad = 0
        self._good = 0

    @property
    def judged(self) -> int:
        """How many answers it has given a score."""
        return self._good

    def callable(self) -> Callable[..., Any]:
        """A plain function, for optimizers that look at names and parameters."""

        def metric(
            gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None
        ) -> Any:
            return self.raw(gold, pred, trace, pred_name, pred_trace)

        return metric

    def score(self, example: Any, prediction: Any) -> float:
        """The score of one answer, from 0 to 1; raises NoScore where there is none."""
        return score_of(self.raw(example, prediction))

    def raw(
        self, gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None
    ) -> Any:
        """What the metric returned, once it is known to be a score."""
        import dspy

        from dspy_lens_worker.hooks import JUDGING

        given = (gold, pred, trace, pred_name, pred_trace)
        try:
            # What a metric asks must not become part of the trace that an optimizer learns from.
            with dspy.context(**{JUDGING: True}, trace=None):
                result = self._function(*given[: self._arguments])
            score_of(result)
        except NoScore as problem:
            raise self._none(str(problem)) from None
        except SystemExit as error:
            raise self._none(f"called sys.exit ({place(error, self._roots).rstrip(': ')})") from error
        except Exception as error:
            if isinstance(error, dspy.LMError):
                raise
            raise self._none(f"raised {place(error, self._roots)}{described(error)}") from error
        with self._lock:
            self._good += 1
        return result

    def _none(self, what: str) -> NoScore:
        reason = f"The metric {self.name} {what}. Correct it and run again."
        with self._lock:
            self._bad += 1
            systematic = self._good == 0 and self._bad >= IN_A_ROW
        if systematic:
            self._guard.latch("metric", reason)
        return NoScore(reason)


def score_of(result: Any) -> float:
    """The number in a metric's result; raises NoScore, saying what was returned instead."""
    value = getattr(result, "score", None) if is_record(result) else result
    if inspect.iscoroutine(value):
        value.close()
        raise NoScore("is asynchronous: it returned a coroutine, not a score")
    if value is None or isinstance(value, str | bytes):
        raise NoScore(f"returned {value!r:.40}, which is no score: a number from 0 to 1 is one")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise NoScore(f"returned a {type(value).__name__} that is no number from 0 to 1") from None
    if not math.isfinite(number):
        raise NoScore(f"returned {number}, which is no number from 0 to 1")
    if not -1e-9 <= number <= 1 + 1e-9:
        raise NoScore(f"returned {number:g}, and scores run from 0 to 1: divide by the largest it can be")
    return min(1.0, max(0.0, number))


def is_record(result: Any) -> bool:
    """Whether it is a `dspy.Prediction` or the like, which holds its score."""
    return hasattr(result, "toDict") or (hasattr(result, "score") and not isinstance(result, int | float))


def accepted(name: str, function: Callable[..., Any]) -> int:
    """How many arguments the function is called with: 5, 3 or 2."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 3
    if any(it.kind is it.VAR_POSITIONAL for it in parameters):
        return 5
    positional = [it for it in parameters if it.kind in (it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD)]
    required = sum(it.default is it.empty for it in positional)
    fitting = [it for it in (5, 3, 2) if required <= it <= len(positional)]
    if not fitting:
        raise Failed(
            "metric",
            f"The metric {name} takes {len(positional)} arguments. "
            "Let it take (example, prediction) or (example, prediction, trace).",
        )
    return fitting[0]


def find_metric(name: str, roots: Sequence[str], guard: Guard, judge: Judge | None = None) -> Metric:
    """The metric by its name in the order; fails at stage "metric" when there is none."""
    try:
        terms = builtin_metrics.parse(name)
    except builtin_metrics.UnknownMetric as error:
        raise Failed("metric", str(error)) from error
    if terms is not None:
        return Metric(name, built_in(terms, judge), roots, guard)
    module, colon, attribute = name.partition(":")
    if not colon or not attribute:
        raise Failed(
            "metric",
            f"There is no metric called {name}. Use pkg.mod:function, or {builtin_metrics.names()}.",
        )
    function = find_attribute(import_user_module(module, roots, "metric"), attribute)
    if not callable(function):
        raise Failed("metric", f"There is no function {attribute} in {module}. Name one that exists.")
    return Metric(name, function, roots, guard)


def built_in(terms: builtin_metrics.Terms, judge: Judge | None) -> Callable[..., Any]:
    """The built-in metric as a function; one that asks a judge has feedback in the judge's words."""

    def metric(gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:
        import dspy

        opinions: list[Opinion] = []

        def ask(field: str | None) -> float:
            if judge is None:
                return builtin_metrics.no_judge(field)
            opinions.append(judge.opinion(gold, pred, field))
            return opinions[-1].score

        score = builtin_metrics.score(terms, labels_of(gold), pred, ask)
        if pred_name is None or not opinions:
            return score
        return dspy.Prediction(score=score, feedback=" ".join(it.reasons for it in opinions))

    return metric
