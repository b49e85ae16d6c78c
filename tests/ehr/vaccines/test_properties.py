"""What holds for whatever was given, in whatever order it is told."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.vaccines.assigning import Assigned, Given, assign
from ehr.vaccines.days import Days
from ehr.vaccines.judging import State, judge
from ehr.vaccines.schedule import Antigen, schedule

BIRTH = Days(date(2020, 2, 29), date(2020, 2, 29))
AGES = st.integers(0, 10 * 365) | st.integers(0, 700)
ANTIGENS = st.sampled_from(schedule().antigens)
VACCINES = st.sampled_from(["one", "another"])


def exactly(age: int) -> Days:
    day = BIRTH.earliest + timedelta(age)
    return Days(day, day)


def about(age: int, width: int) -> Days:
    return Days(exactly(age).earliest, exactly(age + width).earliest)


EXACT = st.builds(lambda age: Given(f"Immunization/{age}", exactly(age), "one"), AGES)
PARTLY = st.builds(
    lambda age, width, vaccine, number, id_: Given(f"Immunization/{id_}", about(age, width), vaccine, number),
    AGES,
    st.sampled_from([0, 0, 30, 364]),
    VACCINES,
    st.none() | st.integers(1, 5),
    st.integers(0, 10**6),
)

SEVERAL = st.lists(PARTLY, max_size=8, unique_by=lambda one: one.reference)


def given_to(antigen: Antigen, doses: list[Given]) -> Assigned:
    return assign(antigen.doses, doses, BIRTH)


@given(ANTIGENS, SEVERAL.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))))
def test_the_order_in_which_doses_are_told_does_not_matter(
    antigen: Antigen, told: tuple[list[Given], list[Given]]
) -> None:
    assert given_to(antigen, told[0]) == given_to(antigen, told[1])


@given(ANTIGENS, SEVERAL)
def test_every_dose_is_told_once(antigen: Antigen, doses: list[Given]) -> None:
    found = given_to(antigen, doses)
    events = [*found.counted.values(), *(early.event for early in found.early), *found.beyond]
    told = [one for event in events for one in event.told]
    assert sorted(told, key=repr) == sorted(doses, key=repr)


@given(ANTIGENS, st.lists(EXACT, max_size=8), EXACT)
def test_one_dose_more_never_leaves_fewer_that_count(
    antigen: Antigen, doses: list[Given], more: Given
) -> None:
    assert len(given_to(antigen, [*doses, more]).counted) >= len(given_to(antigen, doses).counted)


@given(ANTIGENS, st.lists(EXACT, max_size=8), st.integers(1, 1000))
def test_a_later_dose_moves_no_earlier_one(antigen: Antigen, doses: list[Given], lapse: int) -> None:
    last = max((one.at.latest for one in doses), default=BIRTH.latest) + timedelta(lapse)
    before = given_to(antigen, doses)
    after = given_to(antigen, [*doses, Given("Immunization/last", Days(last, last), "one")])
    assert before.counted.items() <= after.counted.items()
    assert before.early == after.early[: len(before.early)]


@given(ANTIGENS, st.lists(EXACT, max_size=8))
def test_the_same_dose_told_again_changes_nothing(antigen: Antigen, doses: list[Given]) -> None:
    again = [one._replace(reference=f"{one.reference}-again") for one in doses]
    numbers = given_to(antigen, doses).counted.keys()
    assert given_to(antigen, [*doses, *again]).counted.keys() == numbers


@given(ANTIGENS, st.lists(EXACT, max_size=8))
def test_what_counts_keeps_the_limits_of_the_schedule(antigen: Antigen, doses: list[Given]) -> None:
    last: Days | None = None
    for dose in antigen.doses:
        event = given_to(antigen, doses).counted.get(dose.number)
        if event is None:
            continue
        assert event.at.latest >= BIRTH.after(days=dose.least_days).earliest
        if last and dose.after_days:
            assert event.at.latest >= last.after(days=dose.least_after).earliest
        last = event.at


@given(ANTIGENS, st.lists(EXACT, max_size=6), st.integers(0, 16 * 365), st.integers(0, 400))
def test_time_alone_gives_nothing_and_takes_nothing(
    antigen: Antigen, doses: list[Given], age: int, lapse: int
) -> None:
    """What is given stays given, what is over stays over, and what is to come comes only once."""
    found = given_to(antigen, doses)
    rank = [State.UPCOMING, State.DUE, State.OVERDUE, State.MISSED, State.OVER]
    now = judge(antigen.doses, found, BIRTH, exactly(age).earliest)
    later = judge(antigen.doses, found, BIRTH, exactly(age + lapse).earliest)
    for one, then in zip(now, later, strict=True):
        assert (one.state is State.GIVEN) == (then.state is State.GIVEN)
        if one.state in rank and then.state in rank:
            assert rank.index(one.state) <= rank.index(then.state)


@given(ANTIGENS, st.lists(EXACT, max_size=6), st.integers(0, 16 * 365))
def test_only_known_days_lead_to_certainty(antigen: Antigen, doses: list[Given], age: int) -> None:
    """Where all days are known, nothing is perhaps; what is due has a day that has come."""
    day = exactly(age).earliest
    for one in judge(antigen.doses, given_to(antigen, doses), BIRTH, day):
        assert one.state is not State.PERHAPS
        if one.state in (State.DUE, State.OVERDUE, State.MISSED):
            assert one.due is not None
            assert one.due.latest <= day
        if one.state is State.UPCOMING:
            assert one.due is not None
            assert one.due.earliest > day


@settings(max_examples=300)
@given(ANTIGENS, st.lists(EXACT, max_size=5), st.integers(0, 8 * 365), st.integers(0, 365))
def test_less_is_claimed_where_less_is_known(
    antigen: Antigen, doses: list[Given], age: int, before: int
) -> None:
    """Of a wider span of birth days nothing is due or overdue that is not so for each day of it."""
    wide = Days(BIRTH.earliest - timedelta(before), BIRTH.latest)
    day = exactly(age).earliest
    vague = judge(antigen.doses, assign(antigen.doses, doses, wide), wide, day)
    claimed = {one.dose.number for one in vague if one.state in (State.DUE, State.OVERDUE, State.MISSED)}
    if not doses:
        exact = judge(antigen.doses, given_to(antigen, []), BIRTH, day)
        certain = {one.dose.number for one in exact if one.due and one.due.latest <= day}
        assert claimed <= certain
    assert all(one.due and one.due.latest <= day for one in vague if one.dose.number in claimed)


@pytest.mark.parametrize("antigen", schedule().antigens, ids=lambda one: one.key)
def test_whoever_gets_each_dose_when_it_is_due_gets_all_of_them(antigen: Antigen) -> None:
    doses: list[Given] = []
    for dose in antigen.doses:
        judged = judge(antigen.doses, given_to(antigen, doses), BIRTH, BIRTH.latest)
        (due,) = (one.due for one in judged if one.dose == dose)
        assert due
        doses.append(Given(f"Immunization/{dose.number}", due, "one"))
    on = doses[-1].at.latest
    judged = judge(antigen.doses, given_to(antigen, doses), BIRTH, on)
    assert {one.state for one in judged} == {State.GIVEN}
