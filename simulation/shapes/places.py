"""Organization, Location, Practitioner, PractitionerRole."""

from __future__ import annotations

from fhir.resources.R4B.location import Location
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole

from simulation import systems
from simulation.facilities import Facility, FacilityKind, StaffMember, StaffRole
from simulation.shapes.elements import TEST_DATA, Json, checked, concept, identifier, kept_pointer, text_only
from simulation.shapes.people import administrative_address, human_name

_INVENTED = {"assigner": {"display": "Mã mô phỏng, không phải mã do Bộ Y tế cấp"}}
_KINDS: dict[FacilityKind, str] = {
    "station": "Trạm Y tế",
    "centre": "Trung tâm Y tế khu vực",
    "hospital": "Bệnh viện",
}
_ROLES: dict[StaffRole, tuple[str, str]] = {
    "doctor": ("doctor", "Bác sĩ"),
    "nurse": ("nurse", "Điều dưỡng"),
    "midwife": ("nurse", "Hộ sinh"),  # the code system has no midwife
}


def organization(facility: Facility) -> Json:
    """The facility under its (invented) code."""
    commune = facility.commune
    address = {"extension": [administrative_address(commune)], "text": _place(facility), "country": "VN"}
    provider = concept(systems.ORGANIZATION_TYPE, "prov", "Healthcare Provider", _KINDS[facility.kind])
    elements = {
        "meta": TEST_DATA,
        "identifier": [identifier(systems.FACILITY_CODE, facility.code, "PRN", **_INVENTED)],
        "active": True,
        "type": [provider],
        "name": facility.name,
        "address": [address],
    }
    return checked(Organization, elements)


def location_code(facility: Facility, point: bool = False) -> str:
    """Where it is: the facility itself, or its second point."""
    return f"{facility.code}-2" if point else f"{facility.code}-1"


def location(facility: Facility, owner: Json, point: bool = False, part_of: Json | None = None) -> Json:
    """The place where the facility works."""
    name = f"Điểm trạm 2, {facility.name}" if point else facility.name
    elements = {
        "identifier": [identifier(systems.LOCATION_CODE, location_code(facility, point))],
        "status": "active",
        "name": name,
        "mode": "instance",
        "type": [
            concept(
                systems.LOCATION_TYPE,
                "HOSP" if facility.kind == "hospital" else "OF",
                text=_KINDS[facility.kind],
            )
        ],
        "address": {"text": _place(facility), "country": "VN"},
        "managingOrganization": owner,
        **({"partOf": part_of} if part_of else {}),
    }
    return checked(Location, elements)


def practitioner(member: StaffMember) -> Json:
    """Somebody of the staff under an invented licence number."""
    elements = {
        "meta": TEST_DATA,
        "identifier": [identifier(systems.MEDICAL_LICENCE, member.licence, "LN", **_INVENTED)],
        "active": True,
        "name": [human_name(member.name)],
        "gender": "female" if member.female else "male",
    }
    return checked(Practitioner, elements)


def practitioner_role(member: StaffMember, person: Json, owner: Json, place: Json) -> Json:
    """What the person does at the facility."""
    code, name = _ROLES[member.role]
    elements = {
        "identifier": [identifier(systems.EMPLOYEE_NUMBER, member.employee_number, "EI")],
        "active": True,
        "practitioner": person,
        "organization": owner,
        "code": [concept(systems.PRACTITIONER_ROLE, code, text=name)],
        "specialty": [text_only(name)],
        "location": [place],
    }
    return checked(PractitionerRole, elements)


def facility_pointer(facility: Facility) -> Json:
    """A conditional reference to the Organization."""
    return kept_pointer("Organization", systems.FACILITY_CODE, facility.code, facility.name)


def location_pointer(facility: Facility, point: bool) -> Json:
    """A conditional reference to the Location."""
    return kept_pointer("Location", systems.LOCATION_CODE, location_code(facility, point))


def staff_pointer(member: StaffMember) -> Json:
    """A conditional reference to the Practitioner."""
    return kept_pointer("Practitioner", systems.MEDICAL_LICENCE, member.licence, member.name.text)


def _place(facility: Facility) -> str:
    return f"{facility.commune.name}, {facility.commune.province_name}"
