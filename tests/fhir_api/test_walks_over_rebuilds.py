"""A walk that began in one generation of the view goes on in the next: docs/decisions/0006-sealed-pages.md"""

from collections import Counter

import pytest

from projections.fhir_resources.view import FhirResources
from projections.rebuild import rebuild
from streams.notification_log import NotificationLog
from tests.fhir_api.running import Door, Json, entries, link, pages

PEOPLE = 25


@pytest.fixture(scope="module", autouse=True)
def stated(door: Door) -> None:
    """Patients with observations; some of them amended, retracted or stated anew, in flushes of many."""
    for wave in range(3):
        entry = [_put({"resourceType": "Patient", "id": f"p{n}", "active": wave == 1}) for n in range(PEOPLE)]
        entry += [_put(_observation(f"o{wave}.{n}", f"p{n % 3}", wave)) for n in range(40)]
        door.send("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entry})
        for n in range(wave, PEOPLE, 7):
            door.client.delete(f"Patient/p{n}").raise_for_status()
    door.put({"resourceType": "Patient", "id": "p0", "active": True})


def _observation(id_: str, patient: str, wave: int) -> Json:
    subject = {"reference": f"Patient/{patient}"}
    code = {"text": f"wave {wave}"}
    return {"resourceType": "Observation", "id": id_, "status": "final", "code": code, "subject": subject}


def _put(resource: Json) -> Json:
    return {
        "resource": resource,
        "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
    }


def rebuild_view(door: Door) -> None:
    log = NotificationLog(door.database)
    try:
        assert rebuild(FhirResources(), log, door.database).switched
    finally:
        log.close()


@pytest.mark.parametrize(
    "address",
    [
        "Patient?_count=7",
        "Patient?_count=7&_sort=-_lastUpdated",
        "Observation?_count=9",
        "Observation?_count=9&_sort=-_lastUpdated",
        "Patient/p0/$everything?_count=5",
        "Patient/p0/_history?_count=1",
        "Patient/_history?_count=11",
        "_history?_count=50",
    ],
)
def test_pages_on_both_sides_of_a_rebuild_are_one_walk(door: Door, address: str) -> None:
    whole = entries(door, address)
    first, second, *_ = pages(door, address)
    rebuild_view(door)
    rest = entries(door, link(second, "next") or "")
    told = [*first["entry"], *second["entry"], *rest]
    assert told == whole
    assert "_history" in address or max(Counter(entry["fullUrl"] for entry in told).values()) == 1
