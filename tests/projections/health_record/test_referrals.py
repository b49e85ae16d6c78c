"""How far a referral has come, by what the facts say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.health_record.entry import Coded, Named, Origin
from projections.health_record.kinds import AnyEntry, Document, Order, Visit
from projections.health_record.referrals import Referral, referrals_of
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


def test_what_the_resources_name() -> None:
    request = {"reference": "ServiceRequest/r1"}
    seen = read({"resourceType": "Encounter", "basedOn": [request, {"display": "giấy chuyển"}]})
    asked = read({"resourceType": "ServiceRequest", "basedOn": [request]})
    assert isinstance(seen, Visit)
    assert isinstance(asked, Order)
    assert seen.based_on == asked.based_on == ["ServiceRequest/r1"]
