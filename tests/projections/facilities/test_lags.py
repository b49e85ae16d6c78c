"""How late a fact came, whatever is known of when it was done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.facilities.lags import AHEAD, DAY, HOUR, LIMITS, MINUTE, UNTIMED, Lag, lag_between

RECORDED = "2026-10-05T08:00:00.000Z"


@pytest.mark.parametrize(
    ("done_at", "lag"),
    [
        ("2026-10-05T08:00:00Z", Lag(0, 0)),
        ("2026-10-05T14:59:30+07:00", Lag(0, 30)),
        ("2026-10-05T07:59:00Z", Lag(0, MINUTE)),
        ("2026-10-05T07:58:59Z", Lag(1, MINUTE + 1)),
        ("2026-10-05T06:00:00Z", Lag(2, 2 * HOUR)),
        ("2026-10-03T08:00:00Z", Lag(3, 2 * DAY)),
        ("2026-09-15T08:00:00Z", Lag(4, 20 * DAY)),
        ("2020-01-01T08:00:00Z", Lag(5, 2469 * DAY)),
        ("2026-10-05", Lag(0, 0)),
        ("2026-10", Lag(0, 0)),
        ("2026", Lag(0, 0)),
        ("2026-10-04", Lag(2, 15 * HOUR)),
        ("2026-10-05T08:00:01Z", Lag(AHEAD, 0)),
        ("2026-10-06", Lag(AHEAD, 0)),
        ("2027", Lag(AHEAD, 0)),
        ("soon", Lag(UNTIMED, 0)),
        (RECORDED, Lag(UNTIMED, 0)),
    ],
)
def test_lags(done_at: str, lag: Lag) -> None:
    assert lag_between(done_at, RECORDED) == lag


@given(st.datetimes())
def test_a_lag_is_in_the_bucket_of_its_seconds(done_at: object) -> None:
    lag = lag_between(f"{done_at:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0"), RECORDED)
    if lag.bucket >= 0:
        assert lag.bucket == len(LIMITS) or lag.seconds <= LIMITS[lag.bucket]
        assert lag.bucket == 0 or lag.seconds > LIMITS[lag.bucket - 1]
