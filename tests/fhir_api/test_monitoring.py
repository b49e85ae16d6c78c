"""Liveness, readiness and figures."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.connections import connect
from ehr.event_store.relaying import RelayPost, keep_by_kafka, keeps_up
from fhir_api import monitoring
from projections import visibility
from projections.fhir_resources.view import FhirResources
from projections.rebuild import rebuild
from streams.notification_log import NotificationLog
from tests.backbone.waiting import until
from tests.fhir_api.running import Door, in_process, prepare, projecting, services_of, serving
from tests.stating import looking, migrated

NOBODY_LINKS = "ready, but no linking process was ever at work: `ehr link`"
READY = {
    "record": "ready",
    "log": "ready",
    "views": "ready",
    "linking": NOBODY_LINKS,
    "visibility": "ready",
}


def figures(text: str) -> dict[tuple[str, ...], float]:
    """(name, label values in order of label) -> value."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def measure(door: Door) -> dict[tuple[str, ...], float]:
    return figures(httpx.get(f"{door.address}/metrics").raise_for_status().text)


def ready(door: Door) -> tuple[int, Any]:
    answer = httpx.get(f"{door.address}/readyz")
    return answer.status_code, answer.json()


def test_a_server_that_answers_lives(door: Door) -> None:
    assert httpx.get(f"{door.address}/livez").text == "alive\n"


def test_it_is_ready_when_all_parts_are(door: Door) -> None:
    assert ready(door) == (200, {"ready": True, "parts": READY})


def test_requests_are_counted_by_interaction_and_status(door: Door) -> None:
    before = measure(door)
    door.put({"resourceType": "Patient", "id": "counted"})
    door.get("Patient/counted")
    door.get("Patient/counted")
    door.get("Patient/nobody", 404)
    door.get("Patient?nickname=x", 400)
    door.get("nothing/at/all/here", 404)
    door.client.patch("Patient/counted")
    after = measure(door)
    counted = {
        key[1:]: after[key] - before.get(key, 0.0)
        for key in after
        if key[0] == "ehr_fhir_requests_total" and after[key] != before.get(key)
    }
    assert counted == {
        ("update", "201"): 1, ("read", "200"): 2, ("read", "404"): 1, ("search-type", "400"): 1,
        ("none", "404"): 1, ("none", "405"): 1,
    }  # fmt: skip
    assert after[("ehr_fhir_request_seconds_count", "read")] >= 3
    assert (
        after[("ehr_fhir_request_seconds_bucket", "read", "+Inf")]
        == after[("ehr_fhir_request_seconds_count", "read")]
    )


def test_positions_are_told(door: Door) -> None:
    position = int(door.put({"resourceType": "Patient", "id": "at"}).headers["x-ehr-position"])
    told = measure(door)
    assert told[("ehr_database_up",)] == 1
    assert told[("ehr_record_position",)] == position
    assert told[("ehr_view_position", "fhir_resources")] == position
    assert told[("ehr_view_lag_facts", "fhir_resources")] == 0
    assert told[("ehr_view_parked_citizens", "fhir_resources")] == 0
    assert told[("ehr_view_quarantined_records", "fhir_resources")] == 0
    assert told[("process_cpu_seconds_total",)] > 0


def test_those_who_wait_are_counted(door: Door) -> None:
    with connect(door.database) as connection:
        connection.execute(
            "insert into views.parked values ('fhir_resources', 1, gen_random_uuid(), 1, 'KeyError'),"
            " ('fhir_resources', 1, gen_random_uuid(), 1, 'KeyError')"
        )
        connection.execute(
            "insert into views.quarantined values ('fhir_resources', 1, 1, gen_random_uuid(), 'x')"
        )
        told = measure(door)
        connection.execute("delete from views.parked")
        connection.execute("delete from views.quarantined")
    assert told[("ehr_view_parked_citizens", "fhir_resources")] == 2
    assert told[("ehr_view_quarantined_records", "fhir_resources")] == 1


def test_nothing_personal_is_told(door: Door) -> None:
    number = "012345678901"
    door.put({"resourceType": "Patient", "id": number, "identifier": [{"system": "urn:x", "value": number}]})
    door.get(f"Patient/{number}")
    door.get(f"Patient?identifier={number}")
    door.get(f"{number}/{number}", 404)
    assert number not in httpx.get(f"{door.address}/metrics").text
    assert number not in httpx.get(f"{door.address}/readyz").text


def test_a_view_that_is_far_behind_is_not_ready(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring, "MOST_LAG", 1)

    async def ask() -> list[tuple[int, Any]]:
        prepare(database, FhirResources())
        async with in_process(services_of(database, visibility_wait=0.0)) as client:
            told = []
            for id_ in "abc":
                answer = await client.get("http://localhost/readyz")
                told.append((answer.status_code, answer.json()["parts"]["views"]))
                body = f'{{"resourceType":"Patient","id":"{id_}"}}'
                await client.put(f"Patient/{id_}", content=body, headers={"Content-Type": "application/json"})
            answer = await client.get("http://localhost/readyz")
            return [*told, (answer.status_code, answer.json())]

    with standing_by(migrated(database)):
        *early, last = asyncio.run(ask())
    assert early == [(200, "ready")] * 2 + [(503, "fhir_resources is 2 facts behind")]
    views = "fhir_resources is 3 facts behind"
    assert last == (503, {"ready": False, "parts": READY | {"views": views}})


def test_a_record_without_views_is_not_ready(database: str) -> None:
    prepare(database, FhirResources())
    with connect(database) as connection:
        connection.execute("delete from views.generations")
    status, told = asyncio.run(_ready(database))
    assert status == 503
    assert told["parts"] == READY | {"views": "there is none yet"}


def test_a_view_without_a_projector_is_not_ready(database: str) -> None:
    """Also while there is nothing to project."""
    prepare(database, FhirResources())
    with serving(database) as door:
        gone = READY | {"views": "fhir_resources has no projector"}
        assert ready(door) == (503, {"ready": False, "parts": gone})
        with projecting(database):
            until(lambda: ready(door)[0] == 200, "the projector is seen")
            assert measure(door)[("ehr_view_projected", "fhir_resources")] == 1
        until(lambda: ready(door)[0] == 503, "its end is seen")
        assert measure(door)[("ehr_view_projected", "fhir_resources")] == 0


def test_writing_that_waits_for_the_comparison_of_the_tails_is_not_ready(database: str) -> None:
    prepare(database, FhirResources())
    with connect(database) as connection:
        keep_by_kafka(connection)
        # However busy the machine is, that was less than a second ago.
        connection.execute("update record.relay set told_at = told_at + interval '1 minute'")
        with serving(database) as door, standing_by(database):
            waits = "writing waits until the log is known to have no more than the store: "
            status, told = ready(door)
            assert (status, told["parts"]["log"]) == (
                503,
                f"{waits}no relay has been at work yet: `ehr relay`",
            )
            with pytest.raises(httpx.HTTPStatusError) as refused:
                door.put({"resourceType": "Patient", "id": "a"})
            assert refused.value.response.status_code == 503
            assert "/readyz says what keeps it" in refused.value.response.text
            with closing(RelayPost(database)) as post:
                post.disagree("the log has more")
                assert ready(door)[1]["parts"]["log"] == f"{waits}the log has more"
                assert measure(door)[("ehr_writing_open",)] == 0
                assert post.agree(post.incarnation())
                post.tell(0)
            assert ready(door) == (200, {"ready": True, "parts": READY})
            assert measure(door)[("ehr_writing_open",)] == 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3.0, "work yet:"),
        (0.0, "work yet:"),
        (0.9, "work yet:"),
        (1.0, "work for 1 s:"),
        (20.4, "for 20 s:"),
    ],
)
def test_a_relay_that_has_just_told_something_is_not_silent_for_0_seconds(seconds: float, said: str) -> None:
    """As right after a restart of the database, or where a clock was set back."""
    assert said in monitoring._silence(seconds)


def test_a_log_that_is_away_keeps_nobody_from_being_served(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has not come to the log is not held against the views."""
    monkeypatch.setattr(monitoring, "MOST_LAG", 0)
    prepare(database, FhirResources())
    with closing(RelayPost(database)) as post, serving(database) as door, standing_by(database):
        assert post.agree(post.incarnation())
        post.tell(0, "Kafka is away")
        door.put({"resourceType": "Patient", "id": "a"})
        status, told = ready(door)
        assert (status, told["parts"]) == (
            200,
            READY | {"log": "ready, but facts wait to get to the log: Kafka is away"},
        )
        assert [measure(door)[(name,)] for name in ("ehr_relay_works", "ehr_log_position")] == [0, 0]
        post.tell(1)
        status, told = ready(door)
        assert (status, told["parts"]) == (503, READY | {"views": "fhir_resources is 1 facts behind"})
        assert [measure(door)[(name,)] for name in ("ehr_relay_works", "ehr_log_position")] == [1, 1]
        with looking(database) as connection:
            connection.execute("update record.relay set told_at = told_at - interval '20 seconds'")
        silent = re.escape("no relay has been at work for 20 s: `ehr relay`").replace("20", r"2\d")
        assert re.search(silent, ready(door)[1]["parts"]["log"])


def test_a_relay_at_work_that_is_far_behind_is_told(database: str) -> None:
    prepare(database, FhirResources())
    with closing(RelayPost(database)) as post, serving(database) as door, standing_by(database):
        assert post.agree(post.incarnation())
        door.put({"resourceType": "Patient", "id": "a"})
        # However busy the machine is, that is less than five seconds ago.
        with looking(database) as connection:
            connection.execute("update record.facts set last_updated = clock_timestamp() + interval '1 hour'")
            post.tell(0)
            assert ready(door)[1]["parts"]["log"] == "ready"
            connection.execute("update record.facts set last_updated = clock_timestamp() - interval '1 hour'")
        post.tell(0)
        status, told = ready(door)
        assert status == 200
        behind = re.escape("ready, but facts wait to get to the log, the first one for 3600 s")
        assert re.fullmatch(behind.replace("3600", r"3[67]\d\d"), told["parts"]["log"])
        assert not keeps_up(database)
        post.tell(1)
        assert ready(door)[1]["parts"]["log"] == "ready"
        assert keeps_up(database)


def test_a_view_that_other_code_has_built_is_told_with_the_way_out(database: str) -> None:
    prepare(database, FhirResources())
    with connect(database) as connection:
        connection.execute("update views.generations set code_version = 7")
    with serving(database) as door, projecting(database):
        told = READY | {"views": "fhir_resources was built by other code: `ehr rebuild fhir_resources`"}
        until(lambda: ready(door) == (503, {"ready": False, "parts": told}), "the projector waits")
        assert measure(door)[("ehr_view_awaits_rebuild", "fhir_resources")] == 1
        with closing(NotificationLog(database)) as log:
            rebuild(FhirResources(), log, database)
        until(lambda: ready(door)[0] == 200, "the projector goes on")
        assert measure(door)[("ehr_view_awaits_rebuild", "fhir_resources")] == 0


def test_a_projector_that_is_killed_is_seen(database: str, tmp_path: Path) -> None:
    prepare(database, FhirResources())
    variables = {**os.environ, "EHR_DATABASE_URL": database, "EHR_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "backbone", "project", "fhir_resources"]
    with (
        serving(database) as door,
        subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) as one,
    ):
        until(lambda: ready(door)[0] == 200, "the projector is seen")
        one.kill()
        until(lambda: ready(door)[1]["parts"]["views"] != "ready", "its death is seen")
        assert ready(door)[1]["parts"]["views"] == "fhir_resources has no projector"


def test_a_projector_that_hangs_is_seen(database: str) -> None:
    """It is connected and does nothing while a fact waits."""
    prepare(database, FhirResources())
    with serving(database, services_of(database, visibility_wait=0.0)) as door, standing_by(database):
        assert ready(door)[0] == 200
        door.put({"resourceType": "Patient", "id": "waits"})
        with connect(database) as connection:
            connection.execute("update record.facts set last_updated = last_updated - interval '61 seconds'")
        status, told = ready(door)
        assert (status, told["parts"]["views"][:18]) == (503, "fhir_resources is ")
        assert re.fullmatch(r"fhir_resources is 6\d s behind", told["parts"]["views"])
        assert measure(door)[("ehr_view_behind_seconds", "fhir_resources")] > 60


def test_a_server_that_hears_nothing_of_the_views_is_not_ready(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is that goes wrong in there; it goes on by itself once it can."""
    monkeypatch.setattr(monitoring, "MOST_SILENCE", 0.5)
    monkeypatch.setattr(visibility, "LISTENS", 0.1)
    prepare(database, FhirResources())
    with serving(database) as door, projecting(database):
        until(lambda: ready(door)[0] == 200, "all is well")
        with connect(database) as connection:
            connection.execute("select pg_notify('views', 'fhir_resources nonsense')")
        door.put({"resourceType": "Patient", "id": "seen"})
        assert "x-ehr-lag" not in door.put({"resourceType": "Patient", "id": "seen", "active": True}).headers
        with monkeypatch.context() as broken:
            broken.setattr(visibility.Visibility, "_look", _fail)
            until(lambda: ready(door)[0] == 503, "silence is seen")
            heard = ready(door)[1]["parts"]["visibility"]
            assert re.fullmatch(r"has not heard of the views for \d+ s", heard)
        until(lambda: ready(door)[0] == 200, "it has gone on")


async def _fail(*_: object) -> None:
    raise ZeroDivisionError


@contextmanager
def standing_by(url: str) -> Iterator[None]:
    """What looks like a projector and projects nothing."""
    with connect(url) as connection:
        connection.execute("set application_name = 'ehr project fhir_resources'")
        yield


@pytest.mark.parametrize(
    ("serves", "status", "state"), [(True, 200, "ready"), (False, 503, "does not serve")]
)
def test_other_parts_count_too(database: str, serves: bool, status: int, state: str) -> None:
    async def part() -> bool:
        return serves

    prepare(database, FhirResources())
    ready_parts: dict[str, Callable[[], Awaitable[bool]]] = {"other": part}
    with standing_by(database):
        told = asyncio.run(_ready(database, ready=ready_parts))
    assert (told[0], told[1]["parts"]["other"]) == (status, state)


def test_a_part_that_does_not_answer_is_not_waited_for(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "PATIENCE", 0.01)

    async def never() -> bool:
        await asyncio.get_running_loop().create_future()
        return True

    prepare(database, FhirResources())
    _, told = asyncio.run(_ready(database, ready={"log": never}))
    assert told["parts"]["log"] == "no answer within 0.01 s"


async def _ready(url: str, **parts: Any) -> tuple[int, Any]:
    async with in_process(services_of(url, **parts)) as client:
        answer = await client.get("http://localhost/readyz")
        return answer.status_code, answer.json()


def test_while_the_database_is_away_the_server_says_so(postgres: EmbeddedPostgres, database: str) -> None:
    prepare(database, FhirResources())

    async def ask() -> tuple[list[httpx.Response], httpx.Response]:
        async with in_process(services_of(database)) as client:
            async with asyncio.timeout(30):
                while (await client.get("http://localhost/readyz")).status_code != 200:
                    pass
            with away(postgres, database):
                during = [
                    await client.get(f"http://localhost/{path}") for path in ("readyz", "metrics", "livez")
                ]
                during.append(await client.get("Patient/1"))
            async with asyncio.timeout(30):
                while (after := await client.get("http://localhost/readyz")).status_code != 200:
                    pass
            return during, after

    with projecting(database):
        (readiness, measured, alive, read), after = asyncio.run(ask())
    assert (readiness.status_code, alive.status_code, read.status_code) == (503, 200, 503)
    assert readiness.json()["parts"]["record"] == "the database cannot be reached, or has no record"
    assert figures(measured.text)[("ehr_database_up",)] == 0
    assert after.json()["ready"] is True


def test_while_the_record_is_gone_the_server_says_so(database: str) -> None:
    """A backup is being put in its place."""
    prepare(database, FhirResources())
    with projecting(database), serving(database, services_of(database)) as door:
        with looking(database) as connection:
            connection.execute("drop schema record cascade")
        readiness, measured = (
            door.client.get(f"{door.address}/readyz"),
            door.client.get(f"{door.address}/metrics"),
        )
    assert readiness.status_code == 503
    assert {readiness.json()["parts"][part] for part in ("record", "log", "views")} == {
        "the database cannot be reached, or has no record"
    }
    assert figures(measured.text)[("ehr_database_up",)] == 0


@contextmanager
def away(postgres: EmbeddedPostgres, url: str) -> Iterator[None]:
    """Meanwhile nobody is connected to the database, nor can be."""
    name = str(conninfo_to_dict(url)["dbname"])
    allow = sql.SQL("alter database {} with allow_connections {}")
    with connect(postgres.superuser_url) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        yield
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
