"""What facilities state about made-up citizens, and about themselves."""

from collections.abc import Iterator
from typing import Any

from benchmarks.lookup.people import Citizen, hospitals, places, station
from ehr.addresses import ADMINISTRATIVE_ADDRESS
from ehr.systems import FACILITY_CODE, INSURANCE_NUMBER, NATIONAL_ID
from simulation.code_lists import Commune

Json = dict[str, Any]


def patient_of(one: Citizen) -> Json:
    """The Patient as a facility would write it."""
    return {
        "resourceType": "Patient",
        "id": one.id,
        "identifier": [
            {"system": NATIONAL_ID, "value": one.number},
            {"system": INSURANCE_NUMBER, "value": one.insurance},
        ],
        "name": [{"use": "official", "text": one.name}],
        "telecom": [{"system": "phone", "value": one.telephone}],
        "gender": one.sex,
        "birthDate": one.birth,
        "address": [_address(one.commune)],
    }


def encounters_of(one: Citizen) -> Iterator[tuple[Json, str]]:
    """Where the person was seen, each with its facility."""
    for number, facility in enumerate(one.facilities):
        yield _encounter(one, number), facility


def organizations() -> Iterator[Json]:
    """All facilities."""
    for commune in places():
        yield _organization(station(commune), f"Trạm Y tế {commune.name}", commune)
    for number, code in enumerate(hospitals()):
        yield _organization(code, f"Bệnh viện {number + 1}", places()[number])


def _address(commune: Commune) -> Json:
    units = (("ward", commune.code, commune.name), ("state", commune.province, commune.province_name))
    return {
        "text": f"Thôn Mẫu, {commune.name}, {commune.province_name}",
        "extension": [
            {
                "url": ADMINISTRATIVE_ADDRESS,
                "extension": [
                    {"url": url, "valueCodeableConcept": {"coding": [{"code": code, "display": name}]}}
                    for url, code, name in units
                ],
            }
        ],
    }


def _encounter(one: Citizen, number: int) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"{one.id}-v{number}",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{one.id}"},
        "period": {"start": f"2026-0{number + 1}-05T08:00:00+07:00"},
    }


def _organization(code: str, name: str, commune: Commune) -> Json:
    return {
        "resourceType": "Organization",
        "id": f"o-{code}",
        "identifier": [{"system": FACILITY_CODE, "value": code}],
        "name": name,
        "address": [_address(commune)],
    }
