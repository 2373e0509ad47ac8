"""Rule 3: the examples and the metric that the user's own `compile` and `Evaluate` calls give a definition."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dspy_lens.source.fields import Fields
from dspy_lens.source.matching import Joined, mapped
from dspy_lens.source.metric import named_metric
from dspy_lens.source.named import as_file, elsewhere
from dspy_lens.source.nearby import ExampleFiles
from dspy_lens.source.python import ExampleLiteral, Project
from dspy_lens.source.python.links import Link
from dspy_lens.source.python.records import FileRead, Lost
from dspy_lens.source.python.tracing import Origins
from dspy_lens.values.definition import Definition
from dspy_lens.values.elsewhere import Elsewhere
from dspy_lens.values.examples import ExampleFile
from dspy_lens.values.target import Metric

TAKING = ("compile", "Evaluate")
NOBODY = "no compile or Evaluate call is seen to take it"


@dataclass(frozen=True, slots=True)
class Linked:
    """What calls give, what they would give if their code ran, and where following them had to stop."""

    joined: Joined
    wanted: tuple[Elsewhere, ...]
    metric: Metric | None
    no_examples: str
    no_metric: str


def linked(definition: Definition, fields: Fields, project: Project, files: ExampleFiles) -> Linked:
    """What the user's own calls say about a definition, and about programs whose only predictor it is."""
    own = [it for it in project.links_about(definition.name) if it.verb in TAKING]
    around = [it for it in _around(definition, project) if it.verb in TAKING]
    gathered = _Gathered(fields, project, files)
    for it in (*own, *around):
        gathered.add(it)
    metric, why = _metric([*own, *around], fields, project)
    nobody = NOBODY if not own and not around else ""
    return Linked(
        gathered.joined(),
        tuple(dict.fromkeys(gathered.wanted)),
        metric,
        nobody or "; ".join(dict.fromkeys(gathered.missed)),
        nobody or why,
    )


def _around(definition: Definition, project: Project) -> Iterator[Link]:
    """The links of programs that hold this signature and no other."""
    for it in project.programs_of(definition.name):
        if len(it.predictors) == 1:
            yield from project.links_about(it.name)


@dataclass
class _Gathered:
    """Gathers what call after call gives; what has to be read otherwise than the first is told."""

    fields: Fields
    project: Project
    files: ExampleFiles
    read: dict[str, ExampleFile] = field(default_factory=dict)
    literals: tuple[ExampleLiteral, ...] = ()
    wanted: list[Elsewhere] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    map: tuple[tuple[str, str], ...] | None = None

    def add(self, link: Link) -> None:
        for part, traced in link.examples:
            where = f"`{part}` of {link.verb} at {_place(link)}"
            if isinstance(traced, Lost):
                self.missed.append(f"{where} {traced.why}")
                self._want(traced.running)
            elif (why := self._take(traced)) is not None:
                self.missed.append(f"{where} {why}")

    def joined(self) -> Joined:
        if not self.read:
            return Joined()
        read = list(self.read.values())
        fields = self.fields.mapped_over(dict(self.map or ()))
        return Joined(mapped(read, ", ".join(self.read), "calls", fields, self.files))

    def _take(self, origins: Origins) -> str | None:
        """Takes what fits; why not, where it does not."""
        found: dict[str, ExampleFile] = {}
        for path in dict.fromkeys(it.span.path for it in origins.literals):
            found[path] = self._literals_of(path, origins)
        for source in origins.sources:
            file = self._file(source)
            if isinstance(file, str):
                return file
            if file is not None:
                found[file.path] = file
        fields = self.fields.mapped_over(dict(origins.map))
        lacking = [it for it in found.values() if not fields.inputs_in(it.columns)]
        if lacking:
            return f"takes {lacking[0].path}, which lacks an input"
        if found and self.read and self.map != origins.map:
            return "reads its fields from other columns than another call"
        if found:
            self.map = origins.map
            self.read.update(found)
            self.literals += origins.literals
        return None

    def _literals_of(self, path: str, origins: Origins) -> ExampleFile:
        """The literals of a file that this call gives, after those that earlier ones gave."""
        both = {it.span: it for it in (*self.literals, *origins.literals) if it.span.path == path}
        return as_file(path, list(both.values()))

    def _file(self, source: FileRead | str) -> ExampleFile | str | None:
        """A file as it is; None where a yes is needed first; else what is wrong."""
        if isinstance(source, str):
            there = elsewhere(source, self.project)
            kept = self.files.kept.read(there) if there else None
            if kept is None:
                self._want(source)
            return kept
        place = next((it for it in source.places if self.files.named(it) == (it,)), None)
        if place is None:
            return f"reads {source.path}, which is not there"
        file = self.files.read(place)
        return file if file.rows else f"reads {place}, which gives no records"

    def _want(self, name: str | None) -> None:
        there = elsewhere(name, self.project) if name else None
        if there is not None:
            self.wanted.append(there)


def _metric(links: Sequence[Link], fields: Fields, project: Project) -> tuple[Metric | None, str]:
    """The one metric of all calls; else why there is none."""
    named = dict.fromkeys(it.metric for it in links if isinstance(it.metric, str))
    lost = [f"{_place(it)}: {it.metric.why}" for it in links if isinstance(it.metric, Lost)]
    if len(named) > 1:
        return None, f"calls take several metrics: {', '.join(named)}"
    for name in named:
        if not lost:
            span = next(it.span for it in links if it.metric == name)
            return named_metric(name, "calls", span, fields.outputs, project)[0], ""
    return None, "; ".join(dict.fromkeys(lost)) or "no call names a metric"


def _place(link: Link) -> str:
    return f"{link.span.path}:{link.span.line}"
