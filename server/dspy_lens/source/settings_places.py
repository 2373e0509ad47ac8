"""Where the keys of a TOML file stand; tomllib itself reads the keys, so quotes and dots are understood."""

import re
import tomllib
from collections.abc import Mapping

Keys = tuple[str, ...]

NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
HEADER = re.compile(rf"\s*\[\[?\s*({NAME}(?:\s*\.\s*{NAME})*)\s*\]")
SETTING = re.compile(rf"\s*({NAME}(?:\s*\.\s*{NAME})*)\s*=")


def places(text: str) -> dict[Keys, int]:
    """The line, counted from 1, of each header and each key that stands at the start of a line."""
    found: dict[Keys, int] = {}
    table: Keys = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := HEADER.match(line):
            table = _keys(header[1])
            found.setdefault(table, number)
        elif setting := SETTING.match(line):
            found.setdefault((*table, *_keys(setting[1])), number)
    return found


def line_of(known: Mapping[Keys, int], keys: Keys) -> int:
    """The line of a key, or of the nearest one around it: inline tables stand on one line."""
    for length in range(len(keys), 0, -1):
        if keys[:length] in known:
            return known[keys[:length]]
    inside = [line for place, line in known.items() if place[: len(keys)] == keys]
    return min(inside, default=1)


def line_of_error(error: tomllib.TOMLDecodeError, text: str) -> int:
    """The line that the TOML reader names in its message."""
    match = re.search(r"line (\d+)", str(error))
    return int(match[1]) if match else max(1, text.rstrip("\n").count("\n") + 1)


def _keys(dotted: str) -> Keys:
    keys: list[str] = []
    try:
        inner = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return (dotted,)
    while isinstance(inner, dict):
        key, inner = next(iter(inner.items()))
        keys.append(key)
    return tuple(keys)
