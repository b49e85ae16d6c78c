"""Where else the insurance card of a person was used on a day."""

from datetime import datetime

from ehr.dates import ZONE, span
from ehr.systems import INSURANCE_NUMBER
from projections.citizens.queries import seen_with
from projections.database import Reader
from projections.health_record.chart import Chart
from projections.health_record.elsewhere.cards import Use, keys_of
from projections.health_record.queries import names_of
from projections.standing import position_of


async def uses_by_others(
    connection: Reader, chart: Chart, now: datetime, here: str | None = None
) -> list[Use]:
    """Visits on the day of now of Patients who are not this person and bear the same number. None where there
    is no view of citizens yet. here: the facility that asks; the chart then knows what that is called."""
    keys, day = keys_of(chart), span(now.astimezone(ZONE).date().isoformat())
    if not keys or not day or not await position_of(connection, "citizens"):
        return []
    mine = chart.sources.subjects or ([chart.sources.own] if chart.sources.own else [])
    seen = await seen_with(connection, INSURANCE_NUMBER, keys, day, mine)
    facilities = (*(one.facility for one in seen), here)
    senders = {one for one in facilities if one and "\0" not in one}
    known = await names_of(connection, senders, senders)
    called = {
        one: chart.whereabouts.of_sender(known.codes.get(one, one), known.names.get(one)) for one in senders
    }
    return [Use(called.get(one.facility or ""), one.started, one.encounter, one.patient) for one in seen]
