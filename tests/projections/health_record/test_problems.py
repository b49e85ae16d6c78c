"""Which problems are present, which are over, and of which nobody says."""

from typing import Any

import pytest

from projections.health_record.entry import Coded
from projections.health_record.problems import State, state_of
from tests.projections.health_record.test_chart import chart, problem, visit

COLD = Coded("Viêm mũi họng cấp", "http://hl7.org/fhir/sid/icd-10", "J00")
VISIT, LISTED = ["encounter-diagnosis"], ["problem-list-item"]


@pytest.mark.parametrize(
    ("stated", "state"),
    [
        ({"clinical": "active"}, State.PRESENT),
        ({"clinical": "recurrence", "categories": VISIT}, State.PRESENT),
        ({"clinical": "relapse"}, State.PRESENT),
        ({"clinical": None, "categories": LISTED}, State.PRESENT),
        ({"clinical": None, "categories": [*VISIT, *LISTED]}, State.PRESENT),
        ({"clinical": None, "categories": VISIT}, State.UNSTATED),
        ({"clinical": None}, State.UNSTATED),
        ({"clinical": "unknown", "categories": VISIT}, State.UNSTATED),
        ({"clinical": None, "verification": "provisional"}, State.UNSTATED),
        ({"clinical": "inactive"}, State.OVER),
        ({"clinical": "remission", "categories": LISTED}, State.OVER),
        ({"clinical": "resolved"}, State.OVER),
        ({"clinical": "active", "verification": "refuted"}, State.OVER),
        ({"clinical": None, "verification": "refuted", "categories": LISTED}, State.OVER),
    ],
)
def test_a_state_is_what_is_stated(stated: dict[str, Any], state: State) -> None:
    one = problem("c", COLD, **stated)
    assert state_of(one) is state
    assert groups(one) == {state: ["c"]}


@pytest.mark.parametrize(
    ("states", "state", "by"),
    [
        (["active", None], State.PRESENT, "c0"),
        (["active", None, None], State.PRESENT, "c0"),
        (["resolved", "active", None], State.PRESENT, "c1"),
        (["active", "resolved"], State.OVER, "c1"),
        (["active", "resolved", None], State.UNSTATED, "c2"),
        ([None, "resolved"], State.OVER, "c1"),
        ([None, "active"], State.PRESENT, "c1"),
        ([None, None], State.UNSTATED, "c1"),
    ],
)
def test_a_diagnosis_without_a_state_ends_no_problem(states: list[str | None], state: State, by: str) -> None:
    """Oldest first. What was over by then was found anew."""
    stated = [
        problem(f"c{n}", COLD, f"202{n}-01-01", clinical=clinical, categories=VISIT)
        for n, clinical in enumerate(states)
    ]
    assert groups(*stated) == {state: [f"c{len(states) - 1}"]}
    one = chart(*stated)
    assert one.deciding(one.problems[0]).origin.id == by


def test_diagnoses_without_a_state_go_newest_first_by_when_they_were_stated() -> None:
    ones = [
        problem("old", Coded("Ho"), "2019-03-01", clinical=None),
        problem("new", Coded("Sốt"), None, encounter="v", clinical=None, onset="2010"),
        problem("mid", Coded("Đau"), "2020", clinical=None, recorded="2021-01-01"),
    ]
    assert groups(*ones, visit("v", "2026-09-01")) == {State.UNSTATED: ["new", "mid", "old"]}


def groups(*entries: Any) -> dict[State, list[str]]:
    """Ids of the latest statements, by state."""
    one = chart(*entries)
    found = {
        State.PRESENT: one.present_problems,
        State.UNSTATED: one.unstated_problems,
        State.OVER: one.past_problems,
    }
    return {
        state: [each.latest.origin.id for each in problems] for state, problems in found.items() if problems
    }
