"""Allergies and intolerances: https://hl7.org/fhir/R4/allergyintolerance.html"""

import msgspec

from ehr.names import fold
from projections.health_record.directory import named
from projections.health_record.elements import (
    Concept,
    Reference,
    Resource,
    all_words,
    code_of,
    coded,
    encounter_id,
    shown,
)
from projections.health_record.entry import Coded, Entry, Named, Origin

_SNOMED = "http://snomed.info/sct"
_ABSENT_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"

NONE_KNOWN = frozenset(
    {
        (_SNOMED, "716186003"),
        (_ABSENT_UNKNOWN, "no-known-allergies"),
        (_SNOMED, "409137002"),
        (_ABSENT_UNKNOWN, "no-known-medication-allergies"),
        (_SNOMED, "429625007"),
        (_ABSENT_UNKNOWN, "no-known-food-allergies"),
        (_SNOMED, "428607008"),
        (_ABSENT_UNKNOWN, "no-known-environmental-allergies"),
    }
)
"""Codes that deny allergies in general, to medicines, to food and from the environment:
https://hl7.org/fhir/uv/ips/STU1.1/ValueSet-absent-or-unknown-allergies-uv-ips.html and
https://build.fhir.org/ig/HL7/fhir-ips/ValueSet-absent-or-unknown-snomed-uv-ips.html."""

NONE_SAID = frozenset({"khong di ung", "khong co di ung", "khong co tien su di ung", "no known allergies"})
"""The same without a code, in exactly these words, folded."""

NO_INFORMATION = (_ABSENT_UNKNOWN, "no-allergy-info")
"""Says that nobody asked: the same as no entry at all."""


class Allergy(Entry, frozen=True, tag=5, gc=False):
    """An allergy, or the statement that none is known (``denies``).

    clinical: active, inactive, resolved. verification: unconfirmed, confirmed, refuted. criticality: low,
    high, unable-to-assess. categories: food, medication, environment, biologic. reactions: manifestations in
    words. severity: the worst of the reactions: mild, moderate, severe. recorded: FHIR date on which it was
    stated.
    """

    code: Coded
    denies: bool
    clinical: str | None
    verification: str | None
    criticality: str | None
    categories: list[str]
    reactions: list[str]
    severity: str | None
    source: Named | None
    recorded: str | None = None


class _Reaction(msgspec.Struct, frozen=True, gc=False):
    substance: Concept | None = None
    manifestation: tuple[Concept, ...] = ()
    description: str | None = None
    severity: str | None = None


class _AllergyIntolerance(Resource, frozen=True, kw_only=True, gc=False):
    code: Concept | None = None
    clinicalStatus: Concept | None = None
    verificationStatus: Concept | None = None
    criticality: str | None = None
    category: tuple[str | None, ...] = ()
    encounter: Reference | None = None
    onsetDateTime: str | None = None
    recordedDate: str | None = None
    recorder: Reference | None = None
    asserter: Reference | None = None
    reaction: tuple[_Reaction, ...] = ()


_decode = msgspec.json.Decoder(_AllergyIntolerance).decode
_SEVERITIES = ("mild", "moderate", "severe")


def allergy(body: bytes, origin: Origin) -> Allergy | None:
    """Reads an AllergyIntolerance; None also for one that says that nothing is known."""
    stated = _decode(body)
    codes = {(one.system, one.code) for one in stated.code.coding} if stated.code else set()
    verification = code_of(stated.verificationStatus)
    if verification == "entered-in-error" or NO_INFORMATION in codes:
        return None
    what = _what(stated)
    return Allergy(
        origin,
        stated.onsetDateTime or stated.recordedDate,
        encounter_id(stated.encounter),
        what,
        not codes.isdisjoint(NONE_KNOWN) or (not what.code and fold(what.text or "") in NONE_SAID),
        code_of(stated.clinicalStatus),
        verification,
        stated.criticality,
        [category for category in stated.category if category],
        list(dict.fromkeys(text for reaction in stated.reaction for text in _manifested(reaction))),
        max((one.severity for one in stated.reaction if one.severity), key=_SEVERITIES.index, default=None),
        named(stated.asserter or stated.recorder, stated),
        stated.recordedDate,
    )


def _what(stated: _AllergyIntolerance) -> Coded:
    """The substance; where only the reactions name one, that."""
    substances = (reaction.substance for reaction in stated.reaction if reaction.substance)
    return coded(stated.code or next(substances, None))


def _manifested(reaction: _Reaction) -> list[str]:
    described = shown(reaction.description)
    return all_words(reaction.manifestation) or ([described] if described else [])
