"""What is told of other facilities: stays that overlap, cards, tests done twice, medicines that interact."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehr.interactions.table import table
from ehr.systems import INSURANCE_NUMBER
from projections.health_record.chart import Chart
from projections.health_record.elsewhere import elsewhere_of, stays
from projections.health_record.elsewhere.cards import Use, card_used, key_of, keys_of
from projections.health_record.elsewhere.duplicates import WITHIN, duplicates
from projections.health_record.elsewhere.interacting import MOST as MOST_PAIRS
from projections.health_record.elsewhere.interacting import interacting
from projections.health_record.elsewhere.stays import MOST, overlaps
from projections.health_record.entry import Coded, Named, Origin
from projections.health_record.kinds import AnyEntry, Document, Medicine, Numbered, Person, Result, Visit
from projections.health_record.kinds.medicines import ATC
from projections.health_record.order import begins, newest_first
from projections.health_record.whereabouts import Facility, apart
from tests.projections.health_record.test_chart import chart, measure, medicine, visit

NOW = datetime(2026, 10, 20, 5, tzinfo=UTC)
STATION, HOSPITAL = Named("Trạm Lìa"), Named("Bệnh viện Khe Sanh")
LOINC = "http://loinc.org"


def at(id_: str, place: Named | None, starts: str | None, ends: str | None = None, **more: Any) -> Visit:
    return visit(id_, starts, ends=ends, provider=place, **more)


def bed(id_: str, place: Named | None, starts: str | None, ends: str | None = None, **more: Any) -> Visit:
    return at(id_, place, starts, ends, **({"kind": "IMP"} | more))


# Stays.


STAY = bed("stay", HOSPITAL, "2026-10-01T08:00:00+07:00", "2026-10-05T10:00:00+07:00")
DAYS = bed("days", HOSPITAL, "2026-10-01", "2026-10-05")
GOING_ON = bed("on", HOSPITAL, "2026-10-18T08:00:00+07:00", status="in-progress")


@pytest.mark.parametrize(
    ("stay", "other", "overlap"),
    [
        (STAY, at("v", STATION, "2026-10-03T09:00:00+07:00", "2026-10-03T09:20:00+07:00"), True),
        (STAY, at("v", STATION, "2026-10-03T09:00:00+07:00"), True),
        (STAY, at("v", STATION, "2026-10-05T09:50:00+07:00", "2026-10-05T10:20:00+07:00"), True),
        (STAY, at("v", STATION, "2026-10-05T10:00:00+07:00", "2026-10-05T10:20:00+07:00"), False),
        (STAY, at("v", STATION, "2026-10-01T07:30:00+07:00", "2026-10-01T08:00:00+07:00"), False),
        (STAY, at("v", STATION, "2026-10-03"), False),
        (STAY, at("v", STATION, "2026-10"), False),
        (STAY, at("v", STATION, None), False),
        (STAY, at("v", HOSPITAL, "2026-10-03T09:00:00+07:00"), False),
        (STAY, at("v", None, "2026-10-03T09:00:00+07:00"), False),
        (STAY, at("v", STATION, "2026-10-03T09:00:00+07:00", status="planned"), False),
        (STAY, at("v", STATION, "2026-10-03T09:00:00+07:00", status="cancelled"), False),
        (STAY, at("v", STATION, "2026-10-03T09:00:00+07:00", kind="VR"), False),
        (STAY, bed("v", STATION, "2026-10-04", "2026-10-09"), True),
        (DAYS, bed("v", STATION, "2026-10-05", "2026-10-09"), False),
        (DAYS, bed("v", STATION, "2026-10-03", "2026-10-09"), True),
        (DAYS, at("v", STATION, "2026-10-03T09:00:00+07:00"), True),
        (DAYS, at("v", STATION, "2026-10-05T09:00:00+07:00"), False),
        (GOING_ON, at("v", STATION, "2026-10-19T09:00:00+07:00"), True),
        (GOING_ON, at("v", STATION, "2026-10-21T09:00:00+07:00"), False),
        (replace(GOING_ON, status="finished"), at("v", STATION, "2026-10-19T09:00:00+07:00"), False),
        (replace(GOING_ON, kind="AMB"), at("v", STATION, "2026-10-19T09:00:00+07:00"), False),
        (at("w", HOSPITAL, "2026-10-03T09:00:00+07:00", "2026-10-03T10:00:00+07:00"),
         at("v", STATION, "2026-10-03T09:30:00+07:00"), False),
    ],
)  # fmt: skip
def test_overlaps(stay: Visit, other: Visit, overlap: bool) -> None:
    for entries in ([stay, other], [other, stay]):
        found = overlaps(chart(*entries), NOW)
        assert [{one.earlier.origin.id, one.later.origin.id} for one in found] == (
            [{stay.origin.id, "v"}] if overlap else []
        )


def test_overlaps_are_bounded_and_the_newest_go_first() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    days = [(start + timedelta(days=day)).isoformat() for day in range(400)]
    seen = [at(f"v{n}", STATION, day) for n, day in enumerate(days)]
    long = bed("long", HOSPITAL, "2025-12-01T00:00:00Z", "2027-06-01T00:00:00Z")
    found = overlaps(chart(long, *seen), NOW)
    assert len(found) == MOST
    assert [one.later.origin.id for one in found] == [f"v{399 - n}" for n in range(MOST)]


HOURS = st.integers(0, 60).map(lambda hour: datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=hour))
ALIKE = {"45901": "Trạm số 1", "45902": "Trạm số 1"}
SENDERS = st.sampled_from([("45901", None), ("45902", None), (None, Named("Trạm số 1")), (None, HOSPITAL)])
"""Two of one name, one of which nobody can tell which of them it is, and another."""


@st.composite
def stayed(draw: st.DrawFn) -> list[Visit]:
    found = []
    for number in range(draw(st.integers(0, 9))):
        start, end = sorted((draw(HOURS), draw(HOURS)))
        sender, place = draw(SENDERS)
        made = bed(
            f"{number}", place, start.isoformat(), end.isoformat(), kind=draw(st.sampled_from(["IMP", "AMB"]))
        )
        found.append(replace(made, origin=replace(made.origin, facility=sender)))
    return found


@given(stayed(), st.sampled_from([1, 3, MOST]))
def test_overlaps_are_the_newest_pairs_that_share_a_moment(visits: list[Visit], most: int) -> None:
    def ends(one: Visit) -> datetime:
        moment = datetime.fromisoformat(one.at or "") + timedelta(seconds=1)
        return max(datetime.fromisoformat(one.ends or ""), moment)

    whole = chart(*visits, names=ALIKE)
    expected = {
        frozenset((one.origin.id, other.origin.id)): min(ends(one), ends(other))
        for one in visits
        for other in visits
        if apart(facility_in(whole, one), facility_in(whole, other))
        and "IMP" in (one.kind, other.kind)
        and datetime.fromisoformat(one.at or "") < ends(other)
        and datetime.fromisoformat(other.at or "") < ends(one)
    }
    with patch.object(stays, "MOST", most):
        found = overlaps(whole, NOW)
    pairs = {frozenset((one.earlier.origin.id, one.later.origin.id)): one.until for one in found}
    assert len(pairs) == len(found) == min(most, len(expected))
    assert pairs.items() <= expected.items()
    assert [one.until for one in found] == sorted(expected.values(), reverse=True)[:most]


def facility_in(whole: Chart, entry: AnyEntry) -> Facility:
    found = whole.facility(entry)
    assert found is not None
    return found


# Cards.


def person(*numbers: Numbered, id_: str = "p1") -> Person:
    origin = Origin("Patient", id_, "2026-01-01T00:00:00.000Z")
    return Person(origin, None, None, "Thử", None, None, None, True, list(numbers), None, None)


CARD = Numbered("GD4 45 4500000017", INSURANCE_NUMBER, "SB")
TODAY = date(2026, 10, 20)
MORNING = at("m", STATION, "2026-10-19T23:30:00Z")
NOON = at("n", HOSPITAL, "2026-10-20T12:00:00+07:00")
OTHER = Use(Facility("45903", "Phòng khám", coded=True), "2026-10-20T09:00:00+07:00", "x", "p2")


@pytest.mark.parametrize(
    ("entries", "others", "here", "used_at"),
    [
        ([MORNING, NOON], [], None, ["Bệnh viện Khe Sanh", "Trạm Lìa"]),
        ([MORNING], [], None, None),
        ([MORNING], [], "Trạm Lìa", None),
        ([MORNING], [], "Bệnh viện Khe Sanh", ["Trạm Lìa"]),
        ([MORNING], [OTHER], None, ["Phòng khám", "Trạm Lìa"]),
        ([], [OTHER], None, None),
        ([], [OTHER], "Trạm Lìa", ["Phòng khám"]),
        ([], [], "Trạm Lìa", None),
        ([MORNING, replace(NOON, status="planned")], [], None, None),
        ([MORNING, replace(NOON, at="2026-10-20T18:00:00Z")], [], None, None),
        ([MORNING, replace(NOON, at="2026-10")], [], None, None),
        ([MORNING, replace(NOON, at="2026-10-20")], [], None, ["Bệnh viện Khe Sanh", "Trạm Lìa"]),
        ([MORNING, replace(NOON, provider=None)], [], None, None),
    ],
)
def test_a_card_of_the_day(
    entries: list[Visit], others: list[Use], here: str | None, used_at: list[str] | None
) -> None:
    card = card_used(chart(person(CARD), *entries), TODAY, others, here)
    assert (sorted(str(use.facility or "") for use in card.uses) if card else None) == used_at
    assert card is None or (card.number[:4], card.number[-4:]) == ("GD4 ", "0017")


@pytest.mark.parametrize(
    "number", [Numbered("045052000017"), Numbered("GD4454500000017", INSURANCE_NUMBER, "SB", use="old")]
)
def test_without_a_card_in_use_there_is_nothing_to_tell(number: Numbered) -> None:
    assert card_used(chart(person(number), MORNING, NOON), TODAY) is None
    assert card_used(chart(MORNING, NOON), TODAY) is None


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("GD4454500000017", "4500000017"),
        ("gd4 45 4500000017", "4500000017"),
        ("45.0000.0017", "4500000017"),
        ("45000000१७", None),
        ("", None),
        ("không có", None),
        ("045052000017", None),
    ],
)
def test_what_a_card_is_found_by(number: str, key: str | None) -> None:
    assert key_of(number) == key
    assert keys_of(chart(person(Numbered(number, INSURANCE_NUMBER)))) == ([key] if key else [])


# Tests.


def sample(
    id_: str, place: Named | None, day: str | None, code: str | None = "2339-0", **more: Any
) -> tuple[Visit, Result]:
    seen = at(f"e-{id_}", place, day)
    name = Coded("Glucose", LOINC if code else None, code)
    fields = {"status": "final", "category": "laboratory", "measures": [measure("5")], "by": None}
    return seen, Result(
        Origin("Observation", id_, "2026-10-20T01:00:00.000Z"), day, seen.origin.id, name, **(fields | more)
    )


def film(id_: str, place: Named, day: str, parts: int = 0) -> tuple[Visit, Document]:
    seen = at(f"e-{id_}", place, day)
    origin = Origin("DiagnosticReport", id_, "2026-10-20T01:00:00.000Z")
    return seen, Document(origin, day, seen.origin.id, "X quang ngực", "RAD", "final", None, None, [], parts)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10-20")], ["a-b"]),
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10-31")], ["a-b"]),
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-11-01")], []),
        ([sample("a", STATION, "2026-10-01"), sample("b", STATION, "2026-10-02")], []),
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10-02", "1558-6")], []),
        ([sample("a", STATION, "2026-10-01", None), sample("b", HOSPITAL, "2026-10-02", None)], ["a-b"]),
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10", None)], []),
        ([sample("a", STATION, "2026-10"), sample("b", HOSPITAL, "2026-10")], []),
        ([sample("a", STATION, None), sample("b", HOSPITAL, None)], []),
        ([sample("a", STATION, "2026-10-01", category="vital-signs"),
          sample("b", HOSPITAL, "2026-10-02", category="vital-signs")], []),
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10-02", status="cancelled")], []),
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10-02"),
          sample("c", HOSPITAL, "2026-10-03")], ["a-c"]),
        ([sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10-09"),
          sample("c", STATION, "2026-10-19")], ["b-c"]),
        ([film("a", STATION, "2026-10-01"), film("b", HOSPITAL, "2026-10-02")], ["a-b"]),
        ([film("a", STATION, "2026-10-01", 3), film("b", HOSPITAL, "2026-10-02", 3)], []),
    ],
)  # fmt: skip
def test_tests_done_twice(pairs: list[tuple[Visit, Result | Document]], found: list[str]) -> None:
    one = chart(*(entry for pair in pairs for entry in pair))
    assert [f"{d.earlier.origin.id}-{d.later.origin.id}" for d in duplicates(one)] == found


def test_tests_of_the_same_two_days_are_one_notice() -> None:
    sugar = [sample("a", STATION, "2026-10-01"), sample("b", HOSPITAL, "2026-10-02")]
    fat = [sample("c", STATION, "2026-10-01", "2093-3"), sample("d", HOSPITAL, "2026-10-02", "2093-3")]
    [one] = duplicates(chart(*(entry for pair in sugar + fat for entry in pair)))
    assert sorted(name.code or "" for name in one.tests) == ["2093-3", "2339-0"]


@st.composite
def samples(draw: st.DrawFn) -> list[tuple[Visit, Result]]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        sender, place = draw(SENDERS)
        seen, test = sample(
            f"{number}", place, f"2026-{draw(st.integers(1, 6)):02}-{draw(st.integers(1, 28)):02}"
        )
        found.append((replace(seen, origin=replace(seen.origin, facility=sender)), test))
    return [
        (seen, replace(test, origin=replace(test.origin, facility=seen.origin.facility)))
        for seen, test in found
    ]


@given(samples())
def test_of_all_pairs_within_a_month_the_last_is_told(pairs: list[tuple[Visit, Result]]) -> None:
    whole = chart(*(entry for pair in pairs for entry in pair), names=ALIKE)
    tests = newest_first(test for _, test in pairs)
    expected = [
        (earlier.origin.id, later.origin.id)
        for place, earlier in enumerate(tests)
        for later in tests[:place]
        if begins(later) - begins(earlier) <= WITHIN
        and apart(facility_in(whole, later), facility_in(whole, earlier))
    ]
    found = [(one.earlier.origin.id, one.later.origin.id) for one in duplicates(whole)]
    assert found == expected[:1]


# Medicines.


def prescribed(id_: str, place: Named | None, atc: str | None, **more: Any) -> tuple[Visit, Medicine]:
    seen = at(f"e-{id_}", place, "2026-10-01")
    made = medicine(id_, id_, "2026-10-01", **({"until": "2026-12-31"} | more))
    return seen, replace(made, encounter=seen.origin.id, code=Coded(id_, ATC if atc else None, atc))


def interactions(*pairs: tuple[Visit, Medicine], now: datetime = NOW) -> list[set[str]]:
    found = interacting(chart(*(entry for pair in pairs for entry in pair)), now).found
    return [{one.one.origin.id, one.other.origin.id} for one in found]


WARFARIN, IBUPROFEN = prescribed("w", STATION, "B01AA03"), prescribed("i", HOSPITAL, "M01AE01")


def test_two_facilities_prescribe_what_interacts() -> None:
    one = chart(*WARFARIN, *IBUPROFEN)
    [found] = interacting(one, NOW).found
    assert {str(one.facility(each)) for each in found[:2]} == {"Trạm Lìa", "Bệnh viện Khe Sanh"}
    assert found.interaction.severity == "caution"
    assert interacting(one, NOW).version == table().version


@pytest.mark.parametrize(
    "other",
    [
        prescribed("i", STATION, "M01AE01"),
        prescribed("i", HOSPITAL, "N02BE01"),
        prescribed("i", HOSPITAL, None),
        prescribed("i", HOSPITAL, "M01AE01", until="2026-10-19"),
        prescribed("i", HOSPITAL, "M01AE01", status="stopped"),
        prescribed("i", HOSPITAL, "M01AE01", forbidden=True),
    ],
)
def test_what_is_not_told(other: tuple[Visit, Medicine]) -> None:
    assert interactions(WARFARIN, other) == []


def test_it_is_told_as_of_the_moment_that_is_asked_about() -> None:
    assert interactions(WARFARIN, IBUPROFEN, now=datetime(2027, 1, 2, tzinfo=UTC)) == []


def test_the_gravest_goes_first_and_each_prescription_counts_once() -> None:
    again = prescribed("i2", HOSPITAL, "M01AE01")
    statin, macrolide = prescribed("s", STATION, "C10AA01"), prescribed("m", HOSPITAL, "J01FA09")
    found = interactions(WARFARIN, IBUPROFEN, again, statin, macrolide)
    assert found[0] == {"s", "m"}
    assert len(found) == 2


def test_what_cannot_be_compared_is_counted_where_several_prescribe() -> None:
    coded, uncoded = prescribed("a", STATION, "B01AA03"), prescribed("b", HOSPITAL, None)
    assert interacting(chart(*coded, *uncoded), NOW).without_code == 1
    assert interacting(chart(*uncoded), NOW).without_code == 0


# All of it.


def test_what_is_long_ago_is_told_apart() -> None:
    seen = at("v", STATION, "2026-10-03T09:00:00+07:00")
    tests: list[AnyEntry] = [*sample("a", STATION, "2026-10-01"), *sample("b", HOSPITAL, "2026-10-02")]
    one = chart(STAY, seen, *tests)
    now = elsewhere_of(one, NOW)
    later = elsewhere_of(one, NOW + timedelta(days=60))
    assert (len(now.overlaps), len(now.duplicates), now.former) == (1, 1, 0)
    assert (len(later.overlaps), len(later.duplicates), later.former) == (0, 0, 2)
    assert (now.current, later.current, elsewhere_of(chart(), NOW).current) == (True, False, False)


PLACES = st.sampled_from([STATION, HOSPITAL, None])


@st.composite
def lives(draw: st.DrawFn) -> list[AnyEntry]:
    entries: list[AnyEntry] = [person(CARD)]
    for number in range(draw(st.integers(0, 5))):
        place, day = draw(PLACES), draw(st.sampled_from(["2026-10-20", "2026-10-01T08:00:00Z", "2026", None]))
        entries += [
            *prescribed(f"m{number}", place, draw(st.sampled_from(["B01AA03", "M01AE01", None, "\0"]))),
            bed(f"b{number}", place, day, draw(st.sampled_from([None, "2026-10-21", "2026"]))),
        ]
        if place:
            entries += sample(f"t{number}", place, day)
    return entries


@given(lives(), st.randoms())
def test_the_order_of_facts_makes_no_difference(entries: list[AnyEntry], random: Any) -> None:
    def told(chart: Chart) -> tuple[Any, ...]:
        found = elsewhere_of(chart, NOW)
        pairs = [{one.one.code.code or "", one.other.code.code or ""} for one in found.interactions.found]
        stays = [{one.earlier.origin.id, one.later.origin.id} for one in found.overlaps]
        return found.card, sorted(map(sorted, pairs)), sorted(map(sorted, stays)), found.duplicates

    assert told(chart(*entries)) == told(chart(*random.sample(entries, len(entries))))


def test_hundreds_of_prescriptions_are_ten_thousands_of_pairs_of_which_the_gravest_are_told() -> None:
    anticoagulants = [prescribed(f"w{n}", STATION, f"B01AA03{n}") for n in range(200)]
    painkillers = [prescribed(f"i{n}", HOSPITAL, f"M01AE01{n}") for n in range(200)]
    statin, macrolide = prescribed("s", STATION, "C10AA01"), prescribed("m", HOSPITAL, "J01FA09")
    found = interactions(*anticoagulants, *painkillers, statin, macrolide)
    assert len(found) == MOST_PAIRS
    assert found[0] == {"s", "m"}
