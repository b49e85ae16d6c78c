"""Chance that depends on a seed and labels alone: the same, whoever draws it and in whatever order."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Chance(Random):
    """One stream of chance. Made by `chance_of`."""

    def happens(self, share: float) -> bool:
        """True in `share` (0 to 1) of all cases."""
        return self.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as another."""
        return options[int(self.random() * len(options))]

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def near(self, mean: float, spread: float, low: float, high: float) -> float:
        """Normally distributed around the mean, kept within low and high."""
        return min(high, max(low, self.gauss(mean, spread)))

    def count(self, mean: float, most: int = 12) -> int:
        """How often something happens whose mean number is `mean` (Poisson, at most `most`)."""
        passed, number = self.expovariate(1.0), 0
        while passed < mean and number < most:
            number += 1
            passed += self.expovariate(1.0)
        return number


class Weighted(Generic[T]):
    """Options that are not equally likely."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._options = list(weights)
        self._bounds = list(accumulate(weights.values()))

    def pick(self, chance: Chance) -> T:
        """One option, as likely as its weight says."""
        drawn = chance.random() * self._bounds[-1]
        return self._options[bisect(self._bounds, drawn, 0, len(self._options) - 1)]


def chance_of(seed: int, *labels: str | int) -> Chance:
    """The stream that belongs to these labels under this seed."""
    digest = blake2b(repr((seed, *labels)).encode(), digest_size=16).digest()
    return Chance(int.from_bytes(digest, "big"))
