"""What became of referrals, as the facts tell it: sent, arrived, answered."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from ehr.dates import FIRST
from projections.health_record.chart import Chart
from projections.health_record.kinds import Document, Order, Visit
from projections.health_record.lateness import NOT_SEEN
from projections.health_record.order import begins

AWAITED = timedelta(days=30)
"""So long after it was written a visit at the facility that was asked is taken for the arrival, where none
names the referral. The papers are valid for 10 working days, for listed diseases for a year (Decree
188/2025)."""

_PAPERS = ("Composition", "DocumentReference")
"""What a facility sends back: a discharge paper, a letter. A report of a test is none."""


class State(StrEnum):
    """How far a referral has come."""

    SENT = "sent"
    ARRIVED = "arrived"
    ANSWERED = "answered"


class Referral(NamedTuple):
    """A referral and what followed it.

    arrival: the visit in which the person was received. named: that visit names the referral; otherwise it is
    the first one at the facility that was asked. answer: what was sent back: a document, a referral back, or
    the referral itself, where it is stated to be completed.
    """

    order: Order
    arrival: Visit | None
    named: bool
    answer: Document | Order | None

    @property
    def state(self) -> State:
        """An answer outweighs an arrival that nobody has recorded."""
        if self.answer:
            return State.ANSWERED
        return State.ARRIVED if self.arrival else State.SENT


def referrals_of(chart: Chart) -> dict[str, Referral]:
    """By reference of the order, newest first; without requests not to send somebody."""
    seen = [visit for visit in reversed(chart.visits) if visit.status not in NOT_SEEN]
    orders = (order for order in chart.orders if order.referral and not order.forbidden)
    return {order.origin.reference: _referral(chart, order, seen) for order in orders}


def _referral(chart: Chart, order: Order, seen: Sequence[Visit]) -> Referral:
    """seen: visits, the oldest first."""
    naming = next((visit for visit in seen if order.origin.reference in visit.based_on), None)
    arrival = naming or next(_perhaps(chart, order, seen), None)
    answer = _answer(chart, order, naming) if naming else None
    done = order if order.status == "completed" else None
    return Referral(order, arrival, naming is not None, answer or done)


def _perhaps(chart: Chart, order: Order, seen: Iterable[Visit]) -> Iterator[Visit]:
    """Visits at the facility that was asked, soon after an order that stands, which answer no other."""
    if order.status != "active" or not order.at:
        return
    writing = chart.visit(order.encounter) if order.encounter else None
    since = max(begins(order), begins(writing) if writing else FIRST)
    asked = {chart.name(one) for one in order.to}
    for visit in seen:
        soon = bool(visit.at) and timedelta(0) <= begins(visit) - since <= AWAITED
        if soon and visit != writing and not visit.based_on and chart.facility(visit) in asked:
            yield visit


def _answer(chart: Chart, order: Order, arrival: Visit) -> Document | Order | None:
    within = chart.of_visit(arrival)
    papers = (one for one in within if isinstance(one, Document) and one.origin.type in _PAPERS)
    orders = (one for one in within if isinstance(one, Order) and one.referral)
    sender = chart.facility(order)
    back = (
        one
        for one in orders
        if order.origin.reference in one.based_on or (sender and sender in map(chart.name, one.to))
    )
    return next(papers, None) or next(back, None)
