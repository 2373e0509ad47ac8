"""Chance that replays: every draw follows from the prompt, the rollout and how often it was asked."""

import hashlib
import math
import random


def steady(*texts: object) -> float:
    """A number from 0 to 1 that the same texts always give."""
    digest = hashlib.blake2b("\0".join(map(str, texts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Draws:
    """Noise for one answer; silent at temperature 0."""

    def __init__(self, temperature: float, *seed: object) -> None:
        self.temperature = max(0.0, temperature)
        self._random = random.Random(steady(*seed))

    def jitter(self, scale: float) -> float:
        """A Gumbel draw, so that adding it to scores samples by them; 0 at temperature 0."""
        if not self.temperature:
            return 0.0
        return -math.log(-math.log(self._random.uniform(1e-9, 1 - 1e-9))) * scale * self.temperature

    def between(self, low: int, usual: int, high: int) -> int:
        """The usual number, or any of a range when there is temperature."""
        return self._random.randint(low, high) if self.temperature else usual
