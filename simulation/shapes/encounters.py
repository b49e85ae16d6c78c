"""Encounter, its Conditions, and the Composition that closes a stay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from fhir.resources.R4B.composition import Composition
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.encounter import Encounter

from simulation import systems
from simulation.code_lists import diagnoses
from simulation.shapes.elements import Json, checked, concept, identifier, pointer, text_only
from simulation.shapes.places import location_pointer
from simulation.shapes.scene import Scene
from simulation.visits import Discharge, Problem, Visit, VisitKind

_CLASSES: dict[VisitKind, tuple[str, str]] = {
    "ambulatory": ("AMB", "ambulatory"),
    "emergency": ("EMER", "emergency"),
    "inpatient": ("IMP", "inpatient encounter"),
    "home": ("HH", "home health"),
}
_SERVICES = {
    "01": "Khám bệnh",
    "02": "Điều trị ngoại trú",
    "03": "Điều trị nội trú",
    "05": "Điều trị ngoại trú bệnh mạn tính, có lĩnh thuốc",
    "10": "Khác: tiêm chủng",
    "12": "Khám, chữa bệnh tại nhà",
    "15": "Khám sức khỏe định kỳ",
}
_ANYONE: Json = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}
_MAIN = concept(systems.DIAGNOSIS_ROLE, "CC", "Chief complaint")
_OTHER = concept(systems.DIAGNOSIS_ROLE, "CM", "Comorbidity diagnosis")
_LASTING = {"chronic", "programme"}
_SETTLED = {"prevention", "vaccination", "delivery"}
_PAPERS = {"home": "Giấy ra viện", "died": "Tóm tắt hồ sơ bệnh án tử vong"}
_OUTCOMES = {
    "home": concept(systems.DISCHARGE_DISPOSITION, "home", "Home", "Ra viện"),
    "died": concept(systems.DISCHARGE_DISPOSITION, "exp", "Expired", "Tử vong"),
}


@cache
def _encounter(kind: VisitKind, service: str, ongoing: bool) -> Json:
    code, display = _CLASSES[kind]
    elements = {
        "status": "in-progress" if ongoing else "finished",
        "class": {"system": systems.ENCOUNTER_CLASS, "code": code, "display": display},
        "type": [concept(systems.VISIT_CLASS, service, text=_SERVICES[service])],
    }
    return checked(Encounter, elements)


def encounter(visit: Visit, scene: Scene, number: str, conditions: Sequence[str]) -> Json:
    """The visit itself; `conditions` are the fullUrls of its diagnoses, the main one first."""
    second_point = visit.facility.point and visit.minutes % 4 == 0
    return {
        **_encounter(visit.kind, visit.service, visit.ongoing),
        "identifier": [identifier(systems.VISIT_NUMBER, number, "VN")],
        "subject": scene.subject,
        **({"basedOn": [referral_pointer(visit.answers)]} if visit.answers else {}),
        "participant": [{"individual": scene.clinician}],
        "period": {"start": scene.starts} if visit.ongoing else {"start": scene.starts, "end": scene.ends},
        "reasonCode": [text_only(visit.reason)],
        **({"diagnosis": _ranked(conditions)} if conditions else {}),
        **({"hospitalization": _hospitalization(visit.discharge)} if visit.discharge else {}),
        "location": [{"location": location_pointer(visit.facility, second_point)}],
        "serviceProvider": scene.facility,
    }


def _ranked(conditions: Sequence[str]) -> list[Json]:
    return [
        {"condition": {"reference": url}, "use": _MAIN if rank == 1 else _OTHER, "rank": rank}
        for rank, url in enumerate(conditions, start=1)
    ]


def _hospitalization(discharge: Discharge) -> Json:
    return {"dischargeDisposition": _OUTCOMES[discharge.outcome]}


def referral_pointer(number: str) -> Json:
    """A conditional reference to the ServiceRequest with this referral number."""
    return {"reference": pointer("ServiceRequest", systems.REFERRAL_NUMBER, number)["reference"]}


def icd10(code: str) -> Json:
    """The diagnosis with its Vietnamese name."""
    diagnosis = diagnoses()[code]
    return concept(systems.ICD10, code, diagnosis.name_en, diagnosis.name)


@cache
def _condition(code: str, category: str, status: str) -> Json:
    """Without a status it tells what was found, not whether it lasts (con-3 asks that of problems alone)."""
    elements = {
        **({"clinicalStatus": concept(systems.CONDITION_STATUS, status)} if status else {}),
        "verificationStatus": concept(systems.CONDITION_VERIFICATION, "confirmed"),
        "category": [concept(systems.CONDITION_CATEGORY, category)],
        "code": icd10(code),
        "subject": _ANYONE,
    }
    return checked(Condition, elements)


def diagnosis(code: str, scene: Scene, cured: bool) -> Json:
    """A diagnosis of this visit; what the visit itself settles is over with it."""
    status = _status(code, cured)
    return {
        **_condition(code, "encounter-diagnosis", status),
        "subject": scene.subject,
        "encounter": scene.encounter,
        **({"abatementDateTime": scene.ends} if status == "resolved" else {}),
        "recordedDate": scene.starts,
    }


def _status(code: str, cured: bool) -> str:
    use = diagnoses()[code].use
    if use in _LASTING:
        return "active"
    return "resolved" if cured or use in _SETTLED else ""


def problem(entry: Problem, scene: Scene) -> Json:
    """An entry of the problem list; people remember the year in which it began."""
    return {
        **_condition(entry.code, "problem-list-item", "active"),
        "subject": scene.subject,
        "encounter": scene.encounter,
        "onsetDateTime": f"{entry.since:%Y}",
        "recordedDate": scene.starts,
    }


@cache
def _discharge_paper(title: str) -> Json:
    elements = {
        "status": "final",
        "type": concept(systems.LOINC, "18842-5", "Discharge summary", title),
        "date": "2025-01-01",
        "author": [_ANYONE],
        "title": title,
    }
    return checked(Composition, elements)


def discharge_paper(paper: Discharge, scene: Scene, conditions: Sequence[str], names: str) -> Json:
    """Giấy ra viện, or the summary of the record of somebody who died: diagnosis, course, advice."""
    found = _section("Chẩn đoán", names)
    return {
        **_discharge_paper(_PAPERS[paper.outcome]),
        "subject": scene.subject,
        "encounter": scene.encounter,
        "date": scene.ends,
        "author": [scene.clinician],
        "custodian": scene.facility,
        "section": [
            {**found, **({"entry": [{"reference": url} for url in conditions]} if conditions else {})},
            _section("Quá trình điều trị", paper.course),
            _section("Hướng dẫn", paper.advice),
        ],
    }


def _section(title: str, text: str) -> Json:
    words = escape(text or "Không ghi nhận")
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p></div>'
    return {"title": title, "text": {"status": "additional", "div": div}}
