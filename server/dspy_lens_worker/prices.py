"""What an attempt may cost at most, and what it did cost. Unknown prices are None, never 0."""

import math
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.messages import PriceOrder

UNKNOWN_OUTPUT = 4096  # tokens, where neither the call nor the price list bounds the output
PRACTICE_OUTPUT = 512
MEDIA = 2000  # tokens set aside for an image or sound, until a reply tells of more
CAUTION = 2.0  # how much larger `size` is than the tokens of usual text
EXTRA = 16  # tokens that a chat format adds
MARKS = 4  # tokens around a value of a request
OTHERWISE = 1.5  # how many more tokens another family's tokenizer makes of a text, until replies tell
MARGIN = 1.1  # above what replies told
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
        self._media: dict[str, int] = {}
        self._factor: dict[str, float | None] = {}
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
        """What an attempt may take at most: its input, and the longest output it allows.

        No tokenizer makes more tokens of a text than it has bytes, so that texts hold whatever they are. What an
        image or a sound takes only its provider knows: as much as the largest so far.
        """
        price = self.price(lm)
        output = self._longest(lm, options, request) * copies
        tokens = weight(content, in_bytes) + media(content) * self._media.get(lm.model, MEDIA) + EXTRA
        return Bound(tokens, output, None if price is None else price.micros(tokens, output))

    def closer(self, lm: Any, content: Any, bound: Bound) -> Bound:
        """The same with the prompt counted by a tokenizer, for where the looser one finds no room.

        By OpenAI's tokenizers, and by how many more tokens than these the model's replies told of. Counting begins
        with the first call: a tokenizer takes half a second to load.
        """
        count = tokenizer(lm.model)
        if count is None:
            return bound
        factor = self._factor.setdefault(lm.model, None)
        counted = math.ceil(weight(content, count) * (OTHERWISE if factor is None else MARGIN * factor))
        tokens = min(bound.input, counted + media(content) * self._media.get(lm.model, MEDIA) + EXTRA)
        price = self.price(lm)
        return Bound(tokens, bound.output, None if price is None else price.micros(tokens, bound.output))

    def learn(self, lm: Any, content: Any, tokens: int) -> None:
        """Remembers how many tokens a prompt took, for how long others are and what media may take."""
        measured, embedded = size(content), media(content)
        if measured and tokens:
            factor = self._measured_factor(lm, content, tokens) if lm.model in self._factor else None
            with self._lock:
                if factor:
                    self._factor[lm.model] = max(self._factor[lm.model] or 0.0, factor)
                if embedded:
                    known = self._media.get(lm.model, MEDIA)
                    self._media[lm.model] = max(known, math.ceil(tokens / embedded))
                sizes, counts = self._seen.get(lm.model, (0.0, 0.0))
                self._seen[lm.model] = sizes + measured, counts + tokens

    def _measured_factor(self, lm: Any, content: Any, tokens: int) -> float | None:
        count = tokenizer(lm.model)
        if count is None or media(content):
            return None
        return max(0, tokens - EXTRA) / max(1, weight(content, count))

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


def weight(content: Any, count: Callable[[str], int]) -> int:
    """What the texts of a request count, with the marks around them; media left out."""
    match content:
        case _ if is_media(content):
            return 0
        case dict():
            # The names of a tool's arguments are sent as well.
            return sum(count(str(name)) + weight(it, count) + MARKS for name, it in content.items())
        case list() | tuple():
            return sum(weight(it, count) + MARKS for it in content)
        case _:
            return count(str(content))


def in_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def tokenizer(model: str) -> Callable[[str], int] | None:
    """What counts tokens about as this model does; None where no tokenizer is installed."""
    from dspy_lens_worker.measure.tokens import counter, counts_by_length

    count = counter(model)
    if counts_by_length(count):
        return None
    # Some families make a token of each digit.
    return lambda text: count(text) + sum(map(str.isdigit, text))


def media(content: Any) -> int:
    """How many images, sounds and files are among it, embedded or by their address."""
    match content:
        case _ if is_media(content):
            return 1
        case dict():
            return sum(media(it) for it in content.values())
        case list() | tuple():
            return sum(media(it) for it in content)
        case _:
            return 0


def is_media(content: Any) -> bool:
    match content:
        case str():
            return re.match(r"data:[\w/+.-]+;base64,", content) is not None
        case {"media_type": _} | {"type": "image_url" | "input_audio" | "file"}:
            return True
    return False


def size(content: Any) -> float:
    """A cautious guess at the tokens of a prompt: half of its ASCII bytes and all of its others."""
    match content:
        case _ if is_media(content):
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
