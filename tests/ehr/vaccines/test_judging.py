"""What each dose is for somebody on a day."""

from datetime import date

import pytest

from ehr.vaccines.days import Days, days_of, months_between
from tests.ehr.vaccines.giving import days, judged

BIRTH = "2025-01-31"
PRIMARY = ("2025-04-01", "2025-05-01", "2025-06-01")


def states(antigen: str, on: str, *texts: str, birth: str = BIRTH) -> str:
    return " ".join(one.state for one in judged(antigen, birth, on, *texts))


@pytest.mark.parametrize(
    ("antigen", "on", "texts", "expected"),
    [
        ("hepatitis_b", "2025-01-31", (), "due upcoming after after"),
        ("hepatitis_b", "2025-02-01", (), "due upcoming after after"),
        ("hepatitis_b", "2025-02-02", (), "overdue upcoming after after"),
        ("hepatitis_b", "2025-02-28", (), "over upcoming after after"),
        ("hepatitis_b", "2025-03-31", ("2025-01-31",), "given due after after"),
        ("tuberculosis", "2025-02-28", (), "due"),
        ("tuberculosis", "2025-03-01", (), "overdue"),
        ("tuberculosis", "2026-01-31", (), "missed"),
        ("tuberculosis", "2030-01-31", (), "over"),
        ("pertussis", "2025-03-30", (), "upcoming after after after"),
        ("pertussis", "2025-03-31", (), "due after after after"),
        ("pertussis", "2025-04-28", (), "due after after after"),
        ("pertussis", "2025-04-29", (), "overdue after after after"),
        ("pertussis", "2026-01-31", (), "missed after after after"),
        ("pertussis", "2032-01-31", (), "over over over over"),
        ("pertussis", "2025-05-01", ("2025-04-04",), "given upcoming after after"),
        ("pertussis", "2025-05-02", ("2025-04-04",), "given due after after"),
        # The second measles dose: at 18 months, four weeks after the first at the earliest.
        ("measles", "2026-07-30", ("2025-11-02",), "given upcoming"),
        ("measles", "2026-07-31", ("2025-11-02",), "given due"),
        ("measles", "2026-08-29", ("2025-11-02",), "given overdue"),
        ("measles", "2027-01-31", ("2025-11-02",), "given missed"),
        ("measles", "2026-08-20", ("2026-08-01",), "given upcoming"),
        ("measles", "2025-11-29", (), "overdue after"),
        ("measles", "2026-07-31", (), "missed after"),
        ("measles", "2026-08-29", ("2025-11-02", "2026-08-01"), "given given"),
        ("japanese_encephalitis", "2026-02-16", ("2026-02-01",), "given overdue after"),
        ("japanese_encephalitis", "2026-02-08", ("2026-02-01",), "given due after"),
        ("japanese_encephalitis", "2027-02-07", ("2026-02-01", "2026-02-08"), "given given upcoming"),
        ("japanese_encephalitis", "2027-02-08", ("2026-02-01", "2026-02-08"), "given given due"),
        ("tetanus", "2032-01-31", PRIMARY, "given given given over due"),
        ("tetanus", "2031-01-31", PRIMARY, "given given given missed after"),
        ("hib", "2030-01-30", ("2025-04-01",), "given missed after"),
        ("hib", "2030-01-31", ("2025-04-01",), "given over over"),
    ],
)
def test_states(antigen: str, on: str, texts: tuple[str, ...], expected: str) -> None:
    assert states(antigen, on, *texts) == expected


def test_since_when_a_dose_is_due() -> None:
    first, second = judged("measles", "2025-01-31", "2026-10-05", "2025-11-02")
    assert first.event
    assert first.due is None
    assert second.due == days("2026-07-31")
    (_, second) = judged("measles", "2025-01-31", "2026-10-05", "2026-07-20")
    assert second.due == days("2026-08-17"), "28 days after the first"


def test_a_dose_that_does_not_count_is_told_with_the_one_it_was_meant_to_be() -> None:
    _, second = judged("measles", "2025-01-31", "2026-10-05", "2025-11-02", "2025-11-20")
    assert second.state == "overdue"
    assert [early.event.at for early in second.early] == [days("2025-11-20")]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2025-09-30", "upcoming"),
        ("2025-10-01", "perhaps"),
        ("2026-09-29", "perhaps"),
        ("2026-09-30", "due"),
        ("2026-10-29", "overdue"),
        ("2026-12-31", "missed"),
    ],
)
def test_of_somebody_whose_birth_year_alone_is_known_only_what_is_certain_is_due(
    on: str, expected: str
) -> None:
    assert states("measles", on, birth="2025").split()[0] == expected


@pytest.mark.parametrize(("on", "expected"), [("2026-01-30", "overdue"), ("2026-01-31", "over")])
def test_nobody_is_too_old_who_may_not_be(on: str, expected: str) -> None:
    assert states("hepatitis_b", on, birth="2025").split()[0] == expected


def test_a_dose_of_which_the_month_alone_is_known() -> None:
    given = ("2025-04", "2025-05-15")
    *_, third, _ = judged("pertussis", BIRTH, "2025-06-20", *given)
    assert third.due == days("2025-06-12")
    _, second, *_ = judged("pertussis", BIRTH, "2025-05-10", "2025-04")
    assert second.due == Days(date(2025, 4, 30), date(2025, 5, 28))
    assert second.state == "perhaps"


# Days.


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-01-31", 2, "2025-03-31"),
        ("2025-12-15", 1, "2026-01-15"),
        ("9999-12-01", 18, "9999-12-31"),
    ],
)
def test_months_later(start: str, months: int, expected: str) -> None:
    assert days(start).after(months=months).latest.isoformat() == expected


def test_the_day_is_that_of_vietnam() -> None:
    assert days_of("2026-03-10T18:30:00Z") == days("2026-03-11")
    assert days_of("lúc mới sinh") is None
    assert days_of(None) is None
    assert days("9999-12-30").after(days=400).latest == date.max


def test_completed_months() -> None:
    assert months_between(date(2025, 1, 31), date(2025, 2, 28)) == 0
    assert months_between(date(2025, 1, 28), date(2026, 2, 28)) == 13
