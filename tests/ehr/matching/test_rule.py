"""Shared numbers: what links by itself, what is asked, and what is neither."""

import pytest

from ehr.evidence import LEAST_TO_LINK, OBTAINED
from tests.ehr.matching.people import BHYT, CCCD, OTHER_CCCD, Json, cccd, judged, levels, number, patient

HO_VAN_THU = patient(numbers=[cccd()])


@pytest.mark.parametrize("captured", ["qr", "mrz", "chip", "verified"])
@pytest.mark.parametrize(
    "same",
    [
        {},
        {"name": "HO VAN THU"},
        {"birth": "1990"},
        {"birth": "1990-08-20"},
        {"commune": "02701", "phone": "0570999999"},
        {"mother": "Hồ Thị Lành"},
    ],
    ids=repr,
)
def test_a_captured_number_links_where_name_sex_and_year_agree(captured: str, same: Json) -> None:
    verdict = judged(HO_VAN_THU, patient(numbers=[cccd(captured=captured)], **same))
    assert (verdict.decision, verdict.grade) == ("link", "certain")
    assert levels(verdict)["personal_number"] == "captured"


@pytest.mark.parametrize(
    "other",
    [
        patient(numbers=[cccd(captured=None)]),
        patient(numbers=[cccd(captured="typed")]),
        patient("Hồ Thử", numbers=[cccd()]),
        patient("Hồ Văn Thư Sinh", numbers=[cccd()]),
        patient(birth="1991-05-15", numbers=[cccd()]),
        patient(birth=None, numbers=[cccd()]),
        patient(gender="female", numbers=[cccd()]),
        patient(gender="unknown", numbers=[cccd()]),
        patient(gender=None, numbers=[cccd()]),
        patient(None, numbers=[cccd()]),
    ],
    ids=repr,
)
def test_otherwise_it_is_a_proposal(other: Json) -> None:
    verdict = judged(HO_VAN_THU, other)
    assert verdict.decision == "propose"
    assert verdict.grade in ("probable", "possible")
    assert levels(verdict)["personal_number"] in ("typed", "captured")


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("verified", "verified", "verified"),
        ("verified", "qr", "captured"),
        ("chip", "mrz", "captured"),
        ("verified", "typed", "typed"),
        ("verified", None, "typed"),
    ],
)
def test_a_number_in_common_is_trusted_as_the_weaker_of_both(one: str, other: str | None, level: str) -> None:
    verdict = judged(patient(numbers=[cccd(captured=one)]), patient(numbers=[cccd(captured=other)]))
    assert levels(verdict)["personal_number"] == level
    assert verdict.decision == ("link" if OBTAINED[level] >= LEAST_TO_LINK else "propose")


def test_two_unknown_sexes_do_not_agree() -> None:
    one = patient(gender="unknown", numbers=[cccd()])
    assert judged(one, one).decision == "propose"


def test_an_insurance_number_links_too_whichever_way_it_is_written() -> None:
    one = patient(numbers=[number("insurance_number", BHYT, "qr")])
    other = patient(numbers=[number("insurance_number", "4500000017", "verified")])
    assert judged(one, other).decision == "link"


def test_an_insurance_number_does_not_link_against_captured_personal_numbers() -> None:
    insured = number("insurance_number", BHYT, "qr")
    one, other = patient(numbers=[cccd(), insured]), patient(numbers=[cccd(OTHER_CCCD), insured])
    assert judged(one, other).decision == "propose"


def test_two_insurance_numbers_are_asked_about_though_the_personal_one_is_the_same() -> None:
    """Somebody has two, or a card was mixed up."""
    one = patient(numbers=[cccd(), number("insurance_number", "4500000017", "qr")])
    other = patient(numbers=[cccd(), number("insurance_number", "4512345678", "qr")])
    assert judged(one, other).decision == "propose"


def test_who_bears_two_numbers_of_a_kind_is_asked_about() -> None:
    for several in ([cccd(), cccd(OTHER_CCCD)], [cccd(), *_insured("4500000017"), *_insured("4512345678")]):
        assert judged(HO_VAN_THU, patient(numbers=several)).decision == "propose"
        assert judged(patient(numbers=several), patient(numbers=several)).decision == "propose"
    renumbered = patient(numbers=[cccd(OTHER_CCCD, use="old"), cccd()])
    assert judged(HO_VAN_THU, renumbered).decision == "link"


def test_who_was_numbered_anew_is_asked_about_though_the_insurance_number_is_the_same() -> None:
    one = patient(numbers=[cccd(), *_insured("4500000017")])
    other = patient(numbers=[cccd(use="old"), cccd(OTHER_CCCD), *_insured("4500000017")])
    assert judged(one, other).decision == "propose"


def _insured(value: str) -> list[Json]:
    return [number("insurance_number", value, "qr")]


@pytest.mark.parametrize("birth", ["2024-03-04", "2024"])
def test_twins_in_their_order_are_not_linked_by_a_card_that_was_exchanged(birth: str) -> None:
    one, other = (
        patient("Hồ Thị Thúy", birth, gender="female", numbers=[cccd("045324000017")], multipleBirthInteger=n)
        for n in (1, 2)
    )
    assert judged(one, other).decision == "propose"
    assert judged(one, one).decision == "link"


def test_names_that_differ_by_a_tone_are_asked_about() -> None:
    one, other, bare = (
        patient(name, gender="female", numbers=[cccd("045190000017")])
        for name in ("Hồ Thị Thúy", "Hồ Thị Thủy", "HO THI THUY")
    )
    assert judged(one, other).decision == "propose"
    assert judged(one, bare).decision == judged(bare, other).decision == "link"


@pytest.mark.parametrize(
    "evidence",
    [
        {"numbers": [number("citizen_id", "191234567", "verified")]},
        {"numbers": [number("birth-certificate", "00017.GCS.45901.26", "qr")]},
        {"phone": "0570123456"},
        {"numbers": [cccd(use="old")]},
        {"numbers": [number("personal-number-cancelled", CCCD, "qr")]},
        {"numbers": [number("passport_number", "C1234567", "qr", period={"end": "2025-01-01"})]},
        {"numbers": [number("temporary-id", "MT-45901-1", "qr")]},
    ],
    ids=repr,
)
def test_evidence_never_links(evidence: Json) -> None:
    assert judged(patient(**evidence), patient(**evidence)).decision == "propose"


def test_a_personal_number_outlives_its_card() -> None:
    assert judged(patient(numbers=[cccd(period={"end": "2025-01-01"})]), HO_VAN_THU).decision == "link"


def test_a_number_that_ended_is_weighed_only() -> None:
    """It was re-issued, or given to two by mistake: of a stranger it says nothing by itself."""
    one = patient(numbers=[cccd(OTHER_CCCD), cccd(use="old")])
    renumbered = judged(one, HO_VAN_THU)
    assert (renumbered.decision, levels(renumbered)["personal_number"]) == ("propose", "ended")
    stranger = patient("Trần Thị Mai", "1970-02-03", gender="female", commune="02701", numbers=[cccd()])
    assert judged(one, stranger).decision == "none"


@pytest.mark.parametrize("temporary", ["MT-45901-20261126-000017", "VD-45901-20261126-000017"])
def test_newborns_and_unknown_patients_are_never_linked_by_themselves(temporary: str) -> None:
    one = patient(numbers=[cccd(), number("temporary-id", temporary, "qr")])
    assert judged(one, HO_VAN_THU).decision == "propose"
    assert judged(one, one).decision == "propose"
    replaced = patient(numbers=[cccd(), number("temporary-id", temporary, "qr", use="old")])
    assert judged(replaced, HO_VAN_THU).decision == "link"


def test_the_mothers_card_scanned_for_her_child_does_not_link() -> None:
    mother = patient("Hồ Thị Lành", "1990-02-01", gender="female", numbers=[cccd("045190000017")])
    child = patient("Hồ Văn Bình", "2024-03-04", mother="Hồ Thị Lành", numbers=[cccd("045190000017")])
    newborn = patient("Con bà Hồ Thị Lành", "2024-03-04", gender="female", numbers=[cccd("045190000017")])
    assert judged(mother, child).decision == "propose"
    assert judged(mother, newborn).decision == "propose"


@pytest.mark.parametrize("captured", ["qr", "verified"])
def test_a_card_that_fits_nobody_of_them_links_nobody(captured: str) -> None:
    """The mother's, scanned for both of her twins; a second number of hers makes it no better."""
    hers = cccd("045190000017", captured)
    for numbers in (
        [hers],
        [hers, *_insured("4500000017")],
        [cccd("045190000017", None), *_insured("4500000017")],
    ):
        one, other = (
            patient(name, "2024-03-04", gender="female", numbers=numbers)
            for name in ("Hồ Thị Thúy", "HO THI THUY")
        )
        assert judged(one, other).decision == judged(one, one).decision == "propose"
        assert levels(judged(one, other))["personal_number"] == "typed"
    old = [cccd("045190000017", captured, use="old"), *_insured("4500000017")]
    assert judged(patient(numbers=old), patient(numbers=old)).decision == "link"


def test_a_former_name_alone_does_not_link() -> None:
    renamed = patient("Vàng Văn Thử", numbers=[cccd()])
    renamed["name"].append({"use": "old", "text": "Hồ Văn Thử"})
    assert judged(HO_VAN_THU, renamed).decision == "propose"
