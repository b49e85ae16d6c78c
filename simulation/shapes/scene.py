"""What the resources of one visit share."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.shapes.elements import Json


@dataclass(frozen=True, slots=True)
class Scene:
    """References to patient, encounter, facility, clinician; start and end of the visit as FHIR dateTimes."""

    subject: Json
    encounter: Json
    facility: Json
    clinician: Json
    starts: str
    ends: str
