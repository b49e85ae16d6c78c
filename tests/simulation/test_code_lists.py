"""The lists agree with each other, and nothing is read from outside the package."""

import pytest

from simulation.code_lists import (
    UnknownProvince,
    acute_care,
    communes,
    diagnoses,
    drugs,
    ethnic_groups,
    measurements,
    name_lists,
    panels,
    province_names,
    vaccine_doses,
)
from simulation.stories.admission import ILLNESSES


def test_the_country_is_complete() -> None:
    counts = {code: len(communes(code)) for code in province_names()}
    assert (len(counts), sum(counts.values()), counts["44"], counts["15"]) == (34, 3_321, 78, 99)


def test_an_unknown_province_is_refused() -> None:
    with pytest.raises(UnknownProvince):
        communes("45")


def test_former_provinces_of_quang_tri_and_lao_cai_are_known_by_commune() -> None:
    former = {c.name: c.former for code in ("44", "15") for c in communes(code)}
    assert former["Xã Hướng Lập"] == ("45",)
    assert former["Phường Đồng Hới"] == ("44",)
    assert former["Phường Sa Pa"] == ("10",)
    assert former["Xã Trấn Yên"] == ("15",)


def test_illnesses_name_known_diagnoses_drugs_and_panels() -> None:
    for code, care in acute_care().items():
        assert code in diagnoses()
        assert care.panel in {"", *panels()}
        assert {dosage.drug for dosage in (*care.adult, *care.child)} <= drugs().keys()
    for code, illness in ILLNESSES.items():
        assert code in diagnoses()
        assert {dosage.drug for dosage in illness.treatment} <= drugs().keys()


def test_panels_name_known_measurements() -> None:
    assert {key for panel in panels().values() for key in panel.measurements} <= measurements().keys()


def test_ethnic_groups_name_known_names() -> None:
    assert name_lists()["group_of"].keys() <= ethnic_groups().keys()
    assert set(name_lists()["group_of"].values()) <= name_lists()["groups"].keys()


def test_doses_are_numbered_without_gaps() -> None:
    numbers: dict[str, list[int]] = {}
    for dose in vaccine_doses():
        numbers.setdefault(dose.vaccine, []).append(dose.dose)
    assert all(doses == list(range(1, len(doses) + 1)) for doses in numbers.values())
