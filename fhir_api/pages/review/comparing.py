"""Two Patients side by side: field by field what each states, who stated it, and how far they agree. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ehr.communes.table import MERGED
from ehr.dates import ZONE
from ehr.facts import Evidence
from ehr.masking import mask
from ehr.matching.births import DIFFERENT as ANOTHER_DAY
from ehr.matching.births import EXACT as SAME_DAY
from ehr.matching.names import EXACT
from ehr.matching.person import Person, read_person
from ehr.matching.weights import DIFFERENT, SHARED
from fhir_api.pages.formats import date_text
from fhir_api.pages.review.marking import Piece, marked, unmarked
from fhir_api.pages.review.sheets import BIRTH, DECEASED, FIELDS, NUMBERS, Sheet, Value, sheet_of
from projections.fhir_resources.statements import Statement

SAME, NEAR, APART, ALONE = "same", "near", "apart", "alone"
"""How a field stands: alike, nearly, unlike, or stated on one side alone."""

_ALIKE = {EXACT, SAME_DAY, *SHARED}


class Source(NamedTuple):
    """Who stated a value first without a break until now. facility: as the fact names it.

    happened_at: FHIR date or dateTime as stated; recorded_at: instant. earlier: perhaps it was
    stated before, in versions that were not read.
    """

    facility: str | None
    happened_at: str | None
    recorded_at: str
    earlier: bool


class Shown(NamedTuple):
    """A value as it is shown. masked: a number of which the middle is hidden, as nothing is to be compared.

    source: None of what a RelatedPerson states.
    """

    value: Value
    pieces: Sequence[Piece]
    masked: bool
    source: Source | None


class Row(NamedTuple):
    """A field. sides: of the first and the second Patient. standing: SAME, NEAR, APART or ALONE.

    before: what stood there when it was looked at, for each side; None where that is unchanged.
    """

    field: str
    sides: tuple[Sequence[Shown], Sequence[Shown]]
    standing: str
    evidence: Evidence | None
    before: tuple[str | None, str | None]


class Side(NamedTuple):
    """One Patient. versions: newest first, as far as they were read. relatives: bodies of RelatedPersons."""

    id: str
    versions: Sequence[Statement]
    relatives: Sequence[bytes] = ()

    @property
    def version(self) -> int | None:
        """The newest; None of a Patient that never was."""
        return self.versions[0].version.version if self.versions else None

    @property
    def body(self) -> bytes:
        """Of the newest version; empty where it is deleted."""
        return self.versions[0].body if self.versions else b""

    @property
    def is_gone(self) -> bool:
        """Whether it was deleted, or never was."""
        return not self.versions or self.versions[0].version.deleted

    def person(self, on: str) -> Person:
        """As the rules compare it. on: the day (ISO) on which it is asked."""
        return read_person(self.body, relatives=self.relatives, units=MERGED, on=on)

    @property
    def sheet(self) -> Sheet:
        """As it is shown."""
        return sheet_of(self.body, _day(self.versions[:1]), self.relatives)

    @property
    def sheets(self) -> list[Sheet]:
        """Of every version, newest first."""
        return [sheet_of(one.body, _day([one]), self.relatives) for one in self.versions]

    def as_of(self, version: int | None) -> "Side":
        """As it was in a former version; as it is where that is not known."""
        known = [one for one in self.versions if version is not None and one.version.version <= version]
        return self._replace(versions=known or self.versions)


def rows_of(one: Side, other: Side, evidence: Iterable[Evidence], looked_at: Mapping[str, int]) -> list[Row]:
    """Fields that either states. looked_at: Patient id -> the version that was looked at, where it may be
    another than the newest."""
    said = {each.field: each for each in evidence}
    histories = [one.sheets, other.sheets]
    earlier = [side.as_of(looked_at.get(side.id)).sheet for side in (one, other)]
    return [
        _row(field, (one, other), histories, earlier, said.get(field))
        for field in FIELDS
        if any(history and history[0].get(field) for history in histories)
        or any(sheet.get(field) for sheet in earlier)
    ]


def _day(versions: Sequence[Statement]) -> str:
    """On which the first of them was recorded: what has ended later, had not when it was stated."""
    return versions[0].version.last_updated.astimezone(ZONE).date().isoformat() if versions else ""


def usual_source(rows: Iterable[Row], side: int) -> Source | None:
    """Whoever stated most of what one Patient says."""
    sources = Counter(shown.source for row in rows for shown in row.sides[side] if shown.source)
    return sources.most_common(1)[0][0] if sources else None


def _row(
    field: str,
    sides: tuple[Side, Side],
    histories: Sequence[Sequence[Sheet]],
    earlier: Sequence[Sheet],
    evidence: Evidence | None,
) -> Row:
    stated = [history[0].get(field, ()) if history else () for history in histories]
    standing = _standing(stated, evidence)
    left, right = (
        [
            _shown(field, value, stated[1 - n], standing, _source(field, value, sides[n], histories[n]))
            for value in stated[n]
        ]
        for n in (0, 1)
    )
    before = [
        None
        if _texts(field, earlier[n].get(field, ())) == _texts(field, stated[n])
        else earlier[n].get(field, ())
        for n in (0, 1)
    ]
    told = [None if one is None else ", ".join(_texts(field, one)) for one in before]
    return Row(field, (left, right), standing, evidence, (told[0], told[1]))


def _standing(stated: Sequence[Sequence[Value]], evidence: Evidence | None) -> str:
    if not all(stated):
        return ALONE
    keys = [{value.key for value in values} for values in stated]
    if evidence is None:
        return SAME if keys[0] & keys[1] else APART
    if evidence.level in _ALIKE:
        return SAME
    return APART if evidence.level in (DIFFERENT, ANOTHER_DAY) or evidence.bits < 0 else NEAR


def _shown(field: str, value: Value, others: Sequence[Value], standing: str, source: Source | None) -> Shown:
    """Of a number that is the same on both sides, or is on one alone, the middle is hidden."""
    shared = value.key in {other.key for other in others}
    if field in NUMBERS and (shared or not others):
        return Shown(value, unmarked(mask(value.text)), masked=True, source=source)
    text = _told(field, value)
    if shared or standing in (SAME, ALONE):
        return Shown(value, unmarked(text), masked=False, source=source)
    return Shown(value, marked(text, [_told(field, other) for other in others]), masked=False, source=source)


def _told(field: str, value: Value) -> str:
    return date_text(value.text) if field in (BIRTH, DECEASED) else value.text


def _texts(field: str, values: Iterable[Value]) -> list[str]:
    """In passing: of numbers the middle is hidden."""
    return [mask(value.text) if field in NUMBERS else _told(field, value) for value in values]


def _source(field: str, value: Value, side: Side, history: Sequence[Sheet]) -> Source | None:
    if value.related:
        return None
    since = 0
    while since + 1 < len(history) and value in history[since + 1].get(field, ()):
        since += 1
    version, _, fact = side.versions[since]
    recorded_at = fact.recorded_at if fact else version.last_updated.isoformat()
    earlier = since + 1 == len(history) and version.version > 1
    facility = fact.facility if fact else None
    return Source(facility, fact.happened_at if fact else None, recorded_at, earlier)
