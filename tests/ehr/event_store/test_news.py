"""What was stated since a position, and whether it leaves what searches match."""

import asyncio
from typing import Any

import orjson
import pytest

from ehr.appending import Append, EncodedFact
from ehr.compression import compress
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import connect, connect_async
from ehr.event_store.news import Bounds, News, Read, TooMuch, Unreadable, read_stated
from ehr.searching import Search
from ehr.values import Key, new_id, stream_of
from tests.conditions import Elements
from tests.stating import create, migrated, observation, patient, request, state_all, update, value

WOMEN, MEN = Search("Patient", "gender=female"), Search("Patient", "gender=male")
ALL = Bounds(100, 1 << 20, 100)


def body(gender: str) -> bytes:
    return compress(orjson.dumps({"resourceType": "Patient", "gender": gender}))


def news(*bodies: dict[str, bytes]) -> News:
    """What patients became, one after the other."""
    made = News([WOMEN, MEN], Elements())
    for one in bodies:
        made.add({Key("Patient", id_): content for id_, content in one.items()})
    return made


def test_news_change_what_matches() -> None:
    told = news({"a": body("male"), "b": body("female"), "c": b"", "d": body("other")})
    assert told.applied(WOMEN, ["a", "c", "e"]) == {"b", "e"}
    assert told.applied(MEN, ["b"]) == {"a"}


@pytest.mark.parametrize(
    ("bodies", "ids", "left"),
    [
        ([], {"a"}, True),
        ([{"a": body("female")}], {"a"}, True),
        ([{"a": body("female")}], set(), False),
        ([{"a": body("male")}], {"a"}, False),
        ([{"a": b""}], {"a"}, False),
        ([{"a": b""}], {"b"}, True),
        ([{"a": body("male")}, {"a": body("female")}], {"a"}, False),
        ([{"a": body("female")}, {"a": body("male")}], {"a"}, False),
    ],
    ids=str,
)
def test_whether_the_same_matches(bodies: list[dict[str, bytes]], ids: set[str], left: bool) -> None:
    """What a flush would make of a resource does not hide what it has become: it may itself be stale."""
    assert news(*bodies).leaves(WOMEN, ids) == left


def read(url: str, after: int = 0, types: Any = ("Patient",), bounds: Bounds = ALL) -> Read:
    async def run() -> Read:
        async with await connect_async(url) as connection:
            return await read_stated(connection, after, types, bounds)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def url(module_database: str) -> str:
    """A record of four flushes."""
    migrated(module_database)
    state_all(module_database, request(update({**patient("A"), "id": "a"}), create(observation("a", 1))))
    state_all(module_database, request(update({**patient("B"), "id": "a"})))
    state_all(module_database, request(create(observation("a", 2))))
    with connect(module_database) as connection:
        event = EncodedFact(stream_of(Key("a", "b")), "planted", b"Observation", stream_of(Key("a", "b")))
        connection.execute(
            APPEND, parameters(stream_of(Key("c", new_id())), [Append([event])], kept_by_kafka=False)
        )
    return module_database


def test_the_last_version_after_a_position(url: str) -> None:
    end = value(url, "select max(notification_id) from record.facts")
    stated, position = read(url)
    assert (set(stated), position) == ({Key("Patient", "a")}, end)
    assert read(url, after=0, types=("Medication", "Patient")).bodies == stated
    assert read(url, after=3) == Read({}, end)
    assert read(url, after=end) == Read({}, end)


@pytest.mark.parametrize("bound", ["facts", "bytes", "resources"])
def test_more_than_is_looked_at(url: str, bound: str) -> None:
    with pytest.raises(TooMuch):
        read(url, bounds=ALL._replace(**{bound: 0}))


def test_what_cannot_be_read(url: str) -> None:
    with pytest.raises(Unreadable):
        read(url, types=("Observation",))
