"""Keys of one table written into TOML text, all else left as it stands; tomllib checks what came of it."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from dspy_lens.source.settings_places import HEADER, SETTING, Keys, places

Given = str | Mapping[str, str]
BARE = re.compile(r"[A-Za-z0-9_-]+")
REMARK = re.compile(r"\s+#[^\"']*$")


class CannotEdit(Exception):
    """The text is no TOML, or writes the table in a form that no key can be put into line by line."""


def with_keys(text: str, table: Keys, given: Mapping[str, Given | None]) -> str:
    """The text with these keys of a table; None takes a key away. Raises CannotEdit."""
    wanted = _parsed(text)
    _put(wanted, table, given)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    for key, value in given.items():
        lines = _with_key(lines, (*table, key), value)
    made = newline.join(lines)
    if _parsed(made) != wanted:
        raise CannotEdit
    return made


def _with_key(lines: list[str], keys: Keys, value: Given | None) -> list[str]:
    known = places("\n".join(lines))
    at = known.get(keys)
    if at is not None and SETTING.match(lines[at - 1]):
        return _replaced(lines, at - 1, value)
    if value is None:
        return lines
    line = f"{_key(keys[-1])} = {_value(value)}"
    header = known.get(keys[:-1])
    if header is not None and HEADER.match(lines[header - 1]):
        return [*lines[:header], line, *lines[header:]]
    return _appended(lines, keys[:-1], line)


def _replaced(lines: list[str], start: int, value: Given | None) -> list[str]:
    """The value that begins on a line, of however many lines, by another one; a remark behind it stays."""
    end = next((it for it in range(start + 1, len(lines) + 1) if _is_whole(lines[start:it])), start + 1)
    if value is None:
        return [*lines[:start], *lines[end:]]
    match = SETTING.match(lines[start])
    head = match[0] if match else ""
    remark = REMARK.search(lines[end - 1])
    line = f"{head} {_value(value)}{remark[0] if remark else ''}"
    return [*lines[:start], line, *lines[end:]]


def _is_whole(lines: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _appended(lines: list[str], table: Keys, line: str) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    header = f"[{'.'.join(_key(it) for it in table)}]"
    return [*lines, *([""] if lines else []), header, line, ""]


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotEdit from error


def _put(values: dict[str, Any], table: Keys, given: Mapping[str, Given | None]) -> None:
    for key in table:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            raise CannotEdit
        values = inner
    for key, value in given.items():
        values.pop(key, None)
        if value is not None:
            values[key] = dict(value) if isinstance(value, Mapping) else value


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _text(name)


def _value(value: Given) -> str:
    if isinstance(value, str):
        return _text(value)
    return f"{{ {', '.join(f'{_key(key)} = {_text(it)}' for key, it in value.items())} }}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
