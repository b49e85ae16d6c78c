"""Which of several addresses is shown, and what of it.

hl7.fhir.vn.core 1.0.0, extension-administrative-address
"""

from typing import Any

import msgspec
import pytest

from ehr.addresses import ADMINISTRATIVE_ADDRESS, LONGEST, Address, Residence, in_one_line, residence_of

WARD = {
    "coding": [{"system": "http://x"}, {"code": "19432", "display": "Phường Thuận Hóa"}],
    "text": "Thuận Hóa",
}


def unit(url: str, **said: Any) -> dict[str, Any]:
    return {"url": url, **said}


def residence(*addresses: dict[str, Any]) -> Residence:
    return residence_of(msgspec.convert(list(addresses), list[Address]))


def administrative(*units: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An address with units of the guide's extension."""
    return {"extension": [{"url": "http://other", "extension": [unit("ward", valueString="no")]},
                          {"url": ADMINISTRATIVE_ADDRESS, "extension": list(units)}], **more}  # fmt: skip


@pytest.mark.parametrize(
    ("units", "commune"),
    [
        ([unit("ward", valueCodeableConcept=WARD)], ("19432", "Phường Thuận Hóa")),
        ([unit("ward", valueCodeableConcept={"text": "Thuận Hóa"})], (None, "Thuận Hóa")),
        ([unit("ward", valueCoding={"code": "00004"})], ("00004", "Huế")),
        ([unit("ward", valueString="Thuận Hóa")], (None, "Thuận Hóa")),
        ([unit("district", valueCodeableConcept=WARD)], (None, "Huế")),
        ([], (None, "Huế")),
    ],
)
def test_communes(units: list[dict[str, Any]], commune: tuple[str | None, str | None]) -> None:
    """By the extension, else as the address itself names it; codes keep their leading zeros."""
    told = residence(administrative(*units, city="Huế"))
    assert (told.commune, told.commune_name) == commune


def test_provinces() -> None:
    coded = residence(
        administrative(unit("state", valueCoding={"code": "01", "display": "Hà Nội"}), state="HN")
    )
    assert (coded.province, coded.province_name) == ("01", "Hà Nội")
    named = residence({"state": "Hà Nội"})
    assert (named.province, named.province_name) == (None, "Hà Nội")


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ({"text": " 12 Lê Lợi,\n Huế ", "line": ["x"]}, "12 Lê Lợi, Huế"),
        ({"line": ["12 Lê Lợi", None], "city": "Huế", "state": "TT Huế"}, "12 Lê Lợi, Huế, TT Huế"),
        ({"text": " \n", "city": ""}, None),
        ({}, None),
    ],
)
def test_the_whole_in_one_line(address: dict[str, Any], text: str | None) -> None:
    assert residence(address).address == text


@pytest.mark.parametrize(
    ("addresses", "shown"),
    [
        ([], None),
        ([{"text": "a", "use": "work"}, {"text": "b", "use": "home"}], "b"),
        ([{"text": "a", "use": "home", "period": {"end": "2020"}}, {"text": "b", "use": "old"}], "b"),
        ([{"text": "a", "use": "unknown"}, {"text": "b"}], "b"),
        ([{"text": "a"}, {"text": "b"}], "a"),
    ],
)
def test_the_address_in_use_is_shown_and_home_before_others(
    addresses: list[dict[str, Any]], shown: str | None
) -> None:
    assert residence(*addresses).address == shown


def test_texts_are_cut() -> None:
    assert in_one_line("x" * 999) == "x" * LONGEST
    assert in_one_line("a\0b\t\nc") == "a b c"


@pytest.mark.parametrize(
    ("coding", "listed", "today"),
    [
        ({"code": "19438"}, None, ("19435",)),
        ({"code": "19438", "version": "2024-01-01"}, "2024-01-01", ("19435",)),
        ({"code": "19435", "version": "2025-07-01"}, "2025-07-01", ("19435",)),
        ({"code": "nowhere"}, None, ("nowhere",)),
    ],
)
def test_a_code_keeps_its_list_and_tells_what_it_became(
    coding: dict[str, str], listed: str | None, today: tuple[str, ...]
) -> None:
    told = residence(administrative(unit("ward", valueCodeableConcept={"coding": [coding]}), text="Bản 5"))
    assert (told.commune, told.listed, told.today, told.address) == (coding["code"], listed, today, "Bản 5")


def test_an_old_text_stays_and_tells_what_its_commune_became() -> None:
    old = "Thôn Mẫu, Hướng Việt, Hướng Hóa, Quảng Trị"
    told = residence({"text": old})
    assert (told.address, told.commune, told.today) == (old, None, ("19435",))
