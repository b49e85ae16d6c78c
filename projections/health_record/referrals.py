"""What became of referrals, as the facts tell it: sent, arrived, answered."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from ehr.dates import FIRST
from projections.health_record.chart import Chart
from projections.health_record.kinds import Document, Order, Visit
from projections.health_record.order import begins, newest_first
from projections.health_record.seen import NOT_SEEN
from projections.health_record.whereabouts import Facility

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
    visits = _Visits(chart)
    orders = (order for order in chart.orders if order.referral and not order.forbidden)
    return {order.origin.reference: _referral(visits, order) for order in orders}


def _referral(visits: "_Visits", order: Order) -> Referral:
    naming = visits.naming.get(order.origin.reference)
    answer = visits.answer(order, naming) if naming else None
    done = order if order.status == "completed" else None
    return Referral(order, naming or visits.perhaps(order), naming is not None, answer or done)


class _Visits:
    """The visits in which somebody saw the person, found once by what a referral has to do with them.

    naming: the first one that names a request, by ``Type/id``.
    """

    def __init__(self, chart: Chart) -> None:
        self.naming: dict[str, Visit] = {}
        self._chart = chart
        self._others: dict[Facility, list[Visit]] = {}  # Dated ones that answer no request, the oldest first.
        self._replies: dict[str, _Replies] = {}
        for visit in reversed(chart.visits):
            if visit.status in NOT_SEEN:
                continue
            for request in visit.based_on:
                self.naming.setdefault(request, visit)
            facility = chart.facility(visit)
            if facility and visit.at and not visit.based_on:
                self._others.setdefault(facility, []).append(visit)

    def perhaps(self, order: Order) -> Visit | None:
        """The first visit at a facility that was asked, soon after an order that stands, which answers no
        other.

        Where the order gives but a name that several bear, none of them was asked for certain: an arrival
        that is missing makes somebody ask, one that was none lets a person be lost.
        """
        if order.status != "active" or not order.at:
            return None
        writing = self._chart.visit(order.encounter) if order.encounter else None
        since = max(begins(order), begins(writing) if writing else FIRST)
        asked = {self._chart.whereabouts.of_named(one) for one in order.to}
        found = [
            visit
            for facility in asked
            if facility and not facility.vague
            if (visit := self._first(facility, since, order.encounter)) and begins(visit) - since <= AWAITED
        ]
        return newest_first(found)[-1] if found else None

    def _first(self, facility: Facility, since: datetime, but: str | None) -> Visit | None:
        visits = self._others.get(facility, [])
        following = islice(visits, bisect_left(visits, since, key=begins), None)
        return next((visit for visit in following if visit.origin.id != but), None)

    def answer(self, order: Order, arrival: Visit) -> Document | Order | None:
        """What the visit sent back: a paper, else a referral that follows the order or goes to its sender."""
        id_ = arrival.origin.id
        if id_ not in self._replies:
            self._replies[id_] = _replies(self._chart, arrival)
        replies, sender = self._replies[id_], self._chart.facility(order)
        following = replies.following.get(order.origin.reference)
        return replies.paper or following or (replies.to.get(sender) if sender and not sender.vague else None)


class _Replies(NamedTuple):
    """What one visit sent. following: referrals by the request that they follow; to: by whom they ask."""

    paper: Document | None
    following: Mapping[str, Order]
    to: Mapping[Facility, Order]


def _replies(chart: Chart, visit: Visit) -> _Replies:
    within = chart.of_visit(visit)
    papers = (one for one in within if isinstance(one, Document) and one.origin.type in _PAPERS)
    orders = [one for one in within if isinstance(one, Order) and one.referral]
    following = {request: one for one in reversed(orders) for request in one.based_on}
    to = {
        facility: one
        for one in reversed(orders)
        for asked in one.to
        if (facility := chart.whereabouts.of_named(asked))
    }
    return _Replies(next(papers, None), following, to)
