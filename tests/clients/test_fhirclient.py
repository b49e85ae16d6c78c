"""fhirclient as its users have it (https://github.com/smart-on-fhir/client-py).

It reads the capability statement first, and everything that it is told by models that take no element which
they do not know.
"""

from typing import Any

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle, BundleEntry, BundleEntryRequest
from fhirclient.models.codeableconcept import CodeableConcept
from fhirclient.models.fhirreference import FHIRReference
from fhirclient.models.humanname import HumanName
from fhirclient.models.identifier import Identifier
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException, FHIRServer
from requests import HTTPError

URN = "urn:uuid:11111111-7d0a-4b0d-8a3c-2f5a3c1d0a01"


@pytest.fixture
def server(address: str) -> Any:
    client = FHIRClient(settings={"app_id": "conformance", "api_base": address})
    client.prepare()
    yield client.server
    client.server.session.close()


def patient(system: str, value: str = "1") -> Any:
    made = Patient()
    made.identifier = [Identifier({"system": system, "value": value})]
    made.name = [HumanName({"family": "Nguyễn", "given": ["Văn", "Thử"]})]
    return made


def test_the_capability_statement_is_understood(server: FHIRServer) -> None:
    statement = server.capabilityStatement
    assert statement.fhirVersion == "4.0.1"
    told = next(one for one in statement.rest[0].resource if one.type == "Patient")
    assert {"read", "create", "update", "delete"} <= {one.code for one in told.interaction}


def test_create_read_update_delete(server: FHIRServer, system: str) -> None:
    made = patient(system).create(server)
    read = Patient.read(made["id"], server)
    assert (read.name[0].family, read.meta.versionId) == ("Nguyễn", "1")
    read.gender = "female"
    assert read.update(server)["meta"]["versionId"] == "2"
    assert Patient.read(made["id"], server).gender == "female"
    assert read.delete(server) is None
    with pytest.raises(HTTPError, match="410"):
        Patient.read(made["id"], server)
    with pytest.raises(FHIRNotFoundException):
        Patient.read("none-at-all", server)


def test_update_with_an_etag(server: FHIRServer, system: str) -> None:
    read = Patient.read(patient(system).create(server)["id"], server)
    server.session.headers["If-Match"] = f'W/"{read.meta.versionId}"'
    read.gender = "male"
    assert read.update(server)["meta"]["versionId"] == "2"
    with pytest.raises(HTTPError, match="412"):
        read.update(server)


def test_search_and_all_pages(server: FHIRServer, system: str) -> None:
    made = [patient(system, str(n)).create(server)["id"] for n in range(5)]
    wanted = ",".join(f"{system}|{n}" for n in range(5))
    search = Patient.where({"identifier": wanted, "_sort": "_lastUpdated", "_count": "2"})
    assert [one.id for one in search.perform_resources_iter(server)] == made
    pages = [*search.perform_iter(server)]
    assert [len(page.entry) for page in pages] == [2, 2, 1]


def test_transaction_and_history(server: FHIRServer, system: str) -> None:
    seen = Observation({"status": "final", "code": {"text": "mạch"}})
    seen.subject = FHIRReference({"reference": URN})
    seen.code = CodeableConcept({"text": "mạch"})
    bundle = Bundle({"type": "transaction"})
    bundle.entry = [entry(patient(system), URN), entry(seen)]
    answer = Bundle(bundle.create(server))
    assert [one.response.status[:3] for one in answer.entry] == ["201", "201"]
    location = answer.entry[1].response.location
    observation = Observation.read(location.split("/")[1], server)
    read = observation.subject.resolved(Patient)
    assert read.name[0].given == ["Văn", "Thử"]
    read.active = True
    read.update(server)
    history = Bundle.read_from(f"{read.relativePath()}/_history", server)
    assert [one.resource.meta.versionId for one in history.entry] == ["2", "1"]


def entry(resource: Any, full_url: str | None = None) -> Any:
    made = BundleEntry()
    made.fullUrl = full_url
    made.resource = resource
    made.request = BundleEntryRequest({"method": "POST", "url": resource.resource_type})
    return made


def test_search_by_what_its_query_language_has(server: FHIRServer, system: str) -> None:
    of = FHIRReference({"reference": f"Patient/{patient(system).create(server)['id']}"})
    seen = Observation({"status": "final", "code": {"text": "mạch"}})
    seen.subject = of
    seen.create(server)
    search = Observation.where({"subject": of.reference, "status": "final"}).include("subject")
    found = [*search.perform_resources_iter(server)]
    assert [one.resource_type for one in found] == ["Observation", "Patient"]
    back = Patient.where({"identifier": f"{system}|1", "family": "nguyen"}).include(
        "subject", Observation, reverse=True
    )
    assert {one.resource_type for one in back.perform_resources_iter(server)} == {"Patient", "Observation"}
