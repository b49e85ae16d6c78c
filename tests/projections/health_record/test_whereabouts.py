"""A facility is told apart by its code: two commune stations of one name are two."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehr.systems import INSURANCE_NUMBER
from projections.health_record.chart import Chart
from projections.health_record.elsewhere import duplicates as twice
from projections.health_record.elsewhere import stays
from projections.health_record.elsewhere.cards import Use, card_used
from projections.health_record.elsewhere.duplicates import duplicates
from projections.health_record.elsewhere.interacting import interacting
from projections.health_record.elsewhere.stays import overlaps
from projections.health_record.entry import Coded, Named, Origin
from projections.health_record.kinds import AnyEntry, Medicine, Numbered, Person, Result, Visit
from projections.health_record.kinds.medicines import ATC
from projections.health_record.lateness import Lateness
from projections.health_record.whereabouts import Facility, apart, are_several
from tests.projections.health_record.test_chart import (
    chart,
    measure,
    medicine,
    origin,
    problem,
    result,
    visit,
)

NOW = datetime(2026, 10, 20, 5, tzinfo=UTC)
ONE = "Trạm Y tế phường số 1"
NAMES = {
    "45901": ONE,
    "45902": ONE,
    "45000": "Bệnh viện",
    "Organization/o1": ONE,
    "Organization/o2": ONE,
    "Organization/uncoded": "Phòng khám",
    "Organization/twin": ONE,
    "Location/room": "Bệnh viện",
}
CODES = {"Organization/o1": "45901", "Organization/o2": "45902"}


def seen(
    id_: str,
    sender: str | None,
    provider: Named | None = None,
    at: str = "2026-10-03T08:00:00Z",
    ends: str = "",
) -> Visit:
    made = visit(id_, at, provider=provider, ends=ends or None, kind="IMP" if ends else "AMB")
    return replace(made, origin=replace(made.origin, facility=sender))


def keys(*stated: tuple[str | None, Named | None], names: Mapping[str, str] = NAMES) -> list[str | None]:
    """Of the facilities of visits: by whom they were stated, and at whom."""
    visits = [seen(f"{number}", *one) for number, one in enumerate(stated)]
    mentioned = {one.provider.reference for one in visits if one.provider}
    codes = {reference: code for reference, code in CODES.items() if reference in mentioned}
    whole = chart(*visits, names=dict(names), codes=codes)
    return [one.key if (one := whole.facility(visit)) else None for visit in visits]


def by(reference: str) -> Named:
    return Named(None, f"Organization/{reference}")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ([("45901", None), ("45902", None)], ["45901", "45902"]),
        ([("45901", Named(ONE)), ("45902", Named(ONE))], ["45901", "45902"]),
        ([("45000", by("o1")), ("45000", by("o2"))], ["45901", "45902"]),
        (
            [("45000", Named(ONE, "Organization/o1")), ("45000", Named(ONE, "Organization/o2"))],
            ["45901", "45902"],
        ),
        ([("45000", Named(ONE, "Organization/x")), ("45901", None)], ["45901", "45901"]),
        ([("45901", Named()), (None, Named()), (None, None)], ["45901", None, None]),
        ([("45901", None), ("45000", Named(ONE))], ["45901", "45901"]),
        ([("45901", None), ("45902", None), ("45000", Named(ONE))], ["45901", "45902", ONE]),
        ([("45901", None), ("45000", by("o2")), (None, Named(ONE))], ["45901", "45902", ONE]),
        ([("45000", Named(ONE))], [ONE]),
        ([("45901", Named("45902")), ("45902", None)], ["45902", "45902"]),
        ([("45901", by("uncoded")), ("45901", None)], ["Organization/uncoded", "45901"]),
        ([("45901", by("twin")), ("45000", by("twin"))], ["45901", "45901"]),
        ([("45901", by("twin")), ("45902", by("twin"))], ["45901", "45902"]),
        ([("45000", by("twin")), ("45901", None)], ["Organization/twin", "45901"]),
        ([("45000", by("x")), ("45000", None)], ["Organization/x", "45000"]),
        ([("45000", Named(None, "Location/room"))], ["45000"]),
        ([("45901", Named(None, "Location/room")), ("45000", None)], ["45000", "45000"]),
    ],
    ids=[
        "who stated it",
        "called as who stated it",
        "by the codes of Organizations",
        "by the codes of Organizations that have words beside them",
        "by words where nobody knows the Organization beside them",
        "nothing is said of it",
        "history in words, of the one that is called so",
        "history in words, of one of two",
        "an Organization may be the second",
        "called as nobody of the chart",
        "called by its code",
        "an Organization without a code",
        "an Organization without a code, called as who stated it",
        "the same of two",
        "an Organization without a code, stated by others alone",
        "an Organization that nobody knows, stated by one who is known",
        "a room is called as its facility",
        "by whomever it is stated",
    ],
)
def test_what_tells_a_facility_from_others(
    stated: list[tuple[str | None, Named | None]], expected: list[str | None]
) -> None:
    assert keys(*stated) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ([("1", by("x")), ("1", None), ("2", by("y"))], ["1", "1", "2"]),
        ([("1", by("x")), ("2", by("x"))], ["Organization/x", "Organization/x"]),
        ([("1", by("x")), ("1", by("y"))], ["Organization/x", "Organization/y"]),
        ([("1", Named("A")), ("1", None), ("2", Named("A"))], ["A", "1", "A"]),
        ([("1", Named("A")), ("1", None), ("2", Named("B"))], ["1", "1", "2"]),
        ([("1", Named("A")), ("3", Named("A")), ("3", Named("B"))], ["1", "1", "B"]),
        ([("1", Named("A")), ("1", Named("B"))], ["A", "B"]),
        ([("1", by("o1")), ("45901", None)], ["45901", "45901"]),
        ([("1", Named(ONE)), ("45901", None)], [ONE, "45901"]),
    ],
    ids=[
        "nobody knows the Organization either",
        "one Organization of two senders",
        "two Organizations of one sender",
        "two are called the same",
        "each has a name",
        "one has a name, another one tells of it",
        "one sends for two",
        "one sends for another",
        "it may be the one that is called so, or not",
    ],
)
def test_senders_of_whom_nothing_is_known(
    stated: list[tuple[str | None, Named | None]], expected: list[str | None]
) -> None:
    names = {"45901": ONE, "Organization/o1": ONE}
    assert keys(*stated, names=names) == expected


PROVIDERS = [
    None,
    Named(),
    Named(ONE),
    Named("A"),
    Named("45901"),
    *map(by, ("o1", "o2", "twin", "uncoded", "x")),
]
STATED = st.tuples(st.sampled_from([None, "45901", "45902", "45000", "1", "2"]), st.sampled_from(PROVIDERS))


@given(st.lists(STATED, max_size=7), st.randoms())
def test_the_order_of_facts_makes_no_difference(
    stated: list[tuple[str | None, Named | None]], random: Random
) -> None:
    visits = [seen(f"{number}", *one) for number, one in enumerate(stated)]

    def told(visits: list[Visit]) -> dict[str, str]:
        whole = chart(*visits, names=NAMES, codes=CODES)
        return {one.origin.id: f"{whole.facility(one)!r} {whole.facility(one)}" for one in visits}

    assert told(visits) == told(random.sample(visits, len(visits)))


# What is shown.


def test_the_code_stands_beside_the_name_where_two_are_called_the_same() -> None:
    visits = [seen("a", "45901"), seen("b", "45902"), seen("c", "45000"), seen("d", "45000", Named(ONE))]
    whole = chart(*visits, names=NAMES)
    assert [str(whole.facility(one)) for one in visits] == [
        f"{ONE} (45901)",
        f"{ONE} (45902)",
        "Bệnh viện",
        ONE,
    ]
    alone = chart(*visits[::2], names=NAMES)
    assert [str(alone.facility(one)) for one in visits[::2]] == [ONE, "Bệnh viện"]


def test_what_others_are_called_is_known_before_any_is_shown() -> None:
    whole = chart(seen("a", "45901"), names=NAMES)
    own = whole.facility(whole.visits[0])
    assert str(own) == ONE
    other = whole.whereabouts.of_sender("45902", ONE)
    assert (str(own), str(other)) == (f"{ONE} (45901)", f"{ONE} (45902)")


@pytest.mark.parametrize(
    ("sender", "name", "key"),
    [
        ("45901", None, "45901"),
        ("Organization/o1", None, "45901"),
        ("Bệnh viện", None, "45000"),
        (ONE, None, ONE),
        ("45903", "Trạm khác", "45903"),
        ("Organization/new", "Trạm khác", "Organization/new"),
    ],
)
def test_a_facility_as_facts_name_it(sender: str, name: str | None, key: str) -> None:
    visits = [seen("a", "45901"), seen("b", "45902"), seen("c", "45000")]
    found = chart(*visits, names=NAMES, codes=CODES).whereabouts.of_sender(sender, name)
    assert (found.key, found.name) == (key, name or {"45000": "Bệnh viện"}.get(key, ONE))
    assert found.coded is key.startswith("45")


def test_a_name_is_not_told_twice() -> None:
    room, elsewhere = Named("Bệnh viện"), Named("Khoa Nội")
    whole = chart(seen("a", "45000"), nowhere := result("o", None, measure("1")), names=NAMES)
    assert whole.is_facility(room, whole.visits[0])
    assert not whole.is_facility(elsewhere, whole.visits[0])
    assert not whole.is_facility(room, nowhere)


# Who is another one.

CERTAIN, SECOND = Facility("45901", ONE, coded=True), Facility("45902", ONE, coded=True)
WORDS, LITERAL = Facility(ONE, ONE, vague=True), Facility("Organization/x", ONE)
HOSPITAL = Facility("Bệnh viện", "Bệnh viện")


@pytest.mark.parametrize(
    ("one", "other", "two"),
    [
        (CERTAIN, SECOND, True),
        (CERTAIN, HOSPITAL, True),
        (WORDS, HOSPITAL, True),
        (CERTAIN, Facility("45901", "Tên khác", coded=True), False),
        (CERTAIN, WORDS, False),
        (CERTAIN, LITERAL, False),
        (WORDS, LITERAL, False),
        (HOSPITAL, HOSPITAL, False),
    ],
)
def test_two_for_certain(one: Facility, other: Facility, two: bool) -> None:
    assert apart(one, other) is apart(other, one) is two
    assert are_several([one, other]) is two


@given(st.lists(st.sampled_from([CERTAIN, SECOND, WORDS, LITERAL, HOSPITAL])))
def test_several_are_two_of_which_are_apart(facilities: list[Facility]) -> None:
    assert are_several(facilities) is any(apart(one, other) for one in facilities for other in facilities)


# What follows from it: something was done by the first station, and something by the other one of its name,
# by itself, or by one of that name of which a third facility tells in words.

SECONDS = pytest.mark.parametrize(
    ("sender", "provider", "expected"),
    [
        ("45902", None, True),
        ("45902", Named(ONE), True),
        ("45901", None, False),
        ("45000", Named(ONE), False),
    ],
)
ALSO = [seen("x", "45901", at="2019"), seen("y", "45902", at="2018")]
"""Both stations are known of."""


def whole_of(*entries: AnyEntry) -> Chart:
    return chart(*ALSO, *entries, names=NAMES)


@SECONDS
def test_overlaps(sender: str, provider: Named | None, expected: bool) -> None:
    stay = seen("a", "45901", None, "2026-10-01T08:00:00Z", "2026-10-05T08:00:00Z")
    assert bool(overlaps(whole_of(stay, seen("b", sender, provider)), NOW)) is expected


@SECONDS
def test_tests_done_twice(sender: str, provider: Named | None, expected: bool) -> None:
    def test(id_: str, sender: str, provider: Named | None) -> tuple[Visit, Result]:
        where = seen(id_, sender, provider)
        made = replace(result(f"o{id_}", "2026-10-03", measure("5")), encounter=id_, category="laboratory")
        return where, replace(made, origin=replace(made.origin, facility=sender))

    assert bool(duplicates(whole_of(*test("a", "45901", None), *test("b", sender, provider)))) is expected


@SECONDS
def test_late(sender: str, provider: Named | None, expected: bool) -> None:
    late = replace(seen("a", "45901"), origin=Origin("Encounter", "a", "2026-10-10T00:00:00Z", None, "45901"))
    other = seen("b", sender, provider, "2026-10-04T08:00:00Z")
    other = replace(other, origin=replace(other.origin, recorded_at="2026-10-04T09:00:00Z"))
    said = Lateness.LATE if expected else Lateness.AFTERWARDS
    assert whole_of(late, other).lateness(late) is said


@SECONDS
def test_a_card_of_the_day(sender: str, provider: Named | None, expected: bool) -> None:
    today = seen("b", sender, provider, "2026-10-20T01:00:00Z")
    whole = whole_of(person(), today)
    assert bool(card_used(whole, date(2026, 10, 20), (), "45901")) is expected
    own = seen("a", "45901", None, "2026-10-20T02:00:00Z")
    assert bool(card_used(whole_of(person(), today, own), date(2026, 10, 20))) is expected


def test_the_card_at_another_station_of_the_name() -> None:
    whole = chart(person(), names=NAMES)
    for here, told in (("45901", True), ("45902", False)):
        use = Use(whole.whereabouts.of_sender("45902", ONE), "2026-10-20", "e", "p2")
        assert bool(card_used(whole, date(2026, 10, 20), [use], here)) is told


def person() -> Person:
    card = Numbered("GD4 45 4500000017", INSURANCE_NUMBER, "SB")
    return Person(origin("Patient", "p"), None, None, None, None, None, None, True, [card], None, None)


def prescribed(id_: str, atc: str, sender: str, provider: Named | None = None) -> tuple[Visit, Medicine]:
    made = replace(medicine(id_, id_, until="2026-12-31"), encounter=f"e{id_}", code=Coded(id_, ATC, atc))
    return seen(f"e{id_}", sender, provider), replace(made, origin=replace(made.origin, facility=sender))


@pytest.mark.parametrize(
    ("sender", "provider", "expected"),
    [
        ("45902", None, True),
        ("45901", None, False),
        ("45901", Named(ONE), False),
        ("45000", Named(ONE), True),
    ],
)
def test_interactions_are_not_missed(sender: str, provider: Named | None, expected: bool) -> None:
    """Also where it may have been one facility: nobody can say which of the two the words mean."""
    whole = whole_of(*prescribed("w", "B01AA03", "45901"), *prescribed("i", "M01AE01", sender, provider))
    assert bool(interacting(whole, NOW).found) is expected


def test_two_visits_at_either_of_two_may_be_at_both() -> None:
    words = Named(ONE)
    one, other = prescribed("w", "B01AA03", "45000", words), prescribed("i", "M01AE01", "45000", words)
    assert interacting(whole_of(*one, *other), NOW).found
    together = replace(other[1], encounter="ew")
    assert interacting(whole_of(*one, together), NOW).found == []


def test_two_stations_state_a_problem() -> None:
    flu = Coded("Cúm", "http://hl7.org/fhir/sid/icd-10", "J11")
    stated = [
        replace(problem(id_, flu), origin=origin("Condition", id_, facility=sender))
        for id_, sender in (("a", "45901"), ("b", "45902"), ("c", "45901"))
    ]
    (one,) = (whole := whole_of(*stated)).problems
    assert {f"{each.facility} {each.times}" for each in whole.stated_by(one)} == {
        f"{ONE} (45901) 2",
        f"{ONE} (45902) 1",
    }


def test_many_of_one_name_without_codes_are_passed_over_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever states thousands of them keeps nobody waiting."""
    number, asked = 300, list[tuple[Facility, Facility]]()

    def counted(one: Facility, other: Facility) -> bool:
        asked.append((one, other))
        return apart(one, other)

    for module in (stays, twice):
        monkeypatch.setattr(module, "apart", counted)
    names = {f"Organization/{n}": ONE for n in range(number)}
    visits = [
        seen(f"{n}", None, by(f"{n}"), "2026-10-01T08:00:00Z", "2026-10-05T08:00:00Z") for n in range(number)
    ]
    tests = [
        replace(result(f"o{n}", "2026-10-03", measure("5")), encounter=f"{n}", category="laboratory")
        for n in range(number)
    ]
    whole = chart(*visits, *tests, names=names)
    assert overlaps(whole, NOW) == []
    assert duplicates(whole) == []
    assert len(asked) < 4 * number


def test_what_nobody_says_where_it_was_prescribed_is_compared_too() -> None:
    _, words = prescribed("i", "M01AE01", "45901")
    nowhere = replace(words, encounter=None, origin=replace(words.origin, facility=None))
    known = prescribed("w", "B01AA03", "45901")
    assert interacting(whole_of(*known, nowhere), NOW).found
    uncoded = replace(nowhere, code=Coded("Thuốc lá"))
    assert interacting(whole_of(*known, uncoded), NOW).without_code == 1
