"""Conditions that are searches, through the door.

https://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #3.1.0.7.1, #trules
"""

import os
import signal
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import orjson
import pytest

from backbone.embedded_postgres import EmbeddedPostgres
from backbone.tether import follow_parent
from fhir_api.heavy import HEAVY, HeavyWorkers
from projections.fhir_resources.conditions import IndexSearcher
from tests.conftest import fresh_database
from tests.fhir_api.bundles import (
    batch,
    creating,
    end_of,
    entry,
    id_of,
    refused,
    responses,
    statuses,
    transaction,
)
from tests.fhir_api.running import (
    FHIR_JSON,
    LIMITS,
    Door,
    Json,
    outcome_of,
    prepare,
    projecting,
    services_of,
    serving,
)
from tests.fhir_api.test_positions import about, stumbling
from tests.fhir_api.test_positions import patient as citizen


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server with a worker for large bodies."""
    prepare(module_database)
    tie = partial(follow_parent, os.getpid(), signal.SIGKILL)
    heavy = HeavyWorkers(module_database, LIMITS, tie, 1, searcher=IndexSearcher)
    with (
        projecting(module_database),
        serving(module_database, services_of(module_database, heavy=heavy)) as served,
    ):
        yield served


def person(family: str, day: str = "1990-05-01", **more: Any) -> Json:
    return {"resourceType": "Patient", "name": [{"family": family}], "birthDate": day, **more}


def wish(family: str) -> str:
    return f"family:exact={family}&birthdate=1990"


DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'


def post(door: Door, resource: Json, condition: str) -> httpx.Response:
    headers = httpx.Headers(FHIR_JSON | {"If-None-Exist": condition}, encoding="utf8")
    return door.client.post("Patient", content=orjson.dumps(resource), headers=headers)


@pytest.mark.parametrize("weight", [0, HEAVY], ids=["small", "in a worker"])
def test_create_where_none_matches(door: Door, weight: int) -> None:
    family = f"Đặng{weight}"
    large = person(family, text={"status": "generated", "div": f"{DIV}x{'x' * weight}</div>"})
    made = post(door, large, wish(family))
    assert made.status_code == 201
    found = post(door, large, wish(family))
    assert (found.status_code, found.json()["id"]) == (200, made.json()["id"])
    assert (
        post(door, person(family, "1991-01-01"), f"family:exact={family}&birthdate=1991").status_code == 201
    )
    several = post(door, large, f"family:exact={family}")
    assert (several.status_code, outcome_of(several)["code"]) == (412, "multiple-matches")


def put(door: Door, condition: str, resource: Json) -> httpx.Response:
    return door.client.put("Patient", params=httpx.QueryParams(condition), json=resource)


def test_update_what_matches(door: Door) -> None:
    made = put(door, wish("Bùi"), person("Bùi"))
    assert made.status_code == 201
    updated = put(door, wish("Bùi"), person("Bùi", gender="female"))
    assert (updated.status_code, updated.headers["etag"]) == (200, 'W/"2"')
    assert updated.json()["id"] == made.json()["id"]
    assert put(door, wish("Bùi"), person("Bùi", id="another")).status_code == 400
    assert put(door, wish("Hồ"), person("Hồ", id="chosen")).json()["id"] == "chosen"
    assert put(door, wish("Lý"), person("Lý", id="chosen")).status_code == 409
    moved = put(door, wish("Hồ"), person("Ngô", id="chosen"))
    assert moved.status_code == 200
    assert put(door, wish("Hồ"), person("Hồ")).status_code == 201


def test_delete_what_matches(door: Door) -> None:
    for n, family in enumerate(("Tô", "Tô", "Từ")):
        door.put(person(family, id=f"d{n}"))
    assert door.client.delete(f"Patient?{wish('Từ')}").status_code == 204
    door.get("Patient/d2", 410)
    assert door.client.delete(f"Patient?{wish('Tô')}").status_code == 412
    assert door.client.delete(f"Patient?{wish('Tô')}&_multiple=true").status_code == 204
    for n in (0, 1):
        door.get(f"Patient/d{n}", 410)


def test_a_condition_that_asks_for_too_much(door: Door) -> None:
    names = ",".join("a" * 100)
    refused = put(door, "&".join([f"family={names}"] * 11), person("Lương"))
    assert (refused.status_code, outcome_of(refused)["code"]) == (400, "too-costly")
    assert "1000 values" in outcome_of(refused)["details"]["text"]


def test_more_than_are_deleted_at_once(door: Door) -> None:
    people = [creating(person("Vũ")) for _ in range(1_001)]
    assert set(statuses(responses(door, transaction(*people)))) == {201}
    before = end_of(door)
    answer = door.client.delete(f"Patient?{wish('Vũ')}&_multiple=true")
    assert (answer.status_code, outcome_of(answer)["code"]) == (413, "too-costly")
    assert "1000" in outcome_of(answer)["details"]["text"]
    assert end_of(door) == before


def result(subject: str) -> Json:
    code = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
    return {"resourceType": "Observation", "status": "final", "code": code, "subject": {"reference": subject}}


@pytest.mark.parametrize("kind", [transaction, batch])
def test_bundles(door: Door, kind: Any) -> None:
    family = f"Mai{kind.__name__}"
    condition = {"ifNoneExist": wish(family)}
    once = responses(door, kind(*(creating(person(family), **condition) for _ in range(3))))
    assert sorted(statuses(once)) == [200, 200, 201]
    assert len({id_of(one) for one in once}) == 1
    told = responses(
        door,
        kind(
            entry("PUT", f"Patient?{wish(family)}", person(family, gender="male")),
            creating(result(f"Patient?{wish(family)}")),
        ),
    )
    assert statuses(told) == [200, 201]
    found = door.json(f"Observation/{id_of(told[1])}")["subject"]
    assert found == {"reference": f"Patient/{id_of(once[0])}"}
    gone = responses(door, kind(entry("DELETE", f"Patient?{wish(family)}&_multiple=true")))
    assert statuses(gone) == [204]
    door.get(f"Patient/{id_of(once[0])}", 410)


def test_a_reference_counts_what_the_transaction_makes(door: Door) -> None:
    referring = creating(result(f"Patient?{wish('Quách')}"))
    assert refused(door, transaction(referring), 412, "Bundle.entry[0]")["code"] == "not-found"
    told = responses(door, transaction(referring, creating(person("Quách"))))
    assert door.json(f"Observation/{id_of(told[0])}")["subject"]["reference"] == f"Patient/{id_of(told[1])}"


def test_a_condition_by_what_a_reference_becomes(door: Door) -> None:
    """What is stored is what is tested: the literal reference."""
    door.put(person("Khúc", id="khuc"))
    condition = "subject=Patient/khuc&code=http://loinc.org|8302-2"
    one = creating(result(f"Patient?{wish('Khúc')}"), ifNoneExist=condition)
    first, second = (responses(door, transaction(one))[0] for _ in range(2))
    assert statuses([first, second]) == [201, 200]
    assert id_of(first) == id_of(second)


def test_while_a_citizen_is_parked_what_may_be_about_a_citizen_is_not_decided(
    postgres: EmbeddedPostgres,
) -> None:
    with fresh_database(postgres) as url:
        prepare(url)
        with stumbling(url), serving(url) as door:
            door.put(citizen("parked"))
            door.put(about("parked", id="stumble"))
            before = end_of(door)
            answer = post(door, person("Hà"), wish("Hà"))
            assert (answer.status_code, outcome_of(answer)["code"]) == (503, "transient")
            assert answer.headers["retry-after"] == "1"
            assert end_of(door) == before
            place = {"resourceType": "Organization", "name": "Trạm y tế"}
            made = responses(door, batch(creating(place, ifNoneExist="name:exact=Trạm y tế")))
            assert statuses(made) == [201]
            by_number = post(door, person("Hà"), "identifier=urn:test|1")
            assert by_number.status_code == 201
