"""What is kept of people for comparison, whatever the batches, and who is found as a candidate."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.event_store.connections import connect, connect_async
from ehr.event_store.migrations import migrate
from ehr.matching.blocking import COMMON
from ehr.matching.captured import CAPTURED
from ehr.matching.judging import LINK, NONE, PROPOSE
from ehr.matching.person import Person, person_of
from ehr.requests import Change
from ehr.values import subject_of
from projections.digests import differences, digest
from projections.generations import MIGRATIONS, serve
from projections.matching.candidates import candidates, frequencies, judged, people
from projections.matching.prepared import decoded, encoded, hashed
from projections.matching.view import Matching
from streams.recorded_fact import RecordedFact
from tests.conftest import fresh_database
from tests.projections.citizens.people import SID, Json, patient
from tests.projections.citizens.stating import (
    Record,
    cut,
    delete,
    drop_generation,
    facts_of,
    project,
    put,
    rows,
    run,
)

VIEW = Matching()
LAP, PHUNG = ("19435", "Xã Hướng Lập"), ("19441", "Xã Hướng Phùng")
EXAMPLES = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def views(database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database) as connection:
        migrate(connection, "views", MIGRATIONS)
        yield connection


def scanned(id_: str, name: str, cccd: str, birth: str = "1990-05-04", **more: Any) -> Json:
    """A woman whose card was scanned."""
    extension = [{"url": CAPTURED, "valueCode": "qr"}]
    number = {"system": f"{SID}/national_id", "value": cccd, "extension": extension}
    return patient(id_, name, birth, identifier=[number], gender="female", **more)


def relative(id_: str, of: str, name: str) -> Json:
    """Somebody's mother."""
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}
    return {
        "resourceType": "RelatedPerson",
        "id": id_,
        "patient": {"reference": f"Patient/{of}"},
        "relationship": [{"coding": [coding]}],
        "name": [{"text": name}],
    }


def stated(url: str, *requests: Sequence[Change]) -> list[RecordedFact]:
    async def state() -> None:
        async with Record(url) as record:
            for request in requests:
                await record.state(*request)

    run(state())
    return facts_of(url)


def served(views: psycopg.Connection[Any], facts: Sequence[RecordedFact]) -> None:
    """Readers see what the facts come to."""
    serve(views, VIEW, project(views, VIEW, [facts]).number)


def asked(url: str, reader: Any, *arguments: Any, **options: Any) -> Any:
    async def ask() -> Any:
        async with await connect_async(url) as connection:
            return await reader(connection, *arguments, **options)

    return run(ask())


def shown(views: psycopg.Connection[Any], *batches: Sequence[RecordedFact]) -> dict[str, list[Any]]:
    """All rows of a generation that is made of these batches, and is gone afterwards."""
    generation = project(views, VIEW, batches)
    try:
        return rows(views, VIEW)
    finally:
        drop_generation(views, generation)


def test_a_patient_becomes_a_person_with_keys_and_counted_names(
    database: str, views: psycopg.Connection[Any]
) -> None:
    body = scanned("p1", "Hồ Thị Mẫu", "045190000017", commune=LAP)
    found = shown(views, stated(database, [put(body)]))
    ((subject, id_, version, prepared, mothers),) = found["person"]
    assert (subject, id_, version, mothers) == (subject_of("Patient/p1"), "p1", 1, None)
    assert decoded(prepared) == person_of(body)
    assert (hashed("n|personal_number|045190000017"), subject) in found["block_key"]
    assert ("19435", "ho", "surname", 1) in found["name_count"]
    assert ("", "", "", 1) in found["name_count"]
    assert len(found["name_count"]) == 6


def test_a_deleted_patient_leaves_nothing(database: str, views: psycopg.Connection[Any]) -> None:
    body = scanned("p1", "Hồ Thị Mẫu", "045190000017", commune=LAP)
    facts = stated(
        database, [put(body)], [put(body | {"name": [{"text": "Hồ Mẫu"}]})], [delete("Patient", "p1")]
    )
    assert not any(shown(views, *([one] for one in facts)).values())
    assert not any(shown(views, facts).values())


def test_the_mother_whom_a_relative_names_counts_while_it_is_there(
    database: str, views: psycopg.Connection[Any]
) -> None:
    facts = stated(
        database,
        [put(relative("r1", "p1", "Hồ Thị Lành")), put(patient("p1", "Hồ Văn Con", "2024-05-04"), 1)],
        [delete("RelatedPerson", "r1")],
    )
    served(views, facts[:-1])
    (child,) = asked(database, people, [subject_of("Patient/p1")]).values()
    assert [mother.folded for mother in child.person.mothers] == ["ho thi lanh"]
    assert hashed("p|ho lanh|20240405") in {key for key, _ in rows(views, VIEW)["block_key"]}
    served(views, facts)
    (child,) = asked(database, people, [subject_of("Patient/p1")]).values()
    assert child.person.mothers == ()
    assert rows(views, VIEW)["relative"] == []


NAMES = st.sampled_from(["Hồ Văn Mẫu", "Hồ Thị Mẫu", "Nguyễn Mẫu", "con bà Mẫu", "Hồ Văn Thử"])
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "relative", "delete", "forget"]),
        st.sampled_from("abc"),
        NAMES,
        st.sampled_from([LAP, PHUNG, None]),
    ),
    min_size=1,
    max_size=12,
)


def history(url: str, changes: list[tuple[str, str, str, tuple[str, str] | None]]) -> list[RecordedFact]:
    """Patients that come and go, with their mothers; what is refused changes nothing."""
    known: set[str] = set()
    requests: list[list[Change]] = []
    for what, id_, name, commune in changes:
        type_ = "Patient" if what in ("put", "delete") else "RelatedPerson"
        if what == "put":
            requests.append([put(patient(id_, name, "1990-05-04", commune=commune))])
        elif what == "relative":
            requests.append([put(relative(f"r{id_}", id_, name))])
        elif f"{type_}{id_}" in known:
            requests.append([delete(type_, id_ if what == "delete" else f"r{id_}")])
        known = known | {f"{type_}{id_}"} if what in ("put", "relative") else known - {f"{type_}{id_}"}
    return stated(url, *requests)


@EXAMPLES
@given(changes=CHANGES, places=st.lists(st.integers(0, 30), max_size=6), chance=st.randoms())
def test_any_batching_and_what_comes_late_give_the_same_rows(
    postgres: Any, views: psycopg.Connection[Any], changes: Any, places: list[int], chance: random.Random
) -> None:
    with fresh_database(postgres) as url:
        facts = history(url, changes)
    late = {subject_of(f"Patient/{id_}") for id_ in "abc" if chance.random() < 0.4}
    whole = shown(views, facts)
    assert shown(views, *cut(facts, places)) == whole
    assert (
        shown(views, [f for f in facts if f.subject not in late], [f for f in facts if f.subject in late])
        == whole
    )


def test_a_rebuilt_generation_is_equal(database: str, views: psycopg.Connection[Any]) -> None:
    bodies = [scanned(f"p{n}", f"Hồ Thị Mẫu {n}", "045190000017", commune=LAP) for n in range(4)]
    facts = stated(database, *([put(body)] for body in bodies), [put(bodies[0] | {"gender": "male"})])
    one = project(views, VIEW, [[fact] for fact in facts])
    other = project(views, VIEW, [facts])
    assert differences(views, VIEW, one, other) == []
    assert digest(views, VIEW, one)["person"][0] == 4


def test_candidates_are_those_who_share_a_key_the_most_telling_first(
    database: str, views: psycopg.Connection[Any]
) -> None:
    bodies = [
        patient("namesake", "Hồ Thị Mẫu", "1990-05-04", gender="female"),
        scanned("same", "Ho Thi Mau", "045190000017"),
        patient("stranger", "Nguyễn Văn Khác", "1950-01-02", gender="male"),
    ]
    served(views, stated(database, *([put(body)] for body in bodies)))
    person = person_of(scanned("new", "Hồ Thị Mẫu", "045190000017"))
    found = asked(database, candidates, person, at_most=10)
    assert [one.patient for one in found] == ["same", "namesake"]
    assert [one.version for one in found] == [1, 1]
    assert asked(database, candidates, person, at_most=1) == found[:1]
    assert asked(database, candidates, person, at_most=10, but=found[0].subject) == found[1:]
    assert asked(database, candidates, Person(), at_most=10) == []
    first, second = asked(database, judged, person)
    assert (first.candidate.patient, first.verdict.decision) == ("same", LINK)
    assert second.verdict.decision in (PROPOSE, NONE)


def test_a_key_that_too_many_share_is_none(database: str, views: psycopg.Connection[Any]) -> None:
    station = [{"system": "phone", "value": "0233 3 888 999"}]
    bodies = [
        patient(f"p{n}", f"Tên {n}", f"{1900 + n % 100}-02-03", telecom=station) for n in range(COMMON + 1)
    ]
    person = person_of(patient("new", "Hồ Thị Mẫu", "1890-05-04", telecom=station))
    facts = stated(database, [put(body, n) for n, body in enumerate(bodies)])
    served(views, facts)
    assert asked(database, candidates, person, at_most=1000) == []
    served(views, stated(database, [delete("Patient", "p0")]))
    assert len(asked(database, candidates, person, at_most=1000)) == COMMON
    assert len(asked(database, candidates, person, at_most=7)) == 7


def test_of_those_who_share_a_number_some_are_looked_at_however_many(
    database: str, views: psycopg.Connection[Any]
) -> None:
    """A station has scanned a card of its own for everybody; its owner comes a second time."""
    bodies = [
        scanned(f"p{n}", f"Tên {n}", "045190000017", f"{1900 + n % 100}-02-03") for n in range(COMMON + 1)
    ]
    served(views, stated(database, [put(body, n) for n, body in enumerate(bodies)]))
    person = person_of(scanned("new", "Hồ Thị Mẫu", "045190000017", "1890-05-04"))
    assert len(asked(database, candidates, person, at_most=1000)) > COMMON - 1
    assert {one.verdict.decision for one in asked(database, judged, person)} == {PROPOSE}


def test_a_number_that_has_ended_since_it_was_stated_has_ended(
    database: str, views: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = {"system": f"{SID}/passport_number", "value": "C1234567", "period": {"end": "9000-05-04"}}
    body = patient("p1", "Hồ Thị Mẫu", "1990-05-04", identifier=[number])
    served(views, stated(database, [put(body)]))
    for day, ended in (("9000-05-04", False), ("9000-05-05", True)):
        monkeypatch.setattr("projections.matching.candidates.today", lambda day=day: day)
        (one,) = asked(database, people, [subject_of("Patient/p1")]).values()
        assert [number.ended for number in one.person.every_number] == [ended]


def test_names_are_as_frequent_as_they_are_counted(database: str, views: psycopg.Connection[Any]) -> None:
    bodies = [patient(f"p{n}", f"Hồ Văn Mẫu {n}", "1990-05-04", commune=LAP) for n in range(9)]
    bodies.append(patient("q", "Nguyễn Văn Thử", "1990-05-04", commune=PHUNG))
    served(views, stated(database, *([put(body)] for body in bodies)))
    one, other = person_of(bodies[0]), person_of(bodies[-1])
    known = asked(database, frequencies, one, [other])
    assert known.surname("ho", LAP[0]) > known.surname("ho", None) > known.surname("ho", PHUNG[0])
    assert known.surname("ho", None) == pytest.approx((9.5 / 11 * 50 + 9) / 60)
    assert known.given("thu", PHUNG[0]) > known.given("thu", LAP[0])
    assert asked(database, frequencies, one, []).surname("ho", None) > 0


def test_equal_people_are_equal_bytes_and_come_back_as_they_were() -> None:
    body = scanned("p", "Hồ Thị Mẫu", "045190000017", commune=LAP, telecom=[])
    numbers = [{"system": f"{SID}/insurance_number", "value": "0123456789"}, *body["identifier"]]
    person = person_of(body | {"identifier": numbers})
    assert decoded(encoded(person)) == person
    assert list(decoded(encoded(person)).numbers) == list(person.numbers)
    assert encoded(decoded(encoded(person))) == encoded(person)
