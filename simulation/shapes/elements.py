"""The small parts of which resources consist."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import orjson
from fhir_core.fhirabstractmodel import FHIRAbstractModel

from simulation import systems

Json = dict[str, Any]

TEST_DATA: Json = {"tag": [{"system": systems.ACT_REASON, "code": "HTEST", "display": "test health data"}]}


def checked(model: type[FHIRAbstractModel], elements: Json) -> Json:
    """The resource as JSON, after `fhir.resources` has checked it. Raises pydantic.ValidationError."""
    resource: Json = orjson.loads(model.model_validate(elements).model_dump_json())
    return resource


def concept(system: str, code: str, display: str = "", text: str = "") -> Json:
    """A CodeableConcept with one coding."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {"coding": [coding], **({"text": text} if text else {})}


def text_only(text: str) -> Json:
    """A CodeableConcept for which no code list is known."""
    return {"text": text}


def identifier(system: str, value: str, kind: str = "", **more: Any) -> Json:
    """An Identifier; `kind` is a code of HL7 table 0203."""
    typed = {"type": concept(systems.IDENTIFIER_TYPE, kind)} if kind else {}
    return {**typed, "system": system, "value": value, **more}


def condition_of(system: str, value: str) -> str:
    """The condition `identifier=system|value`, for If-None-Exist and conditional references."""
    return f"identifier={system}|{value}"


def pointer(kind: str, system: str, value: str, display: str = "") -> Json:
    """A conditional reference by identifier."""
    reference = f"{kind}?{condition_of(system, value)}"
    return {"reference": reference, **({"display": display} if display else {})}


kept_pointer = cache(pointer)  # for the few things that many resources point at


def moment(when: datetime) -> str:
    """A FHIR dateTime with seconds and zone."""
    return when.isoformat(timespec="seconds")
