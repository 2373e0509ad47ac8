"""What an attempt may cost at most, and what it did cost. Unknown prices are None, never 0."""

import math
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.messages import PriceOrder

UNKNOWN_OUTPUT = 4096  # tokens, where neither the call nor the price list bounds the output
PRACTICE_OUTPUT = 512
MEDIA = 2000  # tokens set aside for an embedded image or sound
CAUTION = 2.0  # how much larger `size` is than the tokens of usual text
EXTRA = 16  # tokens that a chat format adds
MICROS = 1_000_000
MILLION = 1_000_000  # tokens that prices are named for
PRACTICE_ENGINE = "dspy_lens_worker.offline"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one token, and the longest output of the model where that is known."""

    input: float
    output: float
    max_output: int | None = None

    def micros(self, input_tokens: float, output_tokens: float) -> int:
        return math.ceil((input_tokens * self.input + output_tokens * self.output) * MICROS)


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one attempt can take; `micros` is None where the price is unknown."""

    input: int
    output: int
    micros: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """A price by the settings; one that is not the user's `own` only counts where it is dearer."""

    price: Price
    own: bool

    def over(self, listed: Price | None) -> Price | None:
        """The price that holds beside the one of the price list; a mere claim on an unlisted model is none."""
        if listed is None:
            return self.price if self.own else None
        if self.own:
            return Price(self.price.input, self.price.output, listed.max_output)
        return Price(
            max(self.price.input, listed.input), max(self.price.output, listed.output), listed.max_output
        )

    def cost(self, given: int, made: int, listed: float | None) -> float | None:
        """Dollars for a reply that the price list puts at `listed`."""
        mine = given * self.price.input + made * self.price.output
        if self.own:
            return mine
        return None if listed is None else max(mine, listed)


def said_prices(orders: Mapping[str, PriceOrder]) -> dict[str, Said]:
    return {name: Said(Price(it.input, it.output), it.own) for name, it in orders.items()}


def is_practice(lm: Any) -> bool:
    """Whether the built-in practice model answers, which costs nothing."""
    return type(getattr(lm, "engine", None)).__module__.startswith(PRACTICE_ENGINE)


class Prices:
    """Prices of models by name, and how many tokens their prompts really took for their size."""

    def __init__(self, said: Mapping[str, Said] | None = None) -> None:
        self._said = said or {}
        self._known: dict[str, tuple[Price | None, int | None]] = {}
        self._ratio: dict[str, float] = {}
        self._made: dict[str, tuple[int, int]] = {}
        self._seen: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def price(self, lm: Any) -> Price | None:
        if is_practice(lm):
            return Price(0, 0, PRACTICE_OUTPUT)
        return self._of(lm)[0]

    def said(self, lm: Any) -> Said | None:
        """What the settings say of the model; None where they leave it to the price list."""
        return self._said.get(lm.model)

    def bound(self, lm: Any, options: Mapping[str, Any], content: Any, request: Any, copies: int) -> Bound:
        """What an attempt may take at most: its input, and the longest output it allows."""
        price = self.price(lm)
        output = self._longest(lm, options, request) * copies
        tokens = math.ceil(size(content) * self._ratio.get(lm.model, 1.0)) + EXTRA
        return Bound(tokens, output, None if price is None else price.micros(tokens, output))

    def learn(self, lm: Any, content: Any, tokens: int) -> None:
        """Remembers how many tokens a prompt took, so that the next bound is tighter."""
        measured = size(content)
        if measured and tokens:
            ratio = 1.25 * max(0, tokens - EXTRA) / measured
            with self._lock:
                before = self._ratio.get(lm.model)
                self._ratio[lm.model] = ratio if before is None else max(before, ratio)
                sizes, counts = self._seen.get(lm.model, (0.0, 0.0))
                self._seen[lm.model] = sizes + measured, counts + tokens

    def answered(self, lm: Any, tokens: int) -> None:
        """Remembers how long an answer was."""
        with self._lock:
            number, total = self._made.get(lm.model, (0, 0))
            self._made[lm.model] = number + 1, total + tokens

    def answer(self, lm: Any) -> float:
        """The mean tokens of the model's answers so far; 0 where the cache gave all of them."""
        number, total = self._made.get(lm.model, (0, 0))
        return total / number if number else 0.0

    def tokens(self, lm: Any, content: Any) -> float:
        """About how many tokens a prompt takes, by what the model's other prompts took for their size."""
        sizes, counts = self._seen.get(lm.model, (CAUTION, 1.0))
        return size(content) * counts / sizes

    def _longest(self, lm: Any, options: Mapping[str, Any], request: Any) -> int:
        asked = [options.get(it) for it in ("max_tokens", "max_completion_tokens", "max_output_tokens")]
        asked.append(getattr(getattr(request, "config", None), "max_tokens", None))
        given = next((it for it in asked if isinstance(it, int) and it > 0), None)
        if given is not None:
            return given
        if is_practice(lm):
            return PRACTICE_OUTPUT
        return self._of(lm)[1] or UNKNOWN_OUTPUT

    def _of(self, lm: Any) -> tuple[Price | None, int | None]:
        if lm.model not in self._known:
            listed, longest = look_up(lm)
            said = self._said.get(lm.model)
            self._known[lm.model] = (said.over(listed) if said else listed, longest)
        return self._known[lm.model]


def look_up(lm: Any) -> tuple[Price | None, int | None]:
    """The model's price and longest output from the list that DSPy brings; its engine decides whose."""
    from dspy.clients.model_metadata import model_info, rate

    if not isinstance(getattr(lm, "engine", "auto"), str):
        return None, None
    provider, model, namespaces = route(lm)
    info = model_info(provider, listed(model), namespaces=namespaces)
    given, made = rate(info, "input_cost_per_token"), rate(info, "output_cost_per_token")
    longest = rate(info, "max_output_tokens") or rate(info, "max_tokens")
    most = int(longest) if longest else None
    return (None if given is None or made is None else Price(given, made, most)), most


def listed(model: str) -> str:
    """The name that a price list has: of a trained model, without whose it is."""
    return ":".join(model.split(":")[:2]) if model.startswith("ft:") else model


def route(lm: Any) -> tuple[str, str, Iterable[str] | None]:
    """Provider, model and price namespaces as DSPy resolves them; by name where LiteLLM takes over."""
    from dspy.clients.capabilities import resolve
    from dspy.lm15 import _binding_for

    try:
        found = resolve(lm)
    except Exception:  # a model that DSPy's own engine has no door for
        provider, separator, model = lm.model.partition("/")
        return (provider, model, None) if separator else ("openai", lm.model, None)
    binding = _binding_for(getattr(lm, "_providers", ()), found.provider) if found.declared else None
    return found.provider, found.model, binding.metadata_namespaces if binding is not None else None


def size(content: Any) -> float:
    """A cautious guess at the tokens of a prompt: half of its ASCII bytes and all of its others."""
    match content:
        case str() if re.match(r"data:[\w/+.-]+;base64,", content):
            return MEDIA
        case str():
            plain = len(content) if content.isascii() else sum(it.isascii() for it in content)
            return plain / 2 + (0 if content.isascii() else len(content.encode("utf-8", "replace")) - plain)
        case dict():
            return sum(size(it) for it in content.values())
        case list() | tuple():
            return sum(size(it) for it in content)
        case _:
            return 0
