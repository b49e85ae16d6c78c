"""MedicationRequest, Immunization, Procedure, ServiceRequest (referral), AllergyIntolerance."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.immunization import Immunization
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.procedure import Procedure
from fhir.resources.R4B.servicerequest import ServiceRequest

from simulation import systems
from simulation.code_lists import Dosage, VaccineDose, drugs
from simulation.shapes.elements import Json, checked, concept, identifier, text_only
from simulation.shapes.encounters import icd10
from simulation.shapes.places import facility_pointer
from simulation.shapes.scene import Scene
from simulation.visits import Allergy, ProcedureDone, Referral, Shot

_ANYONE: Json = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}


@cache
def _medication_request(dosage: Dosage) -> Json:
    drug = drugs()[dosage.drug]
    name = f"{drug.name} {drug.strength}, {drug.form}"
    units = dosage.dose * dosage.times * dosage.days
    amount = {"value": 1, "unit": drug.package} if drug.package else {"value": units, "unit": drug.unit}
    elements = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept(systems.ATC, drug.atc, text=name),
        "subject": _ANYONE,
        "dosageInstruction": [_instruction(dosage)],
        "dispenseRequest": {"quantity": amount, "expectedSupplyDuration": _days(dosage.days)},
    }
    return checked(MedicationRequest, elements)


def _instruction(dosage: Dosage) -> Json:
    drug = drugs()[dosage.drug]
    text = f"{drug.route} mỗi lần {dosage.dose} {drug.unit}, ngày {dosage.times} lần, {dosage.when}; "
    repeat = {"boundsDuration": _days(dosage.days), "frequency": dosage.times, "period": 1, "periodUnit": "d"}
    return {
        "text": f"{text}dùng {dosage.days} ngày",
        "timing": {"repeat": repeat},
        "route": text_only(drug.route),
        "doseAndRate": [{"doseQuantity": {"value": dosage.dose, "unit": drug.unit}}],
    }


def _days(number: int) -> Json:
    return {"value": number, "unit": "ngày", "system": systems.UCUM, "code": "d"}


def medication_request(dosage: Dosage, scene: Scene, day: date) -> Json:
    """A prescription with its dosage in Vietnamese; nobody says when it is used up, `validityPeriod` does."""
    skeleton = _medication_request(dosage)
    last = day + timedelta(days=dosage.days)
    valid = {"validityPeriod": {"start": day.isoformat(), "end": last.isoformat()}}
    return {
        **skeleton,
        "subject": scene.subject,
        "encounter": scene.encounter,
        "authoredOn": scene.starts,
        "requester": scene.clinician,
        "dispenseRequest": {**skeleton["dispenseRequest"], **valid},
    }


@cache
def _immunization(dose: VaccineDose) -> Json:
    protocol = {
        "series": dose.vaccine,
        "targetDisease": [text_only(dose.disease)],
        "doseNumberPositiveInt": dose.dose,
    }
    elements = {
        "status": "completed",
        "vaccineCode": concept(systems.ATC, dose.atc, text=dose.name),
        "patient": _ANYONE,
        "occurrenceDateTime": "2025-01-01",
        "primarySource": True,
        "protocolApplied": [protocol],
    }
    return checked(Immunization, elements)


def immunization(shot: Shot, scene: Scene, lot: str) -> Json:
    """A dose given now, or one reported from the child's vaccination book."""
    common = {**_immunization(shot.dose), "patient": scene.subject}
    if shot.given:
        book = concept(systems.IMMUNIZATION_ORIGIN, "record", "Written Record", "Sổ tiêm chủng")
        return {
            **common,
            "occurrenceDateTime": shot.given.isoformat(),
            "primarySource": False,
            "reportOrigin": book,
        }
    return {
        **common,
        "encounter": scene.encounter,
        "occurrenceDateTime": scene.starts,
        "lotNumber": lot,
        "site": text_only(shot.dose.site),
        "route": text_only(shot.dose.route),
        "doseQuantity": {"value": shot.dose.ml, "unit": "ml", "system": systems.UCUM, "code": "mL"},
        "performer": [{"actor": scene.clinician}],
    }


@cache
def _procedure(code: str, name: str) -> Json:
    coded = concept(systems.ICD9_PROCEDURES, code, text=name)
    return checked(Procedure, {"status": "completed", "code": coded, "subject": _ANYONE})


def procedure(done: ProcedureDone, scene: Scene, condition: str) -> Json:
    """Something done at this visit because of its main diagnosis (a fullUrl, or empty)."""
    return {
        **_procedure(done.code, done.name),
        "subject": scene.subject,
        "encounter": scene.encounter,
        "performedDateTime": scene.starts,
        "performer": [{"actor": scene.clinician}],
        **({"reasonReference": [{"reference": condition}]} if condition else {}),
    }


@cache
def _referral(back: bool, answered: bool) -> Json:
    text = "Chuyển người bệnh về tuyến dưới theo dõi" if back else "Chuyển cơ sở khám bệnh, chữa bệnh"
    elements = {
        "status": "completed" if answered else "active",
        "intent": "order",
        "category": [concept(systems.SNOMED, "3457005", "Patient referral")],
        "code": text_only(text),
        "subject": _ANYONE,
    }
    return checked(ServiceRequest, elements)


def referral(paper: Referral, scene: Scene, number: str, code: str, answered: bool = False) -> Json:
    """The referral paper under its own id; the facility that receives the patient answers it by number."""
    return {
        **_referral(paper.back, answered),
        "id": number,
        "identifier": [identifier(systems.REFERRAL_NUMBER, paper.number)],
        "priority": "urgent" if paper.urgent else "routine",
        "subject": scene.subject,
        "encounter": scene.encounter,
        "authoredOn": scene.ends,
        "requester": scene.clinician,
        "performer": [facility_pointer(paper.to)],
        "reasonCode": [{**icd10(code), "text": paper.reason}],
    }


@cache
def _allergy(allergy: Allergy) -> Json:
    none = concept(systems.SNOMED, "716186003", "No known allergy", "Không có tiền sử dị ứng")
    drug = concept(systems.ATC, allergy.atc, text=allergy.substance)
    coded = drug if allergy.atc else text_only(allergy.substance)
    reaction = {"reaction": [{"manifestation": [text_only(allergy.reaction)]}]} if allergy.reaction else {}
    elements = {
        "clinicalStatus": concept(systems.ALLERGY_STATUS, "active"),
        "verificationStatus": concept(systems.ALLERGY_VERIFICATION, "confirmed"),
        "code": coded if allergy.substance else none,
        "patient": _ANYONE,
        **({"category": ["medication" if allergy.atc else "food"]} if allergy.substance else {}),
        **reaction,
    }
    return checked(AllergyIntolerance, elements)


def allergy_intolerance(allergy: Allergy, scene: Scene) -> Json:
    """What was answered about allergies, also that none are known."""
    return {
        **_allergy(allergy),
        "patient": scene.subject,
        "encounter": scene.encounter,
        "recordedDate": scene.starts,
        "recorder": scene.clinician,
    }
