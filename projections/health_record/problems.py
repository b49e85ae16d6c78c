"""Whether a problem lasts, as far as anybody has said so."""

from collections.abc import Sequence
from enum import StrEnum

from projections.health_record.kinds import Problem

OVER = frozenset({"inactive", "remission", "resolved"})
"""Clinical states of a problem that is not one now (https://hl7.org/fhir/R4/valueset-condition-clinical.html)."""

_PRESENT = frozenset({"active", "recurrence", "relapse"})
_LISTED = "problem-list-item"


class State(StrEnum):
    """PRESENT: stated so, or on a problem list without a word that it is over. OVER: stated so, or refuted.
    UNSTATED: a diagnosis of which nobody says whether it lasts; R4 asks for that on problem lists alone
    (con-3 of https://hl7.org/fhir/R4/condition.html)."""

    PRESENT = "present"
    UNSTATED = "unstated"
    OVER = "over"


def state_of(problem: Problem) -> State:
    """As this statement has it."""
    if problem.clinical in OVER or problem.verification == "refuted":
        return State.OVER
    if problem.clinical in _PRESENT or _LISTED in problem.categories:
        return State.PRESENT
    return State.UNSTATED


def deciding(stated: Sequence[Problem]) -> Problem:
    """Which statement of one problem tells its state. stated: newest first, never empty.

    The last one; but a diagnosis that says nothing of it does not end a problem that was stated as present.
    One that was over by then was found anew.
    """
    says = (one for one in stated if state_of(one) is not State.UNSTATED)
    last = next(says, stated[0])
    return last if state_of(last) is State.PRESENT else stated[0]
