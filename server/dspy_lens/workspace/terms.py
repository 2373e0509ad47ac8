"""What runs would take and what holds them, and what to ask before they spend it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dspy_lens.values.estimate import ZERO, Estimate
from dspy_lens.values.money import Micros, micros, shown
from dspy_lens.values.run import Caps
from dspy_lens.values.settings import Settings

TRAINING = " Training is billed as well: set training_price, in dollars for a million tokens, to know it."
DEFAULT_CAP = 1.0  # dollars, where a price is known and nobody says more


@dataclass(frozen=True, slots=True)
class Terms:
    """What one run would take, and the caps that hold it."""

    estimate: Estimate
    caps: Caps


def spend_question(every: Sequence[Terms], settings: Settings) -> str | None:
    """What to ask before these runs spend anything, or None when together they stay below the user's threshold."""
    these, them = ("this run", "it") if len(every) == 1 else (f"these {len(every)} runs", "them")
    if unpriced := [it.estimate for it in every if it.estimate.dollars is None]:
        models = list(
            dict.fromkeys(f"training {it.model}" if trains(it) else str(it.model) for it in unpriced)
        )
        send = "sends" if len(every) == 1 else "send"
        calls = f"{sum(it.requests.expected for it in unpriced):.0f}"
        return (
            f"The price of {' and '.join(models)} is unknown: {these} {send} about {calls} requests to "
            f"{'it' if len(models) == 1 else 'them'}.{TRAINING if any(map(trains, unpriced)) else ''} Start {them}?"
        )
    dollars = sum((it.estimate.dollars for it in every if it.estimate.dollars), ZERO)
    if dollars.high <= settings.confirm_above:
        return None
    low, high = shown(micros(dollars.low)), shown(micros(dollars.high))
    return f"{these.capitalize()} may cost {low} to {high}{held(every)}. Start {them}?"


def trains(it: Estimate) -> bool:
    """Whether it is the training that has no price: no price list that comes along knows what one costs."""
    return any(said.startswith("The price of training is unknown") for said in it.assumptions)


def held(every: Sequence[Terms]) -> str:
    """What caps hold all of them to; nothing where one has none."""
    caps = [it.caps.dollars for it in every if it.caps.dollars is not None]
    if len(caps) < len(every):
        return ""
    return f", at most {shown(Micros(sum(caps)))} by {'its cap' if len(caps) == 1 else 'their caps'}"


def with_default_cap(caps: Caps, estimate: Estimate) -> Caps:
    """The caps, with a dollar cap where a price makes one possible and nobody named another."""
    if caps.dollars is not None or estimate.dollars is None or not estimate.dollars.high:
        return caps
    return Caps(micros(DEFAULT_CAP), caps.calls, caps.tokens, caps.minutes)
