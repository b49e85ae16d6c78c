"""Problems and diagnoses: https://hl7.org/fhir/R4/condition.html"""

import msgspec

from projections.health_record.directory import named
from projections.health_record.elements import (
    Concept,
    Period,
    Quantity,
    Range,
    Reference,
    Resource,
    amount,
    code_of,
    coded,
    encounter_id,
    extent,
    shown,
    words,
)
from projections.health_record.entry import Coded, Entry, Named, Origin

ICD10 = "http://hl7.org/fhir/sid/icd-10"


class Problem(Entry, frozen=True, tag=3, gc=False):
    """A condition. clinical: active, recurrence, relapse, inactive, remission, resolved. verification:
    unconfirmed, provisional, differential, confirmed, refuted. categories: problem-list-item,
    encounter-diagnosis, … onset, abated: FHIR date or words. source: who asserted or recorded it. recorded:
    FHIR date on which it was."""

    code: Coded
    clinical: str | None
    verification: str | None
    categories: list[str]
    onset: str | None
    abated: str | None
    severity: str | None
    source: Named | None
    recorded: str | None = None


class _Condition(Resource, frozen=True, kw_only=True, gc=False):
    code: Concept | None = None
    clinicalStatus: Concept | None = None
    verificationStatus: Concept | None = None
    category: tuple[Concept, ...] = ()
    severity: Concept | None = None
    encounter: Reference | None = None
    onsetDateTime: str | None = None
    onsetAge: Quantity | None = None
    onsetPeriod: Period = Period()
    onsetRange: Range | None = None
    onsetString: str | None = None
    abatementDateTime: str | None = None
    abatementAge: Quantity | None = None
    abatementPeriod: Period = Period()
    abatementRange: Range | None = None
    abatementString: str | None = None
    recordedDate: str | None = None
    asserter: Reference | None = None
    recorder: Reference | None = None


_decode = msgspec.json.Decoder(_Condition).decode


def problem(body: bytes, origin: Origin) -> Problem | None:
    """Reads a Condition."""
    stated = _decode(body)
    verification = code_of(stated.verificationStatus)
    if verification == "entered-in-error":
        return None
    return Problem(
        origin,
        stated.onsetDateTime or stated.onsetPeriod.start or stated.recordedDate,
        encounter_id(stated.encounter),
        coded(stated.code, ICD10),
        code_of(stated.clinicalStatus),
        verification,
        [code for code in map(code_of, stated.category) if code],
        _onset(stated),
        _abatement(stated),
        words(stated.severity),
        named(stated.asserter or stated.recorder, stated),
        stated.recordedDate,
    )


def _onset(stated: _Condition) -> str | None:
    return (
        stated.onsetDateTime
        or stated.onsetPeriod.start
        or amount(stated.onsetAge)
        or extent(stated.onsetRange)
        or shown(stated.onsetString)
    )


def _abatement(stated: _Condition) -> str | None:
    return (
        stated.abatementDateTime
        or stated.abatementPeriod.end
        or stated.abatementPeriod.start
        or amount(stated.abatementAge)
        or extent(stated.abatementRange)
        or shown(stated.abatementString)
    )
