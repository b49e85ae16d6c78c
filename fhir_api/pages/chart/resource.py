"""One resource: its versions, the fact that each came from, and its text as it was received."""

import re
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.escapes import without_escapes
from ehr.values import ID, Key, subject_of
from fhir_api.pages.chart.addresses import (
    WHENEVER,
    facility_asked,
    resource_asked,
    then_in,
    today_of,
)
from fhir_api.pages.chart.past import Then, then_of
from fhir_api.pages.chart.readable import DOCUMENTS, Readable, readable
from fhir_api.pages.chart.words import sayer, told
from fhir_api.pages.corrections.fields import TYPES
from fhir_api.pages.formats import bytes_text, moment_text
from fhir_api.pages.languages import language_of
from fhir_api.pages.rendering import render
from projections.database import Reader
from projections.fhir_resources.lineage import Statement, lineage
from projections.fhir_resources.queries import read_version, unpacked
from projections.health_record.past import names_then
from projections.health_record.queries import names_of
from projections.standing import Lacks, at_one_moment

VERSIONS = 50
"""On one page, newest first."""

MOST_CHARACTERS = 200_000
"""Of a resource's text that are shown; the rest is in the resource itself."""

LARGEST_INDENTED = 256 * 1024
"""Bytes of a resource that is indented: what is nested deeply becomes many times as long."""

_MENTIONED = re.compile(rf'"Patient/({ID.pattern})(?:/_history/[^"]*)?"'.encode())


class Shown(NamedTuple):
    """The version whose text is shown. text: indented, unless it is large. cut: whether there is more of it.

    patient: id of the Patient whose chart it belongs to; None where it is nobody's, or names none. says: what
    it says, where it is a document.
    """

    version: int
    text: str
    cut: bool
    patient: str | None
    says: Readable | None


class Lineage(NamedTuple):
    """What the page tells. statements: newest first. older: version before which there are more."""

    statements: Sequence[Statement]
    older: int | None
    shown: Shown | None
    names: Mapping[str, str]
    then: Then | None
    lacks: Lacks


async def resource_page(request: Request) -> Response:
    """GET /resources/{type}/{id}?version=…&before=…: now, or as it was, or as one facility had stated it."""
    key = resource_asked(request)
    async with request.app.state.views.connection() as connection:
        found = await _read(connection, request, key)
    if not found.statements:
        return _nothing(request, found)
    language, facility = language_of(request), facility_asked(request)
    shown: dict[str, Any] = found._asdict() | {
        "reference": key.reference,
        "type": key.type,
        "correctable": key.type in TYPES and not found.then and not found.statements[0].deleted,
        "today": today_of(request),
        "then_part": then_in(request),
        "whose": found.names.get(facility, facility) if facility else None,
        "said": sayer(language),
        "when": told(moment_text),
        "bytes": lambda size: bytes_text(size, language),
    }
    return render(request, "resource.html", shown)


async def _read(connection: Reader, request: Request, key: Key) -> Lineage:
    """Raises CannotTell."""
    then, facility = await then_of(connection, request), facility_asked(request)
    wishes = request.query_params
    async with at_one_moment(connection, "fhir_resources") as lacks:
        statements = await lineage(
            connection, key, VERSIONS, then.moment.position if then else None, _number(wishes.get("before"))
        )
        older = statements[-1].version if len(statements) == VERSIONS else None
        if facility is not None:
            statements = [one for one in statements if one.fact and one.fact.facility == facility]
        shown = await _shown(connection, key, statements, _number(wishes.get("version")))
        codes = {facility, *(one.fact.facility for one in statements if one.fact)}
        stated = [code for code in codes if code and "\0" not in code]
        names = await _names(connection, stated, then)
    return Lineage(statements, older, shown, names, then, lacks)


async def _names(connection: Reader, codes: Sequence[str], then: Then | None) -> Mapping[str, str]:
    """Of facilities, by code: what they were called then."""
    if then is None:
        return (await names_of(connection, (), codes)).names
    return (await names_then(connection, (), codes, then.moment.position)).names


async def _shown(
    connection: Reader, key: Key, statements: Sequence[Statement], wanted: int | None
) -> Shown | None:
    """The version that is wanted, else the newest that has a text; None where none has."""
    told = [one for one in statements if not one.deleted and wanted in (None, one.version)]
    version = await read_version(connection, key, told[0].version) if told else None
    if version is None:
        return None
    (body,) = unpacked([version])
    text = (msgspec.json.format(body, indent=2) if len(body) <= LARGEST_INDENTED else body).decode()
    patient = _patient(key, body, told[0].subject)
    cut = len(text) > MOST_CHARACTERS
    says = await to_thread(readable, key.type, body) if key.type in DOCUMENTS else None
    return Shown(version.version, text[:MOST_CHARACTERS], cut, patient, says)


def _patient(key: Key, body: bytes, subject: UUID) -> str | None:
    """Whoever it mentions, or is, from whose id the subject is derived."""
    mentioned = [id_.decode() for id_ in _MENTIONED.findall(without_escapes(body))]
    own = [key.id] if key.type == "Patient" else []
    return next((id_ for id_ in (*own, *mentioned) if subject_of(f"Patient/{id_}") == subject), None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _nothing(request: Request, found: Lineage) -> Response:
    if found.lacks.missing or found.lacks.incomplete:
        return render(request, "message.html", {"key": "chart.not_yet"}, status=503)
    if found.then is None:
        raise HTTPException(404)
    return render(request, "message.html", {"key": "resource.not_then"}, status=404)


routes = [Route(f"/resources/{{type}}/{{id}}{when}", resource_page, methods=["GET"]) for when in WHENEVER]
