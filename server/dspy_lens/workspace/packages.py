"""Packages that an optimizer needs and the user's Python lacks, told where the optimizer is chosen."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dspy_lens.runs.interpreter import Interpreter, install
from dspy_lens.source.python.doings import Compiled
from dspy_lens.source.python.project import Project
from dspy_lens.values.definition import Problem, Severity, Span
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Verb
from dspy_lens.values.settings import OptimizerSettings
from dspy_lens.workspace.interpreters import Interpreters
from dspy_lens.workspace.planning import Ingredients
from dspy_lens.workspace.recipes import AUTO, wanted_optimizer
from dspy_lens.workspace.snapshot import Snapshot
from dspy_lens_worker.optimizers import (
    Optimizer,
    Parameters,
    UnknownOptimizer,
    WrongParameter,
    find,
    parse_parameters,
)

PACKAGE = "optimizer-package"


@dataclass(frozen=True, slots=True)
class Chosen:
    """An optimizer where somebody, or `auto`, chose it; `needs` are modules that it cannot do without."""

    name: str
    needs: tuple[str, ...]
    place: Span
    severity: Severity = Severity.WARNING


class Packages:
    """What the workspace's optimizers need and its Python lacks. The code must be trusted: the Python is started."""

    def __init__(self, interpreters: Interpreters) -> None:
        self._interpreters = interpreters

    async def problems(self, snapshot: Snapshot, paths: Iterable[str]) -> tuple[Problem, ...]:
        """A problem for each choice of the settings and of some files; none while no Python may be asked."""
        every, interpreter = await self._needing(snapshot, paths)
        return tuple(package_problems(every, interpreter)) if interpreter else ()

    async def lacking_everywhere(self, snapshot: Snapshot) -> Refused | None:
        """The same of the whole root, with one command that installs all of it; None where nothing is missing."""
        paths = dict.fromkeys(it.span.path for it in snapshot.project.all())
        acting = [path for path, it in snapshot.project.files.items() if it.acts]
        every, interpreter = await self._needing(snapshot, (*paths, *acting))
        return lacking(interpreter, *every) if interpreter else None

    async def _needing(
        self, snapshot: Snapshot, paths: Iterable[str]
    ) -> tuple[tuple[Chosen, ...], Interpreter | None]:
        """Optimizers that need something, and the Python as it is now, where it may be asked."""
        if self._interpreters.usable is None:
            return (), None
        every = await chosen(snapshot, dict.fromkeys(paths))
        if lacking(self._interpreters.usable, *every):
            await self._interpreters.look()  # it may have been installed since
        return every, self._interpreters.usable


def needed(optimizer: Optimizer, parameters: Parameters) -> tuple[str, ...]:
    """The modules that an optimizer with these parameters cannot do without."""
    return tuple(dict.fromkeys((*optimizer.needs, *parameters.needs())))


def lacking(interpreter: Interpreter, *every: Chosen) -> Refused | None:
    """What the interpreter lacks of some, with the command that installs all of that; None where it lacks nothing."""
    missing = {it.name: [need for need in it.needs if not interpreter.has(need)] for it in every}
    packages = tuple(dict.fromkeys(need for it in missing.values() for need in it))
    if not packages:
        return None
    names = [name for name, it in missing.items() if it]
    fix = install(interpreter.path, interpreter.modules, packages)
    lacks = f"{' and '.join(names)} need{'s' * (len(names) == 1)} {', '.join(packages)}, which {interpreter.path} lacks."
    return Refused("missing", f"{lacks} Install it: {fix}", fix)


async def chosen(snapshot: Snapshot, paths: Iterable[str]) -> tuple[Chosen, ...]:
    """The optimizers of the settings, and those that code and targets of some Python files take."""
    found = [*in_settings(snapshot.settings_optimizers)]
    for path in paths:
        found += await asyncio.to_thread(in_code, snapshot.project, path)
        settings = snapshot.settings_for(path)
        for target in await snapshot.targets(path):
            made = snapshot.made(target)
            if isinstance(made, Ingredients) and wanted_optimizer(target, settings).name == AUTO:
                found.append(of_run(made))
    return tuple(it for it in found if it.needs)


def refusal(made: Ingredients, interpreter: Interpreter, verb: Verb) -> Refused | None:
    """What the optimizer of a run needs and the interpreter lacks, known before anything is spent."""
    return lacking(interpreter, of_run(made)) if verb is Verb.OPTIMIZE else None


def package_problems(chosen: Iterable[Chosen], interpreter: Interpreter) -> Iterator[Problem]:
    """A problem for each choice that would be refused, or would fail after it had spent something."""
    for it in chosen:
        if (refused := lacking(interpreter, it)) is not None:
            yield Problem(it.place, PACKAGE, refused.message, it.severity)


def in_settings(named: Iterable[tuple[OptimizerSettings, Span]]) -> Iterator[Chosen]:
    """What settings name; a name or parameter that is wrong is another problem."""
    for settings, place in named:
        try:
            optimizer = find(settings.name)
            parameters = parse_parameters(optimizer, settings.parameters)
        except (UnknownOptimizer, WrongParameter):
            continue
        if needs := needed(optimizer, parameters):
            yield Chosen(optimizer.name, needs, place)


def of_run(made: Ingredients) -> Chosen:
    """What a run would take, told at its target: where `auto` chose, nobody wrote it anywhere."""
    optimizer, span = made.choice.optimizer, made.definition.span
    needs = needed(optimizer, optimizer.parameters.model_validate(made.choice.parameters))
    first = Span(span.path, span.line, span.line, span.column, 0, span.cell)
    return Chosen(optimizer.name, needs, first, Severity.INFORMATION)


def in_code(project: Project, path: str) -> list[Chosen]:
    """The optimizers that a file compiles with, where the code makes them."""
    found = []
    for it in project.doings(path):
        if isinstance(it, Compiled) and it.optimizer is not None and it.making is not None:
            needs = _needs(it.optimizer)
            made = getattr(it.making.expr, "func", None)
            if needs and made is not None and it.making.where.path == path:
                place = project.placed(it.making.other(made).span)
                found.append(Chosen(it.optimizer, needs, place))
    return found


def _needs(name: str) -> tuple[str, ...]:
    try:
        return find(name).needs
    except UnknownOptimizer:
        return ()
