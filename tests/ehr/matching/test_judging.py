"""Weights: people without a shared number, families, twins, the old, and communes where all are named Hồ."""

from math import isfinite

import pytest

from ehr.matching.frequencies import Counted, average
from ehr.matching.judging import are_two, judge
from ehr.matching.names import name_of
from ehr.matching.person import person_of
from tests.ehr.matching.people import Json, cccd, judged, levels, number, patient, person

AT_HOME: Json = {"phone": "0570123456", "mother": "Trần Thị Mai"}
LAN = patient("Nguyễn Thị Ngọc Lan", "1990-05-15", gender="female", commune="19429", phone="0570123456")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": [{"text": "NGUYEN THI NGOC LAN"}]},
        {"name": [{"text": "Nguyễn Ngọc Lan"}]},
        {"name": [{"text": "Nguyễn Thị Lan"}]},
        {"name": [{"text": "Lan Nguyễn Thị Ngọc"}]},
        {"name": [{"text": "Nguyễn Thị Ngocj Lan"}]},
        {"birthDate": "1990"},
        {"birthDate": "1990-01-01"},
        {"birthDate": "1990-05-16"},
        {"birthDate": "1990-05-05"},
        {"telecom": []},
        {"address": []},
        {"gender": "unknown"},
        {"identifier": [cccd(captured=None)]},
    ],
    ids=str,
)
def test_one_slip_is_proposed_without_any_number(changed: Json) -> None:
    verdict = judged(LAN, LAN | changed)
    assert verdict.decision == "propose"
    assert verdict.grade in ("probable", "possible")


def test_everything_alike_without_a_number_is_no_link() -> None:
    assert judged(LAN, LAN).decision == "propose"


@pytest.mark.parametrize(
    "other",
    [
        patient("Nguyễn Thị Ngọc Lan", "1962-08-20", gender="female", commune="02701"),
        patient("Nguyễn Thị Ngọc Lan", None, gender="female", commune="02701"),
        patient("Trần Văn Hùng", "1990-05-15", commune="19429"),
        patient(None, "1990-05-15", gender="female", commune="19429"),
        patient(None, None, gender="female", commune="19429", phone="0570123456"),
    ],
    ids=str,
)
def test_namesakes_and_those_who_share_little_are_not_proposed(other: Json) -> None:
    assert judged(LAN, other).decision == "none"


TWIN = patient("Nguyễn Văn Nam", "2024-03-04", **AT_HOME)


@pytest.mark.parametrize(
    "other",
    [
        patient("Nguyễn Văn Hùng", "2024-03-04", **AT_HOME),
        patient("Nguyễn Thị Nam", "2024-03-04", gender="female", **AT_HOME),
        patient("Nguyễn Văn Lam", "2024-03-04", **AT_HOME),
        patient("Nguyễn Nam Văn", "2024-03-04", **AT_HOME),
    ],
    ids=str,
)
def test_twins_of_another_given_name_are_not_proposed(other: Json) -> None:
    assert judged(TWIN, other).decision == "none"


def test_twins_of_another_number_are_not_proposed() -> None:
    one, other = (
        patient("Nguyễn Văn Nam", "2024-03-04", numbers=[cccd(n)], **AT_HOME)
        for n in ("045224000017", "045224987654")
    )
    assert (judged(one, other).decision, judged(one, other).grade) == ("none", "certainly-not")


def test_a_number_that_does_not_fit_is_doubted() -> None:
    """The father's card was scanned for his son: his own number later is no proof that they are two."""
    own, fathers = "045224000017", "045065000017"
    one, other = (
        patient("Nguyễn Văn Nam", "2024-03-04", numbers=[cccd(value)], **AT_HOME) for value in (own, fathers)
    )
    verdict = judged(one, other)
    assert (verdict.decision, levels(verdict)["personal_number"]) == ("propose", "different")
    assert judged(other, other).decision == "propose"
    assert judged(one, one).decision == "link"


def test_newborn_brother_and_sister_are_not_proposed() -> None:
    brother = patient("Con bà Trần Thị Mai", "2026-11-20", mother="Trần Thị Mai")
    sister = patient("Nguyễn Thị Hoa", "2026-11-20", gender="female", mother="Trần Thị Mai")
    assert judged(brother, sister).decision == "none"


def test_twins_who_are_numbered_in_their_order_are_not_proposed() -> None:
    first, second = TWIN | {"multipleBirthInteger": 1}, TWIN | {"multipleBirthInteger": 2}
    assert judged(first, second).decision == "none"
    assert judged(first, TWIN).decision == "propose"


def test_newborn_twins_with_numbers_of_their_own_are_not_proposed() -> None:
    one, other = (
        patient(
            "Con bà Trần Thị Mai",
            "2026-11-20",
            phone="0570123456",
            numbers=[number("temporary-id", f"MT-45901-{n}")],
        )
        for n in (1, 2)
    )
    assert judged(one, other).decision == "none"


def test_a_newborn_is_found_again_by_mother_and_day() -> None:
    newborn = patient(
        "Con bà Trần Thị Mai", "2026-11-20", numbers=[number("temporary-id", "MT-45901-1", "qr")]
    )
    named = patient(
        "Nguyễn Văn Nam", "2026-11-20", mother="Trần Thị Mai", numbers=[cccd("045226000017", None)]
    )
    assert judged(newborn, named).decision == "propose"
    assert "name" not in levels(judged(newborn, named))


def test_a_newborn_is_not_its_mother() -> None:
    mother = patient(
        "Trần Thị Mai", "1995-03-04", gender="female", phone="0570123456", numbers=[cccd("045195000017")]
    )
    newborn = patient("Con bà Trần Thị Mai", "2026-11-20", gender="female", phone="0570123456")
    assert judged(mother, newborn).decision == "none"


def test_a_son_called_as_his_father_is_not_proposed() -> None:
    father, son = (
        patient("Nguyễn Văn Nam", birth, phone="0570123456") for birth in ("1965-02-03", "1992-10-20")
    )
    assert judged(father, son).decision == "none"


def test_brothers_are_not_proposed() -> None:
    one, other = (
        patient("Nguyễn Văn Nam", "2015-02-03", **AT_HOME),
        patient("Nguyễn Văn Hùng", "2017-10-20", **AT_HOME),
    )
    assert judged(one, other).decision == "none"


def test_what_a_household_shares_is_no_evidence_for_those_who_may_be_sisters() -> None:
    one, other = (
        patient(name, "1990-05-15", gender="female", phone="0570123456")
        for name in ("Lê Thị Thúy", "Lê Thị Thủy")
    )
    bits = {evidence.field: evidence.bits for evidence in judged(one, other).evidence}
    assert bits["telephone"] == bits["residence"] == 0.0


def test_a_womans_name_by_her_husbands_surname_is_asked_only_with_more_evidence() -> None:
    one, other = (
        patient(
            name, "1985-02-03", gender="female", commune="02701", numbers=[number("citizen_id", "063123456")]
        )
        for name in ("Vàng Thị Mỷ", "Sùng Thị Mỷ")
    )
    assert judged(one, other).decision == "propose"


def test_the_old_who_know_their_age_alone_are_proposed_where_a_telephone_agrees() -> None:
    one, other = (
        patient("Nguyễn Thị Khuê", birth, gender="female", phone="0570123456") for birth in ("1943", "1944")
    )
    assert judged(one, other).decision == "propose"
    assert levels(judged(one, other))["birth"] == "close"


NAMES = [("19435", f"Hồ Văn {given}") for given in ("Thương", "Xa", "Bình", "Phin") * 25]
NAMES += [
    ("19429", f"{surname} Văn {given}")
    for surname in ("Nguyễn", "Trần", "Lê")
    for given in ("Hùng", "Nam") * 50
]
COUNTED = Counted.among((commune, name) for commune, text in NAMES if (name := name_of(text)))


def test_a_rare_surname_weighs_more_and_ho_in_huong_hoa_next_to_nothing() -> None:
    def weight(name: str, commune: str) -> float:
        same = person(name, commune=commune)
        return next(e.bits for e in judge(same, same, COUNTED).evidence if e.field == "name")

    assert weight("Hồ Văn Thương", "19435") < 5.0
    assert weight("Hồ Văn Thương", "19435") + 5.0 < weight("Hồ Văn Thương", "19429")
    assert weight("Hồ Văn Thương", "19435") + 5.0 < weight("Kăn Văn Thương", "19435")


def test_two_of_one_common_name_and_year_in_one_commune_are_not_proposed_by_that() -> None:
    one = person("Hồ Văn Thương", "1950")
    verdict = judge(one, one, COUNTED)
    assert verdict.decision == "none"
    assert judge(person("Hồ Văn Thương"), person("Hồ Văn Thương"), COUNTED).decision == "propose"


def test_a_name_that_was_never_met_is_rare_not_impossible() -> None:
    same = person("Hồ Văn Thương")
    assert isfinite(judge(same, same, average(0.0, 0.0)).weight)


def test_the_evidence_says_field_by_field_what_it_weighs() -> None:
    verdict = judged(LAN, LAN | {"birthDate": "1990"})
    assert [evidence.field for evidence in verdict.evidence] == [
        "name",
        "birth",
        "sex",
        "residence",
        "telephone",
    ]
    assert levels(verdict)["birth"] == "year"
    assert verdict.weight == sum(evidence.bits for evidence in verdict.evidence)
    assert "Lan" not in repr(verdict)
    assert verdict.version


def test_nothing_known_is_nothing_judged() -> None:
    verdict = judged({}, {})
    assert (verdict.decision, verdict.grade, verdict.evidence) == ("none", "certainly-not", ())


def test_a_question_with_name_and_year_alone_is_answered_as_possible() -> None:
    asked = {"name": [{"text": "Nguyễn Thị Ngọc Lan"}], "birthDate": "1990"}
    assert (judged(asked, LAN).decision, judged(asked, LAN).grade) == ("none", "possible")


HERS, OTHERS = "045190000017", "045190987654"


@pytest.mark.parametrize(
    ("one", "other", "two"),
    [
        (LAN, LAN, False),
        (LAN, {}, False),
        (LAN | {"identifier": [cccd(HERS)]}, LAN | {"identifier": [cccd(OTHERS)]}, True),
        (LAN | {"identifier": [cccd(HERS)]}, LAN | {"identifier": [cccd(OTHERS, None)]}, False),
        (TWIN | {"multipleBirthInteger": 1}, TWIN | {"multipleBirthInteger": 2}, True),
        (LAN, LAN | {"name": [{"text": "Nguyễn Thị Ngọc Hoa"}]}, True),
        (LAN, LAN | {"name": [{"text": "Nguyễn Thị Ngọc Lán"}]}, True),
        (LAN, LAN | {"name": [{"text": "NGUYEN THI NGOC LAN"}]}, False),
        (
            LAN | {"identifier": [cccd(HERS)]},
            LAN | {"identifier": [cccd(HERS)], "name": [{"text": "Nguyễn Thị Ngọc Lán"}]},
            True,
        ),
        (LAN, LAN | {"name": [{"text": "Con bà Nguyễn Thị Hoa"}]}, False),
        (LAN, LAN | {"birthDate": "1962-08-20"}, True),
        (
            LAN | {"identifier": [cccd()]},
            LAN | {"identifier": [cccd()], "name": [{"text": "Trần Thị Hoa"}]},
            False,
        ),
    ],
    ids=str,
)
def test_two_people_are_told_by_what_speaks_against_one_alone(one: Json, other: Json, two: bool) -> None:
    assert are_two(person_of(one), person_of(other)) is two
    assert are_two(person_of(other), person_of(one)) is two
