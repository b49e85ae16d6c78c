"""Charts that are looked back upon; and what would be found if streams of which nothing is left were
forgotten, or if the past went by the links of today.

More: `make faults N=40 ONLY=pasts`.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import pytest

from projections.database import Reader
from projections.health_record import past
from projections.health_record.sheets import pack
from projections.health_record.view import HealthRecord
from projections.links.person import People, people_of
from projections.view import Connection
from streams.recorded_fact import RecordedFact
from tests.faults.pasts import look_back
from tests.stating import migrated

BURSTS = 25


def test_charts_are_in_the_past_as_they_were(database: str) -> None:
    found = look_back(migrated(database), BURSTS, seed=1)
    assert found.wrong == []
    assert found.charts > BURSTS
    assert min(found.done[wish] for wish in ("retract", "judge", "observe")) > 3


class Forgetful(HealthRecord):
    """The planted bug: sheets on which nothing is left are thrown away, and with them their streams."""

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        super().project(connection, facts)
        connection.execute("delete from sheet where digest = %s", [pack([]).digest])


def test_what_was_retracted_since_is_missed(database: str) -> None:
    found = look_back(migrated(database), BURSTS, seed=1, view=Forgetful())
    assert any("than it was" in wrong for wrong in found.wrong)
    assert any("what the facts say" in wrong for wrong in found.wrong)


def test_links_of_another_time_are_found(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def of_today(connection: Reader, subjects: Collection[UUID], at: int | None = None) -> People:
        assert at is not None
        return await people_of(connection, subjects)

    monkeypatch.setattr(past, "people_of", of_today)
    found = look_back(migrated(database), BURSTS, seed=1)
    assert any("than it was" in wrong for wrong in found.wrong)
