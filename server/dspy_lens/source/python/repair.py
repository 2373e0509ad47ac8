"""Saves what it can of a block that does not parse, as it happens in mid-edit."""

import re

from dspy_lens.source.python.text import parse, parse_indented

_HEADER = re.compile(r"(?:class|def|async|if|elif|else|for|while|with|try|except|finally)\b")
_CLASS = re.compile(r"\s*class\s+(\w+)\s*(?:\[[^\]]*\]\s*)?(?:\(([^)#:]*))?")
_FUNCTION = re.compile(r"\s*(?:async\s+)?def\s+(\w+)\s*(?:\[[^\]]*\]\s*)?(?:\(([^)#]*))?")
_FIELD = re.compile(r"\s*([^\W\d]\w*)\s*(?::\s*([^=#]+?))?\s*=\s*((?:\w+\.)*)(InputField|OutputField)\b")
_MAKING = re.compile(
    r"\s*((?:self\.)?[^\W\d]\w*)\s*=\s*((?:\w+\.)*[A-Z]\w*)\(\s*('[^'\"]*'|\"[^'\"]*\"|[\w.]+)"
)
_REACH = (0, 1, 2, 3, 5, 8, 16)
_DEEP = 20


def repair(text: str) -> str:
    """A text with the same lines that parses and keeps every statement of the block that can be kept."""
    lines = text.split("\n")
    repaired = "\n".join(_statements(lines, 0))
    return repaired if parse(repaired) is not None else "\n".join(_headers_alone(lines))


def _headers_alone(lines: list[str]) -> list[str]:
    return [_class_header(line) + " pass" if line.startswith("class ") else "" for line in lines]


def _statements(lines: list[str], depth: int) -> list[str]:
    """The lines of statements of one indentation, with what cannot be read made harmless."""
    indent = next((_indent(it) for it in lines if _opens(it)), 0)
    starts = [at for at, line in enumerate(lines) if _opens(line) and _indent(line) <= indent]
    out: list[str] = []
    for index, start in enumerate(starts):
        if start >= len(out):
            out += [""] * (start - len(out))
            out += _statement(lines, starts, index, depth, indent)
    return out + [""] * (len(lines) - len(out))


def _statement(lines: list[str], starts: list[int], index: int, depth: int, indent: int) -> list[str]:
    """The lines of the statement that starts here: as they are, if they parse."""
    ends = [*starts[index + 1 :], len(lines)]
    for reach in _REACH[: len(ends)]:
        if reach >= len(ends):
            break
        found = lines[starts[index] : ends[reach]]
        if _indent(found[0]) == indent and parse_indented("\n".join(found)) is not None:
            return found
    return _salvaged(lines[starts[index] : ends[0]], depth, " " * indent)


def _salvaged(lines: list[str], depth: int, indent: str) -> list[str]:
    """The lines of one broken statement: its header with what stands below, or the field it declares."""
    if not _HEADER.match(lines[0].strip()) or depth > _DEEP:
        return [indent + _plain(lines[0]), *_below(lines[1:], depth, indent)]
    tall = _header_lines(lines)
    body = _statements(lines[tall:], depth + 1)
    filled = any(_indent(it) > len(indent) for it in body if it.strip())
    header = indent + _header("\n".join(lines[:tall])) + ("" if filled else " pass")
    return [header, *[""] * (tall - 1), *(body if filled else [""] * len(body))]


def _below(lines: list[str], depth: int, indent: str) -> list[str]:
    """What a broken plain statement has swallowed, such as the fields below an unclosed bracket or quote."""
    if depth > _DEEP or not any(_opens(it) for it in lines):
        return [""] * len(lines)
    kept = _statements(lines, depth + 1)
    return [indent + it.lstrip() if it.strip() and parse(it.strip()) else "" for it in kept]


def _header(text: str) -> str:
    """A header that parses, in place of one that may not."""
    if _CLASS.match(text):
        return _class_header(text)
    if match := _FUNCTION.match(text):
        name, parameters = match.groups()
        sound = parse(f"def f({parameters or ''}): pass") is not None
        return f"def {name}({(parameters or '') if sound else '*args, **kwargs'}):".replace("\n", " ")
    return "if 1:"


def _class_header(text: str) -> str:
    match = _CLASS.match(text)
    if match is None:
        return "if 1:"
    name, bases = match.groups()
    known = [it for it in re.findall(r"[\w.]+", bases or "") if parse(it) and not it[0].isdigit()]
    return f"class {name}({', '.join(known)}):"


def _header_lines(lines: list[str]) -> int:
    """How many lines the header takes, when its bracket closes at its own indentation below."""
    if lines[0].count("(") > lines[0].count(")"):
        for number, line in enumerate(lines[1:], 2):
            if line.strip().startswith(")") and _indent(line) == _indent(lines[0]):
                return number
    return 1


def _plain(line: str) -> str:
    if match := _FIELD.match(line):
        name, annotation, prefix, call = match.groups()
        typed = f"{name}: {annotation}" if annotation and parse(annotation.strip()) else name
        return f"{typed} = {prefix}{call}()"
    if match := _MAKING.match(line):
        target, call, argument = match.groups()
        if parse(f"{call}({argument})"):
            return f"{target} = {call}({argument})"
    return "pass"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _opens(line: str) -> bool:
    """Whether a statement may start on this line."""
    stripped = line.strip()
    return bool(stripped) and stripped[0] not in "#)]}"
