"""What a chart is made of: one file for each kind of entry, with its stored form and how FHIR says it."""

from collections.abc import Callable

from projections.health_record.entry import Origin
from projections.health_record.kinds import (
    allergies,
    conditions,
    documents,
    encounters,
    immunizations,
    medicines,
    notes,
    observations,
    orders,
    patients,
)
from projections.health_record.kinds.allergies import Allergy
from projections.health_record.kinds.conditions import Problem
from projections.health_record.kinds.documents import Document
from projections.health_record.kinds.encounters import Diagnosis, Visit
from projections.health_record.kinds.immunizations import Immunisation
from projections.health_record.kinds.medicines import Medicine
from projections.health_record.kinds.notes import Note
from projections.health_record.kinds.observations import Measure, Result
from projections.health_record.kinds.orders import Act, Order
from projections.health_record.kinds.patients import Numbered, Person

__all__ = [
    "READERS",
    "Act",
    "Allergy",
    "AnyEntry",
    "Diagnosis",
    "Document",
    "Immunisation",
    "Measure",
    "Medicine",
    "Note",
    "Numbered",
    "Order",
    "Person",
    "Problem",
    "Result",
    "Visit",
]

AnyEntry = (
    Person | Visit | Problem | Medicine | Allergy | Immunisation | Result | Document | Order | Act | Note
)

READERS: dict[str, Callable[[bytes, Origin], AnyEntry | None]] = {
    "AllergyIntolerance": allergies.allergy,
    "Composition": documents.composition,
    "Condition": conditions.problem,
    "DiagnosticReport": documents.report,
    "DocumentReference": documents.document,
    "Encounter": encounters.visit,
    "Immunization": immunizations.immunisation,
    "MedicationAdministration": medicines.given,
    "MedicationDispense": medicines.dispensed,
    "MedicationRequest": medicines.requested,
    "MedicationStatement": medicines.taken,
    "Observation": observations.result,
    "Patient": patients.person,
    "Procedure": orders.act,
    "Provenance": notes.correction,
    "ServiceRequest": orders.order,
}
"""Resource type -> what a chart shows of one resource, from its text; None for what was entered in error.
Other types are not read at all."""
