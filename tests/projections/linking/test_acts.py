"""What follows for somebody from what the rules say of others, whoever is one person with whom."""

from itertools import permutations
from uuid import UUID

import pytest

from ehr.evidence import OBTAINED
from ehr.facts import Evidence
from ehr.linking import State
from ehr.matching.judging import LINK, NONE, PROPOSE, Verdict, judge
from ehr.matching.person import NOBODY, Person
from projections.linking import acts
from projections.linking.acts import MOST_PROPOSALS, Together
from projections.linking.doubting import doubts
from projections.linking.sight import MOST_TOGETHER, Said, Sight
from projections.matching.candidates import Candidate, Judged
from tests.ehr.matching.people import CCCD, OTHER_CCCD, Json, cccd, number, person

NUMBER, TYPED = Evidence("personal_number", "captured", 14.0), Evidence("personal_number", "typed", 9.0)
APART = Said(State.DIFFERENT, {"personal_number": OBTAINED["typed"]}, there=True, apart=True)
ASKED = APART._replace(state=State.PROPOSED, apart=False)
LINKED = APART._replace(state=State.LINKED, apart=False, by_program=True)
BY_HAND, DOUBTED = LINKED._replace(by_program=False), LINKED._replace(state=State.DOUBTED)
NOTHING: dict[tuple[int, int], Said] = {}


def who(number: int) -> UUID:
    return UUID(int=number)


def candidate(number: int, person: Person = NOBODY) -> Candidate:
    return Candidate(who(number), str(number), 1, person)


def judged(number: int, decision: str, *evidence: Evidence, weight: float = 0.0) -> Judged:
    return Judged(candidate(number), Verdict(decision, "", weight, evidence, "1"))


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
    persons = {subject: candidate(subject.int) for subjects in people.values() for subject in subjects}
    return Sight(candidate(0), list(others), people, pairs, frozenset(), persons)


def seen(
    *persons: Person,
    groups: tuple[set[int], ...] = (),
    linked: frozenset[int] = frozenset(),
    said: dict[tuple[int, int], Said] = NOTHING,
) -> Sight:
    """Of the first one, by the rules."""
    candidates = [candidate(n, one) for n, one in enumerate(persons)]
    known = {one.subject: one for one in candidates}
    others = [Judged(one, judge(persons[0], one.person)) for one in candidates[1:]]
    told = sorted(
        (one for one in others if one.verdict.decision != NONE), key=lambda one: -one.verdict.weight
    )
    bare = sight(*told, groups=groups, said=said)
    return bare._replace(citizen=candidates[0], persons=known, linked=frozenset(map(who, linked)))


def linked(together: Together, others: list[Judged]) -> list[int]:
    """Whom a process would link, one after the other."""
    found = []
    for one in others:
        if together.may_link(one):
            together.join(one.candidate.subject)
            found.append(one.candidate.subject.int)
    return found


def doubted(sight: Sight) -> list[tuple[int, int]]:
    return [(one.one.subject.int, one.other.candidate.subject.int) for one in doubts(sight)]


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
    both = both._replace(others=[Judged(candidate(1, CARD), judge(citizen, CARD))])
    assert doubted(both) == [(0, 1)]
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


ASKED_CARD, OTHER_ASKED = (person(numbers=[INSURED, cccd(value)]) for value in (CCCD, OTHER_CCCD))
INSURED_ONE = person(numbers=[INSURED])
HERS = {"gender": "female", "numbers": [cccd("045190000017")]}
THUY, SISTER, BARE = (person(name, **HERS) for name in ("Hồ Thị Thúy", "Hồ Thị Thủy", "HO THI THUY"))
ELDER, YOUNGER = (person(numbers=[cccd()], multipleBirthInteger=n) for n in (1, 2))
ON_THE_WAY = {(0, 1): LINKED, (1, 2): LINKED}


@pytest.mark.parametrize(
    ("amended", "between", "other"),
    [
        (ASKED_CARD, INSURED_ONE, OTHER_ASKED),
        (OTHER_ASKED, INSURED_ONE, ASKED_CARD),
        (THUY, BARE, SISTER),
        (SISTER, BARE, THUY),
        (ELDER, CARD, YOUNGER),
    ],
)
def test_who_becomes_two_over_a_third_one_is_doubted(amended: Person, between: Person, other: Person) -> None:
    together = seen(amended, between, other, groups=({0, 1, 2},), linked=frozenset({1}), said=ON_THE_WAY)
    assert doubted(together) == [(0, 1)]
    (doubt,) = doubts(together)
    assert doubt.reason is not None
    assert "0, 2" in doubt.reason


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({(0, 1): BY_HAND, (1, 2): LINKED}, [(1, 2)]),
        ({(0, 1): LINKED, (1, 2): BY_HAND}, [(0, 1)]),
        ({(0, 1): BY_HAND, (1, 2): BY_HAND}, []),
        ({(0, 1): DOUBTED, (1, 2): LINKED}, []),
        ({(0, 1): LINKED, (1, 2): DOUBTED}, []),
        (ON_THE_WAY | {(0, 3): LINKED, (3, 4): LINKED}, [(0, 1)]),
        (ON_THE_WAY | {(0, 3): LINKED, (2, 3): LINKED}, [(0, 1), (0, 3)]),
    ],
    ids=str,
)
def test_on_the_way_to_another_one_the_first_link_of_a_program_is_doubted(
    said: dict[tuple[int, int], Said], found: list[tuple[int, int]]
) -> None:
    persons = (ASKED_CARD, INSURED_ONE, OTHER_ASKED, INSURED_ONE, INSURED_ONE)
    everyone = {end for pair in said for end in pair}
    direct = frozenset(other for one, other in said if one == 0 and said[one, other] is LINKED)
    assert doubted(seen(*persons, groups=(everyone,), linked=direct, said=said)) == found


def test_a_number_that_two_people_are_known_to_bear_links_no_newcomers() -> None:
    """1 and 2 are kept apart; 3 has waited since it came; whose it is nobody knows, nor of 0."""
    found = seen(CARD, CARD, CARD, CARD, said={(1, 2): APART})
    together = Together(found)
    assert (linked(together, found.others), proposed(together)) == ([], [1, 2, 3])


def test_nobody_is_linked_with_a_person_of_whom_a_link_is_in_doubt() -> None:
    found = seen(CARD, CARD, CARD, groups=({1, 2},), said={(1, 2): DOUBTED})
    together = Together(found)
    assert (linked(together, found.others), proposed(together)) == ([], [1])
    own = seen(CARD, CARD, CARD, groups=({0, 2},), said={(0, 2): DOUBTED})
    together = Together(own)
    assert (linked(together, own.others), proposed(together)) == ([], [1])


def test_whoever_doubts_a_link_makes_no_other_one() -> None:
    """Of the fourth one nobody is another one."""
    together = ({0, 1, 2},)
    found = seen(THUY, BARE, SISTER, BARE, groups=together, linked=frozenset({1}), said=ON_THE_WAY)
    assert linked(Together(found), found.others) == []


MOTHER = person("Hồ Thị Lành", gender="female", numbers=[cccd("045190000017"), INSURED])
CHILDREN = [
    person(name, f"20{n}-05-15", numbers=[cccd("045190000017")])
    for n, name in ((15, "Hồ Văn Nam"), (17, "Hồ Văn Bình"), (19, "Hồ Văn Chung"))
]
TWIN, BARE_TWIN = (
    person(name, "2024-03-04", gender="female", numbers=[INSURED]) for name in ("Hồ Thị Thúy", "HO THI THUY")
)


def test_the_mothers_insurance_card_makes_no_one_person_of_her_twins() -> None:
    found = seen(TWIN, BARE_TWIN, MOTHER)
    together = Together(found)
    assert (linked(together, found.others), proposed(together)) == ([], [1, 2])
    unknown = seen(TWIN, BARE_TWIN)
    assert linked(Together(unknown), unknown.others) == [1]


def test_a_card_that_was_shown_for_others_once_links_its_owner() -> None:
    for children in range(3):
        found = seen(MOTHER, MOTHER, *CHILDREN[:children])
        assert linked(Together(found), found.others) == [1]


def test_a_card_that_was_scanned_for_many_is_nobodys() -> None:
    hers = person("Hồ Thị Lành", gender="female", numbers=[cccd("045190000017")])
    found = seen(hers, hers, *CHILDREN)
    together = Together(found)
    assert (linked(together, found.others), proposed(together)) == ([], [1])
    few = seen(CHILDREN[0], CHILDREN[1], hers)
    assert sorted(proposed(Together(few))) == [1, 2]
    many = seen(CHILDREN[0], *CHILDREN[1:], MOTHER, CARD, person("Lê Văn Tư", numbers=[cccd("045190000017")]))
    assert proposed(Together(many)) == []


def test_a_number_that_too_many_bear_links_nobody() -> None:
    for number_of in (MOST_TOGETHER, MOST_TOGETHER + 1):
        found = seen(*[CARD] * number_of)
        joined = linked(Together(found), found.others)
        assert len(joined) == (number_of - 1 if number_of == MOST_TOGETHER else 0)


def test_a_person_of_too_many_patients_grows_by_people_alone() -> None:
    for size in (MOST_TOGETHER - 1, MOST_TOGETHER):
        group = set(range(1, size + 1))
        found = seen(CARD, CARD, *[NOBODY] * (size - 1), groups=(group,))
        assert linked(Together(found), found.others) == ([1] if size < MOST_TOGETHER else [])


def test_what_speaks_against_large_people_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counted(one: Person, other: Person) -> bool:
        nonlocal compared
        compared += 1
        return False

    monkeypatch.setattr(acts, "are_two", counted)
    large = seen(*[CARD] * 401, groups=(set(range(1, 201)), set(range(201, 401))))
    assert linked(Together(large), large.others) == []
    assert compared == 0
    barred = seen(*[CARD] * 41, groups=(set(range(1, 41)),), said={(0, 7): APART, (0, 8): APART})
    together = Together(barred)
    assert (linked(together, barred.others), proposed(together)) == ([], [1])
    assert compared <= 40
