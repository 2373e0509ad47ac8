"""One settings file: its table, checked key by key; what is wrong becomes a problem, and the rest holds."""

import difflib
import os
import tomllib
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dspy_lens.source.settings_places import Keys, line_of, line_of_error, places
from dspy_lens.source.switches import NAMES, unknown
from dspy_lens.values.definition import Problem, Severity, Span
from dspy_lens.values.elsewhere import is_elsewhere
from dspy_lens.values.settings import ModelSettings, OptimizerSettings, Settings, secrets_in
from dspy_lens_worker.optimizers import UnknownOptimizer, WrongParameter, find, parse_parameters

PYPROJECT = "pyproject.toml"
OWN = "dspy-lens.toml"
ABOVE: dict[str, Keys] = {PYPROJECT: ("tool", "dspy-lens"), OWN: ()}

BOUNDED = ("cap", "cap_calls", "cap_tokens", "cap_minutes", "confirm_above")
"""What the user's own settings bound by a number."""

BOUNDS = (*BOUNDED, "budget")
ROLES = ("model", "prompt_model", "teacher", "judge_model")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The settings of one file that are right, and problems where others are not."""

    path: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    lines: Mapping[Keys, int] = field(default_factory=dict)
    above: Keys = ()

    def span(self, keys: Keys) -> Span:
        line = line_of(self.lines, (*self.above, *keys))
        return Span(self.path, line, line)

    def problem(self, keys: Keys, code: str, message: str, severity: Severity = Severity.WARNING) -> Problem:
        return Problem(self.span(keys), code, message, severity)


def read_file(place: Path, shown: str, above: Keys) -> SettingsFile | None:
    """The settings of one file, below the keys `above`; None where it says nothing about us."""
    try:
        text = place.read_bytes().decode("utf-8-sig")
        data: Any = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        return _unread(shown, 1, "settings/unreadable", f"{shown} can not be read ({why}). Mend it.")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # Someone else's pyproject.toml is only our business where it speaks of us.
        if above and ".".join(above) not in text:
            return None
        line = line_of_error(error, text) if isinstance(error, tomllib.TOMLDecodeError) else 1
        message = f"{shown} is not TOML: {error}. Mend it; until then none of its settings hold."
        return _unread(shown, line, "settings/syntax", message)
    for key in above:
        data = data.get(key) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        return None
    return _checked(SettingsFile(shown, data, (), places(text), above))


def read_folder(root: Path, folder: str) -> SettingsFile | None:
    """The settings of a folder: `dspy-lens.toml`, else `[tool.dspy-lens]` of its `pyproject.toml`."""
    prefix = f"{folder}/" if folder else ""
    own, shared = (
        read_file(root / folder / name, f"{prefix}{name}", ABOVE[name]) for name in (OWN, PYPROJECT)
    )
    if own is None or shared is None:
        found = own or shared
    else:
        message = f"{own.path} holds settings too, so these are not used. Keep them in one file."
        twice = shared.problem((), "settings/twice", message)
        found = _with(own, own.values, [twice])
    return _placed(found, folder) if found else None


def _unread(path: str, line: int, code: str, message: str) -> SettingsFile:
    return SettingsFile(path, {}, (Problem(Span(path, line, line), code, message, Severity.ERROR),))


def _with(file: SettingsFile, values: dict[str, Any], problems: Sequence[Problem]) -> SettingsFile:
    return SettingsFile(file.path, values, (*file.problems, *problems), file.lines, file.above)


def _checked(file: SettingsFile) -> SettingsFile:
    """Takes away what pydantic refuses, until the rest is right."""
    values, problems = _copy(file.values), []
    told: set[Keys] = set()
    while True:
        try:
            Settings.model_validate(values)
        except ValidationError as error:
            wrong: dict[Keys, Any] = {}
            for it in error.errors():
                wrong.setdefault(_present(values, it["loc"]), it)
            # Of a union's complaints about one value, the deepest names the place.
            deepest = [
                it for it in wrong if not any(it != other and it == other[: len(it)] for other in wrong)
            ]
            for keys in deepest:
                if not any(keys == it[: len(keys)] for it in told):
                    problems.append(_mistake(file, keys, wrong[keys]))
                _remove(values, keys)
            told.update(deepest)
        else:
            values = _without_secrets(file, _split_checked(file, values, problems), problems)
            problems += (*_unknown_problems(file, values), *_optimizer_problems(file, values))
            return _with(file, values, problems)


def _mistake(file: SettingsFile, keys: Keys, wrong: Any) -> Problem:
    name = ".".join(keys)
    if wrong["type"] == "extra_forbidden":
        known = _known(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, 1, 0.5)
        hint = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(known)}."
        return file.problem(keys, "settings/unknown", f"`{name}` is not a setting. {hint}")
    # Where a bound does not hold, nothing may be spent.
    severity = Severity.ERROR if keys[:1] and keys[0] in BOUNDS else Severity.WARNING
    expected = wrong["msg"].removeprefix("Input should be ")
    message = f"`{name}` should be {expected}. Until then it does not hold."
    if wrong["type"] == "value_error":
        message = f"`{name}` does not hold: {wrong['msg'].removeprefix('Value error, ')}. Add it."
    if wrong["type"] == "missing":
        message = f"`{name}` lacks `{wrong['loc'][-1]}`. Add it."
    return file.problem(keys, "settings/wrong", message, severity)


def _present(values: Any, place: Sequence[int | str]) -> Keys:
    """The part of a place that is in the file; what pydantic adds for unions is left out."""
    keys: list[str] = []
    for key in place:
        if isinstance(values, dict) and key in values:
            keys.append(str(key))
            values = values[key]
    return tuple(keys)


def _known(keys: Keys) -> list[str]:
    """The settings that may stand below these keys."""
    model: type[BaseModel] | None = Settings
    skip = False
    for key in keys:
        if skip or model is None:
            skip = False
            continue
        about = model.model_fields.get(key)
        model = _model(about.annotation) if about else None
        skip = key in ("target", "prices")
    return list(model.model_fields) if model else []


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((it for inner in typing.get_args(annotation) if (it := _model(inner))), None)


def _copy(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _copy(it) if isinstance(it, dict) else it for key, it in values.items()}


def _remove(values: dict[str, Any], keys: Keys) -> None:
    if not keys:
        values.clear()
        return
    for key in keys[:-1]:
        values = values[key]
    values.pop(keys[-1], None)


def _split_checked(file: SettingsFile, values: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Takes away splits whose shares are more than all."""
    holders = [((), values), *((("target", name), it) for name, it in values.get("target", {}).items())]
    for above, holder in holders:
        split = holder.get("split", {})
        total = sum(split.get(it) or 0 for it in ("train", "validation")) + split.get("test", 0)
        if total > 1.000001:
            keys = (*above, "split")
            message = f"The shares of `{'.'.join(keys)}` add up to {total:g}. Make them at most 1 together."
            problems.append(file.problem(keys, "settings/split", message))
            del holder["split"]
    return values


def _unknown_problems(file: SettingsFile, values: dict[str, Any]) -> list[Problem]:
    """Switches of problems that there are not; they have no effect."""
    told = []
    for name in unknown(values.get("problems", {})):
        near = difflib.get_close_matches(name, NAMES, 1)
        hint = f"Did you mean `{near[0]}`?" if near else "Each has a page in docs/problems."
        told.append(
            file.problem(
                ("problems", name), "settings/unknown-problem", f"There is no problem `{name}`. {hint}"
            )
        )
    return told


def optimizers_in(values: dict[str, Any]) -> Iterator[tuple[Keys, OptimizerSettings]]:
    """The optimizers that settings name, the root's own and those of single targets, with where; `auto` is none."""
    holders = [((), values), *((("target", name), it) for name, it in values.get("target", {}).items())]
    for above, holder in holders:
        said = holder.get("optimizer", "auto")
        named = (
            OptimizerSettings.model_validate(said) if isinstance(said, dict) else OptimizerSettings(name=said)
        )
        if named.name != "auto":
            yield (*above, "optimizer"), named


def models_in(values: dict[str, Any]) -> Iterator[tuple[Keys, ModelSettings]]:
    """The models that settings name, of every role and of single targets, with where."""
    holders = [((), values), *((("target", name), it) for name, it in values.get("target", {}).items())]
    for above, holder in holders:
        for role in ROLES:
            said = holder.get(role)
            if said is not None:
                named = ModelSettings.model_validate({"name": said} if isinstance(said, str) else said)
                yield (*above, role), named


def _optimizer_problems(file: SettingsFile, values: dict[str, Any]) -> Iterator[Problem]:
    """Optimizers that there are not, and parameters that they do not take. They stay, so that no run takes another."""
    for keys, named in optimizers_in(values):
        try:
            parse_parameters(find(named.name), named.parameters)
        except (UnknownOptimizer, WrongParameter) as error:
            yield file.problem(keys, "settings/optimizer", str(error))


def _without_secrets(file: SettingsFile, values: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Takes keys out of models: what settings say is kept with every result."""
    holders = [(), *(("target", name) for name in values.get("target", {}))]
    for keys in [(*above, role) for above in holders for role in ROLES]:
        model: Any = values
        for key in keys:
            model = model.get(key, {})
        for found in tuple(secrets_in(model)) if isinstance(model, dict) else ():
            name = ".".join((*keys, *found))
            message = f"`{name}` is a key, so it is not used. Put it into the environment or `.env`."
            problems.append(file.problem((*keys, *found), "settings/secret", message))
            _remove(values, (*keys, *found))
    return values


def _placed(file: SettingsFile, folder: str) -> SettingsFile:
    """The file with its paths relative to the root; one that leads out of the root is a problem."""
    problems: list[Problem] = []
    values = _copy(file.values)
    if "artifacts" in values:
        moved = _moved(file, ("artifacts",), values["artifacts"], folder, problems)
        values = values | {"artifacts": moved} if moved else _less(values, "artifacts")
    for name, target in values.get("target", {}).items():
        named = target.get("examples")
        if named is None:
            continue
        paths = [named] if isinstance(named, str) else named
        moved_all = [_moved(file, ("target", name, "examples"), it, folder, problems) for it in paths]
        inside = [it for it in moved_all if it]
        if inside:
            target["examples"] = inside[0] if isinstance(named, str) else inside
        else:
            del target["examples"]
    return _with(file, values, problems)


def _moved(file: SettingsFile, keys: Keys, path: str, folder: str, problems: list[Problem]) -> str | None:
    if is_elsewhere(path):
        return path
    moved = os.path.normpath(f"{folder}/{path}" if folder and not path.startswith("/") else path)
    moved = moved.replace(os.sep, "/")
    if moved.startswith(("/", "../")) or moved == "..":
        message = f"{path} lies outside the root, so it is not used. Name a path inside of the repository."
        problems.append(file.problem(keys, "settings/outside", message))
        return None
    return moved


def _less(values: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: it for name, it in values.items() if name != key}
