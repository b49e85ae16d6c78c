"""What was stated about Patients since a position, whoever stated it and whatever became of it."""

from pathlib import Path
from typing import Any

import pytest

from ehr.event_store.connections import connect, connect_async
from ehr.sql import load_queries
from ehr.values import subject_of
from projections.fhir_resources import meanwhile
from projections.fhir_resources.meanwhile import Stated, Version, stated_since
from projections.fhir_resources.view import FhirResources
from tests.projections.citizens.stating import Json, Record, delete, facts_of, follow, put, run

A, B = (subject_of(f"Patient/{id_}") for id_ in "ab")
APPOINTMENT: Json = {
    "resourceType": "Appointment",
    "id": "both",
    "status": "booked",
    "participant": [{"actor": {"reference": f"Patient/{id_}"}, "status": "accepted"} for id_ in "ab"],
}


def patient(id_: str, **more: Any) -> Json:
    return {"resourceType": "Patient", "id": id_} | more


def basic(id_: str, whose: str, text: str = "x") -> Json:
    subject = {"reference": f"Patient/{whose}"}
    return {"resourceType": "Basic", "id": id_, "code": {"text": text}, "subject": subject}


async def state(url: str, steps: list[tuple[str, Any]]) -> None:
    async with Record(url) as record:
        for facility, change in steps:
            await record.state(change, facility=facility)


@pytest.fixture
def since(database: str) -> int:
    """A record in which something was stated before a position, and other things beyond it."""
    before = [patient("a"), patient("b"), patient("c"), basic("old", "a"), basic("lost", "b")]
    run(state(database, [("45901", put(one)) for one in before]))
    position = facts_of(database)[-1].position
    beyond = [
        ("45902", put(basic("new", "a"))),
        ("45902", put(basic("old", "a", "amended"))),
        ("45903", put(basic("old", "a", "twice"))),
        ("45903", put(basic("of-c", "c"))),
        ("45903", put(basic("lost", "b", "amended"))),
        ("45903", delete("Basic", "lost")),
        ("45903", put(APPOINTMENT)),
        ("45903", put(patient("b", active=True))),
    ]
    run(state(database, beyond))
    follow(database, FhirResources())
    return position


def asked(url: str, *arguments: Any, **options: Any) -> list[Stated]:
    async def ask() -> list[Stated]:
        async with await connect_async(url) as connection:
            return await stated_since(connection, *arguments, **options)

    return run(ask())


def told(found: list[Stated]) -> list[tuple[str, int, bool]]:
    return [(one.version.reference, one.version.version, one.version.deleted) for one in found]


OF_B = [
    ("Basic/lost", 2, False),
    ("Basic/lost", 3, True),
    ("Appointment/both", 1, False),
    ("Patient/b", 2, False),
]


def test_every_version_since_is_told_in_order(database: str, since: int) -> None:
    of_a = [("Basic/new", 1, False), ("Basic/old", 2, False), ("Basic/old", 3, False)]
    found = asked(database, [A, B], since, 100)
    assert told(found) == [*of_a, *OF_B]
    assert told(asked(database, [B], since, 100)) == OF_B
    assert told(asked(database, [A], since, 100)) == [*of_a, ("Appointment/both", 1, False)]
    assert asked(database, [A, B], 1_000, 100) == []


def test_it_says_about_whom_and_who_stated_it(database: str, since: int) -> None:
    found = {one.version.reference: one for one in asked(database, [A, B], since, 100)}
    assert found["Basic/new"].version.whose == [A]
    assert found["Basic/lost"].version.whose == [B]
    assert found["Appointment/both"].version.whose == sorted([A, B])
    assert [found[name].facility for name in ("Basic/new", "Patient/b")] == ["45902", "45903"]
    assert found["Basic/new"].happened_at


def test_it_is_told_page_by_page(database: str, since: int) -> None:
    whole, walked = asked(database, [A, B], since, 100), list[Stated]()
    after: Version | None = None
    while page := asked(database, [A, B], since, 2, after):
        walked += page
        after = page[-1].version
    assert walked == whole


def test_what_was_deleted_is_found_by_whose_it_was(database: str, since: int) -> None:
    """And not by reading all that ever was deleted."""
    asked_for = {
        "subjects": [A],
        "position": since,
        "limit": 10,
        **dict.fromkeys(("after", "after_type", "after_id")),
    }
    with connect(database) as connection:
        connection.execute("set enable_seqscan = off")
        plan = connection.execute(
            "explain " + load_queries(Path(meanwhile.__file__).with_suffix(".sql"))["meanwhile"], asked_for
        )
        assert any("current_deleted_of" in line for (line,) in plan)
