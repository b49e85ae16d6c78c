"""Whether two Patients are one person: what becomes of each judgement, and what holds whatever was judged."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.encoding import decode_fact, encode_fact
from ehr.errors import (
    Contradiction,
    JudgedDifferent,
    JudgedMeanwhile,
    KeptApart,
    KeyReused,
    NoNumberShared,
    NotLinked,
    NotProposed,
    OnlyPeople,
    Refusal,
    StillLinked,
    Unknown,
)
from ehr.evidence import ENDED, LEAST_TO_LINK, OBTAINED
from ehr.facts import AnyPairFact, Evidence, LinkDoubted, LinkProposed, Merge, RecordsLinked
from ehr.linking import (
    LINKS,
    LONGEST_REASON,
    MOST_EVIDENCE,
    STATES,
    Act,
    Judgement,
    Past,
    State,
    decide,
    pair_of,
    past_of,
)
from ehr.values import Actor, subject_of

PAIR = pair_of("p1", "p2")
TYPED, CAPTURED = Evidence("personal_number", "typed", 9.5), Evidence("personal_number", "captured", 14.0)
NAME = Evidence("name", "exact", 7.25)
PEOPLE: Any = {"rule": None}
PROGRAM: Any = {"rule": "1"}


def judgement(act: Act, *evidence: Evidence, **changes: Any) -> Judgement:
    """By a person, at a facility, unless something else is said."""
    one = Judgement(act, PAIR, Actor("page", "nurse", "45901"), "2026-11-26T08:00:00.000Z", evidence)
    return one._replace(**changes)


def after(*judgements: Judgement) -> list[AnyPairFact]:
    """The facts that judgements leave, one after the other."""
    facts: list[AnyPairFact] = []
    for one in judgements:
        fact = decide(one, past_of(facts))
        if fact:
            facts.append(fact)
    return facts


PROPOSED = (judgement(Act.PROPOSE, TYPED, NAME, **PROGRAM),)
LINKED = (judgement(Act.LINK, CAPTURED, **PROGRAM),)
UNLINKED = (*LINKED, judgement(Act.UNLINK, CAPTURED))
DIFFERENT = (judgement(Act.JUDGE_DIFFERENT, TYPED),)
POSTPONED = (*PROPOSED, judgement(Act.POSTPONE))
DOUBTED = (*LINKED, judgement(Act.DOUBT, NAME, **PROGRAM))
WAYS = {
    State.UNKNOWN: (),
    State.PROPOSED: PROPOSED,
    State.LINKED: LINKED,
    State.UNLINKED: UNLINKED,
    State.DIFFERENT: DIFFERENT,
    State.POSTPONED: POSTPONED,
    State.DOUBTED: DOUBTED,
}


def test_a_pair_is_the_same_whoever_is_named_first() -> None:
    assert pair_of("p2", "p1") == PAIR
    assert PAIR.stream == pair_of("p2", "p1").stream != pair_of("p1", "p3").stream
    assert PAIR.subject < PAIR.other
    assert {PAIR.subject, PAIR.other} == {subject_of("Patient/p1"), subject_of("Patient/p2")}


@pytest.mark.parametrize("id_", ["", "a/b", "a\0", "x" * 65, "Hoa Thử", "a\n"])
def test_what_is_no_id_makes_no_pair(id_: str) -> None:
    with pytest.raises(Unknown):
        pair_of("p1", id_)


def test_a_patient_makes_no_pair_with_itself() -> None:
    with pytest.raises(Contradiction):
        pair_of("p1", "p1")


def test_a_fact_says_who_has_decided_what_and_why() -> None:
    (fact,) = after(judgement(Act.LINK, TYPED, NAME, reason=" cùng một người ", op_id="form-1"))
    assert isinstance(fact, RecordsLinked)
    assert (fact.subject, fact.other, fact.stream) == (PAIR.subject, PAIR.other, PAIR.stream)
    assert (fact.patient, fact.other_patient) == PAIR
    assert (fact.actor, fact.user, fact.facility) == ("page", "nurse", "45901")
    assert (fact.evidence, fact.reason, fact.rule) == ([TYPED, NAME], "cùng một người", None)
    assert (fact.op_id, fact.happened_at) == ("form-1", fact.recorded_at)
    assert (fact.resources, decode_fact(encode_fact(fact))) == ([], fact)


P, H = PROGRAM, PEOPLE
ONLY_PEOPLE = (Act.UNLINK, Act.JUDGE_DIFFERENT, Act.POSTPONE)
PRESENT: Any = "nothing"


@pytest.mark.parametrize(
    ("state", "act", "by", "evidence", "outcome"),
    [
        (State.UNKNOWN, Act.PROPOSE, P, [NAME], State.PROPOSED),
        (State.UNKNOWN, Act.PROPOSE, H, [], State.PROPOSED),
        (State.UNKNOWN, Act.LINK, P, [CAPTURED], State.LINKED),
        (State.UNKNOWN, Act.LINK, P, [TYPED, NAME], NoNumberShared),
        (State.UNKNOWN, Act.LINK, P, [NAME], NoNumberShared),
        (State.UNKNOWN, Act.LINK, H, [], State.LINKED),
        (State.UNKNOWN, Act.UNLINK, H, [], NotLinked),
        (State.UNKNOWN, Act.JUDGE_DIFFERENT, H, [], State.DIFFERENT),
        (State.UNKNOWN, Act.POSTPONE, H, [], NotProposed),
        (State.PROPOSED, Act.PROPOSE, P, [TYPED], PRESENT),
        (State.PROPOSED, Act.PROPOSE, P, [CAPTURED], State.PROPOSED),
        (State.PROPOSED, Act.PROPOSE, H, [CAPTURED], PRESENT),
        (State.PROPOSED, Act.LINK, P, [CAPTURED], State.LINKED),
        (State.PROPOSED, Act.LINK, H, [], State.LINKED),
        (State.PROPOSED, Act.UNLINK, H, [], NotLinked),
        (State.PROPOSED, Act.JUDGE_DIFFERENT, H, [], State.DIFFERENT),
        (State.PROPOSED, Act.POSTPONE, H, [], State.POSTPONED),
        (State.LINKED, Act.PROPOSE, P, [Evidence("insurance_number", "verified", 3.0)], PRESENT),
        (State.LINKED, Act.PROPOSE, H, [], PRESENT),
        (State.LINKED, Act.LINK, P, [NAME], PRESENT),
        (State.LINKED, Act.LINK, H, [], PRESENT),
        (State.LINKED, Act.UNLINK, H, [], State.UNLINKED),
        (State.LINKED, Act.JUDGE_DIFFERENT, H, [], StillLinked),
        (State.LINKED, Act.POSTPONE, H, [], NotProposed),
        (State.UNLINKED, Act.PROPOSE, P, [CAPTURED, NAME], KeptApart),
        (State.UNLINKED, Act.PROPOSE, P, [Evidence("insurance_number", "typed", 8.0)], State.PROPOSED),
        (State.UNLINKED, Act.LINK, P, [CAPTURED], PRESENT),  # It has been answered under this name.
        (State.UNLINKED, Act.LINK, P, [CAPTURED, NAME], KeptApart),
        (State.UNLINKED, Act.LINK, P, [Evidence("personal_number", "verified", 19.0)], State.LINKED),
        (State.UNLINKED, Act.LINK, H, [], State.LINKED),
        (State.UNLINKED, Act.UNLINK, H, [], PRESENT),
        (State.UNLINKED, Act.JUDGE_DIFFERENT, H, [], State.DIFFERENT),
        (State.DIFFERENT, Act.PROPOSE, P, [TYPED, NAME], KeptApart),
        (State.DIFFERENT, Act.PROPOSE, P, [Evidence("phone", "exact", 30.0)], KeptApart),
        (State.DIFFERENT, Act.PROPOSE, P, [CAPTURED], State.PROPOSED),
        (State.DIFFERENT, Act.PROPOSE, H, [], State.PROPOSED),
        (State.DIFFERENT, Act.LINK, P, [TYPED, NAME], NoNumberShared),
        (State.DIFFERENT, Act.LINK, P, [CAPTURED], State.LINKED),
        (State.DIFFERENT, Act.LINK, H, [], State.LINKED),
        (State.DIFFERENT, Act.JUDGE_DIFFERENT, H, [], PRESENT),
        (State.POSTPONED, Act.PROPOSE, P, [TYPED], KeptApart),
        (State.POSTPONED, Act.PROPOSE, P, [CAPTURED], State.PROPOSED),
        (State.POSTPONED, Act.POSTPONE, H, [], PRESENT),
        (State.POSTPONED, Act.LINK, H, [], State.LINKED),
        (State.LINKED, Act.DOUBT, P, [NAME], State.DOUBTED),
        (State.DOUBTED, Act.DOUBT, P, [], PRESENT),
        (State.DOUBTED, Act.PROPOSE, P, [CAPTURED], PRESENT),
        (State.DOUBTED, Act.PROPOSE, H, [], PRESENT),
        (State.DOUBTED, Act.LINK, P, [CAPTURED, NAME], PRESENT),
        (State.DOUBTED, Act.LINK, H, [], State.LINKED),
        (State.DOUBTED, Act.UNLINK, H, [], State.UNLINKED),
        (State.DOUBTED, Act.JUDGE_DIFFERENT, H, [], StillLinked),
        (State.DOUBTED, Act.POSTPONE, H, [], NotProposed),
        *((state, Act.DOUBT, H, [], Contradiction) for state in State),
        *((state, Act.DOUBT, P, [], NotLinked) for state in State if state not in LINKS),
        *((state, act, P, [CAPTURED], OnlyPeople) for state in State for act in ONLY_PEOPLE),
    ],
)
def test_what_becomes_of_each_judgement(
    state: State, act: Act, by: Any, evidence: list[Evidence], outcome: Any
) -> None:
    facts = after(*WAYS[state])
    past = past_of(facts)
    assert past.state == state
    wish = judgement(act, *evidence, **by)
    if isinstance(outcome, type):
        with pytest.raises(outcome) as refused:
            decide(wish, past)
        assert str(refused.value)
    else:
        fact = decide(wish, past)
        assert past_of([*facts, *([fact] if fact else [])]).state == (
            state if outcome is PRESENT else outcome
        )
        assert (fact is None) == (outcome is PRESENT)


def test_a_number_that_was_known_when_somebody_looked_does_not_count_later() -> None:
    """A proposal on another number lies between, and links by neither."""
    facts = after(
        judgement(Act.JUDGE_DIFFERENT, CAPTURED),
        judgement(Act.PROPOSE, CAPTURED, Evidence("insurance_number", "typed", 6.0), **PROGRAM),
    )
    assert past_of(facts).state is State.PROPOSED
    with pytest.raises(KeptApart):
        decide(
            judgement(Act.LINK, CAPTURED, Evidence("insurance_number", "typed", 6.0), **PROGRAM),
            past_of(facts),
        )


def test_a_number_that_was_shown_out_of_use_is_nothing_new_on_a_new_card() -> None:
    ended = Evidence("personal_number", ENDED, 14.0)
    verified = Evidence("personal_number", "verified", 19.0)
    for before in ((), (*LINKED, judgement(Act.UNLINK))):
        past = past_of(after(*before, judgement(Act.JUDGE_DIFFERENT, ended)))
        for act in (Act.LINK, Act.PROPOSE):
            with pytest.raises(KeptApart):
                decide(judgement(act, verified, NAME, **PROGRAM), past)
    with pytest.raises(NoNumberShared):
        decide(judgement(Act.LINK, ended, **PROGRAM), Past())


def test_what_a_program_asks_takes_no_judgement_away() -> None:
    paper = Evidence("insurance_number", "typed", 6.0)
    asked = judgement(Act.PROPOSE, paper, **PROGRAM)
    passport = judgement(Act.LINK, Evidence("passport_number", "captured", 9.0), **PROGRAM)
    for before, apart in ((DIFFERENT, State.DIFFERENT), (UNLINKED, State.UNLINKED)):
        put_off = (*before, asked, judgement(Act.POSTPONE))
        past = past_of(after(*put_off))
        assert (past.state, past.apart) == (State.POSTPONED, apart)
        for ends in (judgement(Act.LINK), judgement(Act.PROPOSE), passport):
            assert past_of(after(*put_off, ends)).apart is None
    merge = judgement(Act.LINK, merge=Merge("p1", 2, 2))
    with pytest.raises(JudgedDifferent):
        decide(merge, past_of(after(*DIFFERENT, asked)))


def test_what_somebody_has_linked_or_confirmed_is_not_doubted() -> None:
    doubt = judgement(Act.DOUBT, NAME, **PROGRAM)
    for before in ((judgement(Act.LINK),), (*DOUBTED, judgement(Act.LINK))):
        assert decide(doubt._replace(rule="2"), past_of(after(*before))) is None


def test_a_wish_is_stored_once_under_its_name() -> None:
    wish = judgement(Act.LINK, op_id="form-1")
    facts = after(wish, judgement(Act.UNLINK), wish)
    assert [fact.name for fact in facts] == ["RecordsLinked", "RecordsUnlinked"]
    with pytest.raises(KeyReused):
        decide(judgement(Act.JUDGE_DIFFERENT, op_id="form-1"), past_of(facts))


def test_a_program_names_what_it_has_judged() -> None:
    one, same, other = (
        after(judgement(Act.PROPOSE, *evidence, **PROGRAM))[0].op_id
        for evidence in ((TYPED, NAME), (NAME, Evidence("personal_number", "typed", 9.75)), (TYPED,))
    )
    assert one == same != other
    assert after(judgement(Act.PROPOSE, TYPED, NAME, rule="2"))[0].op_id != one
    assert after(judgement(Act.PROPOSE, TYPED, NAME))[0].op_id is None


def test_whoever_has_seen_an_older_state_is_told() -> None:
    past = past_of(after(*PROPOSED))
    with pytest.raises(JudgedMeanwhile):
        decide(judgement(Act.LINK, if_version=0), past)
    assert isinstance(decide(judgement(Act.LINK, if_version=1), past), RecordsLinked)
    assert decide(judgement(Act.PROPOSE, if_version=0), past) is None


def test_what_is_too_long_or_cannot_be_stored_is_cut() -> None:
    odd = Evidence("a\0b", "\ud800", float("nan"))
    (fact,) = after(judgement(Act.LINK, *[odd] * 1000, reason="\0" + "x" * 5000, op_id="y" * 5000))
    assert fact.evidence == [Evidence("a b", "?", 0.0)] * MOST_EVIDENCE
    assert fact.reason == "x" * (LONGEST_REASON - 1)
    assert fact.op_id is not None
    assert len(fact.op_id) < 300
    assert decode_fact(encode_fact(fact)) == fact


# Whatever was judged.

EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(["personal_number", "insurance_number", "name"]),
    st.sampled_from([*OBTAINED, "exact", ENDED]),
    st.floats(),
)
JUDGEMENTS = st.builds(
    Judgement,
    st.sampled_from(Act),
    st.just(PAIR),
    st.just(Actor()),
    st.just("2026-11-26T08:00:00.000Z"),
    st.lists(EVIDENCE, max_size=3).map(tuple),
    st.sampled_from([None, "1", "2"]),
    st.none(),
    st.sampled_from([None, None, None, "a", "b"]),
    st.none() | st.integers(0, 4),
    merge=st.none(),  # Whether one is new, its Patients say (merging.py).
)


def told(wish: Judgement, past: Past) -> AnyPairFact | Refusal | None:
    """What becomes of a wish."""
    try:
        return decide(wish, past)
    except Refusal as refusal:
        return refusal


def is_new(fact: AnyPairFact, before: Sequence[AnyPairFact], least: int) -> bool:
    """Whether a fact names a number in common, trusted so much, that no fact before did. One that is out of
    use was seen as well."""
    levels = {**OBTAINED, ENDED: OBTAINED["verified"]}
    known = {(one.field, levels.get(one.level, 0)) for past in before for one in past.evidence}
    return any(
        OBTAINED.get(one.level, 0) >= least
        and not any(field == one.field and level >= OBTAINED[one.level] for field, level in known)
        for one in fact.evidence
    )


def history(wishes: Sequence[Judgement]) -> list[AnyPairFact]:
    """The facts that remain. What was refused says why; what is wished again adds nothing."""
    facts: list[AnyPairFact] = []
    for wish in wishes:
        outcome = told(wish, past_of(facts))
        if isinstance(outcome, Refusal):
            assert outcome.message
        elif outcome is not None:
            facts.append(outcome)
            assert told(wish, past_of(facts)) is None
    return facts


def apart(facts: Sequence[AnyPairFact]) -> Sequence[AnyPairFact]:
    """The facts until somebody last looked and did not link; none once somebody has linked."""
    for n in range(len(facts), 0, -1):
        if facts[n - 1].rule is None and not isinstance(facts[n - 1], LinkProposed):
            return [] if isinstance(facts[n - 1], RecordsLinked) else facts[:n]
    return []


HISTORIES = st.lists(JUDGEMENTS, max_size=25).map(history)


@given(HISTORIES)
def test_a_program_only_links_and_proposes_and_never_over_somebody_on_what_was_known(
    facts: list[AnyPairFact],
) -> None:
    for n, fact in enumerate(facts):
        if isinstance(fact, RecordsLinked) and fact.rule:
            assert is_new(fact, apart(facts[:n]), LEAST_TO_LINK)
        elif isinstance(fact, LinkDoubted):
            last = facts[n - 1]
            assert isinstance(last, RecordsLinked)
            assert last.rule
        elif fact.rule:
            assert isinstance(fact, LinkProposed)
            assert n == 0 or is_new(fact, apart(facts[:n]), 1)


@given(HISTORIES)
def test_every_fact_changes_how_it_stands_but_a_proposal_that_is_renewed(facts: list[AnyPairFact]) -> None:
    states = [past_of(facts[:n]).state for n in range(len(facts) + 1)]
    for fact, (before, state) in zip(facts, pairwise(states), strict=True):
        assert state == STATES[fact.name]
        assert state != before or (isinstance(fact, LinkProposed) and fact.rule)
        assert (before is State.LINKED) <= (state in (State.UNLINKED, State.DOUBTED))
        assert (before is State.DOUBTED) <= (state in (State.UNLINKED, State.LINKED))
        assert (state is State.UNLINKED) <= (before in LINKS)


@given(HISTORIES)
def test_no_wish_is_stored_twice(facts: list[AnyPairFact]) -> None:
    names = [fact.op_id for fact in facts if fact.op_id]
    assert len(names) == len(set(names))
    assert past_of(facts).version == len(facts)
