"""Mistakes in what the user's own code does with programs: compile, Evaluate, load."""

import re
from collections.abc import Iterable, Iterator

from dspy_lens.source.python import known
from dspy_lens.source.python.doings import (
    Compiled,
    Doing,
    Evaluated,
    Loaded,
)
from dspy_lens.source.python.expressions import Binary, Call, Const, Item, Items, Member, Ref, Repeat, Unknown
from dspy_lens.source.python.given import Given, file_named, settled, written
from dspy_lens.source.python.metric_problems import metric_problems
from dspy_lens.source.python.names import External, Names
from dspy_lens.values.definition import Problem, Severity

REFUSING = frozenset(
    {"BootstrapFewShot", "BootstrapFewShotWithRandomSearch", "BootstrapRS", "BootstrapFewShotWithOptuna"}
    | {"InferRules", "BootstrapFinetune"}
)
_COMPILED = frozenset({"BootstrapFewShot", "BootstrapFinetune", "BetterTogether"})
"""Optimizers that always mark what they return as compiled, which those above refuse."""

_LEAST = {"MIPROv2": 2, "SIMBA": 32}
"""Examples that an optimizer needs at least, unless its call says otherwise."""


def doing_problems(doings: Iterable[Doing], names: Names) -> Iterator[Problem]:
    """What DSPy would refuse, or do in another way than the code suggests."""
    for it in doings:
        match it:
            case Compiled():
                yield from _same_sets(it, names)
                yield from _twice(it, names)
                yield from _too_few(it, names)
                if it.optimizer not in (None, "LabeledFewShot"):
                    yield from _without_inputs((it.trainset, it.valset), names)
                if it.metric is not None and it.optimizer is not None:
                    yield from metric_problems(it.metric, it.optimizer, names)
            case Evaluated():
                yield from _without_inputs((it.devset,), names)
                if it.metric is not None:
                    yield from metric_problems(it.metric, known.EVALUATE, names)
            case Loaded():
                yield from _pickle(it, names)


def _same_sets(it: Compiled, names: Names) -> Iterator[Problem]:
    if it.trainset is not None and it.valset is not None and _holds(it.trainset, it.valset, names):
        message = (
            f"{it.optimizer or 'The optimizer'} chooses by the examples that it learns from, so its score flatters. "
            "Give it other examples as `valset`."
        )
        yield Problem(it.valset.span, "valset-is-trainset", message)


def _holds(trainset: Given, valset: Given, names: Names) -> bool:
    """Whether all of the second are among the first: the same variable, a part of it, or the same part."""
    match trainset.expr, valset.expr:
        case Ref(one), Ref(other) | Item(Ref(other), Unknown()):  # a slice is no expression of its own
            return one == other
        case Item(Ref(one)), Item(Ref(other)):
            return one == other and written(names, trainset) == written(names, valset)
    return False


def _twice(it: Compiled, names: Names) -> Iterator[Problem]:
    """A student that is marked as compiled, for an optimizer that refuses such a one."""
    if it.optimizer not in REFUSING or it.student is None:
        return
    student = settled(names, it.student)
    match student.expr:
        case Call(func=Ref(dotted)) if dotted.endswith(".compile"):
            owner = settled(names, student.other(Ref(dotted.removesuffix(".compile"), student.expr.place)))
        case Call(func=Member(value, "compile")):
            owner = settled(names, student.other(value))
        case _:
            return
    made = (
        names.expression(owner.expr.func, owner.where, owner.line) if isinstance(owner.expr, Call) else None
    )
    if isinstance(made, External) and made.dspy in _COMPILED:
        message = (
            f"This program is compiled already, and {it.optimizer} refuses such a student. "
            "Give it the program as it was, or this one as `teacher`."
        )
        yield Problem(it.student.span, "compile-twice", message, Severity.ERROR)


def _too_few(it: Compiled, names: Names) -> Iterator[Problem]:
    least = _LEAST.get(it.optimizer or "")
    if least is None or it.trainset is None or it.making is None:
        return
    if it.optimizer == "SIMBA":
        size = it.making.expr.argument(99, "bsize") if isinstance(it.making.expr, Call) else None
        if size is not None and not (isinstance(size, Const) and isinstance(size.value, int)):
            return
        least = size.value if isinstance(size, Const) and isinstance(size.value, int) else least
    count = _length(settled(names, it.trainset))
    if count is not None and count < least and not _may_grow(it.trainset, names):
        message = f"{it.optimizer} needs at least {least} examples and gets {count}. Add more, or take another optimizer."
        yield Problem(it.trainset.span, "optimizer-examples", message, Severity.ERROR)


def _length(given: Given) -> int | None:
    match given.expr:
        case Items("list" | "tuple", items) if all(isinstance(it, Call) for it in items):
            return len(items)
        case Repeat(count=count):
            return count
        case Binary("*", left, Const(int(times))):
            once = _length(given.other(left))
            return None if once is None else once * max(times, 0)
    return None


def _may_grow(given: Given, names: Names) -> bool:
    """Whether other lines of its file may put more into the list."""
    if not isinstance(given.expr, Ref):
        return False
    name = re.escape(given.expr.dotted.rpartition(".")[2])
    text = names.files[given.where.path].text
    return re.search(rf"\b{name}\s*(\+=|\*=|\.(append|extend|insert)\b)", text) is not None


def _without_inputs(sets: Iterable[Given | None], names: Names) -> Iterator[Problem]:
    """Examples that do not say which of their fields are inputs, in a set that DSPy asks for these."""
    for given in sets:
        if given is None:
            continue
        value = settled(names, given)
        match value.expr:
            case Items(items=items) | Binary("*", Items(items=items)):
                made = [it for it in items if isinstance(it, Call)]
            case Repeat(item=Call() as item):
                made = [item]
            case _:
                continue
        wrong = [it for it in made if _is_plain_example(value.other(it), names)]
        if wrong and not _told_later(given, names):
            message = "DSPy needs to know which fields are inputs. Add `.with_inputs(…)` to this example."
            yield from (
                Problem(value.other(it).span, "example-inputs", message, Severity.ERROR) for it in wrong
            )


def _is_plain_example(given: Given, names: Names) -> bool:
    assert isinstance(given.expr, Call)
    made = names.expression(given.expr.func, given.where, given.line)
    return isinstance(made, External) and made.dspy == "Example"


def _told_later(given: Given, names: Names) -> bool:
    """Whether the file calls `with_inputs` on something that is no call: these examples may be meant."""
    return re.search(r"[\w\]]\.with_inputs\(", names.files[given.where.path].text) is not None


def _pickle(it: Loaded, names: Names) -> Iterator[Problem]:
    if it.path is None:
        return
    if it.program is None:
        message = (
            "`dspy.load` takes pickled programs only, and unpickling runs whatever the folder holds. "
            "Save the program as `.json` and load that into a new one."
        )
        yield Problem(it.span, "load-pickle", message)
        return
    named = file_named(names, it.path)
    if named is not None and named[0].endswith((".pkl", ".pickle")):
        message = "Loading a pickle runs whatever it holds. Save the program as `.json` and load that."
        yield Problem(it.path.span, "load-pickle", message)
