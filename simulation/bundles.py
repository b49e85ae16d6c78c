"""From a visit to the transaction Bundle that its facility sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from simulation.chance import Chance
from simulation.citizens import Citizen
from simulation.code_lists import diagnoses
from simulation.facilities import Facility, StaffMember
from simulation.registering.patients import Registering
from simulation.shapes.elements import Json, condition_of, moment, pointer
from simulation.shapes.encounters import diagnosis, discharge_paper, encounter, problem
from simulation.shapes.findings import corrected, diagnostic_report, laboratory_result, observations
from simulation.shapes.people import mother_key, patient, patient_key, related_mother
from simulation.shapes.places import (
    facility_pointer,
    location,
    location_code,
    organization,
    practitioner,
    practitioner_role,
    staff_pointer,
)
from simulation.shapes.scene import Scene
from simulation.shapes.treatment import (
    allergy_intolerance,
    immunization,
    medication_request,
    procedure,
    referral,
)
from simulation.systems import (
    EMPLOYEE_NUMBER,
    FACILITY_CODE,
    LOCATION_CODE,
    MEDICAL_LICENCE,
    VISIT_NUMBER,
)
from simulation.visits import Report, Visit

_PATIENT, _ENCOUNTER, _FIRST_CONDITION = 0, 1, 2
_REFERRAL: Final = 0x0FFF
_LABORATORY: Final = 0x1000  # numbers from here on are those of laboratory results
_PER_REPORT: Final = 0x40


class Entries:
    """The entries of one transaction; a fullUrl follows from the labels and the entry's number alone."""

    def __init__(self, *labels: str | int) -> None:
        mark = blake2b(repr(labels).encode(), digest_size=13).hexdigest()
        self.mark = mark[:10]
        self._stem = f"{mark[:8]}-{mark[8:12]}-4{mark[12:15]}-8{mark[15:18]}-{mark[18:26]}"
        self._entries: list[Json] = []
        self._next = _PATIENT

    def id(self, number: int) -> str:
        """The UUID of an entry."""
        return f"{self._stem}{number:04x}"

    def url(self, number: int) -> str:
        """The fullUrl of an entry."""
        return f"urn:uuid:{self._stem}{number:04x}"

    def skip_to(self, number: int) -> None:
        """Give the next entry this number."""
        self._next = number

    def post(self, resource: Json, unless: tuple[str, str] | None = None) -> str:
        """Create the resource, unless one with that identifier exists. Returns its fullUrl."""
        url = self.url(self._next)
        request = {"method": "POST", "url": resource["resourceType"]}
        if unless:
            request["ifNoneExist"] = condition_of(*unless)
        self._entries.append({"fullUrl": url, "resource": resource, "request": request})
        self._next += 1
        return url

    def put(self, resource: Json) -> str:
        """Write the resource under its own id. Returns its fullUrl."""
        number, kind = resource["id"], resource["resourceType"]
        request = {"method": "PUT", "url": f"{kind}/{number}"}
        self._entries.append({"fullUrl": f"urn:uuid:{number}", "resource": resource, "request": request})
        return f"urn:uuid:{number}"

    def bundle(self) -> Json:
        """All of it as one transaction."""
        return {"resourceType": "Bundle", "type": "transaction", "entry": self._entries}


@dataclass(frozen=True, slots=True)
class Filing:
    """How the facilities of one province file: seed, edition (a mark in all ids), whose Patients they use.

    registering: how each of them registers; None: as the papers say.
    """

    seed: int
    edition: str
    patient_per_facility: bool
    registering: Registering | None = None

    def owner(self, facility: Facility) -> Facility | None:
        """The facility whose own Patient is meant, None when all share one."""
        return facility if self.patient_per_facility else None


@dataclass(frozen=True, slots=True)
class Case:
    """A visit of a citizen, its number among the citizen's visits, and the clinician who saw them."""

    citizen: Citizen
    visit: Visit
    number: int
    clinician: StaffMember

    @property
    def adult(self) -> bool:
        """Whether the reference ranges of adults apply."""
        return self.citizen.age_on(self.visit.starts.date()) >= 16


def facility_bundle(filing: Filing, facility: Facility) -> Json:
    """The facility, its places and its staff; what is there already stays as it is."""
    entries = Entries(filing.edition, "facility", facility.code)
    owner = {"reference": entries.post(organization(facility), (FACILITY_CODE, facility.code))}
    place = {"reference": entries.post(location(facility, owner), (LOCATION_CODE, location_code(facility)))}
    if facility.point:
        second = location(facility, owner, point=True, part_of=place)
        entries.post(second, (LOCATION_CODE, location_code(facility, point=True)))
    for member in facility.staff:
        person = {"reference": entries.post(practitioner(member), (MEDICAL_LICENCE, member.licence))}
        role = practitioner_role(member, person, owner, place)
        entries.post(role, (EMPLOYEE_NUMBER, member.employee_number))
    return entries.bundle()


def visit_bundle(filing: Filing, case: Case, newcomer: bool) -> Json:
    """Everything that a facility sends about one visit; of a newcomer to the facility also the Patient."""
    entries = Entries(filing.edition, case.citizen.index, case.number)
    subject = _registered(filing, case, entries) if newcomer else _known(filing, case)
    scene = _scene(case, subject, {"reference": entries.url(_ENCOUNTER)})
    conditions = _encounter(case, entries, scene)
    _findings(case, entries, scene)
    _treatment(case, entries, scene, conditions[0] if conditions else "")
    if newcomer and case.citizen.mother:
        key = mother_key(case.citizen, filing.seed, filing.owner(case.visit.facility))
        entries.post(related_mother(case.citizen.mother, subject, key), key)
    _laboratory(case, entries, scene)
    return entries.bundle()


def correction_bundle(filing: Filing, case: Case, chance: Chance, sent_at: datetime) -> Json:
    """One laboratory result of a visit put right, and its report with it."""
    entries = Entries(filing.edition, case.citizen.index, case.number)
    by_number = pointer("Encounter", VISIT_NUMBER, _visit_number(case, entries))
    scene, issued = _scene(case, _known(filing, case), by_number), moment(sent_at)
    place, report = next((p, r) for p, r in enumerate(case.visit.reports) if _numeric(r))
    results = _results(entries, scene, place, report)
    wrong = chance.pick(_numeric(report))
    right = results[wrong]["valueQuantity"]["value"] * chance.pick((0.8, 1.25))
    entries.put(corrected(results[wrong], right, issued))
    urls = [f"Observation/{result['id']}" for result in results]
    summary = diagnostic_report(report, scene, entries.id(_report_number(place)), urls)
    entries.put({**summary, "status": "corrected", "issued": issued})
    return entries.bundle()


def answered_bundle(filing: Filing, case: Case) -> Json:
    """The referral paper of a visit once the patient has been received where they were sent."""
    entries = Entries(filing.edition, case.citizen.index, case.number)
    if case.visit.referral is None:
        raise ValueError("only a visit with a referral can be answered")
    by_number = pointer("Encounter", VISIT_NUMBER, _visit_number(case, entries))
    scene, main = _scene(case, _known(filing, case), by_number), case.visit.diagnoses[0]
    entries.put(referral(case.visit.referral, scene, entries.id(_REFERRAL), main, answered=True))
    return entries.bundle()


def can_be_corrected(visit: Visit) -> bool:
    """Whether the visit has a laboratory result that is a number."""
    return any(_numeric(report) for report in visit.reports)


def _numeric(report: Report) -> list[int]:
    return [place for place, finding in enumerate(report.findings) if isinstance(finding.value, float)]


def _registered(filing: Filing, case: Case, entries: Entries) -> Json:
    owner = filing.owner(case.visit.facility)
    key = patient_key(case.citizen, filing.seed, owner)
    if owner and filing.registering:
        stated = filing.registering.patient(case.citizen, owner, case.visit.starts.date())
    else:
        stated = patient(case.citizen, filing.seed, owner)
    return {"reference": entries.post(stated, key)}


def _known(filing: Filing, case: Case) -> Json:
    owner = filing.owner(case.visit.facility)
    return pointer("Patient", *patient_key(case.citizen, filing.seed, owner))


def _scene(case: Case, subject: Json, encounter_: Json) -> Scene:
    return Scene(
        subject=subject,
        encounter=encounter_,
        facility=facility_pointer(case.visit.facility),
        clinician=staff_pointer(case.clinician),
        starts=moment(case.visit.starts),
        ends=moment(case.visit.ends),
    )


def _visit_number(case: Case, entries: Entries) -> str:
    return f"{case.visit.facility.code}-{case.visit.starts:%y%m%d}-{entries.mark}"


def _encounter(case: Case, entries: Entries, scene: Scene) -> list[str]:
    visit = case.visit
    conditions = [entries.url(_FIRST_CONDITION + rank) for rank in range(len(visit.diagnoses))]
    entries.skip_to(_ENCOUNTER)
    entries.post(encounter(visit, scene, _visit_number(case, entries), conditions))
    cured = visit.discharge is not None and visit.discharge.outcome == "home"
    for code in visit.diagnoses:
        entries.post(diagnosis(code, scene, cured))
    for entry in visit.problems:
        entries.post(problem(entry, scene))
    if visit.discharge:
        names = "; ".join(diagnoses()[code].name for code in visit.diagnoses)
        entries.post(discharge_paper(visit.discharge, scene, conditions, names))
    return conditions


def _findings(case: Case, entries: Entries, scene: Scene) -> None:
    if case.visit.allergy:
        entries.post(allergy_intolerance(case.visit.allergy, scene))
    for found in observations(case.visit.findings, scene, case.adult):
        entries.post(found)


def _treatment(case: Case, entries: Entries, scene: Scene, main: str) -> None:
    visit = case.visit
    for done in visit.procedures:
        entries.post(procedure(done, scene, main))
    first_day = visit.starts if visit.ongoing else visit.ends
    for dosage in visit.dosages:
        entries.post(medication_request(dosage, scene, first_day.date()))
    for shot in visit.shots:
        lot = f"{shot.dose.vaccine}-{visit.starts:%y%m}"
        entries.post(immunization(shot, scene, lot))
    if visit.referral:
        entries.put(referral(visit.referral, scene, entries.id(_REFERRAL), visit.diagnoses[0]))


def _laboratory(case: Case, entries: Entries, scene: Scene) -> None:
    for place, report in enumerate(case.visit.reports):
        urls = [entries.put(result) for result in _results(entries, scene, place, report)]
        entries.put(diagnostic_report(report, scene, entries.id(_report_number(place)), urls))


def _results(entries: Entries, scene: Scene, place: int, report: Report) -> list[Json]:
    first = _report_number(place) + 1
    numbered = enumerate(report.findings, start=first)
    return [laboratory_result(finding, scene, entries.id(number)) for number, finding in numbered]


def _report_number(place: int) -> int:
    return _LABORATORY + place * _PER_REPORT
