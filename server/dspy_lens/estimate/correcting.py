"""How far earlier runs were from what was estimated, role by role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from dspy_lens.values.estimate import Estimate, Share

LEAST, MOST = 0.2, 5.0  # a run that was odd does not pull further


@dataclass(frozen=True, slots=True)
class Factors:
    """What runs used, as a part of what was estimated for them without any correction."""

    input: float = 1.0
    output: float = 1.0


PLAIN = Factors()


@dataclass(frozen=True, slots=True)
class Correction:
    """The factors of each role, learnt from so many runs."""

    roles: Mapping[str, Factors] = field(default_factory=dict)
    runs: int = 0

    def of(self, role: str) -> Factors:
        return self.roles.get(role, PLAIN)


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier run: its estimate, what each role was sent, and whether it came to its end.

    Of a run that was stopped only the size of a request says something, not their number.
    """

    estimate: Estimate
    used: Mapping[str, Share]
    whole: bool = True


def corrected_by(past: Sequence[Past]) -> Correction:
    """The median of what runs used against their estimate; odd ones do not pull it far."""
    known = [it for it in past if it.used and it.estimate.roles]
    roles = {role for it in known for role in it.estimate.roles}
    factors = {role: found for role in sorted(roles) if (found := _factors(role, known)) is not None}
    return Correction(factors, len(known)) if factors else Correction()


def _factors(role: str, past: Sequence[Past]) -> Factors | None:
    inputs, outputs = [], []
    for it in past:
        said, used = it.estimate.roles.get(role), it.used.get(role)
        if (
            said is None
            or used is None
            or not (said.requests and used.requests and said.input and said.output)
        ):
            continue
        share = 1.0 if it.whole else said.requests / used.requests
        inputs.append(used.input * share / said.input)
        outputs.append(used.output * share / said.output)
    return Factors(_bounded(median(inputs)), _bounded(median(outputs))) if inputs else None


def _bounded(factor: float) -> float:
    return min(max(factor, LEAST), MOST)
