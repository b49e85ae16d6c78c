"""How many are registered, were seen and have which numbers: always what counting all rows would give."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ehr.event_store.connections import connect, connect_async
from ehr.event_store.migrations import migrate
from ehr.matching.captured import CAPTURED
from ehr.requests import Change
from ehr.systems import CANCELLED_NATIONAL_ID, NATIONAL_ID, TEMPORARY_ID
from projections.citizens.numbers import Identified, counted_as
from projections.citizens.tallies import Coverage, coverage, numbers
from projections.citizens.view import Citizens
from projections.generations import MIGRATIONS
from tests.projections.citizens.people import Json, encounter, patient
from tests.projections.citizens.stating import Record, delete, facts_of, follow, project, put, rows, run

LAP, PHUNG, VIET = ("19435", "Xã Hướng Lập"), ("19441", "Xã Hướng Phùng"), ("19438", "Xã Hướng Việt")


def state(url: str, *changes: Change) -> None:
    """Each in a transaction of its own; the view shows them."""

    async def send() -> None:
        async with Record(url) as record:
            for change in changes:
                await record.state(change)

    run(send())
    follow(url, Citizens())


def covered(url: str) -> dict[str, tuple[int, ...]]:
    async def ask() -> list[Coverage]:
        async with await connect_async(url) as connection:
            return await coverage(connection)

    return {one.commune: tuple(one[1:]) for one in run(ask())}


def test_coverage_follows_who_moves_is_seen_leaves_use_and_goes(database: str) -> None:
    state(
        database,
        put(patient("a", "Hồ Thử", commune=LAP)),
        put(patient("b", "Hồ Mẫu", commune=VIET)),  # part of Hướng Lập today
        put(patient("c")),
        put(encounter("e1", "a", "2026-10-01")),
        put(encounter("e2", "a", "2026-10-02")),
        put(encounter("e3", "b", "2026-10-02", status="planned")),
        put(encounter("e4", "nobody", "2026-10-02")),
    )
    assert covered(database) == {"": (1, 1, 0), "19435": (2, 2, 1)}
    state(database, put(patient("a", "Hồ Thử", commune=PHUNG)), put(encounter("e3", "b", "2026-10-02")))
    assert covered(database) == {"": (1, 1, 0), "19435": (1, 1, 1), "19441": (1, 1, 1)}
    state(database, delete("Encounter", "e1"), put(patient("b", "Hồ Mẫu", commune=VIET, active=False)))
    assert covered(database) == {"": (1, 1, 0), "19435": (1, 0, 0), "19441": (1, 1, 1)}
    state(database, put(encounter("e2", "c", "2026-10-02")), delete("Patient", "b"))
    assert covered(database) == {"": (1, 1, 1), "19441": (1, 1, 0)}


def number(value: str, captured: str | None = None, system: str = NATIONAL_ID, **more: Any) -> Json:
    said = {"extension": [{"url": CAPTURED, "valueCode": captured}]} if captured else {}
    return {"system": system, "value": value, **said, **more}


def test_numbers_are_counted_by_how_they_were_obtained(database: str) -> None:
    man = {"gender": "male", "birth": "1990-05"}
    state(
        database,
        put(patient("a", **man, identifier=[number("045090000017", "qr"), number("1234567890123456", "qr")])),
        put(patient("b", **man, identifier=[number("045090000018", "verified")])),
        put(patient("c", **man, identifier=[number("045190000019", "verified")])),
        put(patient("d", **man, identifier=[number("045090000020"), number("045090000021", use="old")])),
        put(patient("e", identifier=[number("MT-45901-20261120-A10017-6", system=TEMPORARY_ID)])),
        put(patient("f", identifier=[number("BN 1", system="urn:hospital")])),
        put(patient("a", **man, identifier=[number("045090000017", "chip")])),
    )

    async def ask() -> dict[str, dict[str, int]]:
        async with await connect_async(database) as connection:
            return await numbers(connection)

    assert run(ask()) == {
        "personal_number": {"captured": 1, "contrary": 1, "typed": 1, "verified": 1},
        "temporary_id": {"typed": 1},
    }


@pytest.mark.parametrize(
    ("identified", "sex", "birth", "counted"),
    [
        (
            Identified(NATIONAL_ID, "045090000017", False, ["qr"]),
            "male",
            "1990",
            ("personal_number", "captured"),
        ),
        (
            Identified(NATIONAL_ID, "045090000017", False, ["qr", "typed"]),
            None,
            None,
            ("personal_number", "typed"),
        ),
        (Identified(NATIONAL_ID, "045090000017", False, ["other"]), None, None, ("personal_number", "typed")),
        (Identified(NATIONAL_ID, "045090000017", False, []), "female", None, ("personal_number", "contrary")),
        (
            Identified(NATIONAL_ID, "045090000017", False, []),
            "other",
            "1991-02",
            ("personal_number", "contrary"),
        ),
        (Identified(NATIONAL_ID, "045090000017", True, ["qr"]), None, None, (None, None)),
        (Identified(CANCELLED_NATIONAL_ID, "045090000017", False, ["qr"]), None, None, (None, None)),
        (Identified(NATIONAL_ID, "none", False, ["qr"]), None, None, (None, None)),
        (Identified("", "045090000017", False, ["qr"]), None, None, (None, None)),
    ],
)
def test_how_a_number_is_counted(
    identified: Identified, sex: str | None, birth: str | None, counted: tuple[str | None, str | None]
) -> None:
    assert counted_as(identified, sex, birth) == counted


def test_tallies_are_what_counting_gives(database: str) -> None:
    """Whatever the batches, of people who change again and again."""
    communes = (LAP, PHUNG, None)
    changes: list[Change] = []
    for turn in range(4):
        for person in range(5):
            place = communes[(turn + person) % 3]
            of_person = number(f"04509000002{person}", ("qr", None, "verified")[(turn * person) % 3])
            stated = patient(
                f"p{person}", commune=place, active=(turn * person) % 4 != 3, identifier=[of_person]
            )
            changes.append(put(stated))
            changes.append(put(encounter(f"e{turn}", f"p{person}", "2026-10-01")))
        changes.append(delete("Patient", f"p{turn}"))
    state(database, *changes)
    facts = facts_of(database)
    with connect(database) as connection:
        migrate(connection, "views", MIGRATIONS)
        for size in (1, 3, len(facts)):
            batches = [facts[start : start + size] for start in range(0, len(facts), size)]
            project(connection, Citizens(), batches)
            found = rows(connection, Citizens())
            assert {row[:2]: row[2] for row in found["tally"]} == counted_again(found)


def counted_again(found: Mapping[str, Sequence[Any]]) -> dict[tuple[str, str], int]:
    """By going through all rows."""
    tally: Counter[tuple[str, str]] = Counter()
    visited = {row[0] for row in found["visit"]}
    for subject, *_, active, communes in found["person"]:
        place = communes[0] if communes else ""
        tally["registered", place] += 1
        tally["in-use", place] += active
        tally["seen", place] += active and subject in visited
    for *_, kind, obtained in found["identifier"]:
        tally[obtained, kind] += 1
    return {key: number for key, number in tally.items() if number and key[1] is not None}
