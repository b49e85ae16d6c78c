"""Positions: whoever writes can read it at once, or is told that the views lag or leave a citizen out.

docs/consistency.md
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing

import httpx
import orjson
import pytest

from ehr.event_store.connections import connect
from ehr.event_store.relaying import RelayPost
from ehr.values import Key
from projections.fhir_resources.view import FhirResources
from projections.view import Connection
from projections.visibility import Visibility
from streams.recorded_fact import RecordedFact
from tests.backbone.waiting import until
from tests.fhir_api.bundles import batch, creating, end_of, entry, putting, send, transaction
from tests.fhir_api.running import (
    FHIR_JSON,
    Door,
    Json,
    outcome_of,
    prepare,
    projecting,
    services_of,
    serving,
)

SYSTEM = "http://example.org/positions"


def patient(id_: str, **more: object) -> Json:
    return {"resourceType": "Patient", "id": id_, **more}


def about(id_: str, **more: object) -> Json:
    subject = {"reference": f"Patient/{id_}"}
    return {"resourceType": "Basic", "code": {"text": "x"}, "subject": subject, **more}


def test_a_write_is_seen_by_whoever_reads_next(door: Door) -> None:
    for n in range(20):
        written = door.put(patient("seen", multipleBirthInteger=n))
        assert written.headers["x-ehr-position"] == str(end_of(door))
        assert "x-ehr-lag" not in written.headers
        assert door.get("Patient/seen").content == written.content


@pytest.mark.parametrize("bundle", [transaction, batch])
def test_so_is_a_bundle(door: Door, bundle: Callable[..., Json]) -> None:
    answer = send(door, bundle(creating(about("seen")), putting(patient("b2", language=bundle.__name__))))
    assert answer.headers["x-ehr-position"] == str(end_of(door))
    assert "x-ehr-lag" not in answer.headers
    door.get("Patient/b2")


def test_a_view_that_a_crash_took_back_is_waited_for_again(database: str) -> None:
    """docs/decisions/0008-views-commit-lazily.md"""
    prepare(database)
    with serving(database, services_of(database, visibility_wait=0.5)) as door:
        with projecting(database):
            position = door.put(patient("seen")).headers["x-ehr-position"]
        with connect(database) as connection:
            connection.execute("update views.generations set position = 0")
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where query like '%record.relay%'"
                " and datname = current_database() and pid <> pg_backend_pid()"
            )
        visibility = door.services.visibility
        until(lambda: visibility.position == 0, "the server believes the smaller position")
        waiting = {"X-EHR-Position": position}
        door.get("Patient/seen", 503, waiting)
        with projecting(database):
            until(lambda: visibility.position == int(position), "the view has caught up")
            door.get("Patient/seen", headers=waiting)


def test_what_is_found_is_seen_too(door: Door) -> None:
    """Of many who create one citizen at once, also those can read it who came second."""
    assert asyncio.run(_create_and_read(door, 32)) == {200}


async def _create_and_read(door: Door, count: int) -> set[int]:
    body = orjson.dumps({"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": "crowd"}]})
    headers = FHIR_JSON | {"If-None-Exist": f"identifier={SYSTEM}|crowd", "Prefer": "return=minimal"}

    async def create_and_read(client: httpx.AsyncClient) -> int:
        made = await client.post("Patient", content=body, headers=headers)
        return (await client.get(made.headers["location"])).status_code

    async with httpx.AsyncClient(base_url=f"{door.address}/fhir/", timeout=60) as client:
        return set(await asyncio.gather(*(create_and_read(client) for _ in range(count))))


def test_without_a_projector_a_write_is_stored_and_says_that_the_views_lag(database: str) -> None:
    prepare(database)
    with serving(database, services_of(database, visibility_wait=0.1)) as door:
        written = door.put(patient("lag"))
        assert (written.status_code, written.headers["x-ehr-lag"]) == (201, "views")
        assert written.json()["id"] == "lag"
        position = {"X-EHR-Position": written.headers["x-ehr-position"]}
        assert outcome_of(door.get("Patient/lag", 503, position))["code"] == "transient"
        same = door.put(patient("lag"))
        assert (same.status_code, same.headers["etag"], same.headers["x-ehr-lag"]) == (200, 'W/"1"', "views")
        answer = send(door, transaction(putting(patient("lag")), creating(about("lag"))))
        assert answer.headers["x-ehr-lag"] == "views"
        told = [one["response"] for one in answer.json()["entry"]]
        assert [one["etag"] for one in told] == ['W/"1"', 'W/"1"']
        assert ["lastModified" in one for one in told] == [False, True]
        with projecting(database):
            position = {"X-EHR-Position": answer.headers["x-ehr-position"]}
            waited = [door.client.get("Patient/lag", headers=position) for _ in range(200)]
        assert {one.status_code for one in waited} <= {200, 503}
        assert waited[-1].content == written.content


class Stumbling(FhirResources):
    """A view that cannot project one resource."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        keys = {Key(one.version.type, one.version.id) for fact in facts for one in fact.resources}
        if Key("Basic", "stumble") in keys:
            raise LookupError
        super().project(connection, facts)


def stumbling(url: str) -> AbstractContextManager[None]:
    """A projector that stumbles."""
    return projecting(url, Stumbling())


def test_the_write_that_parks_its_citizen_says_so(database: str) -> None:
    prepare(database)
    with stumbling(database), serving(database) as door:
        door.put(patient("A"))
        assert door.put(about("A", id="stumble")).headers["x-ehr-incomplete"] == "parked"
        answer = send(door, transaction(putting(patient("B")), putting(about("B", id="stumble2"))))
        assert "x-ehr-incomplete" not in answer.headers
        answer = send(door, transaction(putting(patient("C")), putting(about("C", id="stumble"))))
        assert answer.headers["x-ehr-incomplete"] == "parked"


def test_waits_that_are_over_are_forgotten(database: str) -> None:
    prepare(database)

    async def wait() -> int:
        async with Visibility(database, FhirResources.name) as visibility:
            assert not any([await visibility.wait(9, 0.001) for _ in range(20)])
            return len(visibility._waiting)

    assert asyncio.run(wait()) == 0


def test_nobody_waits_for_what_a_log_that_is_away_does_not_have(database: str) -> None:
    prepare(database)

    async def ask() -> None:
        with closing(RelayPost(database)) as post:
            post.tell(3)
            async with Visibility(database, FhirResources.name) as visibility:
                post.tell(None, "Kafka is away")
                await _until(lambda: visibility._reachable == 3)
                assert await asyncio.wait_for(visibility.wait(4, 600), 60) is False
                waiting = asyncio.create_task(visibility.wait(3, 600))
                await asyncio.sleep(0)
                assert not waiting.done()
                post.tell(3)
                await _until(lambda: visibility._reachable is None)
                waiting.cancel()

    asyncio.run(ask())


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def test_what_is_said_of_a_parked_citizen_is_stored_and_answered_at_once(database: str) -> None:
    prepare(database)
    with stumbling(database), serving(database) as door:
        for id_ in ("parked", "other"):
            door.put(patient(id_))
        door.put(about("parked", id="stumble"))
        written = door.put(patient("parked", active=True))
        assert (written.status_code, written.headers["etag"]) == (200, 'W/"2"')
        assert written.headers["x-ehr-incomplete"] == "parked"
        assert "x-ehr-lag" not in written.headers
        for url in ("Patient/parked/_history/2", "Basic/stumble"):
            assert outcome_of(door.get(url, 503))["code"] == "transient"
        answer = send(door, transaction(creating(about("parked")), creating(about("other"))))
        assert answer.headers["x-ehr-incomplete"] == "parked"
        same = door.put(patient("parked", active=True))
        assert (same.headers["etag"], same.headers["x-ehr-incomplete"]) == ('W/"2"', "parked")
        assert same.content == b""
        for bundle in (transaction, batch):
            for same_ in (putting(patient("parked", active=True)), putting(about("parked", id="stumble"))):
                assert send(door, bundle(same_)).headers["x-ehr-incomplete"] == "parked"
            assert "x-ehr-incomplete" not in send(door, bundle(putting(patient("other")))).headers
        others = door.put(patient("other", active=True))
        assert "x-ehr-incomplete" not in others.headers
        assert "x-ehr-lag" not in others.headers
        assert door.get("Patient/other").content == others.content


@pytest.mark.parametrize("bundle", [transaction, batch])
def test_a_retry_says_of_a_parked_citizen_what_the_first_answer_said(
    database: str, bundle: Callable[..., Json]
) -> None:
    prepare(database)
    with stumbling(database), serving(database) as door:
        door.put(patient("parked"))
        door.put(about("parked", id="stumble"))
        for n, wish in enumerate((creating(about("parked")), entry("DELETE", "Patient/parked"))):
            answers = [send(door, bundle(wish), headers={"Idempotency-Key": f"k{n}"}) for _ in range(2)]
            assert [answer.headers["x-ehr-incomplete"] for answer in answers] == ["parked", "parked"]
