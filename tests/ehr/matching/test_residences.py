"""Communes before and after the merger of 1 July 2025."""

from collections.abc import Collection

import pytest

from ehr.matching.person import person_of
from ehr.matching.residences import agreement
from tests.ehr.matching.people import Json, address, patient


class Merged:
    """Of the former communes 19438 and 19435, today's 19435 was made; 45 became the province 44."""

    def communes(self, former: str) -> Collection[str]:
        return {"19438": ("19435",), "19435": ("19435",)}.get(former, ())

    def province(self, former: str) -> str | None:
        return {"45": "44"}.get(former)

    def is_former_commune(self, code: str) -> bool:
        return code == "19438"

    def is_former_province(self, code: str) -> bool:
        return code == "45"


FORMER = "2024-01-01"


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (address("19435"), address("19435"), "same"),
        (address("19438", FORMER), address("19438", FORMER), "same"),
        (address("19438", FORMER), address("19435"), "merged"),
        (address("19438", FORMER), address("19435", FORMER), "merged"),
        (address("19435", FORMER), address("19435"), "merged"),
        (address("19438", ""), address("19438", FORMER), "same"),
        (address("19438", ""), address("19435"), "merged"),
        (address("19441", province="45"), address("19435"), "province"),
        (address("19999", FORMER), address("19435"), "province"),
        (address("19435"), address("19441"), "province"),
        (address("19435"), address("02701", province="15"), "different"),
        ({"text": "Hướng Lập, Quảng Trị"}, address("19435"), None),
    ],
)
def test_levels(one: Json, other: Json, level: str | None) -> None:
    some, others = (
        person_of(patient(commune=None, address=[where]), units=Merged()) for where in (one, other)
    )
    assert agreement(some.residence, others.residence) == level
    assert agreement(others.residence, some.residence) == level


def test_names_weigh_where_a_person_lives_now() -> None:
    some = person_of(patient(commune=None, address=[address("02701", use="old"), address("19435")]))
    assert some.commune == "19435"
    assert some.residence.today == {"19435", "02701"}


def test_without_a_table_a_former_commune_is_its_own_code_alone() -> None:
    some = person_of(patient(commune=None, address=[address("19438", FORMER)]))
    assert some.residence.today == {"19438"}
