"""Merging two Patients on a real record, and taking it back: all of it in one flush, or nothing.

https://hl7.org/fhir/R5/patient-operation-merge.html
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from ehr.appending import Condition
from ehr.compression import decompress
from ehr.errors import (
    AlreadyReplaced,
    Contradiction,
    JudgedDifferent,
    KeptApart,
    KeyReused,
    NotMerged,
    NotNamed,
    NotThere,
    Outdated,
    Refusal,
    StillMerged,
)
from ehr.event_store.store import PostgresRecorder
from ehr.facts import Merge, RecordsLinked, RecordsUnlinked
from ehr.health_record import HealthRecord, Receipt, now
from ehr.linking import Act, State
from ehr.matching.captured import CAPTURED as CAPTURED_BY
from ehr.merging import Named, Result, Wish
from ehr.requests import Change, IdempotencyKey
from ehr.systems import NATIONAL_ID
from ehr.values import Actor
from tests.ehr.test_record import GAPS
from tests.pairing import CAPTURED, decided, judge_all, judgement, recorded
from tests.stating import migrated, on_record, patient, request, state_all, update, value

NURSE = Actor("registry", "nurse", "45901")
S, T, U = Named("s"), Named("t"), Named("u")
BODIES = {
    "s": b'{"resourceType":"Patient","id":"s","active":true,"extension":[{"url":"x","valueDecimal":7.50}]}',
    "t": b'{"resourceType": "Patient",\n "id":"t", "gender":"male"}',
    "u": b'{"resourceType":"Patient","id":"u","link":[{"other":{"reference":"Patient/z"},"type":"seealso"}]}',
}


@pytest.fixture
def url(database: str) -> str:
    """A record with three Patients, each with an identifier and at its first version."""
    put(migrated(database), *BODIES)
    return database


def put(url: str, *ids: str, **members: Any) -> None:
    for id_ in ids:
        raw = BODIES[id_]
        if members:
            raw = orjson.dumps({**orjson.loads(raw), **members})
        state_all(url, request(Change(None, "update", "Patient", id_, raw=raw, json=orjson.loads(raw))))


def wish(source: Named = S, target: Named = T, **changes: Any) -> Wish:
    return Wish(source, target, NURSE, now(), **{"reason": "one person, seen twice"} | changes)


def merge(url: str, *wishes: Wish) -> list[Receipt]:
    return in_turn(url, lambda record, one: record.merge(one), *wishes)


def unmerge(url: str, *wishes: Wish) -> list[Receipt]:
    return in_turn(url, lambda record, one: record.unmerge(one), *wishes)


def in_turn(
    url: str, work: Callable[[HealthRecord, Wish], Awaitable[Receipt]], *wishes: Wish
) -> list[Receipt]:
    async def all_(record: HealthRecord) -> list[Receipt]:
        return [await work(record, one) for one in wishes]

    return on_record(url, all_)


def bodies(url: str) -> dict[str, list[bytes]]:
    """Every version of every Patient, in order."""
    found: dict[str, list[bytes]] = {}
    for entry in recorded(url):
        for one in entry.fact.resources:
            found.setdefault(one.id, []).append(decompress(one.body) if one.body else b"")
    return found


def current(url: str, id_: str) -> Any:
    return orjson.loads(bodies(url)[id_][-1])


def test_both_patients_and_their_pair_are_stated_in_one_flush(url: str) -> None:
    (receipt,) = merge(url, wish())
    assert [tuple(one) for one in receipt.outcomes] == [
        (200, ("Patient", "s"), 2),
        (200, ("Patient", "t"), 2),
    ]
    facts = recorded(url)[3:]
    assert [one.fact.name for one in facts] == ["ResourceAmended", "ResourceAmended", "RecordsLinked"]
    assert {one.transaction for one in facts} == {4}
    assert receipt.position == 6
    (link,) = decided(url)
    assert isinstance(link, RecordsLinked)
    assert (link.rule, link.reason, link.user) == (None, "one person, seen twice", "nurse")
    assert link.merge == Merge("s", 2, 2)
    assert current(url, "s")["active"] is False
    assert current(url, "s")["link"] == [{"other": {"reference": "Patient/t"}, "type": "replaced-by"}]
    assert current(url, "t")["link"] == [{"other": {"reference": "Patient/s"}, "type": "replaces"}]
    assert "active" not in current(url, "t")
    assert b"7.50" in bodies(url)["s"][-1]


def test_a_merge_that_is_taken_back_leaves_both_as_they_were(url: str) -> None:
    merge(url, wish())
    (receipt,) = unmerge(url, wish(reason="two people after all"))
    assert [one.version for one in receipt.outcomes] == [3, 3]
    kept = bodies(url)
    assert kept["s"][2] == kept["s"][0] == BODIES["s"]
    assert kept["t"][2] == kept["t"][0] == BODIES["t"]
    assert isinstance(decided(url)[-1], RecordsUnlinked)
    assert decided(url)[-1].reason == "two people after all"
    assert judge_all(url, judgement(Act.UNLINK, "s", "t"))[0].state is State.UNLINKED
    assert value(url, GAPS) == 0


@pytest.mark.parametrize("back", [False, True])
def test_the_same_wish_again_changes_nothing(url: str, back: bool) -> None:
    send = unmerge if back else merge
    merge(url, *[wish()] * back)
    first, second = send(url, wish(), wish())
    assert (second.position, second.versions) == (0, {})
    assert second.outcomes == first.outcomes
    assert len(decided(url)) == 1 + back


def test_no_program_links_again_by_what_was_in_common_when_a_merge_was_taken_back(url: str) -> None:
    scanned = [{"url": CAPTURED_BY, "valueCode": "qr"}]
    number = {"system": NATIONAL_ID, "value": "045090000017", "extension": scanned}
    for id_ in "st":
        put(url, id_, identifier=[number])
    merge(url, wish())
    unmerge(url, wish())
    assert "captured" in {one.level for one in decided(url)[-1].evidence}
    with pytest.raises(KeptApart):
        judge_all(url, judgement(Act.LINK, "s", "t", *CAPTURED, rule="1"))
    with pytest.raises(KeptApart):
        judge_all(url, judgement(Act.PROPOSE, "s", "t", *CAPTURED, rule="1"))


def test_a_link_of_a_program_becomes_that_of_a_person(url: str) -> None:
    judge_all(url, judgement(Act.LINK, "s", "t", *CAPTURED, rule="1"))
    merge(url, wish())
    assert [(fact.rule, type(fact)) for fact in decided(url)] == [("1", RecordsLinked), (None, RecordsLinked)]


def test_a_preview_stores_nothing(url: str) -> None:
    (seen,) = merge(url, wish(preview=True))
    assert (seen.position, [one.version for one in seen.outcomes]) == (0, [2, 2])
    made = {key.id: orjson.loads(decompress(one.body)) for key, one in seen.versions.items()}
    assert made["t"]["link"] == [{"other": {"reference": "Patient/s"}, "type": "replaces"}]
    assert len(recorded(url)) == 3
    with pytest.raises(NotMerged):
        unmerge(url, wish(preview=True))


@pytest.mark.parametrize(
    ("source", "target", "refusal"),
    [
        (S, S, Contradiction),
        (S, Named("never"), NotThere),
        (Named("never"), T, NotThere),
        (S, Named(identifiers=frozenset([Condition("Patient", "urn:test", "none")])), NotNamed),
        (S, Named("t", frozenset([Condition("Patient", "urn:test", "none")])), NotNamed),
        (S, Named(), NotNamed),
        (S, Named("t", version=2), Outdated),
    ],
)
def test_what_cannot_be_merged_is_refused(
    url: str, source: Named, target: Named, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        merge(url, wish(source, target))
    assert len(recorded(url)) == 3


def test_deleted_patients_are_not_merged(url: str) -> None:
    state_all(url, request(Change(None, "delete", "Patient", "t")))
    for one in (wish(), wish(T, S)):
        with pytest.raises(NotThere):
            merge(url, one)
    assert decided(url) == []


def test_whoever_is_replaced_is_replaced_by_nobody_else_and_replaces_nobody(url: str) -> None:
    merge(url, wish())
    for one in (wish(S, U), wish(U, S), wish(T, S)):
        with pytest.raises(AlreadyReplaced):
            merge(url, one)
    merge(url, wish(T, U))
    types = [link["type"] for link in current(url, "t")["link"]]
    assert types == ["replaces", "replaced-by"]
    assert [link["type"] for link in current(url, "u")["link"]] == ["seealso", "replaces"]
    unmerge(url, wish())
    assert [link["type"] for link in current(url, "t")["link"]] == ["replaced-by"]


def test_two_that_were_judged_different_are_linked_before_they_are_merged(url: str) -> None:
    judge_all(url, judgement(Act.JUDGE_DIFFERENT, "s", "t"))
    with pytest.raises(JudgedDifferent):
        merge(url, wish())
    judge_all(url, judgement(Act.LINK, "s", "t"))
    assert merge(url, wish())[0].position


def test_a_merge_is_taken_back_as_such_and_not_as_a_mere_link(url: str) -> None:
    merge(url, wish())
    with pytest.raises(StillMerged):
        judge_all(url, judgement(Act.UNLINK, "s", "t"))
    with pytest.raises(NotMerged):
        unmerge(url, wish(T, S))
    judge_all(url, judgement(Act.LINK, "s", "u"))
    with pytest.raises(NotMerged):
        unmerge(url, wish(S, U))


def test_patients_are_named_by_identifiers_that_one_has_all_of(url: str) -> None:
    for id_, numbers in {"s": "12", "t": "13"}.items():
        put(url, id_, identifier=[{"system": "urn:test", "value": number} for number in numbers])
    one, two, three = (Condition("Patient", "urn:test", number) for number in "123")
    with pytest.raises(NotNamed):
        merge(url, wish(Named(identifiers=frozenset([one])), T))
    (receipt,) = merge(
        url, wish(Named(identifiers=frozenset([one, two])), Named(identifiers=frozenset([three])))
    )
    assert [one.key.id for one in receipt.outcomes] == ["s", "t"]


def result(**members: Any) -> Result:
    json = {**patient("Thử"), "id": "t"} | members
    return Result(orjson.dumps(json), json)


def test_the_target_becomes_what_was_wanted_and_what_it_was(url: str) -> None:
    merge(url, wish(result=result()))
    assert current(url, "t")["name"] == [{"text": "Thử"}]
    assert current(url, "t")["link"] == [{"other": {"reference": "Patient/s"}, "type": "replaces"}]
    unmerge(url, wish())
    assert bodies(url)["t"][-1] == BODIES["t"]


def test_a_result_that_is_another_patient_is_refused(url: str) -> None:
    put(url, "s", identifier=[{"system": "urn:test", "value": "1"}])
    link = {"other": {"reference": "Patient/u"}, "type": "replaced-by"}
    by_number = Named(identifiers=frozenset([Condition("Patient", "urn:test", "1")]))
    for source, wanted in [(S, result(id="s")), (S, result(link=[link])), (by_number, result())]:
        with pytest.raises(Contradiction):
            merge(url, wish(source, result=wanted))
    merge(url, wish(by_number, result=result(identifier=[{"system": "urn:test", "value": "1"}])))


def test_what_was_amended_since_stays(url: str) -> None:
    merge(url, wish(result=result()))
    for id_ in "st":
        put_current(url, id_, birthDate="1980")
    unmerge(url, wish())
    source, target = current(url, "s"), current(url, "t")
    assert (source["active"], source["birthDate"], source.get("link")) == (True, "1980", None)
    assert (target["name"], target["birthDate"], target.get("link")) == ([{"text": "Thử"}], "1980", None)


def put_current(url: str, id_: str, **members: Any) -> None:
    state_all(url, request(update({**current(url, id_), **members})))


def test_a_client_that_overwrites_the_link_does_not_keep_it_from_being_taken_back(url: str) -> None:
    merge(url, wish())
    put(url, "s")
    (again,) = merge(url, wish())
    assert [one.version for one in again.outcomes] == [4, 2]
    assert [fact.merge for fact in decided(url) if isinstance(fact, RecordsLinked)] == [Merge("s", 2, 2)] * 2
    put(url, "s")
    unmerge(url, wish())
    assert bodies(url)["s"][-1] == BODIES["s"]
    assert bodies(url)["t"][-1] == BODIES["t"]


def test_what_was_deleted_since_stays_deleted(url: str) -> None:
    merge(url, wish())
    state_all(url, request(Change(None, "delete", "Patient", "s")))
    (receipt,) = unmerge(url, wish())
    assert [one.key.id for one in receipt.outcomes] == ["t"]
    assert bodies(url)["s"][-1] == b""
    state_all(url, request(Change(None, "delete", "Patient", "t")))
    assert unmerge(url, wish())[0].outcomes == []


def test_a_key_gives_the_first_answer_again(url: str) -> None:
    key = IdempotencyKey("registry", "k1", b"1" * 16)
    first, second = merge(url, wish(key=key), wish(key=key))
    assert (second.repeated, second.outcomes, second.position) == (True, first.outcomes, first.position)
    with pytest.raises(KeyReused):
        unmerge(url, wish(key=IdempotencyKey("registry", "k1", b"2" * 16)))


def test_the_answer_is_kept_on_the_only_fact(url: str) -> None:
    merge(url, wish())
    for id_ in "st":
        state_all(url, request(Change(None, "delete", "Patient", id_)))
    (last,) = unmerge(url, wish(key=IdempotencyKey("registry", "k2", b"3" * 16)))
    assert decided(url)[-1].answer is not None
    assert (last.outcomes, last.last_updated) == ([], "")


def test_of_many_at_once_one_stands_whoever_commits(url: str) -> None:
    """Two committers, each with merges in every direction between three Patients, and undos."""
    names = [S, T, U]
    pairs = [(one, two) for one in names for two in names if one != two] * 3

    async def one_committer() -> list[Any]:
        async with PostgresRecorder(url) as recorder:
            record = HealthRecord(recorder)
            wishes = [record.merge(wish(*pair)) for pair in pairs]
            wishes += [record.unmerge(wish(*pair)) for pair in pairs]
            return await asyncio.gather(*wishes, return_exceptions=True)

    async def two_committers() -> list[Any]:
        one, two = await asyncio.gather(one_committer(), one_committer())
        return one + two

    outcomes = asyncio.run(two_committers())
    assert all(isinstance(one, Receipt | Refusal) for one in outcomes)
    assert links_of_bodies(url) == links_of_facts(url)
    assert value(url, GAPS) == 0


def links_of_bodies(url: str) -> set[tuple[str, str]]:
    """(replaced, by whom), as both Patients must say it."""
    said = {id_: orjson.loads(versions[-1]).get("link", []) for id_, versions in bodies(url).items()}
    replaced = {
        (id_, target(link)) for id_, links in said.items() for link in links if is_(link, "replaced-by")
    }
    replaces = {(target(link), id_) for id_, links in said.items() for link in links if is_(link, "replaces")}
    assert replaced == replaces
    assert {id_ for id_, _ in replaced} == {
        id_ for id_, versions in bodies(url).items() if orjson.loads(versions[-1]).get("active") is False
    }
    return replaced


def target(link: Any) -> str:
    found: str = link["other"]["reference"].removeprefix("Patient/")
    return found


def is_(link: Any, type_: str) -> bool:
    return bool(link["type"] == type_)


def links_of_facts(url: str) -> set[tuple[str, str]]:
    standing: dict[Any, tuple[str, str]] = {}
    for fact in decided(url):
        standing.pop(fact.stream, None)
        if isinstance(fact, RecordsLinked) and fact.merge:
            (by,) = {fact.patient, fact.other_patient} - {fact.merge.source}
            standing[fact.stream] = (fact.merge.source, by)
    return set(standing.values())
