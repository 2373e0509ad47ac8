"""What the source says at one moment: definitions joined with their examples and metric."""

import asyncio
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from dspy_lens.source.fields import fields_of
from dspy_lens.source.join import ExampleFiles, join
from dspy_lens.source.matches import all_matches
from dspy_lens.source.python import PYTHON, FileFacts, Project
from dspy_lens.source.python.links import Link
from dspy_lens.source.saved import saved_problems
from dspy_lens.source.set_problems import few_problems
from dspy_lens.source.settings import SettingsHome, SettingsTree
from dspy_lens.source.switches import Switches, told
from dspy_lens.values.definition import Definition, Problem, Span
from dspy_lens.values.examples import ExampleFile
from dspy_lens.values.match import Match
from dspy_lens.values.request import Ambiguous, Refused
from dspy_lens.values.settings import OptimizerSettings, Settings
from dspy_lens.values.target import Target
from dspy_lens.workspace.keys import key_problems
from dspy_lens.workspace.planning import Ingredients, default_ingredients
from dspy_lens.workspace.recipes import pieces_digest, wanted_optimizer

Overlay = Mapping[str, FileFacts]
"""A window's open documents as they are there, by path relative to the root."""


class Snapshot:
    """One reading of a root. It never changes; joins are made on first use, in a thread."""

    def __init__(self, root: Path, project: Project, settings: SettingsTree, files: ExampleFiles) -> None:
        self.root = root
        self.project = project
        self._settings = settings
        self._files = files
        self._joined: dict[str, tuple[Target, ...]] = {}
        self._made: dict[str, Ingredients | Refused] = {}

    @property
    def settings(self) -> Settings:
        return self._settings.for_path("")

    @property
    def settings_problems(self) -> tuple[Problem, ...]:
        """What is wrong in settings files, targets that they name and nobody declares included."""
        return (*self._settings.problems, *self._unknown_targets)

    def missing_keys(self, environment: Mapping[str, str]) -> tuple[Problem, ...]:
        """Models of the settings that need a key which is not there."""
        return tuple(key_problems(self._settings.models(), environment, self.root))

    @property
    def settings_optimizers(self) -> tuple[tuple[OptimizerSettings, Span], ...]:
        """The optimizers that settings files name, and where; `auto` is none."""
        return tuple(self._settings.optimizers())

    def obstacle(self, path: str) -> Refused | None:
        """A refusal, where settings that bound what may be spent on a file do not hold."""
        found = self._settings.obstacle(path)
        return Refused("cap", f"{found.span.path}:{found.span.line}: {found.message}") if found else None

    def settings_for(self, path: str) -> Settings:
        return self._settings.for_path(path)

    @property
    def settings_targets(self) -> tuple[tuple[str, Span], ...]:
        """The targets that settings files speak of, and where."""
        return tuple(self._settings.targets())

    def setting_place(self, definition: Definition, key: str) -> Span | None:
        """Where the repository's settings say something about a definition."""
        return self._settings.span(definition.span.path, ("target", definition.name, key))

    def definitions(self, path: str) -> tuple[Definition, ...]:
        return self.project.definitions(path)

    def with_overlay(self, overlay: Overlay) -> "Snapshot":
        return Snapshot(self.root, self.project.with_files(dict(overlay)), self._settings, self._files)

    async def targets(self, path: str) -> tuple[Target, ...]:
        """The targets of one file, in the order of the source."""
        if path not in self._joined:
            joined = await asyncio.to_thread(self._join, path)
            self._made.update({target.name: made for target, made in joined})
            self._joined[path] = tuple(target for target, _ in joined)
        return self._joined[path]

    def made(self, target: Target) -> Ingredients | Refused:
        """What a run of one of these targets would be made of when nobody says otherwise."""
        return self._made[target.name]

    def code_now(self, names: Iterable[str]) -> dict[str, str]:
        """The digests of what these names stand for in the source; what is gone has none."""
        found = {it: self.project.function(it) for it in names}
        return {name: pieces_digest(pieces) for name, pieces in found.items() if pieces}

    async def all_targets(self) -> tuple[Target, ...]:
        """Every target of the root, by path and place."""
        paths = dict.fromkeys(it.span.path for it in self.project.all())
        return tuple([target for path in paths for target in await self.targets(path)])

    async def target(self, name: str) -> Target | None:
        """The target of exactly this name."""
        definition = next((it for it in self.project.all() if it.name == name), None)
        if definition is None:
            return None
        return next(it for it in await self.targets(definition.span.path) if it.name == name)

    async def problems(self, path: str) -> tuple[Problem, ...]:
        """What is wrong in one file, whatever kind of file it is, as far as the settings want it told."""
        return self.shown(await self._problems(path))

    def shown(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems that the settings of their files want told, as severely as these say."""
        every = (told(it, self._switches(it.span.path)) for it in problems)
        return tuple(it for it in every if it is not None)

    def _switches(self, path: str) -> Switches:
        # The user's own settings file lies outside the root.
        return self._settings.for_path("" if path.startswith("/") else path).problems

    async def _problems(self, path: str) -> tuple[Problem, ...]:
        if path.endswith(PYTHON):
            own = await asyncio.to_thread(self.project.problems, path)
            every = (*await self.targets(path), *await self.judged_by(path))
            theirs = (it for target in every for it in target.problems if it.span.path == path)
            return tuple(dict.fromkeys((*own, *theirs)))
        if path.endswith(".toml"):
            return tuple(it for it in self.settings_problems if it.span.path == path)
        return tuple(
            dict.fromkeys(
                it
                for target in await self.all_targets()
                if target.examples is not None
                for it in target.examples.problems
                if it.span.path == path
            )
        )

    async def judged_by(self, path: str) -> tuple[Target, ...]:
        """The targets elsewhere that take a function of this file as their metric."""
        paths = await asyncio.to_thread(self._paths_judged_by, path)
        every = [target for it in sorted(paths - {path}) for target in await self.targets(it)]
        return tuple(
            it for it in every if it.metric and any(piece.path == path for piece in it.metric.pieces[:1])
        )

    def _paths_judged_by(self, path: str) -> frozenset[str]:
        if path not in self.project.files:
            return frozenset()
        module = f"{self.project.module_name(path)}:"
        named = [name for name, metric in self._settings.metrics() if metric.startswith(module)]
        every = self.project.all()
        found = [it for it in every if it.comment and (it.comment.metric or "").startswith(module)]
        found += [it for it in every if it.name in named]
        # Following every call of a large root takes a second, which a plain module's keystrokes need not cost.
        if self.project.may_be_given(path):
            found += [
                it for it in every if any(_is_of(link, module) for link in self.project.links_about(it.name))
            ]
        return frozenset(it.span.path for it in found)

    def data_files(self, definition: Definition) -> tuple[str, ...]:
        """Data files around a definition, the nearest first."""
        return tuple(dict.fromkeys(it for ring in self._files.rings(definition) for it in ring))

    async def matches(self, target: Target) -> tuple[tuple[Match, ExampleFile], ...]:
        """Every file that may hold a target's examples, with what it holds; the best first."""
        own = target.settings.model_copy(update={"map": {}})
        fields = fields_of(target.definition, own)
        return await asyncio.to_thread(all_matches, target.definition, fields, self._files)

    def settings_home(self, target: Target) -> SettingsHome:
        """The settings file that a link of a target belongs into."""
        return self._settings.home(target.definition.span.path, ("target", target.name))

    async def example_file(self, path: str) -> ExampleFile:
        """What an example file holds on disk."""
        return await asyncio.to_thread(self._files.read, path)

    def find(self, text: str) -> Definition | Ambiguous | None:
        """What TARGET names: the whole name, its unique last part, or `path.py:QA`."""
        every = self.project.all()
        exact = [it for it in every if it.name == text]
        if exact:
            return exact[0]
        head, _, tail = text.rpartition(":")
        if head.endswith((".py", ".ipynb")):
            every = tuple(it for it in every if it.span.path == head.removeprefix("./"))
            text = tail
        fits = [it for it in every if text in (it.qualname, it.qualname.rpartition(".")[2])]
        if len(fits) == 1:
            return fits[0]
        return Ambiguous(tuple(it.name for it in fits)) if fits else None

    def nearest(self, text: str) -> tuple[str, ...]:
        """Names that someone who wrote `text` may have meant."""
        names: dict[str, list[str]] = {}
        for it in self.project.all():
            names.setdefault(it.name, []).append(it.name)
            names.setdefault(it.qualname, []).append(it.name)
        close = difflib.get_close_matches(text, names, n=3)
        return tuple(dict.fromkeys(name for it in close for name in names[it]))[:3]

    @cached_property
    def _unknown_targets(self) -> tuple[Problem, ...]:
        # None at all: the first index is not complete.
        known = {it.name for it in self.project.all()}
        return tuple(
            Problem(span, "settings/unknown-target", f"There is no target {name}. {self._hint(name)}")
            for name, span in self._settings.targets()
            if known and name not in known
        )

    def _hint(self, name: str) -> str:
        found = self.find(name)
        near = (found.name,) if isinstance(found, Definition) else self.nearest(name)
        return f"Did you mean {' or '.join(near)}?" if near else "`dspy-lens targets` lists what there is."

    def _checked(self, target: Target, settings: Settings) -> Target:
        """The target with what is wrong in its metric and in programs saved of it, and with too few examples."""
        more = (
            *saved_problems(target.definition, self.project, self.root),
            *self._of_metric(target, settings),
            *(() if self._takes_others(target) else few_problems(target, self.project)),
        )
        return replace(target, problems=(*target.problems, *more)) if more else target

    def _takes_others(self, target: Target) -> bool:
        """Whether the code gives it examples that cannot be followed, so that the literals beside it say nothing."""
        links = self.project.links_about(target.name)
        return (
            target.examples is not None
            and target.examples.rule == "examples"
            and any(it.examples for it in links)
        )

    def _of_metric(self, target: Target, settings: Settings) -> tuple[Problem, ...]:
        if target.metric is None or not target.metric.pieces:
            return ()
        wants_words = wanted_optimizer(target, settings).name.lower().removeprefix("dspy.") == "gepa"
        return self.project.metric_problems(target.metric.name, wants_words)

    def _join(self, path: str) -> list[tuple[Target, Ingredients | Refused]]:
        settings = self._settings.for_path(path)

        def place(keys: tuple[str, ...]) -> Span | None:
            return self._settings.span(path, keys)

        definitions = self.project.definitions(path)
        targets = [
            self._checked(join(it, settings, self.project, self._files, place), settings)
            for it in definitions
        ]
        return [(it, default_ingredients(it, settings, self.project.function)) for it in targets]


def _is_of(link: Link, module: str) -> bool:
    return isinstance(link.metric, str) and link.metric.startswith(module)
