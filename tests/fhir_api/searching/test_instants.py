"""Dates of a search: https://hl7.org/fhir/R4/search.html#date, #prefix."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.dates import FIRST, LAST, instant, span
from fhir_api.searching.instants import ALWAYS, PREFIXES, Instants, instants_of, intersection, union

DATES = ["2024", "2024-05", "2024-05-10", "2024-05-10T08:00+07:00", "2024-05-10T08:00:00Z"]
DATES += ["2024-05-10T08:00:00.5Z", "2024-05-10T08:00:00.123Z", "2024-05-10T08:00:00.123456Z", "1900", "9998"]
moments = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))


def has(instants: Instants, moment: datetime) -> bool:
    return any(one.start <= moment < one.end for one in instants)


def test_a_month_is_all_of_it_where_the_record_is_kept() -> None:
    assert instants_of("2024-05") == (span("2024-05"),)
    assert has(instants_of("2024-05"), datetime(2024, 4, 30, 17, tzinfo=UTC))
    assert not has(instants_of("2024-05"), datetime(2024, 5, 31, 17, tzinfo=UTC))


@pytest.mark.parametrize("date", DATES)
def test_prefixes_divide_time(date: str) -> None:
    every = {prefix: instants_of(prefix + date) for prefix in PREFIXES}
    assert every["eq"] == instants_of(date)
    assert every["sa"] == every["gt"]
    assert every["eb"] == every["lt"]
    assert union(every["eq"], every["ne"]) == ALWAYS
    assert intersection(every["eq"], every["ne"]) == ()
    assert union(every["eq"], every["gt"]) == every["ge"]
    assert union(every["eq"], every["lt"]) == every["le"]
    assert intersection(every["ge"], every["le"]) == every["eq"]
    assert intersection(every["ap"], every["eq"]) == every["eq"]


@given(moments, st.integers(-3, 3))
def test_the_last_time_seen_is_a_cursor(moment: datetime, milliseconds: int) -> None:
    """What meta.lastUpdated says is precise to the millisecond, and so is what comes after it."""
    seen = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    other = seen + timedelta(milliseconds=milliseconds)
    text = instant(seen)
    assert has(instants_of(f"gt{text}"), other) == (other > seen)
    assert has(instants_of(f"ge{text}"), other) == (other >= seen)
    assert has(instants_of(f"lt{text}"), other) == (other < seen)
    assert has(instants_of(f"le{text}"), other) == (other <= seen)
    assert has(instants_of(text), other) == (other == seen)


some = st.sampled_from([prefix + date for prefix in PREFIXES for date in DATES])


@given(st.lists(some, min_size=1, max_size=4), st.lists(some, min_size=1, max_size=4), moments)
def test_sets_of_instants_behave_like_sets(one: list[str], other: list[str], moment: datetime) -> None:
    a, b = (reduce(union, [instants_of(text) for text in texts]) for texts in (one, other))
    assert has(a, moment) == any(has(instants_of(text), moment) for text in one)
    assert has(intersection(a, b), moment) == (has(a, moment) and has(b, moment))
    assert has(union(a, b), moment) == (has(a, moment) or has(b, moment))
    for found in (a, union(a, b), intersection(a, b)):
        assert all(FIRST <= each.start < each.end <= LAST for each in found)
        assert all(each.end < later.start for each, later in pairwise(found))


def test_a_plus_that_became_a_space_is_understood() -> None:
    assert instants_of("ge2024-05-10T08:00:00 07:00") == instants_of("ge2024-05-10T08:00:00+07:00")


@pytest.mark.parametrize("text", ["", "gt", "eq", "yesterday", "2024-13", "2024-02-30", "gt2024-5", "xx2024"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no date"):
        instants_of(text)
