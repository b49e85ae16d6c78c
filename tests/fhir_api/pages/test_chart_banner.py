"""Ages of people whose birth date may be partial, and how much of their numbers is shown."""

from datetime import date

import pytest

from fhir_api.pages.chart.ages import Age, age_on
from fhir_api.pages.chart.numbers import in_banner, numbers_of
from fhir_api.pages.chart.words import age_text, sayer, told
from fhir_api.pages.formats import moment_text
from fhir_api.pages.languages import Messages
from projections.health_record.kinds import Numbered

SID = "http://fhir.ehealth.gov.vn/core/sid/"


@pytest.mark.parametrize(
    ("birth", "age"),
    [
        ("1990-10-05", Age("years", 36, 36)),
        ("1990-10-06", Age("years", 35, 35)),
        ("1990-10", Age("years", 35, 36)),
        ("1990", Age("years", 35, 36)),
        ("1952-01", Age("years", 74, 74)),
        ("2020-10-06", Age("months", 71, 71)),
        ("2020-10-05", Age("years", 6, 6)),
        ("2025", Age("months", 9, 21)),
        ("2026-09-05", Age("days", 30, 30)),
        ("2026-09-04", Age("months", 1, 1)),
        ("2026-10-05", Age("days", 0, 0)),
        ("2026-10", Age("days", 0, 4)),
        ("2026", Age("months", 0, 9)),
        ("2000-02-29", Age("years", 26, 26)),
        ("2026-10-06", None),
        ("2027", None),
        ("0001", Age("years", 2024, 2025)),
        ("hồi nhỏ", None),
        (None, None),
    ],
)
def test_age(birth: str | None, age: Age | None) -> None:
    assert age_on(birth, date(2026, 10, 5)) == age


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (Age("years", 36, 36), "36 tuổi"),
        (Age("years", 35, 36), "35–36 tuổi"),
        (Age("months", 9, 21), "9–21 tháng tuổi"),
        (Age("days", 0, 0), "0 ngày tuổi"),
        (None, ""),
    ],
)
def test_age_in_words(age: Age | None, text: str) -> None:
    assert age_text(age, Messages("vi")) == text


def test_numbers_in_order_and_those_for_the_banner() -> None:
    numbers = numbers_of(
        [
            Numbered("BN-7", "http://example.org", None, "Mã bệnh án", None),
            Numbered("194954374", f"{SID}citizen_id", "NI", "NI", "old"),
            Numbered("GD4454500000017", f"{SID}insurance_number", "SB", "SB", None),
            Numbered("999-14-7387", "http://hl7.org/fhir/sid/us-ssn", "SS", "Social Security Number", None),
            Numbered("045090000017", f"{SID}national_id", "NI", "NI", "official"),
        ]
    )
    assert [one.kind for one in numbers] == ["national", "insurance", "other", "other", "former"]
    assert [one.masked for one in numbers][2:4] == ["BN-7", "999-***7387"]
    assert [one.value for one in in_banner(numbers)] == ["045090000017", "GD4454500000017"]


def test_somebody_with_facility_numbers_only_is_shown_one() -> None:
    numbers = numbers_of([Numbered("1", None, "MR", None, None), Numbered("2", None, "PI", None, None)])
    assert [one.value for one in in_banner(numbers)] == ["1"]
    assert in_banner([]) == []


def test_codes_without_a_name_are_shown_as_they_are() -> None:
    said = sayer("vi")
    assert (said("status", "finished"), said("status", "x-1"), said("status", None)) == (
        "đã kết thúc",
        "x-1",
        "",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-10-05T01:30:00Z", "05/10/2026 08:30"),
        ("2026-10", "10/2026"),
        ("lúc mới sinh", "lúc mới sinh"),
        ("T1-T2", "T1-T2"),
        ("a-b", "a-b"),
        (None, ""),
    ],
)
def test_what_is_no_date_is_left_as_it_is(text: str | None, shown: str) -> None:
    assert told(moment_text)(text) == shown
