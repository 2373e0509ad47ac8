"""Splits a file into top-level blocks that parse on their own, and saves what it can of those that do not."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from dspy_lens.source.python.text import parse, parse_indented

# What can open a top-level statement. `else` and the like go on with the block before them.
_OPENING = re.compile(r"^(?!(?:else|elif|except|finally)\b)[^\W\d]|^[@*('\"\[{~-]|^\d", re.MULTILINE)
_DEFINITION = re.compile(r"^(?:@|class\b|def\b|async\b|if\b|try\b|with\b|for\b|while\b)")
_HEADER = re.compile(r"[ \t]*(?:class|def|async|if|elif|else|for|while|with|try|except|finally|match|case)\b")
_CLASS = re.compile(r"([ \t]*)class\s+(\w+)\s*(?:\[[^\]]*\]\s*)?(?:\(([^)#]*))?")
_FUNCTION = re.compile(r"([ \t]*)(?:async\s+)?def\s+(\w+)\s*(?:\[[^\]]*\]\s*)?(?:\(([^)#]*))?")
_FIELD = re.compile(r"([ \t]*)([^\W\d]\w*)\s*(?::\s*([^=#]+?))?\s*=\s*((?:\w+\.)*)(InputField|OutputField)\b")
_CALL = re.compile(r"([ \t]*)((?:self\.)?[^\W\d]\w*)\s*=\s*((?:\w+\.)*[A-Z]\w*)\(\s*('[^'\"]*'|\"[^'\"]*\"|[\w.]+)")
# Merging farther than this is no longer worth it: the block is broken.
_REACH = (1, 2, 3, 5, 8, 16, 32, 64, 128)
_MANY = 100_000


def split(text: str) -> Iterator[tuple[int, str]]:
    """The file's top-level blocks, each with the number of lines before it; they may not parse."""
    starts = _starts(text)
    trees_end = 0
    for index, start in enumerate(starts):
        if start < trees_end:
            continue
        end = _end(text, starts, index)
        trees_end = end
        yield start, text[start:end]


def _starts(text: str) -> list[int]:
    """Where top-level statements may start. Plain statements in a row make one block together."""
    found: list[int] = []
    joins = False
    for match in _OPENING.finditer(text):
        start = match.start()
        defines = bool(_DEFINITION.match(text, start, start + 10))
        if defines or not joins or start - found[-1] > 400:
            found.append(start)
        joins = not defines
    if not found or found[0] > 0:
        found.insert(0, 0)
    return found


def _end(text: str, starts: list[int], index: int) -> int:
    """Where the block that starts here ends: as near as it parses, else before the next start."""
    nearest = starts[index + 1] if index + 1 < len(starts) else len(text)
    if tree_of(text[starts[index] : nearest]) is not None:
        return nearest
    if not _unfinished(text[starts[index] : nearest]):
        return nearest
    for reach in _REACH:
        if index + reach >= len(starts):
            break
        end = starts[index + reach + 1] if index + reach + 1 < len(starts) else len(text)
        if tree_of(text[starts[index] : end]) is not None:
            return end
    return nearest


def _unfinished(text: str) -> bool:
    """Whether more text could make it parse: a string, bracket or decorator is left open at its end."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        reason = error.msg or ""
        last = text.count("\n", 0, len(text.rstrip())) + 1
        return (
            "was never closed" in reason
            or "unterminated triple-quoted" in reason
            or "unexpected EOF" in reason
            or (error.lineno or 0) >= last
        )
    except (ValueError, RecursionError, MemoryError):
        return False
    return False


@lru_cache(maxsize=64)
def tree_of(text: str) -> ast.Module | None:
    """The tree of a block; the last few are kept since splitting and reading both want them."""
    return parse(text)


def repair(text: str) -> str:
    """A text with the same lines that parses, keeping every statement of a broken block that can be kept."""
    return "\n".join(_repaired(text.split("\n"), 0))


def _repaired(lines: list[str], depth: int) -> list[str]:
    """The lines of some statements of one indentation, with what cannot be read blanked out."""
    out: list[str] = []
    position = 0
    indent = _indent_of(lines)
    starts = [at for at, line in enumerate(lines) if _opens(line, indent)]
    for index, start in enumerate(starts):
        if start < position:
            continue
        out += [""] * (start - position)
        end, kept = _statement(lines, starts, index, depth)
        out += kept
        position = end
    return out + [""] * (len(lines) - position)


def _statement(lines: list[str], starts: list[int], index: int, depth: int) -> tuple[int, list[str]]:
    """Where the statement ends that starts here, and its lines as far as they can be kept."""
    start = starts[index]
    for reach in (0, 1, 2, 3, 5, 8, 16):
        if index + reach >= len(starts):
            break
        end = starts[index + reach + 1] if index + reach + 1 < len(starts) else len(lines)
        if parse_indented("\n".join(lines[start:end])) is not None:
            return end, lines[start:end]
    end = starts[index + 1] if index + 1 < len(starts) else len(lines)
    return end, _salvaged(lines[start:end], depth)


def _salvaged(lines: list[str], depth: int) -> list[str]:
    """The lines of one broken statement: its header and what stands below, or the field it declares."""
    first = lines[0]
    header = _header(first)
    if header is not None and depth < 20:
        below = _after_header(lines)
        body = _repaired(lines[below:], depth + 1)
        filler = _body_filler(first, body)
        return [header + filler, *[""] * (below - 1), *body]
    return [_simple(first), *[""] * (len(lines) - 1)]


def _body_filler(first: str, body: list[str]) -> str:
    """What a header needs on its own line: nothing above a body that is indented deeper."""
    depth = len(first) - len(first.lstrip())
    deeper = any(line.strip() and len(line) - len(line.lstrip()) > depth for line in body)
    return "" if deeper else " pass"


def _header(line: str) -> str | None:
    """A header that parses, in place of one that may not; None when the line opens no body."""
    if match := _CLASS.match(line):
        indent, name, bases = match.groups()
        return f"{indent}class {name}({_parsed_names(bases or '')}):"
    if match := _FUNCTION.match(line):
        indent, name, parameters = match.groups()
        names = parameters if parse(f"def f({parameters}): pass") else "self"
        return f"{indent}def {name}({names or ''}):"
    if _HEADER.match(line) and not line.lstrip().startswith(("match", "case")):
        return line[: len(line) - len(line.lstrip())] + "if 1:"
    return None


def _parsed_names(bases: str) -> str:
    return ", ".join(it for it in re.findall(r"[\w.]+", bases) if not it.endswith(".") and not it[0].isdigit())


def _after_header(lines: list[str]) -> int:
    """How many lines the header takes; a header over several lines ends with the line of its colon."""
    depth = len(lines[0]) - len(lines[0].lstrip())
    if lines[0].count("(") > lines[0].count(")"):
        for number, line in enumerate(lines[1:], 2):
            if line.strip().startswith(")") and len(line) - len(line.lstrip()) == depth:
                return number
    return 1


def _simple(line: str) -> str:
    if match := _FIELD.match(line):
        indent, name, annotation, prefix, call = match.groups()
        typed = f"{name}: {annotation}" if annotation and parse(annotation.strip()) else name
        return f"{indent}{typed} = {prefix}{call}()"
    if match := _CALL.match(line):
        indent, target, call, argument = match.groups()
        if parse(f"{call}({argument})"):
            return f"{indent}{target} = {call}({argument})"
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass"


def _indent_of(lines: list[str]) -> int:
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            return len(line) - len(line.lstrip())
    return 0


def _opens(line: str, indent: int) -> bool:
    """Whether a statement may start on this line: it is indented no deeper, and no comment or closing bracket."""
    stripped = line.strip()
    if not stripped or stripped[0] in "#)]}":
        return False
    if re.match(r"(?:else|elif|except|finally)\b", stripped):
        return False
    return len(line) - len(line.lstrip()) <= indent
