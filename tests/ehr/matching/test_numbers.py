"""Numbers as they are compared, and those that are none."""

import pytest

from ehr.matching.numbers import number_of, telephone_of
from tests.ehr.matching.people import CORE, OWN

VALUES = {"national_id": "045090000017", "insurance_number": "4500000017", "passport_number": "C1234567"}


def kind_and_value(system: str, value: str) -> tuple[str, str] | None:
    found = number_of(system, value, "qr", old=False, end="", on="")
    return (found.kind, found.value) if found else None


@pytest.mark.parametrize(
    ("system", "value", "found"),
    [
        (f"{CORE}/national_id", "045090000017", ("personal_number", "045090000017")),
        (f"{CORE}/national_id", "045 090 000 017", ("personal_number", "045090000017")),
        (f"{CORE}/national_id", "191234567", ("old_citizen_id", "191234567")),
        (f"{CORE}/citizen_id", "191.234.567", ("old_citizen_id", "191234567")),
        (f"{CORE}/insurance_number", "GD4454500000017", ("insurance_number", "4500000017")),
        (f"{CORE}/insurance_number", "gd 4 45 4500000017", ("insurance_number", "4500000017")),
        (f"{CORE}/insurance_number", "45 0000 0017", ("insurance_number", "4500000017")),
        (f"{CORE}/passport_number", "c1234567", ("passport_number", "C1234567")),
        (f"{OWN}/temporary-id", "mt 45901 20261126 000017 A", ("temporary_id", "MT-45901-20261126-000017-A")),
        (f"{OWN}/temporary-id", "tam-17", ("temporary_id", "TAM17")),
        (f"{OWN}/birth-certificate", "00017gcs4590126", ("birth_paper", "00017.GCS.45901.26")),
        (f"{CORE}/national_id", "04509000001", None),
        (f"{CORE}/national_id", "000000000000", None),
        (f"{CORE}/national_id", "123456789012", None),
        (f"{CORE}/national_id", "không có", None),
        (f"{CORE}/insurance_number", "0000000000", None),
        (f"{CORE}/passport_number", "KHONG CO", None),
        (f"{CORE}/patient-internal-id", "000017", None),
        ("", "045090000017", None),
    ],
)
def test_kinds_and_values(system: str, value: str, found: tuple[str, str] | None) -> None:
    assert kind_and_value(system, value) == found


@pytest.mark.parametrize(
    ("kind", "old", "end", "on", "ended"),
    [
        ("national_id", False, "", "", False),
        ("national_id", True, "", "2026-11-26", True),
        ("national_id", False, "2025-03-01", "2026-11-26", False),
        ("national_id", False, "2030-05-15", "", False),
        ("passport_number", True, "", "2026-11-26", True),
        ("passport_number", False, "2025-03-01", "2026-11-26", True),
        ("passport_number", False, "2026", "2026-11-26", False),
        ("passport_number", False, "2030-05-15", "2026-11-26", False),
        ("passport_number", False, "2030-05-15", "", True),
        ("insurance_number", False, "2025-12-31", "2026-11-26", False),
        ("insurance_number", True, "", "2026-11-26", True),
    ],
)
def test_numbers_end(kind: str, old: bool, end: str, on: str, ended: bool) -> None:
    found = number_of(f"{CORE}/{kind}", VALUES[kind], "qr", old=old, end=end, on=on)
    assert found is not None
    assert found.ended is ended
    assert found.is_key is not ended


def test_a_number_ends_when_its_day_is_over() -> None:
    known = number_of(
        f"{CORE}/passport_number", "C1234567", "qr", old=False, end="2030-05-15", on="2026-11-26"
    )
    assert known is not None
    assert known.as_of("2030-05-15") == known
    ended = known.as_of("2030-05-16")
    assert (ended.ended, ended.as_of("2026-11-26")) == (True, ended)


def test_a_cancelled_number_has_ended() -> None:
    found = number_of(f"{OWN}/personal-number-cancelled", "045090000017", "qr", old=False, end="", on="")
    assert found is not None
    assert (found.kind, found.ended, found.is_key) == ("personal_number", True, False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0570 123 456", "0570123456"),
        ("+84 570.123.456", "0570123456"),
        ("84570123456", "0570123456"),
        ("(0233) 3 851 234", "02333851234"),
        ("+856 20 5512 3456", "8562055123456"),
        ("0169 312 3456", "0393123456"),
        ("0900 000 000", ""),
        ("045090000017", ""),
        ("0000000000", ""),
        ("không có", ""),
        ("", ""),
    ],
)
def test_telephones(text: str, found: str) -> None:
    assert telephone_of(text) == found


def test_a_number_is_not_in_its_repr() -> None:
    assert "0000017" not in repr(
        number_of(f"{CORE}/national_id", "045090000017", "qr", old=True, end="", on="")
    )
