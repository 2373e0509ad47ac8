"""Whether the keys of the models that settings name are anywhere to be found. Keys themselves are never kept."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dspy_lens.values.definition import Problem, Severity, Span
from dspy_lens.values.settings import ModelSettings

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_API_KEY"),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
}
"""By provider, the variables that one of its keys may stand in."""


def key_problems(
    models: Iterable[tuple[ModelSettings, Span]], environment: Mapping[str, str], root: Path
) -> Iterator[Problem]:
    """A problem for each model of the settings whose key is neither in an environment nor in the root's `.env`.

    Each comes with where it is named. A model with an endpoint of its own may need no key.
    """
    known: set[str] | None = None
    for model, place in models:
        wanted = () if model.api_base else VARIABLES.get(model.name.partition("/")[0], ())
        if not wanted or any(environment.get(it) for it in wanted):
            continue
        known = _in_file(root) if known is None else known
        if not known.intersection(wanted) and f"{wanted[0].removesuffix('_KEY')}_BASE" not in environment:
            message = f"{model.name} needs a key. Set {wanted[0]}, or put it into `.env` at the root."
            yield Problem(place, "settings/key", message, Severity.INFORMATION)


def _in_file(root: Path) -> set[str]:
    """The variables that `.env` sets; values are not looked at."""
    try:
        text = (root / ".env").read_text("utf-8", "replace")
    except OSError:
        return set()
    return set(re.findall(r"^\s*(?:export\s+)?(\w+)\s*=\s*\S", text, re.MULTILINE))
