"""What follows for somebody from what the rules say of others, whoever is one person with whom."""

from itertools import permutations
from uuid import UUID

import pytest

from ehr.evidence import OBTAINED
from ehr.facts import Evidence
from ehr.linking import State
from ehr.matching.judging import LINK, NONE, PROPOSE, Verdict, judge
from ehr.matching.person import NOBODY, Person
from projections.linking.acts import MOST_PROPOSALS, Together, doubts
from projections.linking.sight import Said, Sight
from projections.matching.candidates import Candidate, Judged
from tests.ehr.matching.people import CCCD, OTHER_CCCD, Json, cccd, number, person

NUMBER, TYPED = Evidence("personal_number", "captured", 14.0), Evidence("personal_number", "typed", 9.0)
APART = Said(State.DIFFERENT, {"personal_number": OBTAINED["typed"]}, there=True, apart=True)
ASKED = APART._replace(state=State.PROPOSED, apart=False)
NOTHING: dict[tuple[int, int], Said] = {}


def who(number: int) -> UUID:
    return UUID(int=number)


def judged(number: int, decision: str, *evidence: Evidence, weight: float = 0.0) -> Judged:
    candidate = Candidate(who(number), str(number), 1, NOBODY)
    return Judged(candidate, Verdict(decision, "", weight, evidence, "1"))


def sight(
    *others: Judged, groups: tuple[set[int], ...] = (), said: dict[tuple[int, int], Said] = NOTHING
) -> Sight:
    """Of 0, the weightiest first."""
    people = {who(0): frozenset({who(0)})}
    people |= {one.candidate.subject: frozenset({one.candidate.subject}) for one in others}
    for group in groups:
        subjects = frozenset(map(who, group))
        people |= dict.fromkeys(subjects & people.keys(), subjects)
    pairs = {frozenset(map(who, pair)): one for pair, one in said.items()}
    persons = {subject: NOBODY for subjects in people.values() for subject in subjects}
    return Sight(Candidate(who(0), "0", 1, NOBODY), list(others), people, pairs, frozenset(), persons)


def seen(*persons: Person, groups: tuple[set[int], ...] = (), linked: frozenset[int] = frozenset()) -> Sight:
    """Of the first one, by the rules."""
    known = {who(n): one for n, one in enumerate(persons)}
    candidates = [Candidate(who(n), str(n), 1, one) for n, one in enumerate(persons)]
    others = [Judged(one, judge(persons[0], one.person)) for one in candidates[1:]]
    told = sorted(
        (one for one in others if one.verdict.decision != NONE), key=lambda one: -one.verdict.weight
    )
    bare = sight(*told, groups=groups)
    return bare._replace(citizen=candidates[0], persons=known, linked=frozenset(map(who, linked)))


def linked(together: Together, others: list[Judged]) -> list[int]:
    """Whom a process would link, one after the other."""
    found = []
    for one in others:
        if together.may_link(one):
            together.join(one.candidate.subject)
            found.append(one.candidate.subject.int)
    return found


def proposed(together: Together) -> list[int]:
    return [one.candidate.subject.int for one in together.proposals()]


def test_whoever_the_rules_link_is_linked_and_the_others_proposed() -> None:
    seen = sight(judged(1, LINK), judged(2, PROPOSE), judged(3, NONE))
    together = Together(seen)
    assert (linked(together, seen.others), proposed(together)) == ([1], [2])


def test_whoever_is_one_person_by_a_link_that_was_just_made_needs_nothing_more() -> None:
    seen = sight(judged(1, LINK), judged(2, LINK), judged(3, PROPOSE), groups=({1, 2, 3},))
    together = Together(seen)
    assert (linked(together, seen.others), proposed(together)) == ([1], [])


def test_who_is_kept_apart_over_others_is_proposed() -> None:
    seen = sight(judged(2, LINK, NUMBER), groups=({0, 7}, {2, 8}), said={(7, 8): APART})
    together = Together(seen)
    assert (linked(together, seen.others), proposed(together)) == ([], [2])


def test_a_judgement_of_apart_stands_while_a_program_proposes_the_two() -> None:
    asked = APART._replace(state=State.PROPOSED)
    seen = sight(judged(2, LINK, NUMBER), groups=({0, 7}, {2, 8}), said={(7, 8): asked})
    together = Together(seen)
    assert (linked(together, seen.others), proposed(together)) == ([], [])


def test_what_may_not_be_linked_is_shown_once() -> None:
    for state in (State.DIFFERENT, State.UNLINKED, State.POSTPONED):
        known = Said(state, {"personal_number": OBTAINED["captured"]}, there=True, apart=True)
        seen = sight(judged(2, LINK, NUMBER), groups=({0, 7}, {2, 8}), said={(7, 8): known})
        assert proposed(Together(seen)) == []


INSURED, MIXED = (number("insurance_number", f"450000001{n}", "qr") for n in (7, 8))
A = person(numbers=[cccd(), INSURED])
B = person(numbers=[MIXED], birth="1990-11-20")
C = person(numbers=[cccd(), MIXED])
CARD, OTHER_CARD = (person(numbers=[cccd(value)]) for value in (CCCD, OTHER_CCCD))
BOTH_CARDS = person(numbers=[cccd(), cccd(OTHER_CCCD)])


@pytest.mark.parametrize("order", list(permutations([A, B, C])))
def test_a_card_that_was_mixed_up_makes_no_one_person_of_two(order: tuple[Person, ...]) -> None:
    """As they come one after the other: the two who share a number before the third one comes are linked."""
    one, other, third = order
    two = seen(other, one)
    joined = linked(Together(two), two.others)
    assert bool(joined) == (third is A)
    three = seen(third, one, other, groups=({1, 2},) if joined else ())
    together = Together(three)
    assert linked(together, three.others) == []
    assert proposed(together)


@pytest.mark.parametrize("order", list(permutations([CARD, OTHER_CARD, BOTH_CARDS])))
def test_a_patient_with_two_peoples_cards_is_linked_with_neither(order: tuple[Person, ...]) -> None:
    for n in (2, 3):
        *before, last = order[:n]
        found = seen(last, *before)
        assert linked(Together(found), found.others) == []


def test_nobody_is_linked_who_is_two_with_somebody_further_on() -> None:
    """1 and 2 were linked by somebody; 2 has another insurance number than 0."""
    found = seen(A, CARD, person(numbers=[MIXED]), groups=({1, 2},))
    together = Together(found)
    assert (linked(together, found.others), proposed(together)) == ([], [1])
    alone = seen(A, CARD)
    assert linked(Together(alone), alone.others) == [1]


def test_nobody_is_linked_by_a_number_that_two_people_bear() -> None:
    first, second = ({"numbers": [cccd()], "multipleBirthInteger": n} for n in (1, 2))
    found = seen(CARD, person(**first), person(**second))
    together = Together(found)
    assert (linked(together, found.others), proposed(together)) == ([], [1, 2])


def test_one_who_says_little_hinders_nobody() -> None:
    newborn = person("Con bà Trần Thị Mai", "1990-05-15")
    old = person("Hồ Thử", "1990", commune=None)
    found = seen(CARD, CARD, newborn, old, groups=({1, 2, 3},))
    assert linked(Together(found), found.others) == [1]


def test_of_the_two_themselves_the_record_decides() -> None:
    seen = sight(judged(1, LINK), said={(0, 1): APART})
    together = Together(seen)
    assert (linked(together, seen.others), proposed(together)) == ([1], [])
    assert proposed(Together(seen)) == []


def test_of_too_many_proposals_the_weightiest_remain() -> None:
    seen = sight(*(judged(n, PROPOSE) for n in range(1, 100)))
    assert proposed(Together(seen)) == list(range(1, MOST_PROPOSALS + 1))


@pytest.mark.parametrize(
    "corrected",
    [
        {"numbers": [cccd(OTHER_CCCD)]},
        {"numbers": [cccd(use="old"), cccd(OTHER_CCCD)]},
        {"numbers": [cccd(use="old")]},
        {"numbers": []},
        {"numbers": [cccd(), cccd(OTHER_CCCD)]},
        {"name": "Hồ Văn Bình"},
        {"birth": "2015-05-15"},
        {"gender": "female"},
        {"numbers": [cccd(), number("temporary-id", "MT-45901-20261126-000017", "qr")]},
    ],
    ids=repr,
)
def test_a_link_is_doubted_once_it_would_not_be_made_any_more(corrected: Json) -> None:
    citizen = person(**{"numbers": [cccd()], **corrected})
    both = seen(citizen, CARD, groups=({0, 1},), linked=frozenset({1}))
    both = both._replace(others=[Judged(Candidate(who(1), "1", 1, CARD), judge(citizen, CARD))])
    assert [one.candidate.subject.int for one in doubts(both)] == [1]
    assert doubts(both._replace(linked=frozenset())) == []


@pytest.mark.parametrize(
    "amended",
    [
        {},
        {"name": "HO VAN THU"},
        {"birth": "1990-08-20", "commune": "02701"},
        {"numbers": [cccd(captured=None)]},
        {"numbers": [cccd(OTHER_CCCD, use="old"), cccd()]},
    ],
    ids=repr,
)
def test_a_link_is_not_doubted_for_what_the_rules_do_not_ask(amended: Json) -> None:
    both = seen(person(**{"numbers": [cccd()], **amended}), CARD, groups=({0, 1},), linked=frozenset({1}))
    assert len(both.others) == 1
    assert doubts(both) == []


def test_of_one_person_one_patient_is_proposed() -> None:
    seen = sight(*(judged(n, PROPOSE) for n in (2, 1, 3)), groups=({1, 2},))
    assert proposed(Together(seen)) == [2, 3]


def test_what_was_asked_about_two_people_is_not_asked_about_others_of_their_patients() -> None:
    others, groups = (judged(1, PROPOSE, TYPED),), ({1, 7},)
    for said in (ASKED, APART, APART._replace(state=State.POSTPONED)):
        assert proposed(Together(sight(*others, groups=groups, said={(0, 7): said}))) == []
        gone = {(0, 7): said._replace(there=False)}
        assert proposed(Together(sight(*others, groups=groups, said=gone))) == [1]


def test_what_somebody_did_not_know_is_asked() -> None:
    others, groups = (judged(1, PROPOSE, NUMBER),), ({1, 7},)
    assert proposed(Together(sight(*others, groups=groups, said={(0, 7): APART}))) == [1]
    assert proposed(Together(sight(*others, groups=groups, said={(0, 7): ASKED}))) == []
