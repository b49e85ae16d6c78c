"""Judgements about pairs in tests, and what the record then says of them."""

import asyncio
from contextlib import closing
from typing import Any

from ehr.facts import AnyPairFact, Evidence, PairFact
from ehr.health_record import HealthRecord, Judged
from ehr.linking import Act, Judgement, pair_of
from ehr.values import Actor
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact
from tests.stating import on_record, patient, request, state_all, update

CAPTURED = (Evidence("cccd", "captured", 14.5), Evidence("name", "exact", 6.0))


def judgement(act: Act, one: str, other: str, *evidence: Evidence, **changes: Any) -> Judgement:
    """Of the Patients of these ids, by a person, unless something else is said."""
    wish = Judgement(act, pair_of(one, other), Actor("page", "nurse"), "2026-11-26T08:00:00.000Z", evidence)
    return wish._replace(**changes)


def register(url: str, *ids: str) -> None:
    """A Patient of each id."""
    for id_ in ids:
        state_all(url, request(update({**patient(f"Thử {id_}"), "id": id_})))


def judge_all(url: str, *wishes: Judgement) -> list[Judged]:
    """What becomes of judgements, one after the other."""

    async def work(record: HealthRecord) -> list[Judged]:
        return [await record.judge(wish) for wish in wishes]

    return on_record(url, work)


def judge_at_once(url: str, *wishes: Judgement) -> list[Judged | BaseException]:
    """What becomes of judgements that are all sent at once, or why nothing does."""

    async def work(record: HealthRecord) -> list[Judged | BaseException]:
        return await asyncio.gather(*(record.judge(wish) for wish in wishes), return_exceptions=True)

    return on_record(url, work)


def recorded(url: str) -> list[RecordedFact]:
    """All facts of a record."""
    with closing(NotificationLog(url)) as log:
        return [entry for entry in log.read(0, 1_000_000) if isinstance(entry, RecordedFact)]


def decided(url: str) -> list[AnyPairFact]:
    """All facts about pairs."""
    return [one.fact for one in recorded(url) if isinstance(one.fact, PairFact)]
