"""What follows for somebody from what the rules say of others, whoever is one person with whom."""

from uuid import UUID

from ehr.facts import Evidence
from ehr.linking import State
from ehr.matching.judging import LINK, NONE, PROPOSE, Verdict
from ehr.matching.person import NOBODY
from projections.linking.acts import MOST_PROPOSALS, Together, doubts
from projections.linking.sight import Said, Sight
from projections.matching.candidates import Candidate, Judged

NUMBER, TYPED = Evidence("personal_number", "captured", 14.0), Evidence("personal_number", "typed", 9.0)
APART = Said(State.DIFFERENT, frozenset({("personal_number", "typed")}), there=True)
ASKED = APART._replace(state=State.PROPOSED)
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
    return Sight(Candidate(who(0), "0", 1, NOBODY), list(others), people, pairs, frozenset())


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
    seen = sight(judged(1, LINK), judged(2, LINK), groups=({1, 7}, {2, 8}), said={(7, 8): APART})
    together = Together(seen)
    assert (linked(together, seen.others), proposed(together)) == ([1], [2])


def test_of_the_two_themselves_the_record_decides() -> None:
    seen = sight(judged(1, LINK), said={(0, 1): APART})
    together = Together(seen)
    assert (linked(together, seen.others), proposed(together)) == ([1], [])
    assert proposed(Together(seen)) == []


def test_of_too_many_proposals_the_weightiest_remain() -> None:
    seen = sight(*(judged(n, PROPOSE) for n in range(1, 100)))
    assert proposed(Together(seen)) == list(range(1, MOST_PROPOSALS + 1))


def test_a_link_is_doubted_when_no_number_that_may_link_is_in_common() -> None:
    number, other = Evidence("personal_number", "ended", 1.0), Evidence("personal_number", "different", -1.0)
    name, telephone = Evidence("name", "exact", 9.0), Evidence("telephone", "same", 9.0)
    seen = sight(
        judged(1, PROPOSE, name, number), judged(2, PROPOSE, name, telephone, other), judged(3, NONE)
    )
    made = seen._replace(linked=frozenset(map(who, (1, 2))))
    assert [one.candidate.subject.int for one in doubts(made)] == [2]


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
