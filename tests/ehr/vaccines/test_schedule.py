"""The data file of the schedule keeps its own rules."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from ehr.vaccines.recognising import name_key
from ehr.vaccines.schedule import Antigen, schedule

LONGEST_MONTH = 31


def test_it_names_its_sources_and_its_version() -> None:
    assert set(schedule().sources) == {"circulars", "groups", "limits", "codes"}
    assert date.fromisoformat(schedule().version) <= date(2100, 1, 1)
    assert schedule().circulars == ("10/2024/TT-BYT", "52/2025/TT-BYT")


@pytest.mark.parametrize("antigen", schedule().antigens, ids=lambda one: one.key)
def test_the_doses_of_an_antigen_follow_each_other(antigen: Antigen) -> None:
    numbers = [dose.number for dose in antigen.doses]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[0] in (0, 1)
    for earlier, later in pairwise(antigen.doses):
        assert earlier.months <= later.months
        assert earlier.until_months <= later.until_months
        assert earlier.least_days <= later.least_days
        assert later.after_days or earlier.number == 0, "only a dose at birth bears on no other"


@pytest.mark.parametrize("antigen", schedule().antigens, ids=lambda one: one.key)
def test_a_dose_counts_before_it_is_due_and_is_due_before_it_is_over(antigen: Antigen) -> None:
    assert antigen.doses[0].after_days == 0
    for dose in antigen.doses:
        assert 0 <= dose.least_days <= dose.months * 30
        assert 0 <= dose.least_after <= dose.after_days
        assert 0 < dose.window_days <= LONGEST_MONTH
        assert dose.months < dose.until_months
        assert dose.over_months is None or dose.until_months <= dose.over_months


def test_antigens_vaccines_codes_and_names_are_each_there_once() -> None:
    vaccines = schedule().vaccines
    lists = (
        [antigen.key for antigen in schedule().antigens],
        [vaccine.key for vaccine in vaccines],
        [code for vaccine in vaccines for code in vaccine.atc],
        [code for vaccine in vaccines for code in vaccine.cvx],
        [name_key(name) for vaccine in vaccines for name in vaccine.names],
    )
    for values in lists:
        assert [value for value, times in Counter(values).items() if times > 1] == []
        assert all(values)


def test_every_vaccine_is_against_antigens_of_the_schedule_and_every_antigen_has_one() -> None:
    known = {antigen.key for antigen in schedule().antigens}
    named = [antigen for vaccine in schedule().vaccines for antigen in vaccine.antigens]
    assert set(named) == known
    assert all(vaccine.atc or vaccine.cvx for vaccine in schedule().vaccines)
    sets = [frozenset(vaccine.antigens) for vaccine in schedule().vaccines if vaccine.antigens]
    assert len(sets) == len(set(sets)), "one vaccine for each set of antigens"
