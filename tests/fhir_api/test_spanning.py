"""Whoever reads about a Patient reads about all Patients that are one person with it.

https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import pytest
from psycopg import sql

from ehr.errors import NotLinked
from ehr.event_store.connections import connect
from ehr.linking import Act
from ehr.values import subject_of
from projections.links.view import Links
from projections.view import Connection
from streams.recorded_fact import RecordedFact
from tests.backbone.waiting import until
from tests.fhir_api.linking import judge, link, unlink
from tests.fhir_api.running import (
    Door,
    Headers,
    Json,
    entries,
    outcome_of,
    pages,
    prepare,
    projecting,
    services_of,
    serving,
)
from tests.fhir_api.running import link as link_of
from tests.fhir_api.test_positions import about, patient, stumbling

LENIENT = {"Prefer": "handling=lenient"}


@contextmanager
def filled(url: str) -> Iterator[Door]:
    """A server with three Patients, each with a visit, two findings and a station of its own."""
    prepare(url)
    with projecting(url), serving(url) as served:
        for id_ in "abc":
            state(served, id_)
        yield served


@pytest.fixture(scope="module")
def shared(module_database: str) -> Iterator[Door]:
    with filled(module_database) as served:
        yield served


@pytest.fixture
def door(shared: Door) -> Iterator[Door]:
    """One for tests that state nothing but links, which are taken back afterwards and shown to be."""
    yield shared
    for pair in ("ab", "bc"):
        with suppress(NotLinked):
            shared.get(QUERIES[0], headers=unlink(shared, *pair))


@pytest.fixture
def own(database: str) -> Iterator[Door]:
    """One for tests that state more."""
    with filled(database) as served:
        yield served


def state(door: Door, id_: str) -> None:
    station = {"resourceType": "Organization", "id": f"station-{id_}", "name": f"Trạm {id_}"}
    patient = {
        "resourceType": "Patient",
        "id": id_,
        "managingOrganization": at(f"Organization/station-{id_}"),
    }
    stated: list[Json] = [station, patient, visit(id_), finding(id_, 1), finding(id_, 2)]
    for one in stated:
        door.put(one)


def at(reference: str) -> Json:
    return {"reference": reference}


def visit(id_: str) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"visit-{id_}",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": at(f"Patient/{id_}"),
    }


def finding(id_: str, number: int, **more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"finding-{id_}-{number}",
        "status": "final",
        "code": {"text": f"số {number}"},
        "subject": at(f"Patient/{id_}"),
        "encounter": at(f"Encounter/visit-{id_}"),
    } | more


def names(told: list[Json]) -> list[str]:
    return [f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in told]


def found(door: Door, url: str, headers: Headers | None = None) -> list[str]:
    return names(door.json(url, headers=headers or {}).get("entry", []))


def findings(*ids: str) -> list[str]:
    return [f"Observation/finding-{id_}-{n}" for id_ in ids for n in (1, 2)]


def everything_of(*ids: str) -> list[str]:
    """What $everything tells of a person, asked for by the first of these ids."""
    return [
        *(f"Patient/{id_}" for id_ in ids),
        *(f"Encounter/visit-{id_}" for id_ in sorted(ids)),
        *findings(*sorted(ids)),
        *(f"Organization/station-{id_}" for id_ in ids),
    ]


SPANS = [
    "Observation?subject=Patient/{}",
    "Observation?subject={}",
    "Observation?subject:Patient={}",
    "Observation?patient={}",
    "Observation?patient=Patient/{}",
    "Observation?patient=nobody,{}",
    "Observation?subject=http://localhost/fhir/Patient/{}",
    "Observation?subject:Patient._id={}",
    "Observation?encounter.patient={}",
    "Observation?encounter.subject:Patient._id={}",
    "Observation?patient={}&_sort=-_lastUpdated&_snapshot=true",
    "Observation?patient={}&_total=accurate",
    "Patient/{}/Observation",
    "Patient/{}/*?_type=Observation",
    "Patient/{}/Observation?patient={}",
]


@pytest.mark.parametrize("query", SPANS)
def test_a_condition_that_names_a_patient_takes_the_whole_person(door: Door, query: str) -> None:
    def told(id_: str, headers: Headers) -> list[str]:
        address = query.format(id_, id_).replace("http://localhost", door.address)
        return sorted(found(door, address, headers))

    linked = link(door, "a", "b")
    for id_ in "ab":
        assert told(id_, linked) == findings("a", "b")
    assert told("c", linked) == findings("c")
    parted = unlink(door, "a", "b")
    for id_ in "abc":
        assert told(id_, parted) == findings(id_)


STANDS_ALONE = [
    ("Patient?_id=a", ["Patient/a"]),
    ("Patient?_id=a&_revinclude=Encounter:subject", ["Patient/a", "Encounter/visit-a"]),
    ("Observation?patient.organization=station-a", findings("a")),
    ("Encounter?subject:Patient.organization=station-a", ["Encounter/visit-a"]),
    ("Observation?subject:identifier=urn:test|1", []),
    ("Encounter/visit-a/Observation", findings("a")),
]


@pytest.mark.parametrize(("query", "expected"), STANDS_ALONE)
def test_other_conditions_speak_of_one_patient(door: Door, query: str, expected: list[str]) -> None:
    assert found(door, query, link(door, "a", "b")) == expected


def test_a_condition_of_a_write_never_reaches_over_to_a_linked_patient(own: Door) -> None:
    own.get("Observation?patient=b", headers=link(own, "a", "b"))
    exist = {"If-None-Exist": "patient=a&encounter=Encounter/visit-b"}
    made = own.send("POST", "Observation", finding("a", 9), exist)
    assert made.status_code == 201
    own.client.delete("Observation?patient=a&_multiple=true").raise_for_status()
    assert found(own, "Observation?patient=a", position(made)) == findings("b")


def test_the_other_way_round_a_patient_is_named_too(door: Door) -> None:
    linked = link(door, "a", "b")
    stations = found(door, "Organization?_has:Patient:organization:_id=a", linked)
    assert stations == ["Organization/station-a", "Organization/station-b"]


def test_everything_about_a_person_is_told_by_any_of_the_patients(door: Door) -> None:
    assert found(door, "Patient/a/$everything") == everything_of("a")
    link(door, "b", "c")
    linked = link(door, "a", "b")
    for ids in ("abc", "bac", "cab"):
        assert found(door, f"Patient/{ids[0]}/$everything", linked) == everything_of(*ids)
    parted = unlink(door, "b", "c")
    assert found(door, "Patient/a/$everything", parted) == everything_of("a", "b")
    assert found(door, "Patient/c/$everything", parted) == everything_of("c")


def test_everything_about_a_person_comes_once_page_by_page(own: Door) -> None:
    both = {
        "resourceType": "Appointment",
        "id": "both",
        "status": "booked",
        "participant": [{"actor": at(f"Patient/{id_}"), "status": "accepted"} for id_ in "ab"],
    }
    own.put(both)
    own.get("Patient/a/$everything", headers=link(own, "a", "b"))
    for count in (1, 2, 3, 4, 100):
        told = entries(own, f"Patient/b/$everything?_count={count}")
        assert sorted(names(told)) == sorted([*everything_of("b", "a"), "Appointment/both"])
        matches = names([one for one in told if one["search"]["mode"] == "match"])
        assert matches[:2] == ["Patient/b", "Patient/a"]
        types = [name.partition("/")[0] for name in matches[2:]]
        assert types == sorted(types)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_type=Patient", ["Patient/a", "Patient/b"]),
        ("_type=Patient&_count=1", ["Patient/a", "Patient/b"]),
        ("_type=Encounter&_count=1", ["Encounter/visit-a", "Encounter/visit-b"]),
        ("_type=Organization&_count=1", ["Organization/station-a", "Organization/station-b"]),
        ("start=2020&_type=Patient,Observation", ["Patient/a", "Patient/b", *findings("a", "b")]),
    ],
)
def test_what_is_chosen_of_everything_is_chosen_of_the_person(
    door: Door, query: str, expected: list[str]
) -> None:
    linked = link(door, "a", "b")
    door.get("Patient/a/$everything", headers=linked)
    assert names(entries(door, f"Patient/a/$everything?{query}")) == expected


def test_what_was_changed_since_is_told_of_the_person(own: Door) -> None:
    link(own, "a", "b")
    changed = own.put({**own.json("Patient/b"), "active": True})
    since = changed.json()["meta"]["lastUpdated"]
    told = found(own, f"Patient/a/$everything?_since={since}", position(changed))
    assert told == ["Patient/b"]


def position(written: Any) -> dict[str, str]:
    return {"X-EHR-Position": written.headers["x-ehr-position"]}


WALKS = ["Patient/a/$everything?_count=2", "Observation?patient=a&_count=1", "Patient/a/*?_count=2"]


def walk_on(door: Door, page: Json) -> list[str]:
    """What a walk tells from a page on."""
    told = names(page["entry"])
    following = link_of(page, "next")
    return (
        told + [name for one in pages(door, following) for name in names(one["entry"])] if following else told
    )


@pytest.mark.parametrize("walk", WALKS)
def test_a_link_that_is_made_or_taken_back_changes_nothing_in_a_walk(door: Door, walk: str) -> None:
    alone, first = names(entries(door, walk)), door.json(walk)
    linked = link(door, "a", "b")
    shown = door.json(walk, headers=linked)
    assert walk_on(door, first) == alone
    parted = unlink(door, "a", "b")
    door.get(walk, headers=parted)
    together = walk_on(door, shown)
    assert len(together) == len(set(together)) > len(alone)
    assert set(together) >= set(alone)
    assert walk_on(door, first) == names(entries(door, walk)) == alone


def test_taken_back_it_is_as_if_it_had_not_been(own: Door) -> None:
    """Link, facts, unlink shows the same as the facts alone: c and d have them without a link."""
    state(own, "d")
    beyond = {"a": "c", "b": "d"}
    link(own, "a", "b")
    for id_, twin in beyond.items():
        for one in (id_, twin):
            own.put(finding(one, 3))
            own.put(finding(one, 1, note=[{"text": "amended"}]))
            own.client.delete(f"Observation/finding-{one}-2").raise_for_status()
    parted = unlink(own, "a", "b")
    for id_, twin in beyond.items():
        for query in ("Patient/{}/$everything", "Observation?patient={}", "Patient/{}/*"):
            told, expected = (found(own, query.format(one), parted) for one in (id_, twin))
            assert [name.replace(f"-{id_}", f"-{twin}") for name in told] == [
                name.replace(f"Patient/{twin}", f"Patient/{id_}") for name in expected
            ]


def test_a_server_that_has_lost_sight_of_the_views_asks_how_far_they_are(door: Door) -> None:
    """As after trouble with its connection, until it has another one."""
    door.get(QUERIES[0], headers=link(door, "a", "b"))
    door.services.links.position = door.services.visibility.position = 0
    assert found(door, QUERIES[0]) == everything_of("a", "b")


def test_a_kept_snapshot_is_walked_through_as_it_was(door: Door) -> None:
    linked = link(door, "a", "b")
    first = door.json("Observation?patient=a&_count=3&_snapshot=true", headers=linked)
    door.get("Observation?patient=a", headers=unlink(door, "a", "b"))
    assert walk_on(door, first) == findings("a", "b")


def test_proposed_or_judged_different_is_not_one_person(own: Door) -> None:
    judge(own, Act.PROPOSE, "a", "b")
    judged = judge(own, Act.JUDGE_DIFFERENT, "a", "c")
    assert found(own, "Patient/a/$everything", judged) == everything_of("a")


def test_a_linked_patient_that_waits_is_not_passed_over(database: str) -> None:
    """What is parked in fhir_resources is the other Patient."""
    prepare(database)
    with stumbling(database), serving(database) as door:
        for id_ in ("a", "parked"):
            door.put(patient(id_))
        door.put(about("parked", id="stumble"))
        linked = link(door, "a", "parked")
        assert outcome_of(door.get("Patient/a/$everything", 503, linked))["code"] == "transient"
        answer = door.get("Patient/a/$everything", headers=LENIENT)
        assert answer.headers["x-ehr-incomplete"] == "parked"


class Stumbling(Links):
    """A view that cannot project what is decided about one Patient."""

    def project(self, connection: Connection, facts: Any) -> None:
        if any(self._is_theirs(one) for one in facts):
            raise LookupError
        super().project(connection, facts)

    @staticmethod
    def _is_theirs(recorded: RecordedFact) -> bool:
        return not recorded.resources and subject_of("Patient/c") in (
            recorded.subject,
            getattr(recorded.fact, "other", None),
        )


QUERIES = ["Patient/a/$everything", "Observation?patient=a", "Patient/a/Observation"]


def lacks(door: Door, url: str) -> tuple[str | None, list[str]]:
    answer = door.get(url)
    told = [one["resource"] for one in answer.json().get("entry", [])]
    outcomes = [one for one in told if one["resourceType"] == "OperationOutcome"]
    return answer.headers.get("x-ehr-incomplete"), [one["issue"][0]["code"] for one in outcomes]


def test_decisions_that_cannot_be_shown_make_every_person_uncertain(database: str) -> None:
    prepare(database)
    with projecting(database, Stumbling()), projecting_resources(database), serving(database) as door:
        for id_ in "abc":
            state(door, id_)
        assert lacks(door, QUERIES[0]) == (None, [])
        link(door, "b", "c")
        until(lambda: bool(door.services.links.parked), "the server has heard of it")
        for url in QUERIES:
            assert lacks(door, url) == ("links", ["incomplete"])
        assert lacks(door, "Patient?_id=a") == (None, [])


def projecting_resources(url: str) -> AbstractContextManager[None]:
    """fhir_resources without links."""
    return projecting(url, alone=True)


def test_links_that_lag_are_waited_for_and_told_of(database: str) -> None:
    prepare(database)
    services = services_of(database, visibility_wait=0.2)
    with projecting_resources(database), serving(database, services) as door:
        for id_ in "ab":
            state(door, id_)
        for url in QUERIES:
            assert lacks(door, url) == ("links", ["incomplete"])
            assert outcome_of(door.get(url, 503, {"X-EHR-Position": "1"}))["code"] == "transient"
        assert lacks(door, "Patient?_id=a") == (None, [])
        with projecting(database, Links()):
            linked = link(door, "a", "b")
            until(lambda: services.links.position >= int(linked["X-EHR-Position"]), "the link is shown")
            for url in QUERIES:
                assert lacks(door, url) == (None, [])
        assert found(door, QUERIES[0]) == everything_of("a", "b")


def test_what_is_shown_beyond_the_links_is_told_of(database: str) -> None:
    """Resources may be shown between the waiting for links and the reading, before the server hears of it."""
    prepare(database)
    services = services_of(database, visibility_wait=0.2)
    with projecting_resources(database), serving(database, services) as door:
        state(door, "a")
        with projecting(database, Links()):
            until(lambda: services.links.position >= services.visibility.position, "the links are shown")
        assert lacks(door, QUERIES[0]) == (None, [])
        door.put(finding("a", 3))
        for url in QUERIES:
            services.visibility.position = services.links.position
            assert lacks(door, url) == ("links", ["incomplete"])


def test_a_walk_waits_for_links_that_a_crash_took_back(database: str) -> None:
    """A crash of the database takes views back a little (docs/decisions/0008)."""
    prepare(database)
    services = services_of(database, visibility_wait=0.2)
    with projecting_resources(database), serving(database, services) as door:
        for id_ in "ab":
            state(door, id_)
        with projecting(database, Links()):
            linked = link(door, "a", "b")
            until(lambda: services.links.position >= int(linked["X-EHR-Position"]), "the link is shown")
            first = door.json("Patient/a/$everything?_count=2")
        with connect(database) as connection:
            for table in Links.tables:
                connection.execute(sql.SQL("truncate {}").format(sql.Identifier("links_1", table)))
            connection.execute("update views.generations set position = 0 where view = 'links'")
        services.links.position = 0
        following = link_of(first, "next")
        assert following
        assert outcome_of(door.get(following, 503))["code"] == "transient"
        with projecting(database, Links()):
            until(lambda: services.links.position >= int(linked["X-EHR-Position"]), "it is shown again")
            assert sorted(walk_on(door, first)) == sorted(everything_of("a", "b"))
