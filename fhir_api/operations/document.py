"""The International Patient Summary as a FHIR document (https://hl7.org/fhir/R4/documents.html).

Sections, their codes and their order are those of https://hl7.org/fhir/uv/ips/. Its profiles are not claimed:
resources are told as facilities have stated them, and need not have all that the profiles ask for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from ehr.dates import instant
from ehr.values import Key
from fhir_api.pages.languages import Messages
from fhir_api.pages.rendering import templates
from fhir_api.pages.summary.sections import Section
from fhir_api.pages.summary.sheet import Sheet
from fhir_api.reading import Entry
from projections.fhir_resources.found import Found

LOINC = "http://loinc.org"

_DOCUMENT = ("60591-5", "Patient summary Document")
CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "problems": ("11450-4", "Problem list - Reported"),
        "medicines": ("10160-0", "History of Medication use Narrative"),
        "allergies": ("48765-2", "Allergies and adverse reactions Document"),
        "diagnoses": ("29308-4", "Diagnosis"),
        "past": ("11348-0", "History of Past illness Narrative"),
        "immunisations": ("11369-6", "History of Immunization Narrative"),
        "results": ("30954-2", "Relevant diagnostic tests/laboratory data Narrative"),
        "vital_signs": ("8716-3", "Vital signs"),
        "procedures": ("47519-4", "History of Procedures Document"),
        "visits": ("46240-8", "History of Hospitalizations+Outpatient visits Narrative"),
        "plan": ("18776-5", "Plan of care note"),
    }
)
"""(LOINC, its display) of each section, in order."""

_EMPTY = {"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "unavailable"}
"""Nobody has stated anything; that there is nothing is said by a resource."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML may not have (https://www.w3.org/TR/xml/#charsets)."""


class Resource(NamedTuple):
    """A resource of the document. body: as received."""

    found: Found
    body: bytes


class Told(NamedTuple):
    """What a document tells. patient: whose it is. sheet: in words. resources: what is told, by ``Type/id``,
    the Patient first; referred: what these refer to, and is no one's. now: when it is made."""

    patient: Key
    sheet: Sheet
    resources: Mapping[str, Resource]
    referred: Sequence[Resource]
    now: datetime


def document(told: Told, base: str, t: Messages) -> bytes:
    """The Bundle. base: what comes before ``Type/id`` in addresses. t: in the language of its narrative."""
    made, device = uuid4().urn, uuid4().urn
    head = {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": uuid4().urn},
        "timestamp": instant(told.now),
    }
    entries: list[Entry] = [
        _entry(made, [orjson.dumps(_composition(told, base, device, t))]),
        *(_resource(base, one) for one in (*told.resources.values(), *told.referred)),
        _entry(device, [orjson.dumps(_DEVICE)]),
    ]
    pieces = [piece for entry in entries for piece in (b",", *entry)][1:]
    return b"".join([orjson.dumps(head)[:-1], b',"entry":[', *pieces, b"]}"])


_DEVICE = {"resourceType": "Device", "deviceName": [{"name": "EHR backbone", "type": "user-friendly-name"}]}
"""The author: no person has put this together."""


def _composition(told: Told, base: str, device: str, t: Messages) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "language": t.language,
        "text": _narrative(t, sheet=told.sheet, section=None),
        "status": "final",
        "type": _concept(*_DOCUMENT),
        "subject": {"reference": base + told.patient.reference},
        "date": instant(told.now),
        "author": [{"reference": device}],
        "title": t("summary.title"),
        "section": [_section(told, section, base, t) for section in told.sheet.sections],
    }


def _section(told: Told, section: Section, base: str, t: Messages) -> dict[str, Any]:
    """What is too large to be told whole is told in words alone."""
    references = dict.fromkeys(one.origin.reference for row in section.rows for one in row.entries)
    entries = [{"reference": base + one} for one in references if one in told.resources]
    return {
        "title": section.title,
        "code": _concept(*CODES[section.name]),
        "text": _narrative(t, section=section),
        **({"entry": entries} if entries else {"emptyReason": {"coding": [_EMPTY]}}),
    }


def _concept(code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code, "display": display}]}


def _narrative(t: Messages, **shown: object) -> dict[str, str]:
    """Names of facilities, and the number of what is left out, stand in no resource of the document."""
    div = templates.get_template("summary_narrative.html").render(t=t, **shown)
    return {"status": "additional", "div": _NOT_XML.sub("\ufffd", div)}


def _resource(base: str, one: Resource) -> Entry:
    return _entry(base + one.found.reference, one.found.served(one.body))


def _entry(address: str, resource: Iterable[bytes | memoryview]) -> Entry:
    return [b'{"fullUrl":%b,"resource":' % orjson.dumps(address), *resource, b"}"]
