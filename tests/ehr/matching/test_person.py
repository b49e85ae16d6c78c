"""What is read of a Patient, and that anything at all can be read."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.matching.blocking import MOST, block_keys
from ehr.matching.captured import CAPTURED
from ehr.matching.judging import judge
from ehr.matching.person import NOBODY, person_of, read_person
from tests.ehr.matching.people import address, cccd, mother, number, patient, person

ELEMENTS = st.sampled_from(
    "name text family given use period end identifier system value extension url valueCode gender "
    "birthDate telecom address valueCodeableConcept coding code version contact "
    "relationship multipleBirthInteger".split()
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
VALUES |= st.sampled_from(
    ["old", CAPTURED, "qr", "phone", "male", "1990", "045090000017", "MTH", "\ud800", "\0"]
)
ANYTHING = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ELEMENTS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60)
@given(ANYTHING, ANYTHING)
def test_reading_is_total(one: Any, other: Any) -> None:
    some, others = person_of(one, relatives=[other]), person_of(other)
    assert judge(some, others).decision in ("link", "propose", "none")
    assert len(block_keys(some)) <= MOST


@settings(max_examples=60)
@given(st.dictionaries(ELEMENTS, ANYTHING, max_size=8), st.sampled_from(["1990", "2026-11-26", "", "x"]))
def test_reading_a_damaged_patient_is_total(damage: dict[str, Any], on: str) -> None:
    some = person_of(patient(numbers=[cccd()]) | damage, on=on)
    assert judge(some, some).grade in ("certain", "probable", "possible", "certainly-not")


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{", b"\xff", b'{"name":"\\ud800"}', b"[" * 100_000]
)
def test_bytes_that_are_no_patient_say_nothing(body: bytes) -> None:
    assert read_person(body) == NOBODY


def test_what_is_endless_is_cut() -> None:
    name = {"text": "Hồ Văn Thử " * 1000}
    endless = {
        "name": [name | {"family": str(n)} for n in range(10_000)]
        + [{"text": f"Hồ Văn {'a' * n}"} for n in range(999)],
        "identifier": [cccd(f"0450900{n:05}") for n in range(10_000)],
        "telecom": [{"system": "phone", "value": f"05700{n:05}"} for n in range(10_000)],
        "address": [address(f"{n:05}") for n in range(10_000)],
        "contact": [mother(f"Hồ Thị {'b' * n}") for n in range(10_000)],
        "birthDate": "1990-05-15",
    }
    some = person_of(endless)
    assert len(list(some.every_number)) == 16
    assert len(some.telephones) == 4
    assert len(block_keys(some)) == len(set(block_keys(some))) <= MOST


def test_what_is_compared_of_a_patient() -> None:
    stated = patient(
        "Hồ Thị Thử",
        "1952",
        gender="female",
        phone="+84 570 123 456",
        mother="Hồ Thị Lành",
        numbers=[
            cccd(),
            number("citizen_id", "191234567"),
            number("insurance_number", "GD4454500000017", "verified"),
        ],
    )
    stated["name"].append({"use": "old", "family": "Vàng", "given": ["Thị", "Thử"]})
    some = read_person(orjson.dumps(stated))
    assert [name.folded for name in some.names] == ["ho thi thu"]
    assert [name.folded for name in some.former] == ["vang thi thu"]
    assert some.birth is not None
    assert (some.birth.year, some.birth.digits, some.sex, some.commune) == (1952, "", "female", "19435")
    assert some.telephones == {"0570123456"}
    assert [name.folded for name in some.mothers] == ["ho thi lanh"]
    assert {(one.kind, one.captured) for one in some.every_number} == {
        ("personal_number", "qr"), ("old_citizen_id", "typed"), ("insurance_number", "verified"),
    }  # fmt: skip
    assert not some.temporary


def test_the_mother_of_a_related_person_and_of_a_placeholder() -> None:
    related = {"relationship": [{"coding": [{"code": "MTH"}]}], "name": [{"text": "Hồ Thị Lành"}]}
    father = {"relationship": [{"coding": [{"code": "FTH"}]}], "name": [{"text": "Hồ Văn Xa"}]}
    some = person_of(patient("Hồ Văn Bình"), relatives=[related, father])
    newborn = person("con bà Hồ Thị Lành", numbers=[number("temporary-id", "MT-45901-1")])
    assert some.mothers == newborn.mothers != ()
    assert newborn.names == ()
    assert newborn.temporary


@pytest.mark.parametrize(
    ("extension", "captured"),
    [
        (None, "typed"),
        ([], "typed"),
        ([{"url": CAPTURED, "valueCode": "chip"}], "chip"),
        ([{"url": CAPTURED, "valueCode": "guessed"}], "typed"),
        ([{"url": CAPTURED, "valueString": "qr"}], "typed"),
        ([{"url": "http://example.org/other", "valueCode": "qr"}], "typed"),
        ([{"url": CAPTURED, "valueCode": "verified"}, {"url": CAPTURED, "valueCode": "typed"}], "typed"),
        ({"url": CAPTURED, "valueCode": "qr"}, "typed"),
    ],
)
def test_how_a_number_was_captured(extension: object, captured: str) -> None:
    some = person(numbers=[cccd(captured=None) | {"extension": extension}])
    assert [one.captured for one in some.every_number] == [captured]


def test_a_temporary_number_that_was_replaced_is_none_in_use() -> None:
    assert not person(numbers=[number("temporary-id", "MT-45901-1", use="old")]).temporary


def test_no_personal_data_in_the_repr() -> None:
    some = person(numbers=[cccd()], phone="0570123456", mother="Hồ Thị Lành")
    assert repr(some) == "Person(…)"
    assert "0017" not in repr(some.numbers)
