"""Whoever may be the same person shares a key."""

import pytest
from hypothesis import given, settings

from ehr.matching.blocking import MOST, block_keys
from ehr.matching.person import Person
from tests.ehr.matching.drawn import people
from tests.ehr.matching.people import Json, cccd, number, person

LAN: Json = {"name": "Nguyễn Thị Ngọc Lan", "birth": "1990-05-15", "gender": "female"}


def shared(**changed: object) -> set[str]:
    """The first letters of the keys that remain."""
    one, other = person(**LAN), person(**{**LAN, **changed})
    return {key[0] for key in {*block_keys(one)} & {*block_keys(other)}}


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({}, "ydmg"),
        ({"name": "NGUYEN NGOC LAN"}, "ydmg"),
        ({"name": "Lan Nguyễn Thị Ngọc"}, "ydm"),
        ({"name": "Nguyeenx Thij Ngocj Lan"}, "ydmg"),
        ({"name": "Nguyễn Lan"}, "dg"),
        ({"name": "Ngyễn Thị Ngọc Lan"}, "d"),
        ({"name": "Nguyễn Thị Ngọc Lam"}, "d"),
        ({"birth": "1990-05-15"}, "ydmg"),
        ({"birth": "1990"}, "yg"),
        ({"birth": "1990", "gender": "unknown"}, "yg"),
        ({"birth": "1990", "gender": "male"}, "g"),
        ({"birth": "1980-05-15"}, "m"),
        ({"commune": "02701"}, "ydm"),
    ],
    ids=str,
)
def test_keys_that_remain(changed: dict[str, object], kinds: str) -> None:
    assert shared(**changed) == set(kinds)


def test_day_and_month_may_be_exchanged() -> None:
    one, other = person(birth="1990-05-12"), person(birth="1990-12-05")
    assert {key for key in block_keys(one) if key[0] in "dm"} == {
        key for key in block_keys(other) if key[0] in "dm"
    }


def test_numbers_of_every_kind_telephones_and_mothers_are_keys() -> None:
    one = person(
        "con bà Lành",
        "2026-11-20",
        phone="0570123456",
        mother="Hồ Thị Lành",
        numbers=[cccd(use="old"), number("citizen_id", "191234567"), number("temporary-id", "MT-45901-1")],
    )
    assert block_keys(one) == [
        "n|personal_number|045090000017",
        "n|old_citizen_id|191234567",
        "n|temporary_id|MT459011",
        "t|0570123456",
        "p|ho lanh|20261120",
    ]


@settings(max_examples=60)
@given(people)
def test_few_keys_each_once(one: Person) -> None:
    keys = block_keys(one)
    assert len(keys) == len(set(keys)) <= MOST
    assert all(len(key) < 600 for key in keys)
