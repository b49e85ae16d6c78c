"""The same problem, stated by several facilities with and without codes, is one with its sources."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.health_record.chart import Chart
from projections.health_record.entry import Coded, Named, Origin
from projections.health_record.kinds import Problem
from projections.health_record.kinds.conditions import ICD10
from projections.health_record.repeated import repeated
from tests.projections.health_record.kinds_reading import read
from tests.projections.health_record.test_chart import chart, problem, visit

HIGH = "Tăng huyết áp"


def stated(number: int, code: Coded, facility: str | None = "45901") -> Problem:
    origin = Origin("Condition", f"c{number:03}", "2026-10-05T01:00:00.000Z", None, facility)
    return replace(problem("x", code, at=f"2026-{1 + number % 9:02}-01"), origin=origin)


def groups(*codes: Coded) -> list[list[int]]:
    """Which of the codes are one problem."""
    entries = [stated(number, code) for number, code in enumerate(codes)]
    found = repeated(entries, lambda entry: entry.code)
    return sorted(sorted(int(entry.origin.id[1:]) for entry in one.all) for one in found)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([Coded(HIGH, ICD10, "I10"), Coded("THA", ICD10, "I10")], [[0, 1]]),
        ([Coded("x", ICD10, "E11.9"), Coded("y", ICD10, "e119"), Coded("z", ICD10, "E11.9*")], [[0, 1, 2]]),
        ([Coded("x", ICD10, "I10"), Coded("x", "urn:oid:2.16.840.1.113883.6.3", "I10")], [[0, 1]]),
        ([Coded(HIGH, ICD10, "I10"), Coded(HIGH, ICD10, "I15")], [[0], [1]]),
        ([Coded(HIGH, ICD10, "I10"), Coded("TANG HUYET AP")], [[0, 1]]),
        ([Coded(HIGH, ICD10, "I10"), Coded(HIGH, None, "01")], [[0, 1]]),
        ([Coded(HIGH, ICD10, "I10"), Coded(HIGH, ICD10, "I15"), Coded(HIGH)], [[0], [1], [2]]),
        ([Coded("Đau lưng"), Coded("dau  LUNG"), Coded("Đau đầu")], [[0, 1], [2]]),
        ([Coded("x", "http://snomed.info/sct", "1"), Coded("x", ICD10, "1")], [[0], [1]]),
        ([Coded("x", None, "1"), Coded("y", None, "1")], [[0], [1]]),
        ([Coded(), Coded(), Coded("…")], [[0], [1], [2]]),
        ([Coded(None, ICD10, "I10"), Coded(None, ICD10, "I10"), Coded()], [[0, 1], [2]]),
    ],
)
def test_what_is_the_same_problem(codes: list[Coded], expected: list[list[int]]) -> None:
    assert groups(*codes) == expected


CODED = st.builds(
    Coded,
    st.sampled_from([None, "", HIGH, "tang huyet ap", "Ho", "\0", "…"]),
    st.sampled_from([None, ICD10, "http://x"]),
    st.sampled_from([None, "I10", "i 10", "R05", "†"]),
)


@given(st.lists(CODED, max_size=8), st.randoms())
def test_the_order_of_facts_makes_no_difference(codes: list[Coded], random: Random) -> None:
    entries = [stated(number, code) for number, code in enumerate(codes)]
    shuffled = random.sample(entries, len(entries))

    def ids(found: list[Problem]) -> list[frozenset[str]]:
        return sorted(
            (frozenset(e.origin.id for e in one.all) for one in repeated(found, lambda e: e.code)), key=sorted
        )

    assert ids(entries) == ids(shuffled)
    assert sorted(id_ for group in ids(entries) for id_ in group) == [e.origin.id for e in entries]


def test_each_facility_says_what_it_stated_last() -> None:
    code = Coded(HIGH, ICD10, "I10")
    one = chart(
        stated(0, code, "45901"),
        replace(stated(1, code, "45902"), clinical="resolved", source=Named("Lan")),
        stated(2, code, "45901"),
        stated(3, code, None),
        names={"45901": "Trạm Lìa"},
    )
    (found,) = one.problems
    assert [(str(s.facility), s.latest.origin.id, s.times) for s in one.stated_by(found)] == [
        ("None", "c003", 1),
        ("Trạm Lìa", "c002", 2),
        ("45902", "c001", 1),
    ]


def test_what_was_stated_last_decides_and_not_what_began_last() -> None:
    e11 = Coded("Đái tháo đường", ICD10, "E11")
    over = problem("old", e11, "2020", onset="2020", clinical="resolved", recorded="2024-01-10")
    again = problem("new", e11, "2010", onset="2010", recorded="2026-10-01")
    seen = visit("v", "2026-09-01T08:00:00+07:00")
    within = problem("seen", e11, "2005", "v", onset="2005", clinical="relapse")
    assert [one.origin.id for one in chart(over, again, within, seen).problems[0].all] == [
        "new",
        "seen",
        "old",
    ]
    assert chart(over, again).present_problems
    assert chart(again, over, within, seen).past_problems == []


def test_who_saw_the_person_stands_in_for_who_did_not_sign() -> None:
    seen = visit("e1", "2026-10-01", practitioners=[Named("Bác sĩ Lan"), Named("Hoa")])
    within, without = problem("c1", Coded("Ho"), encounter="e1"), problem("c2", Coded("Sốt"))
    one: Chart = chart(seen, within, without)
    assert (one.seen_by(within), one.seen_by(without)) == ("Bác sĩ Lan", None)


@pytest.mark.parametrize(
    ("codings", "expected"),
    [
        ([], Coded("Ho")),
        ([{"display": "x"}], Coded("Ho")),
        ([{"code": "386661006", "system": "http://snomed.info/sct"}, {"code": "R05", "system": ICD10}],
         Coded("Ho", ICD10, "R05")),
        ([{"code": "01", "system": "http://x"}], Coded("Ho", "http://x", "01")),
        ([{"system": ICD10}, {"code": "02"}], Coded("Ho", None, "02")),
    ],
)  # fmt: skip
def test_a_diagnosis_by_its_icd_10_wherever_that_stands(
    codings: list[dict[str, str]], expected: Coded
) -> None:
    found = read({"resourceType": "Condition", "code": {"coding": codings, "text": "Ho"}})
    assert isinstance(found, Problem)
    assert found.code == expected


def test_a_diagnosis_without_any_code_is_one() -> None:
    found = read({"resourceType": "Condition"})
    assert isinstance(found, Problem)
    assert found.code == Coded()
    assert len(chart(found).unstated_problems) == 1
