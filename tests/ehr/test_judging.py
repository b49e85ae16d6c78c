"""Judgements about pairs on a real record: one decision at a time, however many come at once."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest

from ehr.appending import Append, Appended
from ehr.errors import Gone, Outdated, Refusal, Unavailable, Unknown
from ehr.event_store.connections import connect
from ehr.event_store.store import PostgresRecorder
from ehr.facts import AnyPairFact, RecordsLinked
from ehr.health_record import HealthRecord, Judged
from ehr.linking import Act, Judgement, State, decide, past_of
from ehr.requests import Change
from tests.ehr.test_record import GAPS
from tests.pairing import CAPTURED, decided, judge_all, judge_at_once, judgement, register
from tests.stating import migrated, on_record, patient, request, state_all, update, value

PROGRAM: Any = {"rule": "1"}
KILL = (
    "select pg_terminate_backend(pid) from pg_stat_activity where query like %s and pid <> pg_backend_pid()"
)
ACTS = {
    "LinkProposed": Act.PROPOSE,
    "RecordsLinked": Act.LINK,
    "RecordsUnlinked": Act.UNLINK,
    "RecordsJudgedDifferent": Act.JUDGE_DIFFERENT,
    "LinkPostponed": Act.POSTPONE,
}


@pytest.fixture
def url(database: str) -> str:
    """A record with three Patients."""
    register(migrated(database), "p1", "p2", "p3")
    return database


def test_a_link_is_a_fact_of_its_pair(url: str) -> None:
    (link,) = judge_all(url, judgement(Act.LINK, "p2", "p1", *CAPTURED, **PROGRAM))
    assert link == Judged(State.LINKED, 1, 4, stored=True)
    (fact,) = decided(url)
    assert isinstance(fact, RecordsLinked)
    assert fact.evidence == list(CAPTURED)
    (again, back, unknown) = judge_all(
        url,
        judgement(Act.LINK, "p1", "p2", *CAPTURED, **PROGRAM),
        judgement(Act.UNLINK, "p1", "p2"),
        judgement(Act.LINK, "p1", "p2", *CAPTURED, **PROGRAM),
    )
    assert again == Judged(State.LINKED, 1, 4, stored=False)
    assert back == Judged(State.UNLINKED, 2, 5, stored=True)
    assert unknown == Judged(State.UNLINKED, 2, 5, stored=False)


def test_two_linkers_of_one_pair_make_one_fact_whoever_commits(url: str) -> None:
    """Two committers, each with judgements that share its flushes."""
    wishes = [
        judgement(Act.LINK, "p1", "p2", *CAPTURED, **PROGRAM) if n % 2 else judgement(Act.LINK, "p2", "p1")
        for n in range(16)
    ]

    async def one_committer() -> list[Judged]:
        async with PostgresRecorder(url) as recorder:
            record = HealthRecord(recorder)
            return list(await asyncio.gather(*(record.judge(wish) for wish in wishes)))

    async def two_committers() -> list[Judged]:
        one, other = await asyncio.gather(one_committer(), one_committer())
        return one + other

    outcomes = asyncio.run(two_committers())
    assert Counter(one.stored for one in outcomes) == {True: 1, False: 31}
    assert {one[:3] for one in outcomes} == {(State.LINKED, 1, 4)}
    assert [type(fact) for fact in decided(url)] == [RecordsLinked]


def test_of_contrary_judgements_at_once_one_stands_and_the_other_is_told(url: str) -> None:
    proposed = judge_all(url, judgement(Act.PROPOSE, "p1", "p2", *CAPTURED, **PROGRAM))
    assert proposed[0].state is State.PROPOSED
    wishes = [
        judgement(act, "p1", "p2", if_version=1) for act in (Act.LINK, Act.JUDGE_DIFFERENT, Act.POSTPONE)
    ]
    outcomes = judge_at_once(url, *wishes)
    assert Counter(isinstance(one, Judged) for one in outcomes) == {True: 1, False: 2}
    assert all(isinstance(one, Judged | Refusal) for one in outcomes)
    assert len(decided(url)) == 2


def test_other_pairs_of_a_flush_are_not_affected(url: str) -> None:
    outcomes = judge_at_once(
        url, *(judgement(Act.LINK, *pair) for pair in (("p1", "p2"), ("p2", "p3"), ("p3", "p1")))
    )
    assert all(isinstance(one, Judged) and one.stored for one in outcomes)
    assert len(decided(url)) == 3
    assert value(url, GAPS) == 0


@pytest.mark.parametrize("act", [Act.PROPOSE, Act.LINK])
def test_only_patients_that_are_there_become_one_person(url: str, act: Act) -> None:
    state_all(url, request(Change(None, "delete", "Patient", "p3")))
    with pytest.raises(Gone):
        judge_all(url, judgement(act, "p1", "p3"))
    assert decided(url) == []


def test_nothing_is_decided_about_patients_that_never_were(url: str) -> None:
    for act in (Act.PROPOSE, Act.LINK, Act.JUDGE_DIFFERENT):
        for pair in (("p1", "never"), ("nobody", "never")):
            with pytest.raises(Unknown):
                judge_all(url, judgement(act, *pair))
    assert decided(url) == []


def test_a_link_to_what_was_deleted_since_is_taken_back(url: str) -> None:
    judge_all(url, judgement(Act.LINK, "p1", "p3"))
    state_all(url, request(Change(None, "delete", "Patient", "p3")))
    assert judge_all(url, judgement(Act.UNLINK, "p1", "p3"))[0].state is State.UNLINKED


def test_whoever_has_looked_at_a_former_version_is_told(url: str) -> None:
    state_all(url, request(update({**patient("Thử sửa"), "id": "p2"})))
    wish = judgement(Act.LINK, "p1", "p2", *CAPTURED, **PROGRAM)
    with pytest.raises(Outdated):
        judge_all(url, wish._replace(patients={"p1": 1, "p2": 1}))
    assert judge_all(url, wish._replace(patients={"p1": 1, "p2": 2}))[0].stored


class Amending(PostgresRecorder):
    """A Patient is amended between the look and the append, once."""

    amended = False

    async def append(self, request_: Append) -> Appended:
        if not self.amended:
            self.amended = True
            await HealthRecord(self).state(request(update({**patient("Thử mới"), "id": "p1"})))
        return await super().append(request_)


def test_an_amendment_between_look_and_link_is_noticed(url: str) -> None:
    async def run() -> Judged:
        async with Amending(url) as recorder:
            wish = judgement(Act.LINK, "p1", "p2", *CAPTURED, patients={"p1": 1}, **PROGRAM)
            return await HealthRecord(recorder).judge(wish)

    with pytest.raises(Outdated):
        asyncio.run(run())
    assert decided(url) == []


def test_what_newer_code_has_decided_is_not_judged_over(url: str) -> None:
    judge_all(url, judgement(Act.LINK, "p1", "p2"))
    with connect(url) as connection:
        connection.execute("update record.facts set state = '\\x80' where topic = 'RecordsLinked'")
    with pytest.raises(Unavailable):
        judge_all(url, judgement(Act.UNLINK, "p1", "p2"))


def test_lost_connections_lose_and_double_no_judgement(url: str) -> None:
    """Whoever is told that the outcome is not known asks again, and is told how it stands."""
    chance = random.Random(7)
    ids = [f"k{n}" for n in range(8)]
    register(url, *ids)
    pairs = [(one, other) for one in ids for other in ids if one < other]

    async def judged(record: HealthRecord, wish: Judgement) -> Judged:
        while True:
            with suppress(Unavailable):
                return await record.judge(wish)
            await asyncio.sleep(0.01)

    async def trouble() -> None:
        with connect(url) as connection:
            for _ in range(15):
                await asyncio.sleep(chance.random() / 30)
                connection.execute(KILL, ["%record.append%"])

    async def work(record: HealthRecord) -> list[Judged]:
        wishes = [judgement(Act.LINK, *pair, *CAPTURED, **PROGRAM) for pair in pairs] * 2
        disturbing = asyncio.create_task(trouble())
        outcomes = await asyncio.gather(*(judged(record, wish) for wish in wishes))
        await disturbing
        return outcomes

    outcomes = on_record(url, work)
    assert {(one.state, one.version) for one in outcomes} == {(State.LINKED, 1)}
    assert len(decided(url)) == len({fact.stream for fact in decided(url)}) == len(pairs)
    assert value(url, GAPS) == 0


def wishes_of(chance: random.Random) -> list[Judgement]:
    """Judgements about three pairs, some of them repeated."""
    found: list[Judgement] = []
    for _ in range(40):
        act, by = chance.choice(list(Act)), chance.choice([None, "1"])
        evidence = CAPTURED if chance.random() < 0.7 else CAPTURED[1:]
        pair = chance.choice([("p1", "p2"), ("p2", "p3"), ("p1", "p3")])
        op_id = chance.choice([None, None, f"op-{chance.randrange(5)}"])
        found.append(judgement(act, *pair, *evidence, rule=by, op_id=None if by else op_id))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_judged_at_once_each_fact_follows_from_those_before(url: str, seed: int) -> None:
    chance = random.Random(seed)
    outcomes = judge_at_once(url, *wishes_of(chance))
    assert all(isinstance(one, Judged | Refusal) for one in outcomes)
    assert not any(isinstance(one, Unavailable) for one in outcomes)
    pairs: dict[UUID, list[AnyPairFact]] = {}
    for fact in decided(url):
        pairs.setdefault(fact.stream, []).append(fact)
    assert sum(one.stored for one in outcomes if isinstance(one, Judged)) == len(decided(url)) > 3
    for facts in pairs.values():
        for n, fact in enumerate(facts):
            assert decide(_wish(fact), past_of(facts[:n])) is not None
    assert value(url, GAPS) == 0


def _wish(fact: AnyPairFact) -> Judgement:
    """The judgement that has become this fact."""
    return judgement(
        ACTS[fact.name],
        fact.patient,
        fact.other_patient,
        *fact.evidence,
        rule=fact.rule,
        op_id=None if fact.rule else fact.op_id,
    )
