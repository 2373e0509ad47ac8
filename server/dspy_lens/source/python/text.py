"""Source text made fit for Python's parser, without moving anything to another line."""

import ast
import codecs
import re
import tokenize
import warnings
from enum import Enum, auto

_UNREADABLE = dict.fromkeys(range(0xD800, 0xE000), "?") | {0: " "}


_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_NEWER = "f-string expression part cannot include"  # how Python 3.11 begins to say so
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decoded(data: bytes) -> str:
    """The text of a file: by its byte order mark, else by the encoding that its first lines name, else UTF-8.

    What does not fit the encoding, or names one that nobody knows, is read as far as it can be.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, "replace")
    named = [found.group(1).decode() for it in data.split(b"\n", 2)[:2] if (found := _COOKIE.match(it))]
    for encoding in named:
        try:
            return codecs.decode(data, encoding, "replace") if _is_of_text(encoding) else data.decode()
        except (LookupError, ValueError):
            break
    return data.decode("utf-8", "replace")


def _is_of_text(encoding: str) -> bool:
    """Whether an encoding is one of text that takes one byte or more for a character."""
    return codecs.lookup(encoding)._is_text_encoding


def clean(text: str) -> str:
    """The text with plain newlines and without BOM, NUL bytes and lone surrogates; every line stays its own."""
    if text.startswith("\ufeff"):
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text or not _encodable(text):
        text = text.translate(_UNREADABLE)
    return text


def parse(text: str) -> ast.Module | None:
    """The syntax tree of clean text; None when Python would refuse it."""
    try:
        with warnings.catch_warnings():
            # Invalid escapes such as "\d" warn at parse time; that is the user's linter's business.
            warnings.simplefilter("ignore")
            try:
                return ast.parse(text)
            except SyntaxError as error:
                if not error.msg.startswith(_NEWER):
                    return None
                return ast.parse(_without_newer(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return None


def _without_newer(text: str) -> str:
    """The text without f-strings that Python reads from 3.12 on only: each is a value that nobody knows.

    Nothing moves: the prefix becomes a minus sign. Of strings whose quotes are nested, older Pythons don't find the end.
    """
    lines = [f"{it}\n" for it in text.split("\n")]
    for it in tokenize.generate_tokens(iter(lines).__next__):
        prefix = re.split("[\"']", it.string, maxsplit=1)[0].lower() if it.type == tokenize.STRING else ""
        if "f" in prefix and not _parses(it.string):
            line, column = it.start
            kept = "-" + prefix.replace("f", "")
            lines[line - 1] = lines[line - 1][:column] + kept + lines[line - 1][column + len(prefix) :]
    return "".join(lines)[:-1]


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


class Flaw(Enum):
    """What keeps a text from parsing, as far as more text could cure it."""

    STRING = auto()  # a triple-quoted string is left open
    BRACKET = auto()
    END = auto()  # it stops too early otherwise, as after a decorator
    OTHER = auto()


def flaw(text: str) -> tuple[Flaw, int]:
    """Why a text does not parse, and the line (from 1) where that shows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return _flaw_of(error, text), error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        pass
    return Flaw.OTHER, 1


def _flaw_of(error: SyntaxError, text: str) -> Flaw:
    if "unterminated triple-quoted" in error.msg:
        return Flaw.STRING
    if "was never closed" in error.msg:
        return Flaw.BRACKET
    ends = text.rstrip().count("\n") + 1
    return Flaw.END if (error.lineno or 0) >= ends else Flaw.OTHER


def parse_indented(text: str) -> ast.Module | None:
    """The tree of statements that may all be indented; its lines count from 2."""
    return parse("if 1:\n" + text) if text[:1] in " \t" else parse("\n" + text)


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Lines:
    """The lines of clean text, with columns in code points where the parser counts UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._ascii = text.isascii()

    def column(self, line: int, offset: int) -> int:
        if self._ascii or line > len(self.lines):
            return offset
        return len(self.lines[line - 1].encode()[:offset].decode("utf-8", "ignore"))

    def between(self, line: int, column: int, end_line: int, end_column: int) -> str:
        """The exact text of a stretch, columns in code points."""
        if line == end_line:
            return self.lines[line - 1][column:end_column]
        first, *rest = self.lines[line - 1 : end_line]
        return "\n".join([first[column:], *rest[:-1], rest[-1][:end_column]])
