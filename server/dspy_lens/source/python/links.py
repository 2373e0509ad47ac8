"""The user's own `compile` and `Evaluate` calls, each with the definition that it is about and what it gives it."""

from collections.abc import Iterator
from dataclasses import dataclass

from dspy_lens.source.python.doings import Compiled, Doing, Evaluated, Loaded, Saved
from dspy_lens.source.python.facts import Function
from dspy_lens.source.python.following import Following
from dspy_lens.source.python.given import Given, file_named
from dspy_lens.source.python.names import External, Found, Names
from dspy_lens.source.python.pieces import qualname
from dspy_lens.source.python.programs_given import ProgramsGiven
from dspy_lens.source.python.records import FileRead, Lost
from dspy_lens.source.python.shape import Origin
from dspy_lens.source.python.syntax import spot_of
from dspy_lens.source.python.tracing import Literals, Traced, Tracing
from dspy_lens.values.definition import Span


@dataclass(frozen=True, slots=True)
class Link:
    """What one call says of a definition: its examples by part, its metric by name."""

    verb: str  # compile | Evaluate | save | load
    span: Span
    about: Origin | Lost
    examples: tuple[tuple[str, Traced], ...] = ()  # by the argument that takes them
    metric: str | Lost | None = None  # pkg.mod:function
    file: FileRead | None = None  # of a saved program, as far as its name is known


class Links:
    """Makes links of what code does. Made for one state of the files."""

    def __init__(self, names: Names, literals: Literals) -> None:
        self.names = names
        self.following = Following(names)
        self._programs = ProgramsGiven(self.following)
        self._tracing = Tracing(self.following, literals)

    def of(self, doings: tuple[Doing, ...]) -> Iterator[Link]:
        for it in doings:
            match it:
                case Compiled(student=program):
                    parts = (("trainset", it.trainset), ("valset", it.valset))
                    yield self._link("compile", it.span, program, parts, it.metric)
                case Evaluated(program=program):
                    yield self._link("Evaluate", it.span, program, (("devset", it.devset),), it.metric)
                case Saved(program=program) | Loaded(program=program):
                    verb = "save" if isinstance(it, Saved) else "load"
                    about = self._about(it.span, program)
                    yield Link(verb, it.span, about, file=self._file(it.path))

    def _link(
        self,
        verb: str,
        span: Span,
        program: Given | None,
        parts: tuple[tuple[str, Given | None], ...],
        metric: Given | None,
    ) -> Link:
        about = self._about(span, program)
        if isinstance(about, Lost):
            return Link(verb, span, about)
        traced = tuple((name, self._traced(it)) for name, it in parts if it is not None)
        return Link(verb, span, about, traced, self._metric(metric) if metric else None)

    def _about(self, span: Span, program: Given | None) -> Origin | Lost:
        spot = spot_of(self.names, program) if program is not None else None
        return self._programs.origin(spot) if spot else Lost(span, "is given a program that cannot be seen")

    def _file(self, given: Given | None) -> FileRead | None:
        found = file_named(self.names, given) if given is not None else None
        return FileRead(found[0], found[1], given.where.path) if found and given else None

    def _traced(self, given: Given) -> Traced:
        spot = spot_of(self.names, given)
        return self._tracing.trace(spot) if spot else Lost(given.span, "stands in code that does not parse")

    def _metric(self, given: Given) -> str | Lost:
        """A function of the root by the name that imports it."""
        spot = spot_of(self.names, given)
        last = self.following.back_all(spot) if spot else None
        meaning = self.following.meaning(last, last.name) if last and last.name else None
        if isinstance(meaning, Found) and isinstance(meaning.binding, Function):
            if not meaning.where.scopes and meaning.where.path.endswith(".py"):
                return f"{self.names.modules.name(meaning.where.path)}:{qualname(meaning)}"
            return Lost(given.span, f"{meaning.binding.name} is a function that cannot be imported")
        if isinstance(meaning, External) and meaning.dotted:
            return Lost(given.span, f"{meaning.dotted} is no function of this workspace")
        return Lost(given.span, "the metric is made by code that only running shows")
