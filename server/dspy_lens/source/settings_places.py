"""At which line of a TOML file a key stands."""

import re
import tomllib


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """The line of a key, counted from 1; the first line where it cannot be found.

    The last key is looked for below the header that names the ones before it, else anywhere.
    """
    if not keys:
        return 1
    lines = text.splitlines()
    key = re.escape(keys[-1])
    setting = re.compile(rf'^\s*["\']?{key}["\']?\s*=|[{{,]\s*["\']?{key}["\']?\s*=|^\s*\[.*{key}["\']?\]')
    start = header_line(lines, keys[:-1])
    found = next((it for it in range(start, len(lines)) if setting.search(lines[it])), None)
    if found is None:
        found = next((it for it, line in enumerate(lines) if setting.search(line)), 0)
    return found + 1


def header_line(lines: list[str], keys: tuple[str, ...]) -> int:
    """The line of the innermost header that ends in these keys, counted from 0."""
    for number, line in enumerate(lines):
        if keys and line.lstrip().startswith("[") and all(key in line for key in keys):
            return number
    return 0


def line_of_error(error: tomllib.TOMLDecodeError) -> int:
    """The line that the TOML reader names in its message."""
    match = re.search(r"line (\d+)", str(error))
    return int(match[1]) if match else 1
