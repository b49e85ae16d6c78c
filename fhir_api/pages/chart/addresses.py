"""Addresses of charts and of what they are made of, now and in the past.

``/citizens/{id}`` is the chart of today; ``/at/{moment}`` behind it is the chart as it was, and
``/by/{facility}`` behind that what one facility had recorded itself. Whatever lies below keeps this part, so
that every link within the past stays in it.
"""

from urllib.parse import quote, unquote
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

from ehr.values import ID, Key, subject_of

WHENEVER = ("", "/at/{moment}", "/at/{moment}/by/{facility}")
"""What may stand behind the address of a chart or a resource."""


def subject_asked(request: Request) -> UUID:
    """Of the Patient that the address names. Raises HTTPException."""
    patient_id = request.path_params["patient_id"]
    if not ID.fullmatch(patient_id):
        raise HTTPException(404)
    return subject_of(Key("Patient", patient_id).reference)


def resource_asked(request: Request) -> Key:
    """The resource that the address names. Raises HTTPException."""
    type_, id_ = (request.path_params[name] for name in ("type", "id"))
    if not type_.isascii() or not type_.isalpha() or not ID.fullmatch(id_):
        raise HTTPException(404)
    return Key(type_, id_)


def facility_asked(request: Request) -> str | None:
    """Code of the one whose record is asked for; None for that of all."""
    segment = request.path_params.get("facility")
    return None if segment is None else unquote(segment)


def today_of(request: Request) -> str:
    """The same chart or resource as it is now."""
    asked = request.path_params
    if "patient_id" in asked:
        return f"/citizens/{asked['patient_id']}"
    return f"/resources/{resource_asked(request).reference}"


def then_in(request: Request) -> str:
    """The part of the address that says when and whose, "" for now."""
    moment, segment = (request.path_params.get(name) for name in ("moment", "facility"))
    return then_part(moment, segment and unquote(segment)) if moment else ""


def then_part(moment: str, facility: str | None = None) -> str:
    """The same, made. moment: as ``moments.Asked`` has it. Codes of facilities may have any characters, so
    they are encoded once more than an address needs: what is decoded on the way has no slash."""
    by = f"/by/{quote(quote(facility, safe=''), safe='')}" if facility else ""
    return f"/at/{quote(moment, safe=':+')}{by}"
