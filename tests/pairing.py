"""Judgements about pairs in tests, and what the record then says of them."""

import asyncio
from collections.abc import Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from ehr.encoding import encode_fact
from ehr.errors import Refusal
from ehr.event_store.notifications import NotificationRow
from ehr.facts import AnyPairFact, Evidence, LinkDoubted, PairFact, RecordsLinked
from ehr.health_record import HealthRecord, Judged
from ehr.linking import STATES, Act, Judgement, State, decide, pair_of, past_of
from ehr.values import Actor
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact, entry_of
from tests.stating import on_record, patient, request, state_all, update

CAPTURED = (Evidence("personal_number", "captured", 14.5), Evidence("name", "exact", 6.0))


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


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from([*Act, *[Act.LINK] * 3, *[Act.UNLINK] * 2]),
        st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), min_size=2, max_size=2, unique=True),
        st.sampled_from([None, None, "1"]),
        st.sampled_from([CAPTURED, CAPTURED[1:]]),
    ),
    max_size=30,
).map(
    lambda wishes: [
        judgement(act, one, other, *shown, rule=rule) for act, (one, other), rule, shown in wishes
    ]
)
"""Judgements of every kind about pairs of six Patients."""


def facts_of(wishes: Iterable[Judgement]) -> list[RecordedFact]:
    """What a record would make of judgements, one after the other, each fact in a flush of its own."""
    streams: dict[UUID, list[AnyPairFact]] = {}
    found: list[RecordedFact] = []
    for wish in wishes:
        stream = streams.setdefault(wish.pair.stream, [])
        with suppress(Refusal):
            fact = decide(wish, past_of(stream))
            if fact:
                stream.append(fact)
                found.append(placed(fact, len(found) + 1, len(stream)))
    return found


def placed(fact: AnyPairFact, position: int, version: int) -> RecordedFact:
    """The fact as the log gives it."""
    at = datetime(2026, 11, 26, tzinfo=UTC) + timedelta(seconds=position)
    sequence, state = position, encode_fact(fact)
    row = NotificationRow(
        position, position, 1, fact.subject, sequence, fact.stream, version, at, fact.name, state
    )
    entry = entry_of(row)
    assert isinstance(entry, RecordedFact)
    return entry


def components(facts: Iterable[RecordedFact]) -> set[frozenset[UUID]]:
    """Whom the facts make one person, found by brute force: only the links that stand, spread until nothing
    changes."""
    states = {(one.subject, one.fact.other): one.fact for one in facts if isinstance(one.fact, PairFact)}
    groups = [{*pair} for pair, fact in states.items() if isinstance(fact, RecordsLinked | LinkDoubted)]
    for _ in range(len(groups)):
        for group in groups:
            for other in groups:
                if group & other:
                    group |= other
    return {frozenset(group) for group in groups}


def decided(url: str) -> list[AnyPairFact]:
    """All facts about pairs."""
    return [one.fact for one in recorded(url) if isinstance(one.fact, PairFact)]


def kept_apart(facts: Iterable[RecordedFact]) -> dict[tuple[UUID, UUID], int]:
    """The pairs that somebody keeps apart, the smaller subject first, with the position of that judgement.
    Whatever a program proposes leaves it, and so does what is put off."""
    found: dict[tuple[UUID, UUID], int] = {}
    for one in facts:
        if isinstance(one.fact, PairFact):
            pair, state = (one.subject, one.fact.other), STATES[one.fact.name]
            if state in (State.DIFFERENT, State.UNLINKED):
                found[pair] = one.position
            elif state is State.LINKED or (state is State.PROPOSED and one.fact.rule is None):
                found.pop(pair, None)
    return found
