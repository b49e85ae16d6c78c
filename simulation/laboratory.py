"""Results that a laboratory could report."""

from __future__ import annotations

from collections.abc import Mapping

from simulation.chance import Chance
from simulation.code_lists import measurements, panels
from simulation.visits import Finding, Report

_MIDDLE = {"crp": 3.0, "alt": 24, "ast": 25, "cholesterol": 4.8, "triglyceride": 1.5, "hdl": 1.25, "ldl": 2.9}
_WORDS = {"urine_protein": "Âm tính", "hbsag": "Âm tính", "dengue_ns1": "Âm tính"}
_ILLNESS = {"wbc": 1.35, "crp": 6.0, "platelets": 0.8}


_NOTHING: Mapping[str, float] = {}


def report(chance: Chance, panel: str, known: Mapping[str, float] = _NOTHING, ill: bool = False) -> Report:
    """One panel: `known` values as the story decides, the rest around the middle of the range."""
    keys = panels()[panel].measurements
    return Report(panel, tuple(_finding(chance, key, ill, known) for key in keys))


def _finding(chance: Chance, key: str, ill: bool, known: Mapping[str, float]) -> Finding:
    if key in known:
        return Finding(key, known[key])
    if key in _WORDS:
        return Finding(key, "Dương tính" if chance.happens(0.15 if ill else 0.05) else _WORDS[key])
    middle = _middle(key) * (_ILLNESS.get(key, 1.0) if ill else 1.0)
    return Finding(key, chance.near(middle, middle * 0.12, middle * 0.55, middle * 1.6))


def _middle(key: str) -> float:
    measured = measurements()[key]
    if measured.low is None or measured.high is None:
        return _MIDDLE[key]
    return (measured.low + measured.high) / 2
