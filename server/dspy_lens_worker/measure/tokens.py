"""Counts tokens with the tokenizers that LiteLLM brings; nothing is downloaded.

Models of other families are counted by the encoding of current OpenAI models, which is near enough.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PER_MESSAGE = 4  # start, role, separator and end of a chat message
PER_REPLY = 3  # what a reply is primed with
CHARACTERS_PER_TOKEN = 4  # where no tokenizer is installed

# Names of the files under which tiktoken looks for an encoding that was fetched before.
_BUNDLED = {
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}

Count = Callable[[str], int]


@lru_cache(maxsize=64)
def counter(model: str) -> Count:
    """What counts the tokens of a text as this model would, as far as is known offline."""
    name = model.rpartition("/")[2].lower()
    if "claude" in name:
        return _anthropic() or _tiktoken("o200k_base") or _by_length
    old = name.startswith(("gpt-4-", "gpt-3.5", "gpt-35")) or name == "gpt-4"
    return _tiktoken("cl100k_base" if old else "o200k_base") or _by_length


def counts_by_length(count: Count) -> bool:
    """Whether it only guesses, since no tokenizer is installed."""
    return count is _by_length


def count_messages(messages: Sequence[Mapping[str, Any]], count: Count) -> int:
    """Tokens of a rendered prompt; the texts of a message only, since media are billed otherwise."""
    return PER_REPLY + sum(PER_MESSAGE + count(_text(it.get("content"))) for it in messages)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(str(it["text"]) for it in content if isinstance(it, Mapping) and "text" in it)


@lru_cache(maxsize=1)
def _tokenizers() -> Path | None:
    spec = find_spec("litellm")  # found, not imported: importing it takes seconds
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) / "litellm_core_utils" / "tokenizers" if folders else None


@lru_cache(maxsize=4)
def _tiktoken(encoding: str) -> Count | None:
    folder = _tokenizers()
    if folder is None or not (folder / _BUNDLED[encoding]).is_file():
        return None
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    try:
        import tiktoken
    except ImportError:
        return None
    found = tiktoken.get_encoding(encoding)
    return lambda text: len(found.encode_ordinary(text))


@lru_cache(maxsize=1)
def _anthropic() -> Count | None:
    folder = _tokenizers()
    if folder is None or not (folder / "anthropic_tokenizer.json").is_file():
        return None
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return None
    found = Tokenizer.from_file(str(folder / "anthropic_tokenizer.json"))
    return lambda text: len(found.encode(text).ids)


def _by_length(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
