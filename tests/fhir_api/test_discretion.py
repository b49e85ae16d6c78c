"""No personal data in logs: neither the server's nor PostgreSQL's, whatever happens.

https://hl7.org/fhir/R4/security.html#http, docs/security.md
"""

import io
import json
from pathlib import Path

import httpx
import psycopg

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.connections import connect
from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Request
from tests.fhir_api.bundles import batch, creating, entry, send, transaction
from tests.fhir_api.running import FHIR_JSON, Door, outcome_of, prepare, projecting, services_of, serving

NAME, NUMBER = "Chim Hoàng Yến", "001099777001"
CANARIES = (NAME, NUMBER, "Chim%20Ho", "Chim+Ho", "\\u00e0ng", "Yến")
PERSON = {
    "resourceType": "Patient",
    "identifier": [{"system": "http://example.org", "value": NUMBER}],
    "name": [{"text": NAME}],
}


class Failing(HealthRecord):
    """Fails with what it was asked to store in its mouth."""

    async def state(self, request: Request) -> Receipt:
        raise LookupError(repr(request))


def write(door: Door) -> None:
    """Every kind of request, right and wrong, with personal data wherever there is room for it."""
    client = door.client
    headers = FHIR_JSON | {"If-None-Exist": f"identifier=http://example.org|{NUMBER}"}
    raw = {
        b"X-EHR-User": NAME.encode(),
        b"Idempotency-Key": NUMBER.encode(),
        b"Content-Type": b"application/json",
    }
    client.post("Patient", json=PERSON, headers=headers)
    client.post("Patient", json=PERSON, headers=raw)
    client.post("Patient", json=PERSON | {"birthDate": NAME})
    client.post("Patient", content=f'{{"resourceType":"Patient","name":"{NAME}'.encode(), headers=FHIR_JSON)
    client.put(f"Patient?identifier={NUMBER}&name={NAME}", json=PERSON)
    client.put(f"Patient/{NUMBER}", json=PERSON | {"id": NUMBER})
    client.delete(f"Patient/{NUMBER}")
    client.get(f"Patient?identifier=http://example.org|{NUMBER}")
    client.get(f"Patient?name={NAME}&birthdate={NUMBER}&_sort={NAME}")
    client.get(f"Patient?name={NAME}&organization.name={NAME}&_count=1")
    client.get(f"{NAME}/{NUMBER}")
    client.post("Patient/_search", data={"identifier": NUMBER})
    subject = {"reference": f"Patient?identifier=http://example.org|{NUMBER}"}
    about = {"resourceType": "Basic", "code": {"text": NAME}, "subject": subject}
    for kind in (transaction, batch):
        client.post("", json=kind(creating(PERSON), creating(about), entry("GET", f"Patient?name={NAME}")))
        client.post("", json=kind(creating(PERSON | {"gender": NAME}), entry(NAME, NUMBER)))


def said(output: io.StringIO, postgres: EmbeddedPostgres) -> str:
    """What the server and PostgreSQL have logged."""
    with psycopg.connect(postgres.superuser_url) as connection:
        row = connection.execute("select current_setting('data_directory'), pg_current_logfile()").fetchone()
    assert row is not None
    return output.getvalue() + Path(row[0], row[1]).read_text()


def test_logs_are_discreet(door: Door, output: io.StringIO, postgres: EmbeddedPostgres) -> None:
    write(door)
    logged = said(output, postgres)
    assert not [canary for canary in CANARIES if canary in logged]


def refusals(output: io.StringIO) -> list[tuple[str, int, str]]:
    """(request, status, code) of each line about a refusal."""
    lines = [json.loads(line) for line in output.getvalue().splitlines() if '"refused"' in line]
    return [(line["request"], line["status"], line["code"]) for line in lines]


def test_every_refusal_leaves_one_line(door: Door, output: io.StringIO) -> None:
    asked = [
        door.client.get("Patient/nobody"),
        door.client.get("Patient?nickname=x"),
        door.client.post("Patient", json=PERSON | {"birthDate": NAME}),
        httpx.get(f"{door.address}/livez", headers={"Host": "elsewhere.example"}),
        send(door, transaction(creating(PERSON | {"gender": NAME})), 422),
    ]
    told = [(one.headers["x-request-id"], one.status_code, outcome_of(one)["code"]) for one in asked]
    assert refusals(output) == told


def test_those_within_a_batch_do_too(door: Door, output: io.StringIO) -> None:
    wrong = [
        creating(PERSON | {"gender": NAME}),
        entry("DELETE", "Nothing/x"),
        entry("GET", "Patient/nobody"),
    ]
    answer = send(door, batch(creating(PERSON), *wrong))
    request = answer.headers["x-request-id"]
    outcomes = [one["response"].get("outcome") for one in answer.json()["entry"]]
    assert outcomes[0] is None
    assert all(request in one["issue"][0]["diagnostics"] for one in outcomes[1:])
    assert sorted(refusals(output)) == [
        (request, 400, "invalid"),
        (request, 404, "not-found"),
        (request, 422, "code-invalid"),
    ]


def test_they_are_when_things_go_wrong(
    database: str, output: io.StringIO, postgres: EmbeddedPostgres
) -> None:
    prepare(database)
    services = services_of(database)
    failing = services_of(database, record=Failing(services.recorder))
    with projecting(database), serving(database, failing) as door:
        write(door)
        answer = door.client.post("Patient", json=PERSON)
        assert answer.status_code == 500
        assert outcome_of(answer)["details"]["text"] == "Something went wrong in the server."
    with projecting(database), serving(database, services_of(database, visibility_wait=0.1)) as door:
        with connect(database) as connection:
            connection.execute("alter table record.claims add constraint refuses check (length(value) <> 12)")
            connection.execute("alter table record.heads add constraint also check (length(id) <> 12)")
        write(door)
        assert send(door, transaction(creating(PERSON)), 500)
        with connect(database) as connection:
            connection.execute("drop table record.claims cascade")
        write(door)
    logged = said(output, postgres)
    assert "unforeseen error" in logged
    assert "violates check constraint" in logged
    assert not [canary for canary in CANARIES if canary in logged]
