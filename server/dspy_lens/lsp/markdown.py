"""Markdown that cannot be broken out of: all text of models, examples and source goes through here. Pure."""

import re

FENCE = re.compile(r"`+")
SIGNS = re.compile(r"[\\`*_{}\[\]<>()#+!|~&]")
NAME = re.compile(r"`([\w.:=-]+)`")  # as our own sentences quote them
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def fenced(text: str, language: str = "") -> str:
    """The text as a code block whose fence is longer than any run of backticks in it."""
    clean = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    fence = "`" * max(3, longest_run(clean) + 1)
    return f"{fence}{language}\n{clean}\n{fence}"


def code(text: str) -> str:
    """The text as inline code on one line."""
    clean = " ".join(CONTROL.sub("", text).split())
    if not clean:
        return "` `"
    ticks = "`" * (longest_run(clean) + 1)
    space = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{ticks}{space}{clean}{space}{ticks}"


def prose(text: str) -> str:
    """The text as words on one line: quoted names as code, all else that Markdown or HTML knows escaped."""
    parts = NAME.split(" ".join(CONTROL.sub("", text).split()))
    return "".join(code(it) if at % 2 else SIGNS.sub(r"\\\g<0>", it) for at, it in enumerate(parts))


def longest_run(text: str) -> int:
    return max((len(it) for it in FENCE.findall(text)), default=0)


def cell(text: str) -> str:
    """Inline code inside a table, where a bar would end the cell."""
    return code(text).replace("|", "\\|")


def sections(*parts: str | None) -> str:
    return "\n\n".join(it for it in parts if it)
