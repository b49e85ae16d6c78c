"""Facilities that send once a day, for as long as it takes to know their rhythm."""

from datetime import datetime, timedelta

from ehr.dates import instant
from tests.projections.citizens.people import Json, encounter
from tests.projections.citizens.stating import Record, put, run

DAYS = 20


def send_daily(url: str, facility: str | None, last: datetime, citizen: str = "p") -> None:
    """A visit of the citizen on each of so many days, stated within the hour; the last one at ``last``."""

    async def send() -> None:
        async with Record(url) as record:
            for number in range(DAYS):
                at = last - timedelta(days=DAYS - 1 - number)
                await record.state(
                    put(_visit(facility, number, citizen, at)), facility=facility, at=instant(at)
                )

    run(send())


def _visit(facility: str | None, number: int, citizen: str, at: datetime) -> Json:
    ends = instant(at - timedelta(minutes=30))
    return encounter(f"{facility}-{number}", citizen, None) | {"period": {"start": ends, "end": ends}}
