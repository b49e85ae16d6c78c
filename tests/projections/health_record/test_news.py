"""What is new about people between two positions: kinds and numbers."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import msgspec
import pytest

from ehr.encoding import decode_fact, encode_fact
from ehr.event_store.connections import connect
from ehr.linking import Act
from ehr.values import subject_of
from projections.database import ViewDatabase
from projections.health_record import news
from projections.health_record.news import News, news_between
from projections.links.view import Links
from tests.fhir_api.pages.chart_citizens import glucose, of, patient
from tests.fhir_api.pages.review_serving import judge, state
from tests.projections.citizens.stating import delete, follow
from tests.stating import request, state_all

AN, BINH = subject_of("Patient/an"), subject_of("Patient/binh")


def told(url: str, subjects: Iterable[UUID], after: int = 0, upto: int = 1000) -> list[News]:
    """As whoever asks is told."""

    async def ask() -> list[News]:
        views = ViewDatabase(url, size=1)
        await views.open()
        try:
            async with views.connection() as connection:
                return await news_between(connection, list(subjects), after, upto)
        finally:
            await views.close()

    return asyncio.run(ask())


def together(found: Iterable[News]) -> dict[str, int]:
    return dict(sum((one.counts for one in found), Counter[str]()))


@pytest.fixture
def url(database: str) -> str:
    """Positions 1 and 2: two Patients. 3: a visit with a result. 4: a result of the other one."""
    period = {"start": "2026-10-01T08:00:00+07:00"}
    state(database, patient("an"), patient("binh"))
    visit = of("Encounter", "e", "an", status="finished", class_={"code": "AMB"}, period=period)
    state(database, visit, glucose("g1", "an", "e", "2026-10-01", 7.1))
    state(database, glucose("g2", "binh", "e2", "2026-10-01", 7.1))
    follow(database, Links())
    return database


def test_new_entries_count_by_their_kind(url: str) -> None:
    assert together(told(url, [AN])) == {"changed": 1, "visits": 1, "results": 1}
    assert together(told(url, [AN], after=2)) == {"visits": 1, "results": 1}
    assert together(told(url, [BINH], after=2)) == {"results": 1}
    assert told(url, [AN], after=2, upto=2) == []
    assert [(one.position, one.whose) for one in told(url, [AN, BINH], after=2)] == [
        (3, frozenset({AN})),
        (4, frozenset({BINH})),
    ]


def test_what_was_there_before_counts_as_changed(url: str) -> None:
    state(url, glucose("g1", "an", "e", "2026-10-01", 8.5))
    state_all(url, request(delete("Observation", "g1")))
    assert together(told(url, [AN], after=4)) == {"changed": 2}


def test_what_a_chart_does_not_show_counts_for_nothing(url: str) -> None:
    state(url, of("Observation", "g3", "an", status="entered-in-error", code={"text": "x"}))
    state(url, of("CarePlan", "p", "an", status="active", intent="plan"))
    assert told(url, [AN], after=4) == []


def test_links_concern_both(url: str) -> None:
    judge(url, Act.PROPOSE, "an", "binh")
    judge(url, Act.LINK, "an", "binh")
    judge(url, Act.UNLINK, "an", "binh")
    follow(url, Links())
    for subject in (AN, BINH):
        assert together(told(url, [subject], after=4)) == {"linked": 2}
    assert told(url, [subject_of("Patient/other")], after=4) == []


def test_what_is_not_read_is_told_of(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "ROOM", 10)
    assert together(told(url, [AN], after=2)) == {"more": 1}


def test_what_newer_code_has_written_is_told_of(url: str) -> None:
    with connect(url) as connection:
        row = connection.execute("select state from record.facts where notification_id = 3").fetchone()
        assert row
        newer = encode_fact(msgspec.structs.replace(decode_fact(row[0]), schema_version=99))
        connection.execute("update record.facts set state = %s where notification_id = 3", [newer])
    assert together(told(url, [AN], after=2)) == {"more": 1}
