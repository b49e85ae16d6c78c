"""How far a referral has come, by what the facts say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.health_record.entry import Coded, Named, Origin
from projections.health_record.kinds import AnyEntry, Document, Order, Visit
from projections.health_record.order import begins, newest_first
from projections.health_record.referrals import AWAITED, Referral, referrals_of
from projections.health_record.seen import NOT_SEEN
from tests.projections.health_record.kinds_reading import read
from tests.projections.health_record.test_chart import chart, visit

STATION, HOSPITAL = Named("Trạm Lìa"), Named("Bệnh viện Khe Sanh")


def origin(type_: str, id_: str) -> Origin:
    return Origin(type_, id_, "2026-10-05T01:00:00.000Z", None, "45901")


def order(id_: str = "r1", encounter: str | None = "up", **more: Any) -> Order:
    fields: dict[str, Any] = {
        "referral": True, "status": "active", "intent": "order", "priority": None, "forbidden": False,
        "reasons": [], "by": None, "to": [HOSPITAL], "note": None,
    }  # fmt: skip
    return Order(
        origin("ServiceRequest", id_), "2026-10-01", encounter, Coded("Chuyển cơ sở"), **(fields | more)
    )


def paper(type_: str = "Composition", encounter: str = "stay") -> Document:
    made = origin(type_, f"{type_}-{encounter}")
    return Document(made, "2026-10-06", encounter, "Giấy ra viện", None, "final", None, None, [], 0)


UP = visit("up", "2026-10-01T08:00:00+07:00", provider=STATION)
STAY = visit("stay", "2026-10-01T14:00:00+07:00", provider=HOSPITAL, based_on=["ServiceRequest/r1"])
LATER = visit("later", "2026-10-09", provider=HOSPITAL)


def referral(*entries: AnyEntry) -> Referral:
    return referrals_of(chart(UP, *entries))["ServiceRequest/r1"]


@pytest.mark.parametrize(
    ("entries", "state", "arrival", "named"),
    [
        ([order()], "sent", None, False),
        ([order(), STAY], "arrived", "stay", True),
        ([order(), LATER], "arrived", "later", False),
        ([order(), LATER, STAY], "arrived", "stay", True),
        ([order(), replace(STAY, status="cancelled")], "sent", None, False),
        ([order(), replace(STAY, status="planned")], "sent", None, False),
        ([order(to=[Named("Nơi khác")]), LATER], "sent", None, False),
        ([order(status="revoked"), LATER], "sent", None, False),
        ([order(), replace(LATER, at="2026-11-01")], "sent", None, False),
        ([order(), replace(LATER, at="2026-09-30")], "sent", None, False),
        ([order(), replace(LATER, at=None)], "sent", None, False),
        ([order(), replace(LATER, based_on=["ServiceRequest/r9"])], "sent", None, False),
        ([order(status="completed")], "answered", None, False),
        ([order(), STAY, paper()], "answered", "stay", True),
        ([order(), STAY, paper("DocumentReference")], "answered", "stay", True),
        ([order(), STAY, paper("DiagnosticReport")], "arrived", "stay", True),
        ([order(), LATER, paper(encounter="later")], "arrived", "later", False),
        ([order(), STAY, order("back", "stay", to=[STATION])], "answered", "stay", True),
        ([order(), STAY, order("on", "stay", to=[Named("Nơi khác")])], "arrived", "stay", True),
        (
            [order(), STAY, order("back", "stay", to=[], based_on=["ServiceRequest/r1"])],
            "answered",
            "stay",
            True,
        ),
    ],
)
def test_states(entries: list[AnyEntry], state: str, arrival: str | None, named: bool) -> None:
    found = referral(*entries)
    assert found.state == state
    assert (found.arrival.origin.id if found.arrival else None) == arrival
    assert found.named is named


def test_what_is_no_referral() -> None:
    found = referrals_of(chart(UP, order("a", referral=False), order("b", forbidden=True)))
    assert found == {}


@given(st.permutations([UP, STAY, LATER, order(), paper(), order("back", "stay", to=[STATION])]))
def test_the_order_of_facts_makes_no_difference(entries: list[AnyEntry]) -> None:
    found = referrals_of(chart(*entries))
    one = found["ServiceRequest/r1"]
    assert (one.state, one.arrival, one.answer) == ("answered", STAY, paper())
    assert found["ServiceRequest/back"].state == "sent"


NAMES = {"45901": "Trạm số 1", "45902": "Trạm số 1", "45000": "Bệnh viện Khe Sanh"}
LISTED = {"Organization/o1": "45901", "Organization/o2": "45902"}
DAYS = st.integers(1, 60).map(lambda day: f"2026-{9 + (day > 30):02}-{1 + day % 28:02}")
ASKED = [*(Named(None, one) for one in LISTED), Named("Trạm số 1"), HOSPITAL, Named("Nơi khác")]


@st.composite
def sent_and_seen(draw: st.DrawFn) -> list[Visit | Order]:
    entries: list[Visit | Order] = []
    for number in range(draw(st.integers(1, 6))):
        seen = visit(
            f"v{number}",
            draw(DAYS),
            provider=draw(st.sampled_from([None, *ASKED])),
            status=draw(st.sampled_from(["finished", "finished", "planned"])),
            based_on=draw(st.sampled_from([[], [], ["ServiceRequest/r1"], ["ServiceRequest/r9"]])),
        )
        sender = draw(st.sampled_from(list(NAMES)))
        entries.append(replace(seen, origin=replace(seen.origin, facility=sender)))
    for number in range(draw(st.integers(1, 3))):
        to = draw(st.lists(st.sampled_from(ASKED), max_size=2))
        entries.append(replace(order(f"r{number}", f"v{number}", to=to), at=draw(DAYS)))
    return entries


@given(sent_and_seen())
def test_the_arrival_is_the_first_visit_that_follows(entries: list[Visit | Order]) -> None:
    """Of those that name the referral, else of those soon after it where somebody was asked."""
    whole = chart(*entries, names=NAMES, codes=LISTED)
    seen = [one for one in reversed(newest_first(whole.visits)) if one.status not in NOT_SEEN]
    for found in referrals_of(whole).values():
        sent = found.order
        writing = whole.visit(sent.encounter or "")
        since = max(begins(sent), begins(writing)) if writing else begins(sent)
        asked = [whole.whereabouts.of_named(one) for one in sent.to]
        naming = [one for one in seen if sent.origin.reference in one.based_on]
        likely = [
            one
            for one in seen
            if not one.based_on
            and one.origin.id != sent.encounter
            and since <= begins(one) <= since + AWAITED
            and (there := whole.facility(one)) in asked
            and there
            and not there.vague
        ]
        assert found.arrival == next(iter(naming + likely), None)
        assert found.named is bool(naming)


@pytest.mark.parametrize(
    ("asked", "arrival"),
    [
        (Named(None, "Organization/o2"), "second"),
        (Named(None, "Organization/o1"), "first"),
        (Named("Trạm số 1"), None),
        (Named("Bệnh viện Khe Sanh"), None),
    ],
)
def test_of_two_stations_of_one_name_the_one_that_was_asked(asked: Named, arrival: str | None) -> None:
    """Where the order gives but the name, nobody is told to have arrived."""
    station = Named("Trạm số 1")
    first, second = (
        replace(visit(id_, at, provider=station), origin=replace(origin("Encounter", id_), facility=sender))
        for id_, at, sender in (("first", "2026-10-03", "45901"), ("second", "2026-10-05", "45902"))
    )
    sent = replace(
        order(encounter=None, to=[asked]), origin=Origin("ServiceRequest", "r1", "2026", None, "45000")
    )
    found = referrals_of(chart(first, second, sent, names=NAMES, codes=LISTED))["ServiceRequest/r1"].arrival
    assert (found.origin.id if found else None) == arrival


def test_what_names_the_referral_answers_it_before_what_goes_to_its_sender() -> None:
    back, follows = (
        order("back", "stay", to=[STATION]),
        order("on", "stay", to=[], based_on=["ServiceRequest/r1"]),
    )
    assert referral(order(), STAY, back, follows).answer == follows
    assert referral(order(), STAY, back).answer == back


def test_what_the_resources_name() -> None:
    request = {"reference": "ServiceRequest/r1"}
    seen = read({"resourceType": "Encounter", "basedOn": [request, {"display": "giấy chuyển"}]})
    asked = read({"resourceType": "ServiceRequest", "basedOn": [request]})
    assert isinstance(seen, Visit)
    assert isinstance(asked, Order)
    assert seen.based_on == asked.based_on == ["ServiceRequest/r1"]
