"""A note for whoever opens the chart: what its form needs, and what becomes of it."""

import base64
import re
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ehr.errors import KeyReused, Refusal, Unavailable
from ehr.health_record import now
from ehr.requests import Change
from ehr.values import ID, Key, subject_of
from fhir_api.access.actor import LONGEST
from fhir_api.access.entrance import visit_of
from fhir_api.errors import ApiError
from fhir_api.intake import IntakeRefused
from fhir_api.outcomes import Invalid
from fhir_api.pages.forms import form_fields
from fhir_api.pages.rendering import render
from fhir_api.pages.stating import LARGEST_FORM, LONGEST_TEXT, cleaned, done, state, writer_of
from fhir_api.pages.workplace import workplace_of
from projections.database import DatabaseTrouble
from projections.health_record.kinds.notes import LOINC, NOTE, PLAIN
from projections.health_record.queries import read_chart

_TOKEN = re.compile(r"[0-9a-f]{32}")


class Wish(NamedTuple):
    """What was sent. token: names the form, so that sending it twice stores one note."""

    text: str
    by: str
    token: str | None

    @property
    def lacks(self) -> str | None:
        """Key of the message that says what is missing before it can be stored."""
        if not self.text:
            return "notes.lacks.text"
        if not self.by:
            return "notes.lacks.by"
        return "notes.lacks.short" if len(self.text) > LONGEST_TEXT else None


def form_of(request: Request, wish: Wish | None = None, called: Callable[[str], str] = str) -> dict[str, Any]:
    """What the form shows. wish: what was sent before. called: the name of a facility by its code."""
    workplace = workplace_of(request)
    return {
        "text": wish.text if wish else "",
        "by": wish.by if wish else writer_of(request),
        "user": visit_of(request.scope).actor.user,
        "workplace": workplace and called(workplace),
        "longest": LONGEST_TEXT,
        "token": (wish and wish.token) or secrets.token_hex(16),
    }


async def write_note(request: Request) -> Response:
    """POST /citizens/{patient_id}/notes. What somebody typed is never lost: whatever keeps it from being
    stored, it comes again."""
    patient = request.path_params["patient_id"]
    if not ID.fullmatch(patient):
        raise HTTPException(404)
    wish = _wish(request, await form_fields(request, LARGEST_FORM))
    if wish.lacks:
        return _again(request, wish, wish.lacks, 422)
    change = Change(None, "create", "DocumentReference", raw=document(patient, wish))
    try:
        if not await _is_known(request, patient):
            raise HTTPException(404)
        await state(request, [change], wish.by, wish.token, [patient, *wish[:2]])
    except (Unavailable, DatabaseTrouble):
        return _again(request, wish, "notes.refused.away", 503)
    except KeyReused:
        return _again(request, wish._replace(token=None), "notes.refused.twice", 409)
    except (Refusal, Invalid, IntakeRefused, ApiError):
        return _again(request, wish, "notes.refused.invalid", 422)
    return done(f"/citizens/{patient}#notes", wish.by)


def document(patient: str, wish: Wish) -> bytes:
    """The note as FHIR has it (docs/decisions/0015-notes-and-corrections.md)."""
    data = base64.b64encode(wish.text.encode()).decode()
    return orjson.dumps(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "docStatus": "final",
            "type": {"coding": [{"system": LOINC, "code": NOTE, "display": "Note"}]},
            "subject": {"reference": f"Patient/{patient}"},
            "date": now(),
            "author": [{"display": wish.by}],
            "content": [{"attachment": {"contentType": f"{PLAIN}; charset=utf-8", "data": data}}],
        }
    )


def _wish(request: Request, fields: dict[str, str]) -> Wish:
    token = fields.get("token", "")
    by = visit_of(request.scope).actor.user or cleaned(fields.get("by", ""))[:LONGEST]
    return Wish(cleaned(fields.get("text", "")), by, token if _TOKEN.fullmatch(token) else None)


async def _is_known(request: Request, patient: str) -> bool:
    """Whether there is a chart: a note about somebody whom nobody knows would be read by nobody."""
    async with request.app.state.views.connection() as connection:
        chart = await read_chart(connection, subject_of(Key("Patient", patient).reference))
    return bool(chart.entries)


def _again(request: Request, wish: Wish, refused: str, status: int) -> Response:
    shown = {
        "patient_id": request.path_params["patient_id"],
        "note_form": form_of(request, wish),
        "refused": refused,
    }
    return render(request, "note_again.html", shown, status=status)
