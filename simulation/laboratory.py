"""Results that a laboratory could report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from simulation.chance import Chance
from simulation.code_lists import measurements, panels
from simulation.visits import Finding, Report

Known = Mapping[str, float | str]
Numbers = Mapping[str, float]

POSITIVE, NEGATIVE = "Dương tính", "Âm tính"
_MIDDLE: Final = {"crp": 2.5, "alt": 24, "ast": 25, "triglyceride": 1.5, "hdl": 1.25, "ldl": 2.8}
_POSITIVE_SHARE: Final = {"urine_protein": 0.03, "hbsag": 0.08, "dengue_ns1": 0.05}
_ILLNESS: Final = {"wbc": 1.35, "crp": 6.0, "platelets": 0.9}
_FOLLOWING: Final[Mapping[str, Callable[[Numbers], float]]] = {
    "hematocrit": lambda found: found["hemoglobin"] * 0.3,
    "rbc": lambda found: found["hemoglobin"] / 29.5,
    "cholesterol": lambda found: found["ldl"] + found["hdl"] + found["triglyceride"] / 2.2,  # Friedewald 1972
}
_NOTHING: Known = {}


def report(chance: Chance, panel: str, known: Known = _NOTHING, ill: bool = False) -> Report:
    """One panel: `known` values as the story decides, the rest around the middle of the range."""
    keys = panels()[panel].measurements
    values = {key: known[key] if key in known else _drawn(chance, key, ill) for key in keys}
    numbers = {key: value for key, value in values.items() if isinstance(value, float | int)}
    follow = {key: rule(numbers) for key, rule in _FOLLOWING.items() if key in numbers}
    return Report(panel, tuple(Finding(key, value) for key, value in {**values, **follow}.items()))


def around(chance: Chance, typical: Known) -> dict[str, float | str]:
    """Values near those that are typical of an illness; words as they are."""
    return {key: _near(chance, value) for key, value in typical.items()}


def _near(chance: Chance, value: float | str) -> float | str:
    return value if isinstance(value, str) else value * chance.near(1, 0.1, 0.7, 1.3)


def _drawn(chance: Chance, key: str, ill: bool) -> float | str:
    if key in _POSITIVE_SHARE:
        return POSITIVE if chance.happens(_POSITIVE_SHARE[key]) else NEGATIVE
    if key in _FOLLOWING:
        return 0.0  # follows from the others
    middle, spread = _usual(key)
    factor = _ILLNESS.get(key, 1.0) if ill else 1.0
    return chance.near(middle, spread, middle - 3 * spread, middle + 3 * spread) * factor


def _usual(key: str) -> tuple[float, float]:
    """Mean and standard deviation: about 97 of 100 healthy people are within the reference range."""
    measured = measurements()[key]
    if measured.low is None or measured.high is None:
        return _MIDDLE[key], _MIDDLE[key] * 0.15
    return (measured.low + measured.high) / 2, (measured.high - measured.low) / 4.4
