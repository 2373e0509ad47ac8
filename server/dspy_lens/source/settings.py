"""Settings as a repository and its user wrote them: the nearest file wins, within the user's own bounds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_lens.source.settings_files import (
    ABOVE,
    BOUNDED,
    OWN,
    PYPROJECT,
    SettingsFile,
    models_in,
    optimizers_in,
    read_file,
    read_folder,
)
from dspy_lens.source.settings_places import Keys
from dspy_lens.values.definition import Problem, Severity, Span
from dspy_lens.values.settings import JoinedSettings, ModelSettings, OptimizerSettings, Settings

__all__ = ["SettingsHome", "SettingsTree", "read_settings"]

DAYS = {"day": 1, "week": 7, "month": 30}


def read_settings(root: Path, user_file: Path | None) -> tuple[Settings, tuple[Problem, ...]]:
    """What holds at the top of a root, within the bounds of the user's own file, and what is wrong in either."""
    tree = SettingsTree.read(root, user_file)
    return tree.settings, tree.problems


@dataclass(frozen=True, slots=True)
class SettingsHome:
    """A settings file, relative to the root, and the keys that settings stand below in it."""

    path: str
    above: Keys


class SettingsTree:
    """The settings of a root as they were when it was read: those of the root and those deeper inside.

    Deeper files are read when something beside or below them is first asked for. What they say stands
    over what files above them say; the user's own file gives defaults and bounds for all of them.
    """

    def __init__(self, root: Path, user: SettingsFile | None) -> None:
        self._root = root
        self._user = user
        self._folders: dict[str, SettingsFile | None] = {}
        self._settings: dict[str, Settings] = {}

    @classmethod
    def read(cls, root: Path, user_file: Path | None) -> "SettingsTree":
        tree = cls(root, read_file(user_file, user_file.as_posix(), ()) if user_file else None)
        tree._folder("")
        return tree

    @property
    def settings(self) -> Settings:
        """What holds at the top."""
        return self._of_folder("")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the files read so far, and what the user's own settings do not allow."""
        files = [it for it in (self._user, *self._folders.values()) if it]
        own = [problem for file in files for problem in file.problems]
        bounded = [it for file in self._folders.values() if file for it in _bounds_told(file, self._user)]
        return (*own, *bounded)

    def obstacle(self, path: str) -> Problem | None:
        """What must be mended before anything is spent on a file of the root: bounds that do not hold."""
        files = [self._user, *(self._folder(it) for it in _chain(path.rpartition("/")[0]))]
        found = (problem for file in files if file for problem in file.problems)
        return next((it for it in found if it.severity is Severity.ERROR), None)

    def targets(self) -> Iterator[tuple[str, Span]]:
        """The targets that the repository's files read so far speak of, and where."""
        for file in filter(None, self._folders.values()):
            for name in file.values.get("target", {}):
                yield name, file.span(("target", name))

    def optimizers(self) -> Iterator[tuple[OptimizerSettings, Span]]:
        """The optimizers that the repository's files read so far name, and where; `auto` is none."""
        for file in filter(None, self._folders.values()):
            for keys, named in optimizers_in(file.values):
                yield named, file.span(keys)

    def models(self) -> Iterator[tuple[ModelSettings, Span]]:
        """The models that the repository's files read so far name, and where."""
        for file in filter(None, self._folders.values()):
            for keys, named in models_in(file.values):
                yield named, file.span(keys)

    def metrics(self) -> Iterator[tuple[str, str]]:
        """The targets that the repository's files read so far name a metric for, each with it."""
        for file in filter(None, self._folders.values()):
            for name, said in file.values.get("target", {}).items():
                if metric := said.get("metric"):
                    yield name, metric

    def for_path(self, path: str) -> Settings:
        """What holds for a file of the root."""
        return self._of_folder(path.rpartition("/")[0])

    def span(self, path: str, keys: Keys) -> Span | None:
        """Where the nearest file that says something about these keys says it, for a file of the root."""
        for folder in reversed(_chain(path.rpartition("/")[0])):
            file = self._folder(folder)
            if file and _holds(file.values, keys):
                return file.span(keys)
        return None

    def home(self, path: str, keys: Keys) -> SettingsHome:
        """Where to write about these keys for a file of the root: where it is said, else the nearest settings.

        Without any, `pyproject.toml` at the top, or a `dspy-lens.toml` that is not there yet.
        """
        files = [file for it in reversed(_chain(path.rpartition("/")[0])) if (file := self._folder(it))]
        saying = [it for it in files if _holds(it.values, keys)]
        if chosen := next(iter((*saying, *files)), None):
            return SettingsHome(chosen.path, chosen.above)
        shared = (self._root / PYPROJECT).is_file()
        return SettingsHome(PYPROJECT, ABOVE[PYPROJECT]) if shared else SettingsHome(OWN, ABOVE[OWN])

    def _of_folder(self, folder: str) -> Settings:
        if folder not in self._settings:
            chain = [it for above in _chain(folder) if (it := self._folder(above))]
            self._settings[folder] = JoinedSettings.model_validate(_joined(self._user, chain))
        return self._settings[folder]

    def _folder(self, folder: str) -> SettingsFile | None:
        if folder not in self._folders:
            self._folders[folder] = read_folder(self._root, folder)
        return self._folders[folder]


def _chain(folder: str) -> list[str]:
    """A folder and those above it, the root first."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[:length]) for length in range(len(parts) + 1)]


def _holds(values: Any, keys: Keys) -> bool:
    for key in keys:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


def _joined(user: SettingsFile | None, chain: Sequence[SettingsFile]) -> dict[str, Any]:
    """The user's settings under the repository's; what is bounded never exceeds the user's."""
    merged: dict[str, Any] = {}
    for file in chain:
        merged = _over(merged, file.values)
    bounds = user.values if user else {}
    values = _over(bounds, merged)
    for key in BOUNDED:
        if (bound := _bound(bounds, key)) is not None and key in merged:
            values[key] = min(merged[key], bound)
    if "budget" in bounds and "budget" in merged:
        values["budget"] = min(bounds["budget"], merged["budget"], key=_a_day)
    own = bounds.get("prices", {})
    claimed = {name: it for name, it in merged.get("prices", {}).items() if name not in own}
    return {**values, "prices": own, "claimed_prices": claimed}


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """The upper settings over the lower ones; targets and what is said about each are joined key by key."""
    targets = dict(below.get("target", {}))
    for name, target in above.get("target", {}).items():
        targets[name] = {**targets.get(name, {}), **target}
    return {**below, **above, **({"target": targets} if targets else {})}


def _bound(user: dict[str, Any], key: str) -> Any:
    """What the user allows. A repository may not ask less often than the user is used to, file or not."""
    default = Settings.model_fields["confirm_above"].default if key == "confirm_above" else None
    return user.get(key, default)


def _a_day(budget: dict[str, Any]) -> float:
    return float(budget["dollars"]) / DAYS[budget.get("per", "month")]


def _bounds_told(file: SettingsFile, user: SettingsFile | None) -> list[Problem]:
    """A word on each setting of the repository that the user's own settings bound."""
    bounds = user.values if user else {}
    told = []
    for key in BOUNDED:
        bound = _bound(bounds, key)
        if bound is not None and file.values.get(key, bound) > bound:
            message = f"Your own settings allow `{key}` up to {bound:g}, which is what holds. Raise it there."
            told.append(file.problem((key,), "settings/bounded", message, Severity.INFORMATION))
    if (
        "budget" in bounds
        and "budget" in file.values
        and _a_day(bounds["budget"]) < _a_day(file.values["budget"])
    ):
        message = "Your own budget is smaller, so that one holds. Raise it in your own settings."
        told.append(file.problem(("budget",), "settings/bounded", message, Severity.INFORMATION))
    return told
