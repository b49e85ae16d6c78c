"""In which order who may be meant is told, whatever was judged."""

from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.matching.judging import CERTAIN, CERTAINLY_NOT, POSSIBLE, PROBABLE, Verdict
from ehr.matching.person import NOBODY
from ehr.values import subject_of
from fhir_api.operations.ranking import GRADES, certain, ranked, score_of
from projections.matching.candidates import Candidate, Judged

IDS = "abcdefgh"
SUBJECTS = {id_: subject_of(f"Patient/{id_}") for id_ in IDS}


def judged(id_: str, grade: str, weight: float) -> Judged:
    return Judged(Candidate(SUBJECTS[id_], id_, 1, NOBODY), Verdict("none", grade, weight, (), "1"))


JUDGED = st.lists(
    st.builds(
        judged,
        st.sampled_from(IDS),
        st.sampled_from([CERTAIN, PROBABLE, POSSIBLE, CERTAINLY_NOT]),
        st.floats(-1e300, 1e300) | st.integers(-40, 80).map(float),
    ),
    unique_by=lambda one: one.candidate.patient,
)
PEOPLE = st.lists(st.lists(st.sampled_from(IDS), min_size=2, unique=True), max_size=3)


def people(groups: list[list[str]]) -> dict[UUID, dict[UUID, str]]:
    """Of groups, those that have nobody in common with an earlier one."""
    found: dict[UUID, dict[UUID, str]] = {}
    for group in groups:
        members = {SUBJECTS[id_]: id_ for id_ in group}
        if not found.keys() & members.keys():
            found |= dict.fromkeys(members, members)
    return found


@settings(max_examples=200)
@given(JUDGED, PEOPLE)
def test_people_are_told_whole_once_and_the_likeliest_first(
    some: list[Judged], groups: list[list[str]]
) -> None:
    linked = people(groups)
    told = ranked(some, linked)
    matches = [one for group in told for one in group]
    meant = {one.candidate.patient for one in some if one.verdict.grade != CERTAINLY_NOT}
    meant |= {id_ for one in meant for id_ in linked.get(SUBJECTS[one], {}).values()}
    assert sorted(one.patient for one in matches) == sorted(meant)
    assert all(0 <= one.score <= 1 and (one.score == 1) == (one.grade == CERTAIN) for one in matches)
    assert all(len({(one.grade, one.score, one.person) for one in group}) == 1 for group in told)
    order = [GRADES.index(group[0].grade) for group in told]
    assert order == sorted(order)
    assert ranked(list(reversed(some)), linked) == told
    sure = [group for group in told if group[0].grade == CERTAIN]
    assert certain(told) == (sure if len(sure) == 1 else [])


@given(st.lists(st.floats(-1e9, 1e9), min_size=2))
def test_more_weight_is_no_smaller_score(weights: list[float]) -> None:
    scores = [score_of(judged("a", PROBABLE, weight).verdict) for weight in sorted(weights)]
    assert all(one <= other for one, other in pairwise(scores))
