"""What can be corrected of a resource on a page, as it is read and typed there, and the resource that it
becomes. Pure.

Few things, and simple ones: values, dates and texts that stand there already, and that all of it was entered
in error. Whatever else is to be changed, programs change by the FHIR API.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from ehr.dates import ZONE, span
from ehr.formats.written_date import read_date
from fhir_api.pages.formats import moment_text
from projections.health_record.kinds.notes import LOINC, NOTE, decoded

Json = dict[str, Any]
Path = tuple[str | int, ...]

NUMBER, DATE, TEXT, NOTE_TEXT = "number", "date", "text", "note"
"""Kinds of fields."""

_VALUE: Path = ("valueQuantity", "value")
_SIMPLE: Mapping[str, tuple[tuple[str, Path], ...]] = MappingProxyType(
    {
        "AllergyIntolerance": ((DATE, ("onsetDateTime",)),),
        "Composition": ((TEXT, ("title",)),),
        "Condition": ((DATE, ("onsetDateTime",)),),
        "DiagnosticReport": ((TEXT, ("conclusion",)), (DATE, ("effectiveDateTime",))),
        "DocumentReference": ((TEXT, ("description",)),),
        "Encounter": ((DATE, ("period", "start")), (DATE, ("period", "end"))),
        "Immunization": ((DATE, ("occurrenceDateTime",)), (TEXT, ("lotNumber",))),
        "MedicationAdministration": ((DATE, ("effectiveDateTime",)),),
        "MedicationDispense": ((DATE, ("whenHandedOver",)),),
        "MedicationRequest": ((DATE, ("authoredOn",)),),
        "MedicationStatement": ((DATE, ("effectiveDateTime",)),),
        "Observation": ((NUMBER, _VALUE), (TEXT, ("valueString",)), (DATE, ("effectiveDateTime",))),
        "Procedure": ((DATE, ("performedDateTime",)),),
        "ServiceRequest": ((DATE, ("authoredOn",)),),
    }
)
"""Type -> fields that one of it may have."""

TYPES = frozenset(_SIMPLE)
"""Types of which something can be corrected."""

_IN_ORDER: Mapping[str, tuple[Path, Path]] = MappingProxyType(
    {
        "AllergyIntolerance": (("onsetDateTime",), ("lastOccurrence",)),
        "Condition": (("onsetDateTime",), ("abatementDateTime",)),
        "Encounter": (("period", "start"), ("period", "end")),
        "MedicationDispense": (("whenPrepared",), ("whenHandedOver",)),
        "MedicationRequest": (("authoredOn",), ("dispenseRequest", "validityPeriod", "end")),
    }
)
"""Type -> two dates of which the second is not over before the first begins."""

_DIGITS = re.compile(r"(<=|>=|<|>)?\s*([+-]?[0-9]{1,18}(?:[.,][0-9]{1,18})?)", re.ASCII)
_MOMENT = re.compile(r"(\S+)\s+([0-9]{1,2})[:hH]([0-9]{2})", re.ASCII)
_DATA: Path = ("content", 0, "attachment", "data")
_BY_VERIFICATION = ("AllergyIntolerance", "Condition")
_VERIFICATION = MappingProxyType(
    {
        "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
        "Condition": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
    }
)
_ERROR = "entered-in-error"


class Digits(str):
    """A number as it is written: its digits mean precision (https://hl7.org/fhir/R4/datatypes.html#decimal)."""


class Amount(NamedTuple):
    """What was typed for a number. comparator: where the true value is beyond it."""

    comparator: str | None
    digits: Digits


class Field(NamedTuple):
    """Something that can be corrected. name: of it in forms. text: as it is shown. part: what the component
    is called to which it belongs. unit: of a number."""

    name: str
    kind: str
    path: Path
    text: str
    part: str | None = None
    unit: str | None = None

    @property
    def label(self) -> str:
        """Which message says what it is: by the last name of the path; of values of all kinds ``value``."""
        return "value" if self.path[-1] in ("value", "valueString") else str(self.path[-1])


def read_body(body: bytes) -> Json:
    """A resource, its numbers as they are written."""
    resource: Json = json.loads(body, parse_float=Digits, parse_int=Digits)
    return resource


def written(resource: Json) -> bytes:
    """The text of such a resource."""
    return orjson.dumps(resource, default=_fragment, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def fields_of(resource: Json) -> list[Field]:
    """What it has of what can be corrected."""
    return list(_fields(resource))


def is_error(resource: Json) -> bool:
    """Whether it was entered in error."""
    if resource["resourceType"] not in _BY_VERIFICATION:
        return bool(resource.get("status") == _ERROR)
    codings = resource.get("verificationStatus", {}).get("coding", [])
    return any(coding.get("code") == _ERROR for coding in codings)


def reading(field: Field, text: str) -> Any:
    """What was typed, as the resource has it; None for what cannot be understood, and for nothing."""
    return _READ[field.kind](text) if text else None


def backwards(resource: Json, typed: Mapping[Field, Any]) -> list[Field]:
    """A beginning and an end that is over before it, once one of them is as typed (``reading``); or none."""
    paths = _IN_ORDER.get(resource["resourceType"], ())
    stated = {field.path: value for field, value in typed.items()}
    dates = [stated.get(path) or _at(resource, path) for path in paths]
    if stated.keys().isdisjoint(paths) or not all(dates) or not _is_over(dates[1], dates[0]):
        return []
    texts = zip(paths, map(moment_text, dates), strict=True)
    return [Field(".".join(map(str, path)), DATE, path, text) for path, text in texts]


def corrected(resource: Json, typed: Mapping[Field, Any], *, error: bool) -> bytes:
    """The resource with these values (``reading``) in these fields. error: all of it was entered in error.

    What was said about the former values goes: the narrative, and how a value was interpreted.
    """
    stated = read_body(written(resource))
    for field, value in typed.items():
        holder = _at(stated, field.path[:-1])
        if field.kind == NUMBER:
            holder["value"] = value.digits
            holder.pop("comparator", None)
            holder.update({"comparator": value.comparator} if value.comparator else {})
            _at(stated, field.path[:-2]).pop("interpretation", None)
        else:
            holder[field.path[-1]] = value
        if field.kind == NOTE_TEXT:
            for about_data in ("hash", "size"):
                holder.pop(about_data, None)
    stated.pop("text", None)
    if typed and stated.get("status") in ("final", "amended") and stated["resourceType"] in _CORRECTED:
        stated["status"] = "corrected"
    if error:
        _mark_error(stated)
    return written(stated)


_CORRECTED = ("DiagnosticReport", "Observation")
"""Types whose status says that they were corrected (https://hl7.org/fhir/R4/valueset-observation-status.html)."""


def _mark_error(stated: Json) -> None:
    type_ = stated["resourceType"]
    if type_ not in _BY_VERIFICATION:
        stated["status"] = _ERROR
        return
    stated["verificationStatus"] = {"coding": [{"system": _VERIFICATION[type_], "code": _ERROR}]}
    stated.pop("clinicalStatus", None)  # Beside it there shall be none: con-5, ait-2.


def _fields(resource: Json) -> Iterator[Field]:
    if _is_note(resource):
        yield Field("note", NOTE_TEXT, _DATA, decoded(_at(resource, _DATA)) or "")
        return
    for kind, path in _SIMPLE[resource["resourceType"]]:
        yield from _field(resource, kind, path)
    for number, component in enumerate(resource.get("component", ())):
        yield from _field(
            resource, NUMBER, ("component", number, *_VALUE), _called(component.get("code", {}))
        )


def _field(resource: Json, kind: str, path: Path, part: str | None = None) -> Iterator[Field]:
    value = _at(resource, path)
    if isinstance(value, str):
        holder = _at(resource, path[:-1])
        unit = (holder.get("unit") or holder.get("code")) if kind == NUMBER else None
        text = moment_text(value) if kind == DATE else str(value)
        if kind == NUMBER and "comparator" in holder:
            text = f"{holder['comparator']} {text}"
        yield Field(".".join(map(str, path)), kind, path, text, part, unit)


def _is_note(resource: Json) -> bool:
    if resource["resourceType"] != "DocumentReference" or len(resource.get("content", ())) != 1:
        return False
    codings = resource.get("type", {}).get("coding", [])
    is_type = any(one.get("system") == LOINC and one.get("code") == NOTE for one in codings)
    return is_type and isinstance(_at(resource, _DATA), str)


def _at(node: Any, path: Path) -> Any:
    """What stands there; None where nothing does."""
    for step in path:
        if isinstance(step, int):
            node = node[step] if isinstance(node, list) and step < len(node) else None
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return node


def _is_over(end: str, start: str) -> bool:
    """Whether one date is over before another begins, for sure: May 2026 is not before 3 May. Seconds are not
    seen on a page."""
    ends, starts = span(end), span(start)
    return bool(ends and starts and ends.end <= starts.start.replace(second=0, microsecond=0))


def _called(concept: Json) -> str:
    codings = [coding.get("display") or coding.get("code") for coding in concept.get("coding", ())]
    return concept.get("text") or next(filter(None, codings), "?")


def _number(text: str) -> Amount | None:
    """With a comma as in Vietnam, or a point; ``< 0,01`` where the true value is beyond it."""
    match = _DIGITS.fullmatch(text)
    if not match:
        return None
    comparator, text = match.groups()
    sign, digits = ("-" if text[0] == "-" else ""), text.lstrip("+-").replace(",", ".")
    whole, point, rest = digits.partition(".")
    return Amount(comparator, Digits(f"{sign}{whole.lstrip('0') or '0'}{point}{rest}"))


def _date(text: str) -> str | None:
    """``03/10/2026``, ``10/2026``, ``2026``, each as FHIR has it; with a time in Vietnam's zone."""
    with_time = _MOMENT.fullmatch(text)
    day = read_date(with_time[1] if with_time else text)
    if day is None or with_time is None:
        return day
    try:
        moment = datetime.fromisoformat(f"{day}T{with_time[2]:0>2}:{with_time[3]}:00")
    except ValueError:
        return None
    return moment.replace(tzinfo=ZONE).isoformat()


_READ: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        NUMBER: _number,
        DATE: _date,
        TEXT: str,
        NOTE_TEXT: lambda text: base64.b64encode(text.encode()).decode(),
    }
)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Digits):
        return orjson.Fragment(value.encode())
    raise TypeError
