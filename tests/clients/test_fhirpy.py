"""fhirpy as its users have it, synchronous and asynchronous (https://github.com/beda-software/fhir-py).

It sends resources as application/json, conditions in addresses and ``If-None-Match`` without quotes, and asks
for a number by ``_count=0&_totalMethod=count``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

Identified = dict[str, Any]
URN = "urn:uuid:11111111-7d0a-4b0d-8a3c-2f5a3c1d0a01"


@pytest.fixture
def client(address: str) -> SyncFHIRClient:
    return SyncFHIRClient(address)


def identified(system: str, value: str = "1") -> Identified:
    return {"identifier": [{"system": system, "value": value}]}


def transaction(system: str) -> dict[str, Any]:
    """A Patient and what was observed of it."""
    patient = {"resourceType": "Patient", **identified(system), "name": [{"family": "Nguyễn"}]}
    seen = {
        "status": "final",
        "code": {"text": "mạch"},
        "subject": {"reference": URN},
    }
    entries = [
        {
            "fullUrl": URN,
            "resource": patient,
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "resource": {"resourceType": "Observation", **seen},
            "request": {"method": "POST", "url": "Observation"},
        },
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def test_create_read_update_delete(client: SyncFHIRClient, system: str) -> None:
    patient = client.resource("Patient", name=[{"family": "Nguyễn"}], **identified(system))
    patient.save()
    assert patient.id
    assert patient["meta"]["versionId"] == "1"
    read = client.reference("Patient", patient.id).to_resource()
    assert read["name"][0]["family"] == "Nguyễn"
    read["gender"] = "female"
    read.save()
    assert read["meta"]["versionId"] == "2"
    patient.refresh()
    assert patient["gender"] == "female"
    patient.refresh()
    assert patient["meta"]["versionId"] == "2"
    read.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Patient", patient.id).to_resource()


def test_update_with_an_etag(client: SyncFHIRClient, address: str, system: str) -> None:
    patient = client.resource("Patient", **identified(system))
    patient.save()
    careful = SyncFHIRClient(address, extra_headers={"If-Match": 'W/"1"'})
    first = careful.resource("Patient", id=patient.id, gender="male")
    first.save()
    assert first["meta"]["versionId"] == "2"
    second = careful.resource("Patient", id=patient.id, gender="female")
    with pytest.raises(MultipleResourcesFound, match="conflict"):  # So it calls every 412.
        second.save()


def test_what_is_refused_comes_as_an_outcome(client: SyncFHIRClient) -> None:
    with pytest.raises(OperationOutcome) as refused:
        client.resource("Patient", gender="nam").save()
    assert refused.value.resource["issue"][0]["expression"] == ["Patient.gender"]


def test_a_merge_patch_is_refused_as_what_it_is(client: SyncFHIRClient, system: str) -> None:
    patient = client.resource("Patient", **identified(system))
    patient.save()
    with pytest.raises(OperationOutcome):
        patient.patch(gender="male")


def test_search_and_all_pages(client: SyncFHIRClient, system: str) -> None:
    made = [client.resource("Patient", **identified(system, str(n))) for n in range(5)]
    for patient in made:
        patient.save()
    wanted = ",".join(f"{system}|{n}" for n in range(5))
    search = client.resources("Patient").search(identifier=wanted).sort("_lastUpdated")
    assert [patient.id for patient in search.limit(2).fetch_all()] == [patient.id for patient in made]
    assert [patient.id for patient in search.limit(2).fetch()] == [patient.id for patient in made[:2]]
    one = client.resources("Patient").search(identifier=f"{system}|3").get()
    assert one.id == made[3].id
    with pytest.raises(MultipleResourcesFound):
        search.get()
    assert client.resources("Patient").search(identifier=f"{system}|none").first() is None


def test_conditional_create_update_delete(client: SyncFHIRClient, system: str) -> None:
    search = client.resources("Patient").search(identifier=f"{system}|1")
    made, created = search.get_or_create(client.resource("Patient", **identified(system)))
    found, again = search.get_or_create(client.resource("Patient", **identified(system)))
    assert (created, again) == (True, False)
    assert found.id == made.id
    updated, new = search.update(client.resource("Patient", gender="male", **identified(system)))
    assert (updated.id, updated["meta"]["versionId"], new) == (made.id, "2", False)
    search.delete()
    assert search.fetch() == []


def test_transaction_and_history(client: SyncFHIRClient, system: str) -> None:
    answer = client.execute("", data=transaction(system))
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["201", "201"]
    patient = client.resources("Patient").search(identifier=f"{system}|1").get()
    observation = client.get(answer["entry"][1]["response"]["location"].split("/_history")[0])
    assert observation["subject"]["reference"] == f"Patient/{patient.id}"
    patient["gender"] = "other"
    patient.save()
    history = client.execute(f"Patient/{patient.id}/_history", method="get")
    assert [entry["resource"]["meta"]["versionId"] for entry in history["entry"]] == ["2", "1"]
    record = client.reference("Patient", patient.id).execute("$everything", method="get")
    assert {entry["resource"]["resourceType"] for entry in record["entry"]} == {"Patient", "Observation"}


def test_count(client: SyncFHIRClient, system: str) -> None:
    for _ in range(3):
        client.resource("Patient", **identified(system)).save()
    assert client.resources("Patient").search(identifier=f"{system}|1").count() == 3


def test_search_by_what_its_query_language_has(client: SyncFHIRClient, system: str) -> None:
    client.execute("", data=transaction(system))
    of_it = client.resources("Observation").search(patient__identifier=f"{system}|1")
    assert len(of_it.fetch()) == 1
    included = of_it.include("Observation", "subject").fetch_raw()
    assert [entry.search.mode for entry in included["entry"]] == ["match", "include"]
    patients = client.resources("Patient").search(identifier=f"{system}|1", family="nguyen")
    assert len(patients.search(_lastUpdated__gt="2020", gender__missing=True).fetch()) == 1
    assert len(patients.has("Observation", "patient", status="final").fetch()) == 1
    with_results = patients.revinclude("Observation", "subject").fetch_raw()
    assert {entry.resource.resource_type for entry in with_results["entry"]} == {"Patient", "Observation"}
    assert [*patients.elements("name").fetch()[0]] == ["resourceType", "id", "meta", "name"]


def parameters(**given: dict[str, Any]) -> dict[str, Any]:
    """A Parameters resource, as whoever calls an operation writes it."""
    named = [{"name": name.replace("_", "-"), **value} for name, value in given.items()]
    return {"resourceType": "Parameters", "parameter": named}


def test_match_and_merge(client: SyncFHIRClient, system: str) -> None:
    said: Any = {"name": [{"text": "Lê Văn Nhất"}], "gender": "male", "birthDate": "1990-03-15"}
    patients = [client.resource("Patient", **said, **identified(system, value)) for value in "12"]
    for patient in patients:
        patient.save()
    one, other = patients
    asked = parameters(resource={"resource": {"resourceType": "Patient", **said}})
    found = client.execute("Patient/$match", data=asked)
    assert {entry["resource"]["id"] for entry in found["entry"]} == {one.id, other.id}
    assert {entry["search"]["mode"] for entry in found["entry"]} == {"match"}
    both = parameters(
        source_patient={"valueReference": {"reference": f"Patient/{one.id}"}},
        target_patient_identifier={"valueIdentifier": {"system": system, "value": "2"}},
    )
    merged = client.execute("Patient/$merge", data=both)
    result = next(part["resource"] for part in merged["parameter"] if part["name"] == "result")
    assert result["id"] == other.id
    one.refresh()
    assert (one["active"], one["link"][0]["type"]) == (False, "replaced-by")
    with pytest.raises(OperationOutcome):
        client.execute("Patient/$merge", data=parameters(source_patient={"valueString": "x"}))
    client.execute("Patient/$unmerge", data=both)
    one.refresh()
    assert "link" not in one


def asynchronously(
    scenario: Callable[[AsyncFHIRClient, str], Awaitable[None]], address: str, system: str
) -> None:
    async def run() -> None:
        await scenario(AsyncFHIRClient(address), system)

    asyncio.run(run())


async def _writes(client: AsyncFHIRClient, system: str) -> None:
    patient = client.resource("Patient", name=[{"family": "Trần"}], **identified(system))
    await patient.save()
    read = await client.reference("Patient", patient.id).to_resource()
    read["gender"] = "female"
    await read.save()
    await patient.refresh()
    assert (patient["gender"], patient["meta"]["versionId"]) == ("female", "2")
    history = await client.execute(f"Patient/{patient.id}/_history", method="get")
    assert history["total"] == 2
    careful = AsyncFHIRClient(client.url, extra_headers={"If-Match": 'W/"1"'})
    with pytest.raises(MultipleResourcesFound, match="conflict"):
        await careful.resource("Patient", id=patient.id).save()
    await read.delete()
    with pytest.raises(ResourceNotFound):
        await client.reference("Patient", patient.id).to_resource()


async def _searches(client: AsyncFHIRClient, system: str) -> None:
    made = [client.resource("Patient", **identified(system, str(n))) for n in range(5)]
    for patient in made:
        await patient.save()
    wanted = ",".join(f"{system}|{n}" for n in range(5))
    search = client.resources("Patient").search(identifier=wanted).sort("_lastUpdated").limit(2)
    assert [patient.id async for patient in search] == [patient.id for patient in made]
    answer = await client.execute("", data=transaction(system + "/t"))
    assert answer["type"] == "transaction-response"
    one = client.resources("Patient").search(identifier=f"{system}/t|1")
    found, created = await one.get_or_create(client.resource("Patient", **identified(system + "/t")))
    assert (found["name"][0]["family"], created) == ("Nguyễn", False)


@pytest.mark.parametrize("scenario", [_writes, _searches])
def test_asynchronous(
    scenario: Callable[[AsyncFHIRClient, str], Awaitable[None]], address: str, system: str
) -> None:
    asynchronously(scenario, address, system)
