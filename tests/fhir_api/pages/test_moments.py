"""Moments as they are typed, and as they stand in addresses."""

from datetime import UTC, datetime

import pytest

from fhir_api.pages.chart.moments import asked, typed

NOW = datetime(2026, 3, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("03/03/2026", "2026-03-03"),
        (" 3/3/2026 ", "2026-03-03"),
        ("3-3-2026", "2026-03-03"),
        ("03.03.2026", "2026-03-03"),
        ("2026-03-03", "2026-03-03"),
        ("03/03/2026 08:30", "2026-03-03T08:30+07:00"),
        ("3/3/2026, 8h30", "2026-03-03T08:30+07:00"),
        ("2026-03-03T08:30:00Z", "2026-03-03T08:30:00Z"),
        ("1234", "1234"),
        ("31/02/2026", None),
        ("03/13/2026", None),
        ("03/03/2026 25:00", None),
        ("03/2026", None),
        ("2026-03", None),
        ("yesterday", None),
        ("١٢", None),
        ("9" * 19, None),
        ("", None),
    ],
)
def test_what_is_typed_has_one_address(text: str, address: str | None) -> None:
    found = typed(text)
    assert (found and found.text) == address
    assert asked(address or text) == found


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-03-03", datetime(2026, 3, 3, 17, tzinfo=UTC)),
        ("2026-03-03T08:30+07:00", datetime(2026, 3, 3, 1, 31, tzinfo=UTC)),
        ("2026-03-03T08:30", datetime(2026, 3, 3, 1, 31, tzinfo=UTC)),
        ("2026-03-03T08:30:15.250Z", datetime(2026, 3, 3, 8, 30, 15, 251000, tzinfo=UTC)),
        ("2026-03-10", NOW),
    ],
)
def test_all_counts_until_the_end_of_what_is_named(text: str, end: datetime) -> None:
    """A day ends in Vietnam; the day that is not over ends now."""
    found = asked(text)
    assert found is not None
    assert found.end(NOW) == end
    assert found.last(NOW) < end


def test_a_position_is_no_year() -> None:
    found = asked("2026")
    assert found is not None
    assert (found.position, found.span, found.is_day) == (2026, None, False)
