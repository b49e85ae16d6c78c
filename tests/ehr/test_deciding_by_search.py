"""Decisions by conditions that are searches, from a request and what the record knows alone.

https://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #cdelete, #trules
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ehr.appending import Condition, Criteria, Head, Hits, Match, Resolved
from ehr.asking import ask
from ehr.conditional import condition_of
from ehr.deciding import Decision, Outcome, decide
from ehr.encoding import decode_fact
from ehr.errors import Ambiguous, Contradiction, IdTaken, NotUnique, Refusal, TooMany, Undecidable, Unmatched
from ehr.requests import Change
from ehr.searching import Search
from ehr.targets import MOST_DELETED
from ehr.values import Key, stream_of, subject_of
from tests.conditions import Elements
from tests.stating import create, observation, patient, request, update

AT = 7
DAY = Search("Patient", "birthdate=1990-01-01")
P = Key("Patient", "p")
Matches = dict[Criteria, tuple[str, ...]]


def born(day: str = "1990-01-01", **more: Any) -> dict[str, Any]:
    return {**patient("Hoa"), "birthDate": day, **more}


def stated(*ids: str, deleted: bool = False, type_: str = "Patient") -> dict[Key, Head]:
    """The heads of resources that are there."""
    keys = [Key(type_, id_) for id_ in ids]
    return {key: Head(stream_of(key), subject_of(key.reference), 1, deleted, b"") for key in keys}


def decided(*changes: Change, matches: Matches, heads: dict[Key, Head] | None = None) -> Decision:
    """The decision about changes, numbered as entries of a Bundle."""
    searcher = Elements()
    question = ask(request(*(replace(one, index=n) for n, one in enumerate(changes))), searcher)
    return decide(question, Resolved(heads or {}, matches, None, AT), searcher)


def changing(action: Any, resource: dict[str, Any] | None, condition: Criteria = DAY, **more: Any) -> Change:
    change = create(resource or {"resourceType": condition.type}, condition)
    return replace(change, action=action, json=resource, raw=change.raw if resource else b"", **more)


def test_one_identifier_is_decided_by_claims_and_everything_else_by_search() -> None:
    other = condition_of("Patient", "identifier=a|1&birthdate=1990-01-01")
    assert isinstance(other, Search)
    one = condition_of("Patient", "identifier=a|1")
    decision = decided(
        create(born(), one), create(born("1990-01-02"), other), matches={one: (), Elements().read(other): ()}
    )
    assert decision.append.asserted_matches == [Match(Condition("Patient", "a", "1"), ())]
    assert decision.append.asserted_hits == [Hits(Elements().read(other), (), AT)]


def test_none_exists() -> None:
    new = decided(changing("create", born()), matches={DAY: ()})
    assert [outcome.status for outcome in new.outcomes] == [201]
    assert new.append.asserted_hits == [Hits(DAY, (), AT)]
    known = decided(changing("create", born()), matches={DAY: ("p",)}, heads=stated("p"))
    assert (known.outcomes, known.changes_something) == ([Outcome(200, P, 1)], False)
    with pytest.raises(NotUnique):
        decided(changing("create", born()), matches={DAY: ("p", "q")}, heads=stated("p", "q"))


@pytest.mark.parametrize(
    ("ids", "id_", "result"),
    [
        ((), None, 201),
        ((), "new", 201),
        ((), "there", IdTaken),
        (("p",), None, 200),
        (("p",), "p", 200),
        (("p",), "new", Contradiction),
        (("p", "q"), None, NotUnique),
    ],
)
def test_an_update_is_of_the_one_that_matches(
    ids: tuple[str, ...], id_: str | None, result: int | type[Refusal]
) -> None:
    wish = changing("update", born(**({"id": id_} if id_ else {})))
    heads = stated("p", "q", "there")
    if isinstance(result, int):
        decision = decided(wish, matches={DAY: ids}, heads=heads)
        assert decision.outcomes[0].status == result
        assert decision.outcomes[0].key.id == (ids[0] if ids else id_ or decision.outcomes[0].key.id)
        assert decision.append.asserted_hits == [Hits(DAY, ids, AT)]
    else:
        with pytest.raises(result):
            decided(wish, matches={DAY: ids}, heads=heads)


def test_a_delete_is_of_the_one_that_matches() -> None:
    wish = changing("delete", None)
    assert decided(wish, matches={DAY: ()}).outcomes == [Outcome(204, Key("Patient", ""), 0)]
    one = decided(wish, matches={DAY: ("p",)}, heads=stated("p"))
    assert one.outcomes == [Outcome(204, P, 2)]
    with pytest.raises(NotUnique):
        decided(wish, matches={DAY: ("p", "q")}, heads=stated("p", "q"))


@pytest.mark.parametrize("condition", [DAY, Condition("Patient", "urn:test", "1")])
@pytest.mark.parametrize("number", [0, 1, 3, MOST_DELETED])
def test_a_delete_of_all_takes_every_match_away(condition: Criteria, number: int) -> None:
    ids = tuple(f"p{n}" for n in range(number))
    wish = changing("delete", None, condition, several=True)
    decision = decided(wish, matches={condition: ids}, heads=stated(*ids))
    assert decision.outcomes == [Outcome(204, Key("Patient", ""), 0)]
    assert {(write.key.id, write.head.deleted) for write in decision.append.heads} == {
        (id_, True) for id_ in ids
    }
    assert len(decision.append.facts) == number


def test_a_delete_of_all_is_of_so_many_at_most() -> None:
    ids = tuple(f"p{n}" for n in range(MOST_DELETED + 1))
    with pytest.raises(TooMany) as refused:
        decided(changing("delete", None, several=True), matches={DAY: ids}, heads=stated(*ids))
    assert refused.value.entry == 0


def test_as_many_ids_are_asked_for_as_matter() -> None:
    """One more than are taken, and those that the request itself may take away."""
    searcher = Elements()
    assert ask(request(changing("create", born())), searcher).searches == {DAY: 2}
    assert ask(request(changing("delete", None, several=True)), searcher).searches == {DAY: MOST_DELETED + 2}
    beside = [update(born(id=f"p{n}")) for n in range(5)]
    assert ask(request(*beside, create(REFERRING)), searcher).searches == {DAY: 7}


REFERRING = {**observation("", 1), "id": "o", "subject": {"reference": f"Patient?{DAY.query}"}}
GONE = Change(None, "delete", "Patient", "p")


@pytest.mark.parametrize(
    ("beside", "ids", "refusal"),
    [
        ([], ("p",), None),
        ([], (), Unmatched),
        ([], ("p", "q"), Ambiguous),
        ([create(born())], (), None),
        ([create(born())], ("p",), Ambiguous),
        ([GONE], ("p",), Unmatched),
        ([update(born("1991-01-01", id="p"))], ("p",), Unmatched),
        ([update(born(id="p"))], ("p",), None),
        ([GONE, create(born())], ("p",), None),
    ],
)
def test_a_reference_by_search_finds_exactly_one(
    beside: Sequence[Change], ids: tuple[str, ...], refusal: type[Refusal] | None
) -> None:
    """In the record as the request leaves it."""
    if refusal:
        with pytest.raises(refusal) as refused:
            decided(*beside, update(REFERRING), matches={DAY: ids}, heads=stated("p"))
        assert refused.value.entry == len(beside)
        return
    decision = decided(*beside, update(REFERRING), matches={DAY: ids}, heads=stated("p"))
    found = decision.outcomes[-2].key if beside else P
    assert decode_fact(decision.append.facts[-1].state).subject == subject_of(found.reference)
    assert decision.append.asserted_hits == [Hits(DAY, ids, AT)]


@pytest.mark.parametrize("action", ["create", "update"])
def test_what_is_stated_beside_is_no_match_of_another_condition(action: str) -> None:
    with pytest.raises(Contradiction) as refused:
        decided(create(born()), changing(action, born()), matches={DAY: ()})
    assert refused.value.entry == 1
    assert decided(create(born("1991-01-01")), changing(action, born()), matches={DAY: ()})


def test_two_entries_of_one_condition_make_one_resource() -> None:
    spelt = replace(changing("create", born()), condition=Search("Patient", "birthdate=1990%2D01-01"))
    decision = decided(changing("create", born()), spelt, matches={DAY: ()})
    assert [outcome.status for outcome in decision.outcomes] == [201, 200]
    assert len({outcome.key for outcome in decision.outcomes}) == 1


OF = Search("Observation", "subject=Patient%2Fp")


def test_a_match_may_be_one_by_the_links_that_become_of_it() -> None:
    """What refers by search to p is about p, for whoever asks beside it."""
    with pytest.raises(Contradiction):
        decided(
            create({**observation("p", 1), "status": "amended"}, OF),
            create(REFERRING),
            matches={OF: (), DAY: ("p",)},
            heads=stated("p"),
        )


def test_a_reference_by_search_does_not_depend_on_another_one() -> None:
    asking = {"resourceType": "Basic", "id": "b", "code": {"text": "x"}}
    asking |= {"subject": {"reference": f"Observation?{OF.query}"}}
    for ids in ((), ("o1",)):
        with pytest.raises((Contradiction, Unmatched)) as refused:
            decided(create(REFERRING), update(asking), matches={OF: ids, DAY: ("p",)}, heads=stated("p"))
        assert refused.value.entry == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("general-practitioner.name=x", "Chains and _has are no conditions: general-practitioner.name."),
        (
            "organization:Organization.name=x",
            "Chains and _has are no conditions: organization:Organization.name",
        ),
        (
            "_has:Observation:subject:code=x",
            "Chains and _has are no conditions: _has:Observation:subject:code.",
        ),
        ("birthdate=1990-01-01&ages=9", "Parameters: ages."),
    ],
)
def test_what_cannot_be_a_condition_is_refused_by_name(query: str, said: str) -> None:
    condition = condition_of("Patient", query)
    referring = {**observation("", 1), "id": "o", "subject": {"reference": f"Patient?{query}"}}
    for change in (changing("create", born(), condition), create(referring)):
        with pytest.raises(Undecidable) as refused:
            ask(request(replace(change, index=3)), Elements())
        assert (refused.value.entry, said.rstrip(".") in refused.value.message) == (3, True)
