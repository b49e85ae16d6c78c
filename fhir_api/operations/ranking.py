"""In which order Patient/$match tells who may be meant, and how sure it is of each. Pure."""

from collections.abc import Mapping, Sequence
from itertools import chain
from math import exp2
from typing import NamedTuple
from uuid import UUID

from ehr.matching.judging import CERTAIN, CERTAINLY_NOT, POSSIBLE, PROBABLE, Verdict
from ehr.matching.weights import load_weights
from projections.matching.candidates import Judged

GRADES = (CERTAIN, PROBABLE, POSSIBLE)
"""From the surest one down; who is certainly not meant is not told."""

_LARGEST_EXPONENT = 60.0
_LEAST_DOUBT = 0.0001


class Match(NamedTuple):
    """A Patient that may be meant, with the grade and score (0 to 1) of the likeliest Patient of its person.

    person: its smallest subject where links make several Patients one; None for one that stands alone.
    """

    patient: str
    grade: str
    score: float
    person: UUID | None


def ranked(judged: Sequence[Judged], people: Mapping[UUID, Mapping[UUID, str]]) -> list[list[Match]]:
    """The likeliest person first, of each the likeliest Patient, behind those its linked ones.

    people: subject -> id of each Patient that is one person with it, by subject (links.person.People).
    """
    found = [one for one in judged if one.verdict.grade != CERTAINLY_NOT]
    groups: dict[UUID, list[Judged]] = {}
    for one in sorted(found, key=_order):
        subject = one.candidate.subject
        groups.setdefault(min({subject, *people.get(subject, ())}), []).append(one)
    return [_matches(person, group, people) for person, group in groups.items()]


def certain(groups: Sequence[list[Match]]) -> list[list[Match]]:
    """The one person that is certain; nobody where several are, for then none is."""
    found = [group for group in groups if group[0].grade == CERTAIN]
    return found if len(found) == 1 else []


def score_of(verdict: Verdict) -> float:
    """1 for certain; else how likely it is: on the threshold of proposals as likely as not.

    That is about the logarithm of how many people there are, so that odds of one to one are left.
    """
    if verdict.grade == CERTAIN:
        return 1.0
    doubt = min(max(load_weights().stated.propose - verdict.weight, -_LARGEST_EXPONENT), _LARGEST_EXPONENT)
    return round(min(1 / (1 + exp2(doubt)), 1 - _LEAST_DOUBT), 4)


def _order(one: Judged) -> tuple[int, float, str]:
    return GRADES.index(one.verdict.grade), -one.verdict.weight, one.candidate.patient


def _matches(person: UUID, group: Sequence[Judged], people: Mapping[UUID, Mapping[UUID, str]]) -> list[Match]:
    first = group[0].verdict
    linked = people.get(group[0].candidate.subject, {})
    own = (one.candidate.patient for one in group)
    patients = dict.fromkeys(chain(own, sorted(linked.values())))
    score = score_of(first)
    return [Match(patient, first.grade, score, person if linked else None) for patient in patients]
