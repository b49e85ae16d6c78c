"""What evidence about two Patients tells of numbers in common, and whether it is more than before. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ehr.facts import Evidence

OBTAINED: Final = MappingProxyType({"typed": 1, "captured": 2, "verified": 3})
"""The levels that a number in common may have, the weaker of both sides, and how far each is to be trusted.
Only a number that can be the key to a person has one of them: an old identity card or a telephone has not."""

LEAST_TO_LINK: Final = OBTAINED["captured"]
"""A number that was merely typed may be mistyped, or another person's."""

ENDED: Final = "ended"
"""The level of a number in common that one of the two does not use any more: it links nobody."""

_KNOWN: Final = MappingProxyType({**OBTAINED, ENDED: max(OBTAINED.values())})

Numbers = Mapping[str, int]
"""Field -> how far (OBTAINED) the most trusted number of this kind was in common."""


def in_common(evidence: Iterable[Evidence]) -> Numbers:
    """Numbers that may link."""
    return _most_trusted(evidence, OBTAINED)


def known_by(evidence: Iterable[Evidence]) -> Numbers:
    """Numbers that whoever was shown the evidence has seen in common. One that has ended was seen as well:
    the same one on a new card, or verified now, is nothing new."""
    return _most_trusted(evidence, _KNOWN)


def together(one: Numbers, other: Numbers) -> Numbers:
    """What was known by either."""
    return {field: max(one.get(field, 0), other.get(field, 0)) for field in {*one, *other}}


def says_more(evidence: Iterable[Evidence], known: Numbers, least: int = 1) -> bool:
    """Whether a number in common was not known to be, or is to be trusted more than it was; only what is
    trusted at least so far counts."""
    return any(
        trusted >= least and trusted > known.get(field, 0) for field, trusted in in_common(evidence).items()
    )


def _most_trusted(evidence: Iterable[Evidence], levels: Mapping[str, int]) -> Numbers:
    numbers: dict[str, int] = {}
    for one in evidence:
        if one.level in levels:
            numbers[one.field] = max(levels[one.level], numbers.get(one.field, 0))
    return numbers
