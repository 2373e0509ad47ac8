"""The link of a target to its examples as text: in the comment above it where that speaks of examples, else in settings."""

import re
from collections.abc import Mapping

from dspy_lens.source.settings import SettingsHome
from dspy_lens.source.toml_edits import CannotEdit, Given, with_keys
from dspy_lens.values.definition import JoinComment
from dspy_lens.values.elsewhere import is_elsewhere

__all__ = ["CannotEdit", "comment_linked", "settings_linked"]


def comment_linked(comment: JoinComment, source: str, columns: Mapping[str, str]) -> str:
    """A `# dspy-lens:` comment with another source and map; its metric and module stay."""
    said = {
        "examples": _beside(source, comment.span.path),
        "map": ",".join(f"{column}:{field}" for field, column in columns.items()),
        "metric": comment.metric,
        "module": comment.module,
    }
    words = (f"{key}={value}" for key, value in said.items() if value)
    return f"# dspy-lens: {' '.join(_quoted(it) for it in words)}"


def settings_linked(
    text: str, home: SettingsHome, target: str, source: str, columns: Mapping[str, str]
) -> str:
    """A settings file with a target's source and map; raises CannotEdit where its form cannot be kept."""
    given: dict[str, Given | None] = {
        "map": dict(columns) or None,
        "examples": _relative(source, home.path.rpartition("/")[0]),
    }
    return with_keys(text, (*home.above, "target", target), given)


def _quoted(word: str) -> str:
    return f'"{word}"' if re.search(r"\s", word) else word


def _beside(source: str, path: str) -> str:
    """Paths in a comment count from its file's folder where they lie below it, else from the root."""
    folder = path.rpartition("/")[0]
    below = bool(folder) and source.startswith(f"{folder}/")
    return source.removeprefix(f"{folder}/") if below else source


def _relative(source: str, folder: str) -> str:
    """Paths in settings count from the folder of their file."""
    if is_elsewhere(source) or not folder:
        return source
    parts, above = source.split("/"), folder.split("/")
    while parts and above and parts[0] == above[0]:
        parts, above = parts[1:], above[1:]
    return "/".join([".."] * len(above) + parts)
