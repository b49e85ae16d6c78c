"""Which given dose is which of the schedule."""

import pytest

from ehr.vaccines.assigning import assign, told_once
from ehr.vaccines.schedule import Dose
from tests.ehr.vaccines.giving import assigned, days, given

BIRTH = "2025-01-10"


def counted(antigen: str, birth: str, *texts: str) -> dict[int, str]:
    found = assigned(antigen, birth, *texts).counted
    return {number: event.at.earliest.isoformat() for number, event in found.items()}


PRIMARY = ("2025-03-10", "2025-04-10", "2025-05-10")


@pytest.mark.parametrize(
    ("antigen", "texts", "numbers"),
    [
        ("pertussis", PRIMARY, (1, 2, 3)),
        # 42 days old, and 28 days later: the earliest that count.
        ("pertussis", ("2025-02-21", "2025-03-21"), (1, 2)),
        ("pertussis", ("2025-02-20",), (None,)),
        ("pertussis", ("2025-03-10", "2025-04-06", "2025-04-07"), (1, None, 2)),
        # The measles vaccine of nine months, then one with rubella before 18 months: both count.
        ("measles", ("2025-10-12", "2026-01-20"), (1, 2)),
        ("measles", ("2025-07-10", "2025-10-10"), (None, 1)),
        # Without the dose at birth, the first of the combined vaccine is dose 1 all the same.
        ("hepatitis_b", ("2025-03-10",), (1,)),
        ("hepatitis_b", ("2025-01-10", "2025-03-10"), (0, 1)),
        ("hepatitis_b", ("2025-01-20",), (0,)),
        # A lone dose against tuberculosis is that dose, however late.
        ("tuberculosis", ("2031-01-10",), (0,)),
        ("japanese_encephalitis", ("2026-01-12", "2026-01-19", "2027-01-20"), (1, 2, 3)),
        ("japanese_encephalitis", ("2026-01-12", "2026-01-16", "2026-01-30"), (1, None, 2)),
        # At seven years the booster of 18 months has passed: what is given is the next one.
        ("tetanus", (*PRIMARY, "2032-02-01"), (1, 2, 3, 5)),
        ("tetanus", (*PRIMARY, "2031-02-01"), (1, 2, 3, 4)),
        ("tetanus", ("2034-03-10",), (1,)),
        ("hib", ("2031-03-10",), (1,)),
    ],
)
def test_doses_of_the_schedule(antigen: str, texts: tuple[str, ...], numbers: tuple[int | None, ...]) -> None:
    expected = {number: text for number, text in zip(numbers, texts, strict=True) if number is not None}
    assert counted(antigen, BIRTH, *texts) == expected
    assert counted(antigen, BIRTH, *reversed(texts)) == expected


def test_why_a_dose_does_not_count() -> None:
    (too_soon,) = assigned("pertussis", BIRTH, "2025-03-10", "2025-03-30").early
    assert (too_soon.number, too_soon.days, too_soon.by_age) == (2, 8, False)
    assert too_soon.least.isoformat() == "2025-04-07"
    (too_young,) = assigned("measles", BIRTH, "2025-10-01").early
    assert (too_young.number, too_young.days, too_young.by_age) == (1, 6, True)
    assert too_young.least.isoformat() == "2025-10-07"


def test_all_that_has_passed_is_left_out() -> None:
    limits = {"months": 0, "least_days": 0, "until_months": 1}
    early = [Dose(number=number, over_months=1, **limits) for number in (1, 2)]
    found = assign([*early, Dose(number=3, **limits)], given("2026-01-10"), days(BIRTH))
    assert list(found.counted) == [3]


def test_what_is_left_over() -> None:
    found = assigned("rubella", BIRTH, "2026-07-10", "2027-07-10")
    assert [event.at.earliest.isoformat() for event in found.beyond] == ["2027-07-10"]


# The same dose told twice.


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("2025-03-10", "2025-03-10T08:30:00+07:00"), [2]),
        (("2025-03-10T08:30:00+07:00", "2025-03-10T01:00:00Z"), [2]),
        (("2025-03-10", "2025-03-11"), [1, 1]),
        (("2025-03-10", "2025-03"), [2]),
        (("2025-03-10", "2025-04-10", "2025"), [2, 1]),
        (("2025-03-10#1", "2025#2"), [1, 1]),
        (("2025#1", "2025#2", "2025#3"), [1, 1, 1]),
        (("2025#1", "2025#1", "2025"), [3]),
        (("2025-03-10", "2025#1", "2025#2"), [1, 2]),
        (("2025-03-10#1", "2025-03-10#2"), [2]),
    ],
)
def test_one_dose_told_by_several(texts: tuple[str, ...], told: list[int]) -> None:
    assert sorted(len(event.told) for event in told_once(given(*texts))) == sorted(told)


def test_what_is_known_best_goes_first() -> None:
    (event,) = told_once(given("2025", "2025-03", "2025-03-10#2"))
    assert event.at.width == 0
    assert event.number == 2
    assert [one.at.width for one in event.told] == [0, 30, 364]


def test_a_year_is_not_another_vaccines_dose() -> None:
    events = told_once([*given("2025-03-10", vaccine="measles"), *given("2025", vaccine="measles-rubella")])
    assert len(events) == 2


# Days that are known in part.


def test_what_may_count_counts() -> None:
    assert counted("measles", "2025", "2025-10-12") == {1: "2025-10-12"}
    assert counted("measles", "2025", "2025-09-27") == {}
    assert counted("pertussis", BIRTH, "2025-03", "2025-04-10") == {1: "2025-03-01", 2: "2025-04-10"}
    assert counted("pertussis", BIRTH, "2025-03-30", "2025-04") == {1: "2025-03-30", 2: "2025-04-01"}
    assert counted("pertussis", BIRTH, "2025-03-10", "2025-04-02#2", "2025-03#2") == {1: "2025-03-10"}
