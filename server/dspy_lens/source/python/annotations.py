"""Types as users wrote them."""

import io
import keyword
import re
import tokenize

_SIMPLE = re.compile(r"[\w.]+")
_SPACED_AROUND = frozenset(
    {"|", "->", "=", "==", "+", "-", "*", "/", "and", "or", "if", "else", "in", "is", "not"}
)
_SKIPPED = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT}
)


def normalized(text: str) -> str:
    """A type with the usual spaces, on one line, its quotes as they are: `dict[str, int] | None`."""
    if _SIMPLE.fullmatch(text):
        return text
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(f"({text})").readline))
    except (tokenize.TokenError, SyntaxError):
        return " ".join(text.split())
    words = [it.string for it in tokens if it.type not in _SKIPPED]
    return _joined(words[1:-1]) if words[:1] == ["("] and words[-1:] == [")"] else " ".join(text.split())


def _joined(words: list[str]) -> str:
    out = ""
    depth = 0
    for index, word in enumerate(words):
        after = words[index + 1] if index + 1 < len(words) else ""
        depth += (word in "([{") - (word in ")]}")
        if word == "," and after == "]":
            continue
        if word == ",":
            out += ", " if after not in (")", "]", "}") else ","
        elif word == "=" and depth:
            out += word
        elif word in _SPACED_AROUND and out and out[-1] not in "([{,= ":
            out = f"{out.rstrip()} {word} "
        elif (
            out and _wordy(out[-1]) and _wordy(word[0]) and (keyword.iskeyword(word) or out[-1] not in "([{")
        ):
            out += f" {word}"
        else:
            out += word
    return out.strip()


def _wordy(character: str) -> bool:
    return character.isalnum() or character in "_'\""
