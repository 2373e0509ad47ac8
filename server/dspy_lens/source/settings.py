"""Settings as a repository and its user wrote them; a mistake becomes a problem, and the rest still holds."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dspy_lens.source.settings_places import line_of, line_of_error
from dspy_lens.values.definition import Problem, Severity, Span
from dspy_lens.values.settings import Settings

PYPROJECT = "pyproject.toml"
OWN = "dspy-lens.toml"
BOUNDED = ("cap", "cap_calls", "cap_tokens", "cap_minutes", "confirm_above")


@dataclass(frozen=True, slots=True)
class SettingsTree:
    """The settings of a root. One file holds for all of it; deeper ones are not read yet."""

    settings: Settings
    problems: tuple[Problem, ...]

    @classmethod
    def read(cls, root: Path, user_file: Path | None) -> "SettingsTree":
        return cls(*read_settings(root, user_file))

    def for_path(self, path: str) -> Settings:
        """What holds for a file."""
        return self.settings


def read_settings(root: Path, user_file: Path | None) -> tuple[Settings, tuple[Problem, ...]]:
    """The repository's settings within the bounds of the user's own, and what is wrong in either file."""
    problems: list[Problem] = []
    repository = repository_table(root, problems)
    user = table(user_file, str(user_file), (), problems) if user_file else Table({}, "", "")
    own = checked(repository, problems)
    bounds = checked(user, problems)
    return Settings.model_validate(bounded(bounds, own)), tuple(problems)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of settings, with the file and text it stands in."""

    values: Mapping[str, Any]
    path: str
    text: str


def repository_table(root: Path, problems: list[Problem]) -> Table:
    own = table(root / OWN, OWN, (), problems)
    shared = table(root / PYPROJECT, PYPROJECT, ("tool", "dspy-lens"), problems)
    if own.values and shared.values:
        message = f"{OWN} holds settings too, and these here are not read. Keep them in one file."
        problems.append(
            problem(shared, line_of(shared.text, ("tool", "dspy-lens")), "settings/twice", message)
        )
    return own if own.values else shared


def table(path: Path, shown: str, keys: tuple[str, ...], problems: list[Problem]) -> Table:
    """A table inside a TOML file; empty when there is none."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Table({}, shown, "")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(
            problem(Table({}, shown, ""), 1, "settings/unreadable", f"{shown} cannot be read: {error}.")
        )
        return Table({}, shown, "")
    try:
        values: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Someone else's pyproject.toml is only our business where it speaks of us.
        if not keys or "dspy-lens" in text:
            message = f"{shown} is no TOML: {error}. Correct it; until then no setting holds."
            problems.append(problem(Table({}, shown, text), line_of_error(error), "settings/syntax", message))
        return Table({}, shown, text)
    for key in keys:
        values = values.get(key, {}) if isinstance(values, dict) else {}
    return Table(values if isinstance(values, dict) else {}, shown, text)


def checked(found: Table, problems: list[Problem]) -> dict[str, Any]:
    """The settings that are right; each other one becomes a problem at its line."""
    values: dict[str, Any] = dict(found.values)
    while True:
        try:
            Settings.model_validate(values)
        except ValidationError as error:
            for wrong in error.errors():
                place = tuple(it for it in wrong["loc"] if isinstance(it, str))
                problems.append(mistake(found, place, wrong["type"], wrong["msg"]))
            values = without(values, [it["loc"] for it in error.errors()])
        else:
            return values


def mistake(found: Table, place: tuple[str, ...], kind: str, message: str) -> Problem:
    name = ".".join(present(found.values, place))
    line = line_of(found.text, present(found.values, place))
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], known_keys(place[:-1]), n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known_keys(place[:-1]))}."
        return problem(found, line, "settings/unknown", f"There is no setting {name}. {hint}")
    return problem(
        found, line, "settings/wrong", f"{name} is wrong: {message[:1].lower()}{message[1:]}. Correct it."
    )


def present(values: Mapping[str, Any], place: tuple[str, ...]) -> tuple[str, ...]:
    """The part of a place that is in the file; what pydantic adds for unions is left out."""
    keys: list[str] = []
    inner: Any = values
    for key in place:
        if isinstance(inner, dict) and key in inner:
            keys.append(key)
            inner = inner[key]
    return tuple(keys)


def known_keys(place: tuple[str, ...]) -> list[str]:
    """The settings that may stand at a place."""
    from dspy_lens.values.settings import Budget, CodeLensSettings, Split, TargetSettings

    models = {"budget": Budget, "split": Split, "code_lens": CodeLensSettings, "target": TargetSettings}
    model = next((models[it] for it in reversed(place) if it in models), Settings)
    return list(model.model_fields)


def without(values: dict[str, Any], places: list[tuple[int | str, ...]]) -> dict[str, Any]:
    """The values without those at these places; the nearest key that is in the file goes."""
    result = {key: dict(it) if isinstance(it, dict) else it for key, it in values.items()}
    for place in places:
        keys = present(result, tuple(it for it in place if isinstance(it, str)))
        remove(result, keys)
    return result


def remove(values: dict[str, Any], keys: tuple[str, ...]) -> None:
    if len(keys) > 1:
        inner = values.get(keys[0])
        if isinstance(inner, dict):
            values[keys[0]] = copy = dict(inner)
            remove(copy, keys[1:])
    elif keys:
        values.pop(keys[0], None)


def bounded(user: dict[str, Any], repository: dict[str, Any]) -> dict[str, Any]:
    """The user's settings under the repository's; of limits the smaller one holds."""
    merged = {**user, **repository}
    for key in BOUNDED:
        limits = [it[key] for it in (user, repository) if it.get(key) is not None]
        if limits:
            merged[key] = min(limits)
    # Whatever the repository says, the user's own budget is the user's.
    if user.get("budget"):
        merged["budget"] = user["budget"]
    return merged


def problem(found: Table, line: int, code: str, message: str) -> Problem:
    return Problem(Span(found.path, line, line), code, message, Severity.WARNING)
