"""Instructions as Python literals that DSPy reads back as exactly the same instructions."""

import ast
import inspect
import warnings
from collections.abc import Iterator


def docstring(instructions: str, indent: str, quote: str = '"""', opened: bool = False) -> str:
    """A literal for instructions that stand at `indent`: as people write it, when that reads back the same.

    `opened` puts longer texts on the line after the quotes, as the text before them was.
    """
    wanted = inspect.cleandoc(instructions)
    for literal in _layouts(wanted, indent, quote, opened):
        if _cleaned(literal) == wanted:
            return literal
    return plain(instructions)


def plain(text: str) -> str:
    """A literal on one line."""
    return '"' + "".join(_escaped(it, '"') if it != "\n" else "\\n" for it in text) + '"'


def _layouts(text: str, indent: str, quote: str, opened: bool) -> Iterator[str]:
    lines = text.split("\n")
    if len(lines) == 1:
        yield f"{quote}{_body(text, quote)}{quote}"
    if len(lines) == 1 and len(quote) == 3:
        return
    quote = quote * 3 if len(quote) == 1 else quote
    margined = f"\n{indent}".join(_body(it, quote) if it else "" for it in lines)
    margined = "\n".join(it if it.strip() else it[len(indent) :] for it in margined.split("\n"))
    below = f"{quote}\n{indent}{margined}\n{indent}{quote}"
    beside = f"{quote}{margined}\n{indent}{quote}"
    yield from (below, beside) if opened else (beside, below)


def _body(text: str, quote: str) -> str:
    """The text between quotes: a quote is escaped where it could end the literal."""
    mark = quote[0]
    out = "".join(it if it == mark else _escaped(it, "") for it in text)
    if len(quote) == 1:
        return out.replace(mark, f"\\{mark}")
    out = out.replace(mark * 3, f"\\{mark}" * 3)
    return out[:-1] + f"\\{mark}" if out.endswith(mark) else out


def _escaped(character: str, mark: str) -> str:
    if character in ("\\", mark):
        return f"\\{character}"
    if character.isprintable() or character == "\t":
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _cleaned(literal: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return inspect.cleandoc(str(ast.literal_eval(literal)))
    except (SyntaxError, ValueError):
        return None
