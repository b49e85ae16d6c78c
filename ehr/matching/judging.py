"""Whether two Patients are one person: the rule of numbers first, weights after it, and why."""

from collections.abc import Iterator, Sequence
from math import log2
from typing import Final, NamedTuple

from ehr.facts import Evidence
from ehr.matching import births, names, residences
from ehr.matching.frequencies import RAREST, Frequencies, average
from ehr.matching.names import Name
from ehr.matching.numbered import AUTOMATIC, in_order, level_of, may_stand, shared_key
from ehr.matching.numbers import KINDS, PERSONAL, TEMPORARY
from ehr.matching.person import Person
from ehr.matching.weights import BOTH_CAPTURED, DIFFERENT, NEAR, SAME, SHARED, Weights, load_weights

LINK: Final = "link"
PROPOSE: Final = "propose"
NONE: Final = "none"

CERTAIN: Final = "certain"
PROBABLE: Final = "probable"
POSSIBLE: Final = "possible"
CERTAINLY_NOT: Final = "certainly-not"

GRADE_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"
"""Of an entry of Patient/$match (https://hl7.org/fhir/R4/patient-operation-match.html); its codes are of
http://terminology.hl7.org/CodeSystem/match-grade."""

OF_HOUSEHOLDS: Final = frozenset({"residence", "telephone", "mother"})
"""Fields that a household shares."""

_OTHERS: Final = frozenset({names.DIFFERENT, names.GIVEN_MISSPELT})


class Verdict(NamedTuple):
    """decision: link, propose or none. grade: for $match. weight: the sum of the evidence, in bits.

    evidence: of the fields that both state, in a fixed order; its levels are those of weights.LEVELS, and of
    shared numbers weights.SHARED. version: of the weights and rules.
    """

    decision: str
    grade: str
    weight: float
    evidence: tuple[Evidence, ...]
    version: str


def judge(
    one: Person, other: Person, frequencies: Frequencies | None = None, weights: Weights | None = None
) -> Verdict:
    """The same whichever comes first. Without frequencies every name weighs the average."""
    weights = weights or load_weights()
    frequencies = frequencies or average(weights.stated.surname, weights.stated.given)
    evidence = tuple(weighed(one, other, frequencies, weights))
    levels = {said.field: said.level for said in evidence}
    weight = sum(said.bits for said in evidence)
    decision = _decision(one, other, levels, weight, weights)
    apart = decision == NONE and _apart(one, other, levels)
    return Verdict(decision, _grade(decision, apart, weight, weights), weight, evidence, weights.version)


def are_two(one: Person, other: Person) -> bool:
    """Whether two Patients speak of two people, though a third one may have something in common with each:
    captured numbers that differ, twins in their order, or names that differ by a tone, which one without
    accents would hide; unless a number is in common, another name or birth date. That they say little is no
    sign of it."""
    levels = levels_of(judge(one, other))
    return levels.get("name") == names.TONES or _are_two(one, other, levels)


def still_links(one: Person, other: Person, verdict: Verdict) -> bool:
    """Whether a link that a program has made may stand, by what its two Patients say now."""
    return may_stand(one, other, levels_of(verdict))


def levels_of(verdict: Verdict) -> dict[str, str]:
    """Field -> level."""
    return {said.field: said.level for said in verdict.evidence}


def weighed(one: Person, other: Person, frequencies: Frequencies, weights: Weights) -> Iterator[Evidence]:
    """Field by field, as far as both state it."""
    named = _of_names(one, other, frequencies, weights)
    if named:
        yield named
    alike = named is not None and named.level in names.OF_SIBLINGS
    for field, level in _levels(one, other):
        bits = weights.bits[field][SAME if level in SHARED else level]
        yield Evidence(field, level, min(bits, 0.0) if alike and field in OF_HOUSEHOLDS else bits)


def _levels(one: Person, other: Person) -> Iterator[tuple[str, str]]:
    """Of the fields beside the name."""
    if one.birth and other.birth:
        yield "birth", births.agreement(one.birth, other.birth)
    if one.sex and other.sex:
        yield "sex", SAME if one.sex == other.sex else DIFFERENT
    lives = residences.agreement(one.residence, other.residence)
    if lives:
        yield "residence", lives
    if one.telephones and other.telephones:
        yield "telephone", DIFFERENT if one.telephones.isdisjoint(other.telephones) else SAME
    if one.mothers and other.mothers:
        yield "mother", _of_mothers(one.mothers, other.mothers)
    for kind, some in one.numbers.items():
        others = other.numbers.get(kind)
        level = level_of(kind, some, others) if others else None
        if level:
            yield kind, level


def _of_names(one: Person, other: Person, frequencies: Frequencies, weights: Weights) -> Evidence | None:
    """Of all pairs of names the best."""
    best: Evidence | None = None
    communes = {one.commune, other.commune} - {None} or {None}
    for a in one.every_name:
        for b in other.every_name:
            level = names.agreement(a, b)
            found = Evidence("name", level, _bits(level, a, b, _Local(frequencies, communes), weights))
            best = found if best is None else max(best, found, key=_preferred)
    return best


def _preferred(evidence: Evidence) -> tuple[bool, float, int]:
    return evidence.level not in names.OF_SIBLINGS, evidence.bits, -names.LEVELS.index(evidence.level)


class _Local(NamedTuple):
    """Frequencies where two people live: of their communes the one in which a name is commoner."""

    frequencies: Frequencies
    communes: set[str | None]

    def surname(self, word: str) -> float:
        return max(RAREST, *(self.frequencies.surname(word, commune) for commune in self.communes))

    def given(self, word: str) -> float:
        return max(RAREST, *(self.frequencies.given(word, commune) for commune in self.communes))


def _bits(level: str, one: Name, other: Name, local: _Local, weights: Weights) -> float:
    """Those of the level, more for rare names and fewer for common ones, never fewer than of no agreement."""
    bits = weights.bits["name"]
    if level == names.DIFFERENT:
        return bits[level]
    same = one.folded == other.folded
    rarity = min(_rarity(level, name, local, weights) for name in ((one,) if same else (one, other)))
    return max(bits[level] + rarity, bits[names.DIFFERENT])


def _rarity(level: str, name: Name, local: _Local, weights: Weights) -> float:
    surname = log2(weights.stated.surname / local.surname(name.surname))
    given = log2(weights.stated.given / local.given(name.given))
    return given + (min(surname, 0.0) if level == names.SURNAME else surname)


def _of_mothers(some: Sequence[Name], others: Sequence[Name]) -> str:
    level = min((names.agreement(a, b) for a in some for b in others), key=names.LEVELS.index)
    if level == names.DIFFERENT or level == names.SURNAME:
        return DIFFERENT
    return SAME if level in (names.EXACT, names.PLAIN, names.MARKERS, names.TONES) else NEAR


def _decision(one: Person, other: Person, levels: dict[str, str], weight: float, weights: Weights) -> str:
    shared = shared_key(one, other, levels)
    if shared:
        return LINK if shared == AUTOMATIC else PROPOSE
    return PROPOSE if weight >= weights.stated.propose and not _apart(one, other, levels) else NONE


def _apart(one: Person, other: Person, levels: dict[str, str]) -> bool:
    """Whether nothing may be proposed by weight alone, since a household or a twin explains all the rest."""
    if _in_order(one, other, levels) or levels.get(PERSONAL) == BOTH_CAPTURED:
        return True
    if _share(levels):
        return False
    return _are_two(one, other, levels) or ("name" not in levels and _nameless(levels))


def _are_two(one: Person, other: Person, levels: dict[str, str]) -> bool:
    if _in_order(one, other, levels) or BOTH_CAPTURED in levels.values():
        return True
    if _share(levels):
        return False
    return levels.get("birth") == births.DIFFERENT or levels.get("name") in _OTHERS


def _in_order(one: Person, other: Person, levels: dict[str, str]) -> bool:
    """Of one day, as far as it is known."""
    return levels.get("birth") in (None, births.EXACT) and in_order(one, other)


def _share(levels: dict[str, str]) -> bool:
    """Whether a number of any kind is in common."""
    return any(levels.get(kind) in SHARED for kind in KINDS)


def _nameless(levels: dict[str, str]) -> bool:
    """Whether one without a name is too far from the other one."""
    if levels.get("birth") not in (births.EXACT, births.SWAPPED) or levels.get("sex") == DIFFERENT:
        return True
    at_home = levels.get("mother") in (SAME, NEAR) or levels.get("telephone") == SAME
    return not at_home or levels.get(TEMPORARY) == DIFFERENT


def _grade(decision: str, apart: bool, weight: float, weights: Weights) -> str:
    if decision == LINK:
        return CERTAIN
    if apart or (decision == NONE and weight < weights.stated.possible):
        return CERTAINLY_NOT
    return PROBABLE if weight >= weights.stated.probable else POSSIBLE
