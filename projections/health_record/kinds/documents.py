"""Reports and documents: https://hl7.org/fhir/R4/diagnosticreport.html, …/documentreference.html and
…/composition.html"""

from collections.abc import Sequence

import msgspec

from projections.health_record.directory import named
from projections.health_record.elements import (
    LOINC,
    NOT_CODED,
    Concept,
    Period,
    Reference,
    Resource,
    coded,
    encounter_id,
    shown,
    words,
)
from projections.health_record.entry import Coded, Entry, Named, Origin
from projections.health_record.kinds.notes import Attachment, Note, text_of


class Document(Entry, frozen=True, tag=8, gc=False):
    """A DiagnosticReport, DocumentReference or Composition (``origin.type``).

    attached: content types of attachments. conclusion, code: of a report. parts: number of results or
    sections.
    """

    title: str | None
    category: str | None
    status: str | None
    author: Named | None
    conclusion: str | None
    attached: list[str]
    parts: int
    code: Coded = NOT_CODED


class _Report(Resource, frozen=True, kw_only=True, gc=False):
    code: Concept | None = None
    category: tuple[Concept, ...] = ()
    status: str | None = None
    encounter: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Period = Period()
    issued: str | None = None
    performer: tuple[Reference, ...] = ()
    resultsInterpreter: tuple[Reference, ...] = ()
    result: tuple[msgspec.Raw, ...] = ()
    conclusion: str | None = None
    conclusionCode: tuple[Concept, ...] = ()
    presentedForm: tuple[Attachment, ...] = ()


class _Content(msgspec.Struct, frozen=True, gc=False):
    attachment: Attachment = Attachment()


class _Context(msgspec.Struct, frozen=True, gc=False):
    encounter: tuple[Reference, ...] = ()
    period: Period = Period()


class _DocumentReference(Resource, frozen=True, kw_only=True, gc=False):
    type: Concept | None = None
    category: tuple[Concept, ...] = ()
    status: str | None = None
    docStatus: str | None = None
    date: str | None = None
    author: tuple[Reference, ...] = ()
    custodian: Reference | None = None
    description: str | None = None
    content: tuple[_Content, ...] = ()
    context: _Context = _Context()


class _Composition(Resource, frozen=True, kw_only=True, gc=False):
    type: Concept | None = None
    category: tuple[Concept, ...] = ()
    status: str | None = None
    encounter: Reference | None = None
    date: str | None = None
    author: tuple[Reference, ...] = ()
    title: str | None = None
    section: tuple[msgspec.Raw, ...] = ()


_report = msgspec.json.Decoder(_Report).decode
_document = msgspec.json.Decoder(_DocumentReference).decode
_composition = msgspec.json.Decoder(_Composition).decode
ERROR = "entered-in-error"
_UNFINISHED = ("preliminary", "amended")
"""What a document is, rather than its reference, that is to be told."""


def report(body: bytes, origin: Origin) -> Document | None:
    """Reads a DiagnosticReport."""
    stated = _report(body)
    if stated.status == ERROR:
        return None
    return Document(
        origin,
        stated.effectiveDateTime or stated.effectivePeriod.start or stated.issued,
        encounter_id(stated.encounter),
        words(stated.code) or _title(stated.presentedForm),
        _first_words(stated.category),
        stated.status,
        next((named(one, stated) for one in stated.resultsInterpreter + stated.performer), None),
        shown(stated.conclusion) or _first_words(stated.conclusionCode),
        _kinds(stated.presentedForm),
        len(stated.result),
        coded(stated.code, LOINC),
    )


def document(body: bytes, origin: Origin) -> Document | Note | None:
    """Reads a DocumentReference, which may be a note."""
    stated = _document(body)
    if ERROR in (stated.status, stated.docStatus):
        return None
    attachments = [content.attachment for content in stated.content]
    author = next((named(one, stated) for one in stated.author), None)
    text = text_of(stated.type, attachments)
    if text:
        return Note(origin, stated.date, None, text, author, None)
    described = shown(stated.description) or _title(attachments)
    return Document(
        origin,
        stated.date or stated.context.period.start,
        next((id_ for id_ in map(encounter_id, stated.context.encounter) if id_), None),
        described or words(stated.type),
        (words(stated.type) if described else None) or _first_words(stated.category),
        stated.docStatus if stated.docStatus in _UNFINISHED else stated.status,
        author or named(stated.custodian, stated),
        None,
        _kinds(attachments),
        0,
    )


def composition(body: bytes, origin: Origin) -> Document | None:
    """Reads a Composition."""
    stated = _composition(body)
    if stated.status == ERROR:
        return None
    return Document(
        origin,
        stated.date,
        encounter_id(stated.encounter),
        shown(stated.title) or words(stated.type),
        words(stated.type) or _first_words(stated.category),
        stated.status,
        next((named(one, stated) for one in stated.author), None),
        None,
        [],
        len(stated.section),
    )


def _first_words(concepts: Sequence[Concept]) -> str | None:
    return next(filter(None, map(words, concepts)), None)


def _title(attachments: Sequence[Attachment]) -> str | None:
    return next((title for title in (shown(one.title) for one in attachments) if title), None)


def _kinds(attachments: Sequence[Attachment]) -> list[str]:
    """Content types without parameters: ``text/plain``."""
    said = (shown((one.contentType or "").partition(";")[0]) for one in attachments)
    return list(dict.fromkeys(text for text in said if text))
