"""Decisions, from a request and what the record knows alone.

https://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #cdelete, #concurrency, #trules
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.appending import Claim, Condition, Criteria, Head, Match, Resolved
from ehr.asking import ask
from ehr.deciding import Decision, Outcome, decide
from ehr.encoding import decode_fact
from ehr.errors import (
    Ambiguous,
    Contradiction,
    IdTaken,
    NotUnique,
    Refusal,
    Undecidable,
    Unmatched,
    VersionConflict,
)
from ehr.facts import AnyFact
from ehr.requests import Change, IdempotencyKey
from ehr.values import Key, stream_of, subject_of
from tests.stating import create, observation, patient, request, update

NUMBER = Condition("Patient", "urn:test", "7")
P, R = Key("Patient", "p"), Key("Observation", "o")
Heads = dict[Key, Head]
Matches = dict[Criteria, tuple[str, ...]]


def head(key: Key, version: int = 1, *, deleted: bool = False, subject: Key = P, digest: bytes = b"") -> Head:
    """What the record knows of a resource."""
    return Head(stream_of(key), subject_of(subject.reference), version, deleted, digest)


def decided(
    *changes: Change,
    heads: Heads | None = None,
    matches: Matches | None = None,
    key: IdempotencyKey | None = None,
) -> Decision:
    """The decision about changes, numbered as entries of a Bundle."""
    entries = [replace(change, index=n) for n, change in enumerate(changes)]
    return decide(ask(request(*entries, key=key)), Resolved(heads or {}, matches or {}, None))


def answers(decision: Decision) -> list[tuple[int, int]]:
    """(status, version) of each entry."""
    return [(outcome.status, outcome.version) for outcome in decision.outcomes]


def facts(decision: Decision) -> list[AnyFact]:
    return [decode_fact(fact.state) for fact in decision.append.facts]


def written(decision: Decision) -> list[tuple[Key, int, bool]]:
    """(key, version, whether deleted) of each head."""
    return [(write.key, write.head.version, write.head.deleted) for write in decision.append.heads]


def delete(key: Key, if_match: int | None = None, condition: Condition | None = None) -> Change:
    return Change(None, "delete", key.type, None if condition else key.id, condition, if_match)


def person(name: str = "Hoa", **more: Any) -> dict[str, Any]:
    return {**patient(name), "id": "p", **more}


def result(of: str = "p", value: int = 1) -> dict[str, Any]:
    return {**observation(of, value), "id": "o"}


def stated(resource: dict[str, Any], version: int = 1, *, deleted: bool = False) -> Heads:
    """The head of a resource as the record keeps it."""
    ((key, made),) = decided(update(resource)).append.heads
    return {key: made._replace(version=version, deleted=deleted)}


def test_a_create_is_the_first_version_under_a_new_id() -> None:
    decision = decided(create(person()))
    (outcome,) = decision.outcomes
    assert outcome == Outcome(201, Key("Patient", outcome.key.id), 1)
    assert outcome.key.id != "p"
    assert written(decision) == [(outcome.key, 1, False)]
    assert [fact.subject for fact in facts(decision)] == [subject_of(outcome.key.reference)]


@pytest.mark.parametrize(
    ("known", "status", "version", "name"),
    [
        ({}, 201, 1, "CitizenRegistered"),
        ({P: head(P, 3)}, 200, 4, "ResourceAmended"),
        ({P: head(P, 3, deleted=True)}, 201, 4, "ResourceAmended"),
    ],
    ids=["never stated", "stated", "deleted"],
)
def test_an_update_is_the_next_version(known: Heads, status: int, version: int, name: str) -> None:
    decision = decided(update(person()), heads=known)
    assert answers(decision) == [(status, version)]
    assert written(decision) == [(P, version, False)]
    assert [fact.name for fact in facts(decision)] == [name]


def test_an_equal_body_is_no_version_but_asserts_the_one_that_it_equals() -> None:
    known = stated(person(), 3)
    same = [
        person(),
        person(meta={"versionId": "3", "lastUpdated": "2026-01-01T00:00:00Z"}),
        person(meta={}),
    ]
    for one in same:
        decision = decided(update(one), heads=known)
        assert (answers(decision), decision.changes_something) == ([(200, 3)], False)
        assert decision.append.asserted_heads == [(P, 3)]
        assert not decision.append.claims
    spread = replace(update(person()), raw=update(person()).raw.replace(b":", b" : ").replace(b",", b"\n,"))
    assert answers(decided(spread, heads=known)) == [(200, 3)]


def test_an_equal_body_after_a_delete_is_a_version() -> None:
    assert answers(decided(update(person()), heads=stated(person(), 3, deleted=True))) == [(201, 4)]


@pytest.mark.parametrize("change", [update(person(), if_match=3), delete(P, if_match=3)])
@pytest.mark.parametrize(
    ("known", "stands"),
    [
        ({P: head(P, 3)}, True),
        ({P: head(P, 2)}, False),
        ({P: head(P, 4)}, False),
        ({P: head(P, 3, deleted=True)}, False),
        ({}, False),
    ],
    ids=["that version", "older", "newer", "deleted", "never stated"],
)
def test_if_match_names_the_current_version(change: Change, known: Heads, stands: bool) -> None:
    if stands:
        assert written(decided(change, heads=known))[0][:2] == (P, 4)
    else:
        with pytest.raises(VersionConflict):
            decided(change, heads=known)


def test_a_delete_states_a_version_once() -> None:
    decision = decided(delete(P), heads={P: head(P, 2)})
    assert (answers(decision), written(decision)) == ([(204, 3)], [(P, 3, True)])
    assert [(fact.name, fact.resources[0].body) for fact in facts(decision)] == [("ResourceRetracted", b"")]
    again = decided(delete(P), heads={P: head(P, 3, deleted=True)})
    assert (answers(again), written(again)) == ([(204, 0)], [])
    assert again.append.asserted_heads == [(P, 3)]
    never = decided(delete(P))
    assert (answers(never), never.changes_something) == ([(204, 0)], False)


def test_none_exists() -> None:
    """If-None-Exist: what matches is asserted to be all that matches when the decision is stored."""
    wish = create(patient("Hoa", "7"), NUMBER)
    new = decided(wish, matches={NUMBER: ()})
    assert answers(new) == [(201, 1)]
    assert new.append.asserted_matches == [Match(NUMBER, ())]
    assert [(claim.system, claim.value) for claim in new.append.claims] == [("urn:test", "7")]
    known = decided(wish, matches={NUMBER: ("p",)}, heads={P: head(P, 5)})
    assert (known.outcomes, known.changes_something) == ([Outcome(200, P, 5)], False)
    with pytest.raises(NotUnique):
        decided(wish, matches={NUMBER: ("p", "q")})


def test_two_entries_of_one_condition_make_one_resource() -> None:
    wish = create(patient("Hoa", "7"), NUMBER)
    decision = decided(wish, wish, matches={NUMBER: ()})
    assert answers(decision) == [(201, 1), (200, 1)]
    assert len(set(written(decision))) == 1


def test_an_entry_that_finds_what_another_states_is_answered_with_that_version() -> None:
    finds = create(patient("Hoa", "7"), NUMBER)
    beside = decided(finds, update(person("Lan")), matches={NUMBER: ("p",)}, heads={P: head(P, 5)})
    assert answers(beside) == [(200, 6), (200, 6)]
    same = decided(finds, update(person("Lan")), matches={NUMBER: ("p",)}, heads=stated(person("Lan"), 5))
    assert answers(same) == [(200, 5), (200, 5)]
    revives = replace(create(person(**patient("Hoa", "7")), NUMBER), action="update")
    revived = decided(revives, finds, matches={NUMBER: ()}, heads={P: head(P, 5, deleted=True)})
    assert answers(revived) == [(201, 6), (200, 6)]
    gone = decided(delete(P), update(person()), heads={P: head(P, 5, deleted=True)})
    assert answers(gone) == [(204, 0), (201, 6)]


@pytest.mark.parametrize(
    ("matches", "id_", "key", "version"),
    [((), "p", P, 1), (("p",), "p", P, 3), (("p",), None, P, 3), ((), None, None, 1)],
)
def test_conditional_updates(
    matches: tuple[str, ...], id_: str | None, key: Key | None, version: int
) -> None:
    resource = patient("Hoa", "7") | ({"id": id_} if id_ else {})
    wish = replace(create(resource, NUMBER), action="update")
    decision = decided(wish, matches={NUMBER: matches}, heads={P: head(P, 2)} if matches else {})
    ((made, number, _),) = written(decision)
    assert number == version
    assert made == key or (key is None and made.id != "p")


def test_a_conditional_update_does_not_change_ids() -> None:
    wish = replace(create(person(), NUMBER), action="update")
    with pytest.raises(Contradiction):
        decided(wish, matches={NUMBER: ("q",)})
    with pytest.raises(NotUnique):
        decided(wish, matches={NUMBER: ("p", "q")})


def test_a_conditional_update_that_matches_nothing_overwrites_nothing() -> None:
    wish = replace(create(person(), NUMBER), action="update")
    with pytest.raises(IdTaken):
        decided(wish, matches={NUMBER: ()}, heads={P: head(P, 3)})
    revived = decided(wish, matches={NUMBER: ()}, heads={P: head(P, 3, deleted=True)})
    assert answers(revived) == [(201, 4)]


def test_a_conditional_delete_deletes_what_matches() -> None:
    for known, version in ((("p",), 2), ((), 1)):
        with pytest.raises(VersionConflict):
            decided(delete(P, version, NUMBER), matches={NUMBER: known}, heads={P: head(P)})
    wish = delete(P, condition=NUMBER)
    assert written(decided(wish, matches={NUMBER: ("p",)}, heads={P: head(P)})) == [(P, 2, True)]
    assert answers(decided(wish, matches={NUMBER: ()})) == [(204, 0)]
    with pytest.raises(NotUnique):
        decided(wish, matches={NUMBER: ("p", "q")})


def test_what_moves_to_another_citizen_is_taken_from_the_former() -> None:
    former = head(R, 2, subject=Key("Patient", "q"))
    decision = decided(update(result("p")), heads={R: former})
    taken, given_ = facts(decision)
    assert (taken.name, taken.subject, taken.stream) == ("ResourceRetracted", former.subject, former.stream)
    assert (given_.name, given_.subject, given_.stream) == (
        "ResourceRecorded",
        subject_of("Patient/p"),
        stream_of(R),
    )
    assert (taken.moved_to, given_.moved_from) == (given_.subject, taken.subject)
    assert (answers(decision), written(decision)) == ([(200, 3)], [(R, 3, False)])
    assert decision.append.heads[0].head.subject == given_.subject


def test_a_delete_stays_with_whom_it_was_about() -> None:
    (fact,) = facts(decided(delete(R), heads={R: head(R)}))
    assert (fact.subject, fact.stream, fact.moved_to) == (head(R).subject, head(R).stream, None)


REFERRING: dict[str, Any] = {**result(), "subject": {"reference": "Patient?identifier=urn:test|7"}}


@pytest.mark.parametrize(
    ("beside", "matches", "refusal"),
    [
        ([], ("p",), None),
        ([], (), Unmatched),
        ([], ("p", "q"), Ambiguous),
        ([create(patient("Hoa", "7"))], (), None),
        ([create(patient("Hoa", "7"))], ("p",), Ambiguous),
        ([delete(P)], ("p",), Unmatched),
        ([update(person(identifier=[{"value": "8"}]))], ("p",), Unmatched),
        ([delete(P), create(patient("Hoa", "7"))], ("p",), None),
    ],
    ids=["one", "none", "two", "its own", "its own and one", "deleted", "renamed", "deleted and its own"],
)
def test_a_reference_by_search_finds_exactly_one(
    beside: list[Change], matches: tuple[str, ...], refusal: type[Refusal] | None
) -> None:
    """In the record as the request leaves it."""
    changes = [*beside, update(REFERRING)]
    if refusal:
        with pytest.raises(refusal) as refused:
            decided(*changes, matches={NUMBER: matches}, heads={P: head(P)})
        assert refused.value.entry == len(beside)
        return
    decision = decided(*changes, matches={NUMBER: matches}, heads={P: head(P)})
    found = decision.outcomes[-2].key if beside else P
    assert facts(decision)[-1].subject == subject_of(found.reference)
    assert decision.append.asserted_matches == [Match(NUMBER, matches)]


def test_a_reference_by_another_search_is_refused_by_its_entry() -> None:
    wish = replace(update(REFERRING | {"subject": {"reference": "Patient?name=Hoa"}}), index=4)
    with pytest.raises(Undecidable) as refused:
        ask(request(wish))
    assert refused.value.entry == 4


@pytest.mark.parametrize(
    "changes",
    [
        [update(person()), update(person("Lan"))],
        [update(person()), delete(P)],
        [update(person()), replace(create(person(), NUMBER), action="update")],
        [delete(P), create(patient("Hoa", "7"), NUMBER)],
        [create(patient("Hoa", "7"), NUMBER), replace(create(person(), NUMBER), action="update")],
    ],
    ids=["two updates", "update and delete", "by id and by search", "deletes what it finds", "one condition"],
)
def test_a_transaction_names_a_resource_once(changes: list[Change]) -> None:
    with pytest.raises(Contradiction) as refused:
        decided(*changes, matches={NUMBER: ("p",)}, heads={P: head(P)})
    assert refused.value.entry == 1


ANY_SYSTEM = NUMBER._replace(system=None)


@pytest.mark.parametrize("action", ["create", "update"])
@pytest.mark.parametrize(
    "beside",
    [
        create(patient("Hoa", "7")),
        update({**patient("Hoa", "7"), "id": "q"}),
        replace(create(patient("Hoa", "7"), ANY_SYSTEM), action="update"),
    ],
    ids=["create", "update", "conditional update"],
)
def test_what_is_stated_is_no_match_of_another_condition(action: Any, beside: Change) -> None:
    wish = replace(create(patient("Lan", "7"), NUMBER), action=action)
    with pytest.raises(Contradiction) as refused:
        decided(wish, beside, matches={NUMBER: (), ANY_SYSTEM: ()})
    assert refused.value.entry == 0


def test_what_is_updated_by_search_stays_the_only_match() -> None:
    wish = replace(create(patient("Lan", "7"), NUMBER), action="update")
    known = {P: head(P)}
    assert written(decided(wish, create(patient("Hoa", "8")), matches={NUMBER: ("p",)}, heads=known))
    with pytest.raises(Contradiction):
        decided(wish, create(patient("Hoa", "7")), matches={NUMBER: ("p",)}, heads=known)


def test_an_answer_is_kept_even_when_nothing_changes() -> None:
    key = IdempotencyKey("client", "key", b"hash")
    decision = decided(update(person()), heads=stated(person(), 3), key=key)
    assert decision.append.answer
    assert decision.append.answer.entries == [(200, "Patient", "p", 3)]
    assert decision.changes_something
    first, second = facts(decided(create(person()), create(person()), key=key))
    assert first.answer
    assert (len(first.answer.entries), second.answer) == (2, None)


def test_links_between_entries_make_one_citizen() -> None:
    urn = "urn:uuid:00000000-0000-4000-8000-000000000001"
    about = {**result(), "subject": {"reference": urn}}
    decision = decided(create(about), create(patient("Hoa"), full_url=urn))
    subjects = {fact.subject for fact in facts(decision)}
    assert subjects == {subject_of(decision.outcomes[1].key.reference)}


KNOWN: Heads = {P: head(P, 2), R: head(R, 1, deleted=True)}
WISHES = st.lists(
    st.sampled_from([update(person()), delete(P), update(result()), delete(R), update(result("q"))]),
    max_size=2,
)


@given(WISHES)
def test_the_same_request_and_knowledge_give_the_same_decision(wishes: Iterable[Change]) -> None:
    """But for the ids of facts. Every version is one more than the head that it asserts."""

    def outcome() -> object:
        try:
            decision = decided(*wishes, heads=KNOWN)
        except Contradiction as refusal:
            return str(refusal), refusal.entry
        for key, write in decision.append.heads:
            assert write.version == KNOWN[key].version + 1
        made = [(fact.stream, fact.type, fact.subject) for fact in decision.append.facts]
        return decision.outcomes, decision.append.heads, made

    assert outcome() == outcome()


def test_claims_are_those_of_what_is_written() -> None:
    same, new = patient("Hoa", "7") | {"id": "p"}, patient("Lan", "8") | {"id": "q"}
    decision = decided(update(same), update(new), heads=stated(same))
    assert decision.append.claims == [Claim(Key("Patient", "q"), "urn:test", "8")]


def steps(work: Callable[[], object]) -> int:
    """How many instructions of Python some work takes."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return count


def test_entries_and_identifiers_take_time_in_their_sum() -> None:
    """Were it in their product, 5,000 entries of which one has 20,000 identifiers would take a minute."""

    def of(entries: int, identifiers: int) -> int:
        many = person(identifier=[{"value": str(n)} for n in range(identifiers)])
        changes = [create(many), *[create(patient("Hoa"))] * entries, delete(R)]
        return steps(lambda: decided(*changes))

    of(1, 1)  # fills the caches
    assert of(200, 5000) < 2 * (of(200, 0) + of(0, 5000))
