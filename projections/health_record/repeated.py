"""What several facilities state, each of them often: told once, with all who stated it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from ehr import names
from ehr.remembering import remembered
from projections.health_record.entry import Coded
from projections.health_record.kinds import Medicine, Problem
from projections.health_record.kinds.conditions import ICD10
from projections.health_record.whereabouts import Facility

C = TypeVar("C", Problem, Medicine)

Same = tuple[str, str]
"""What entries have in common that state the same: a system and a code, or a kind of words and the words."""

_ICD10 = frozenset({ICD10, "urn:oid:2.16.840.1.113883.6.3"})
_MARKS = str.maketrans("", "", ". *†+!")
"""Points, daggers and asterisks: E119 and E11.9 are one code of ICD-10."""

fold = remembered(16_384, 200)(names.fold)


class Repeated(NamedTuple, Generic[C]):
    """The same problem or medicine, stated several times. all: newest first, never empty."""

    all: Sequence[C]

    @property
    def latest(self) -> C:
        """As it was stated last."""
        return self.all[0]

    @property
    def first(self) -> C:
        """As it was stated first."""
        return self.all[-1]

    @property
    def code(self) -> Coded:
        """As it was called last by whoever gave it a code."""
        return next((one.code for one in self.all if one.code.code), self.latest.code)


class Stated(NamedTuple, Generic[C]):
    """What one facility says of it: its newest statement, and how many there are."""

    facility: Facility | None
    latest: C
    times: int


def repeated(entries: Sequence[C], code: Callable[[C], Coded]) -> list[Repeated[C]]:
    """Entries by code, each group in their order. What has no code, or one of an unknown system, joins the
    one code that is called so, else what is called the same; what has no words either stands alone."""
    stated = [(entry, code(entry)) for entry in entries]
    called: dict[str, set[Same]] = {}
    for _, one in stated:
        if (same := _coded(one)) and one.text:
            called.setdefault(fold(one.text), set()).add(same)
    groups: dict[Same, list[C]] = {}
    for entry, one in stated:
        same = _coded(one) or _called(fold(one.text or ""), called) or ("alone", entry.origin.reference)
        groups.setdefault(same, []).append(entry)
    return [Repeated(group) for group in groups.values()]


def by_facility(entries: Iterable[C], facility: Callable[[C], Facility | None]) -> list[Stated[C]]:
    """What each facility states of one thing; entries newest first, and so the facilities."""
    found: dict[Facility | None, list[C]] = {}
    for entry in entries:
        found.setdefault(facility(entry), []).append(entry)
    return [Stated(place, stated[0], len(stated)) for place, stated in found.items()]


def _coded(stated: Coded) -> Same | None:
    if not stated.code or not stated.system:
        return None
    if stated.system in _ICD10:
        return ICD10, stated.code.upper().translate(_MARKS)
    return stated.system, stated.code


def _called(words: str, called: Mapping[str, set[Same]]) -> Same | None:
    if not words:
        return None
    codes = called.get(words, ())
    return next(iter(codes)) if len(codes) == 1 else ("words", words)
