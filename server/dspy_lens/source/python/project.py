"""All Python files of a root at one moment, and what they declare together."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from dspy_lens.source.python.acting import Acting
from dspy_lens.source.python.doing_problems import doing_problems
from dspy_lens.source.python.doings import Doing, doings
from dspy_lens.source.python.expressions import Items
from dspy_lens.source.python.facts import Assign, Class, Function
from dspy_lens.source.python.filing import Reading, read_file
from dspy_lens.source.python.links import Link
from dspy_lens.source.python.literal_calls import literal_calls
from dspy_lens.source.python.literals import ExampleLiteral
from dspy_lens.source.python.metric_problems import function_problems
from dspy_lens.source.python.modules import Modules
from dspy_lens.source.python.names import Found, Names, Where
from dspy_lens.source.python.notebooks import SUFFIX
from dspy_lens.source.python.pieces import pieces_of
from dspy_lens.source.python.problems import UNKNOWN_TYPE
from dspy_lens.source.python.read import FileFacts
from dspy_lens.source.python.reading import Declared
from dspy_lens.source.python.relocate import moved
from dspy_lens.source.python.shape import Origin
from dspy_lens.source.python.uses import sites
from dspy_lens.values.definition import Definition, Kind, Piece, Problem, Span


class Project:
    """A snapshot that never changes; what has been worked out is kept, and handed on to the next snapshot."""

    def __init__(self, files: Mapping[str, FileFacts], import_roots: Sequence[str] = ("", "src")) -> None:
        self._files = dict(files)
        self._modules = Modules(self._files, import_roots)
        self._readings: dict[str, Reading] = {}
        self._checked: set[str] = set()
        self._definitions: dict[str, tuple[Definition, ...]] = {}
        self._acting = self._acts()
        self._awake: frozenset[str] | None = None

    @property
    def files(self) -> Mapping[str, FileFacts]:
        return self._files

    def with_files(self, changes: Mapping[str, FileFacts | None]) -> "Project":
        """The same root after some files changed or went (None)."""
        files = {path: it for path, it in {**self._files, **changes}.items() if it is not None}
        same_paths = files.keys() == self._files.keys()
        made = Project.__new__(Project)
        made._files = files
        made._modules = self._modules if same_paths else Modules(files, self._modules.roots)
        made._readings = dict(self._readings) if same_paths else {}
        made._checked = set()
        made._definitions = {}
        same_imports = same_paths and self._imports_stay(changes)
        made._acting = made._acts()
        made._awake = self._awake if same_imports else None
        if same_imports:
            made._acting.take_over(self._acting, changes)
        return made

    def _acts(self) -> Acting:
        return Acting(self._files, self.names, self._reading, self._placed)

    def _imports_stay(self, changes: Mapping[str, FileFacts | None]) -> bool:
        """Whether no file became or ceased to be one that may concern DSPy."""
        for path, new in changes.items():
            old = self._files.get(path)
            if old is None or new is None or (old.quiet, old.imports) != (new.quiet, new.imports):
                return False
        return True

    def module_name(self, path: str) -> str:
        return self._modules.name(path)

    def definitions(self, path: str) -> tuple[Definition, ...]:
        """The signatures and programs of one file, in the order of the source."""
        if path not in self._definitions:
            reading = self._reading(path)
            finished = [self._finished(it) for it in reading.declared] if reading else []
            self._definitions[path] = tuple(self._in_cells(it) for it in finished)
        return self._definitions[path]

    def all(self) -> tuple[Definition, ...]:
        """Every definition of the root, by path and place."""
        return self._all

    def problems(self, path: str) -> tuple[Problem, ...]:
        """Mistakes in one file that DSPy is certain to trip over, and in metrics that it hands to DSPy."""
        reading = self._reading(path)
        if reading is None:
            return ()
        names = self.names()
        done = doing_problems(doings(sites(self._files[path]), names), names)
        # While a file is broken, an import or a definition may just not be seen.
        found = dict.fromkeys((*reading.problems, *(it for it in done if it.span.path == path)))
        broken = self._files[path].broken
        kept = [it for it in found if not (broken and it.code == UNKNOWN_TYPE)]
        return tuple(replace(it, span=self._placed(it.span)) for it in sorted(kept, key=lambda it: it.span))

    def example_literals(self, path: str) -> tuple[ExampleLiteral, ...]:
        """The `dspy.Example(…)` of one file that are made of literal values."""
        reading = self._reading(path)
        return tuple(replace(it, span=self._placed(it.span)) for it in reading.examples) if reading else ()

    def doings(self, path: str) -> tuple[Doing, ...]:
        """What one file does with programs: compiles, evaluates, saves and loads them."""
        return self._acting.doings(path).found

    def may_be_given(self, path: str) -> bool:
        """Whether another file that compiles or evaluates seems to name a function of this one."""
        own = (it for _, block in self._files[path].blocks for it in block.scope.bindings)
        # A metric takes two arguments at least; parameters are among what is hidden.
        names = [re.escape(it.name) for it in own if isinstance(it, Function) and len(it.scope.hidden) > 1]
        if not names or path.endswith(SUFFIX):
            return False
        named = re.compile(rf"\b({'|'.join(names)})\b")
        others = (it for other, it in self._files.items() if other != path and it.acts)
        return any(named.search(it.text) for it in others)

    def links_about(self, name: str) -> tuple[Link, ...]:
        """What the root's code does with a definition, as far as it is seen."""
        return self._links_by_name.get(name, ())

    def origin(self, name: str) -> Origin | None:
        """Where the definition of a name is declared, in the flat text of its file."""
        return self._origins.get(name)

    def named(self, origin: Origin) -> str | None:
        """The name of what is declared at a place."""
        return self._names.get(origin)

    def placed(self, span: Span) -> Span:
        """A place of the flat text of a file as users count it: in notebooks by cell."""
        return self._placed(span)

    def flat(self, span: Span) -> Span:
        """The way back."""
        facts = self._files.get(span.path)
        return facts.cells.flat(span) if facts and facts.cells else span

    @cached_property
    def _origins(self) -> dict[str, Origin]:
        return {name: origin for origin, name in self._names.items()}

    def programs_of(self, signature: str) -> tuple[Definition, ...]:
        """The programs with a predictor of this signature."""
        return self._programs_by_signature.get(signature, ())

    @cached_property
    def _programs_by_signature(self) -> dict[str, tuple[Definition, ...]]:
        found: dict[str, tuple[Definition, ...]] = {}
        for it in self.all():
            for name in dict.fromkeys(inner.signature for inner in it.predictors if inner.signature):
                found[name] = (*found.get(name, ()), it)
        return found

    @cached_property
    def _links_by_name(self) -> dict[str, tuple[Link, ...]]:
        found: dict[str, tuple[Link, ...]] = {}
        for it in self._acting.links:
            name = self._names.get(it.about) if isinstance(it.about, tuple) else None
            if name is not None:
                found[name] = (*found.get(name, ()), it)
        return found

    def literal_calls(
        self, path: str, line: int, cell: int | None = None
    ) -> tuple[tuple[str, dict[str, Any]], ...]:
        """Definitions that are called with nothing but literals on a line, each with these by name."""
        facts = self._files.get(path)
        if facts is None or self._reading(path) is None:
            return ()
        flat = facts.cells.flat(Span(path, line, line, cell=cell)).line if facts.cells else line
        found = literal_calls(self.names(), path, flat)
        return tuple((name, it.values) for it in found if (name := self._names.get(it.about)) is not None)

    def names(self) -> Names:
        """Looks up what names of this root stand for."""
        return Names(self._files, self._modules)

    def function(self, name: str) -> tuple[Piece, ...] | None:
        """The text of `pkg.mod:function` and of all it leans on in the root; None when it is not there."""
        names = self.names()
        found = self._found(name, names)
        return pieces_of(names, found) if found is not None else None

    def metric_problems(self, name: str, words: bool) -> tuple[Problem, ...]:
        """What is wrong with the function `pkg.mod:name` as a metric; `words` tells whether GEPA learns from it."""
        names = self.names()
        found = self._found(name, names)
        problems = function_problems(found, names, words) if found else ()
        return tuple(replace(it, span=self._placed(it.span)) for it in problems)

    def literal_list(self, name: str) -> tuple[ExampleLiteral, ...] | None:
        """The items of `pkg.mod:NAME`, when it is a list of `dspy.Example` literals and nothing else."""
        names = self.names()
        found = self._found(name, names)
        if found is None or found.where.scopes or not isinstance(found.binding, Assign):
            return None
        path, own = found.where.path, found.binding
        literals = [it for it in self.example_literals(path) if it.holder == own.name]
        whole = isinstance(own.value, Items) and len(own.value.items) == len(literals) > 0
        grows = re.search(rf"\b{own.name}\s*(\+=|\.(append|extend|insert)\b)", self._files[path].text)
        return tuple(literals) if whole and not grows and len(names.lookup(path, own.name)) == 1 else None

    def found(self, name: str) -> Found | None:
        """The declaration of `pkg.mod:name`."""
        return self._found(name, self.names())

    def _found(self, name: str, names: Names) -> Found | None:
        module, _, qualname = name.partition(":")
        path = self._modules.by_name.get(module) or self._modules.absolute(module, "")
        if path is None or not qualname:
            return None
        found = names.meaning(qualname, Where(path), len(self._files[path].lines) + 1)
        known = isinstance(found, Found) and isinstance(found.binding, Function | Class | Assign)
        return found if known and isinstance(found, Found) else None

    @cached_property
    def _all(self) -> tuple[Definition, ...]:
        return tuple(it for path in sorted(self._files) for it in self.definitions(path))

    @cached_property
    def _names(self) -> dict[Origin, str]:
        """The name of each signature by where it stands; the first, where one string serves several."""
        names: dict[Origin, str] = {}
        for path in self._files:
            reading = self._reading(path)
            for it in reading.declared if reading else ():
                names.setdefault(it.origin, it.definition.name)
        return names

    @cached_property
    def _wrappers(self) -> dict[Origin, frozenset[str | None]]:
        """What wraps each signature anywhere in the root."""
        wrappers: dict[Origin, frozenset[str | None]] = {}
        for path in self._files:
            reading = self._reading(path)
            for origin, factory in reading.wrapped if reading else ():
                wrappers[origin] = wrappers.get(origin, frozenset()) | {factory}
        return wrappers

    def _finished(self, declared: Declared) -> Definition:
        """A definition with what the other files say about it."""
        definition = declared.definition
        if definition.kind is Kind.PROGRAM:
            named = zip(definition.predictors, declared.origins, strict=True)
            predictors = tuple(replace(it, signature=self._names.get(at)) if at else it for it, at in named)
            return replace(definition, predictors=predictors)
        wrappers = self._wrappers.get(declared.origin, frozenset())
        if definition.wrapper is None and len(wrappers) == 1:
            return replace(definition, wrapper=next(iter(wrappers)))
        return definition

    def _in_cells(self, definition: Definition) -> Definition:
        """A definition with its places as users count them: those in notebooks by cell."""
        notebook = any(path.endswith(SUFFIX) for path in {it.path for it in definition.pieces})
        return moved(definition, self._placed) if notebook else definition

    def _placed(self, span: Span) -> Span:
        facts = self._files.get(span.path)
        return facts.cells.placed(span) if facts and facts.cells and span.cell is None else span

    def _reading(self, path: str) -> Reading | None:
        """What one file declares; None when it cannot concern DSPy."""
        if path in self._checked:
            return self._readings[path]
        if self._awake is None:
            self._awake = self._awake_paths()
        # Nothing in a stub ever runs.
        if path not in self._awake or path.endswith(".pyi"):
            return None
        known = self._readings.get(path)
        if known is None or not known.holds(self._files):
            self._readings[path] = read_file(path, self._files, self._modules, known)
        self._checked.add(path)
        return self._readings[path]

    def _awake_paths(self) -> frozenset[str]:
        """The files that name DSPy, and those that import one of these, directly or through others."""
        importers: dict[str, list[str]] = {}
        for facts in self._files.values():
            for path in self._imported(facts):
                importers.setdefault(path, []).append(facts.path)
        awake = {path for path, facts in self._files.items() if not facts.quiet}
        waiting = list(awake)
        while waiting:
            new = [it for it in importers.get(waiting.pop(), ()) if it not in awake]
            awake.update(new)
            waiting += new
        return frozenset(awake)

    def _imported(self, facts: FileFacts) -> Iterator[str]:
        """The files that a file which never names DSPy seems to import."""
        for module in facts.imports:
            name = module.lstrip(".")
            level = len(module) - len(name)
            relative, absolute = self._modules.relative, self._modules.absolute
            path = relative(name, level, facts.path) if level else absolute(name, facts.path)
            if path is not None:
                yield path
