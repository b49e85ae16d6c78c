"""https://hl7.org/fhir/R4/search.html#string: its examples, and what is ignored."""

from typing import Any

import pytest

from tests.oracle.asking import found, resource
from tests.oracle.strings import normal
from tests.oracle.values import Refused

GIVEN = [
    resource("Patient", name, name=[{"given": [name]}])
    for name in ("Eve", "Evelyn", "Severine", "eve", "EVE", "Adam")
]
EXAMPLES = [
    ("given=eve", "Eve Evelyn eve EVE"),
    ("given:contains=eve", "Eve Evelyn Severine eve EVE"),
    ("given:exact=Eve", "Eve"),
    ("given=EVE", "Eve Evelyn eve EVE"),
    ("given=%C3%A9v%C3%A9", "Eve Evelyn eve EVE"),
    ("given=eve,adam", "Eve Evelyn eve EVE Adam"),
    ("given=eve&given=evel", "Evelyn"),
    ("given=vel", ""),
    ("given:exact=Ev", ""),
    ("given:exact=Eve,Adam", "Eve Adam"),
    ("name=eve", "Eve Evelyn eve EVE"),
    ("name:contains=ver", "Severine"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), EXAMPLES)
def test_example(query: str, expected: str) -> None:
    assert found(GIVEN, f"Patient?{query}") == expected


NAMES: list[tuple[dict[str, Any], str, bool]] = [
    ({"family": "Carreno Quinones"}, "family=Carreno", True),
    ({"family": "Carreno Quinones"}, "family=Quinones", True),
    ({"family": "Carreno Quinones"}, "family=carreno q", True),
    ({"family": "Carreno Quinones"}, "family=uinones", False),
    ({"family": "Carreno Quinones"}, "family:exact=Quinones", False),
    ({"family": "Carreno Quinones"}, "family:contains=o q", True),
    ({"text": "Nguyễn Thị Thúy"}, "name=thuy", True),
    ({"text": "Nguyễn Thị Thúy"}, "name=THÚY", True),
    ({"text": "Nguyễn Thị Thúy"}, "name=nguyen thi", True),
    ({"text": "Nguyễn Thị Thúy"}, "name=guyen", False),
    ({"text": "Nguyễn Thị Thúy"}, "name:exact=Nguyễn Thị Thúy", True),
    ({"text": "Nguyễn Thị Thúy"}, "name:exact=Nguyen Thi Thuy", False),
    ({"family": "Đặng"}, "name=dang", True),
    ({"family": "Dang"}, "name=đặng", True),
    ({"family": "H'Mông"}, "name=hmong", True),
    ({"family": "Anne-Marie"}, "family=annemarie", True),
    ({"family": "Anne-Marie"}, "family=anne-m", True),
    ({"family": "Anne-Marie"}, "family=marie", False),
    ({"prefix": ["Dr."]}, "name=dr", True),
    ({"suffix": ["MD", "PhD"]}, "name=phd", True),
    ({"use": "official"}, "name=official", False),
    ({"given": ["Thị", "Hoa"]}, "given=hoa", True),
    ({"given": ["Thị", "Hoa"]}, "given=thi hoa", False),
    ({"given": ["Thị  \t Hoa"]}, "given=thi hoa", True),
    ({"family": "O,Neil"}, "family=o\\,neil", True),
    ({"family": "Ｈｏａ"}, "family=hoa", True),
]


@pytest.mark.parametrize(("name", "query", "matches"), NAMES)
def test_name(name: dict[str, Any], query: str, matches: bool) -> None:
    assert found([resource("Patient", "1", name=[name])], f"Patient?{query}") == ("1" if matches else "")


ADDRESS = {
    "text": "Số 5, Hà Nội",
    "line": ["12 Trần Phú", "Tổ 3"],
    "city": "Hà Nội",
    "district": "Ba Đình",
    "state": "North East",
    "postalCode": "100000",
    "country": "VN",
    "use": "home",
}
ADDRESSES = [
    ("address=12 tran", True),
    ("address=to 3", True),
    ("address=ha noi", True),
    ("address=ba dinh", True),
    ("address=100", True),
    ("address=vn", True),
    ("address=so 5 ha", True),
    ("address=tran phu", False),
    ("address=home", False),
    ("address:contains=tran phu", True),
    ("address-city=noi", False),
    ("address-city=hà", True),
    ("address-state=east", False),
    ("address-postalcode:exact=100000", True),
    ("address-country:exact=vn", False),
]


@pytest.mark.parametrize(("query", "matches"), ADDRESSES)
def test_address(query: str, matches: bool) -> None:
    assert found([resource("Patient", "1", address=[ADDRESS])], f"Patient?{query}") == (
        "1" if matches else ""
    )


def test_a_plain_string_starts_the_match() -> None:
    hospital = resource("Organization", "1", name="Bệnh viện Đa khoa", alias=["BVĐK"])
    assert found([hospital], "Organization?name=benh vien") == "1"
    assert found([hospital], "Organization?name=bvdk") == "1"
    assert found([hospital], "Organization?name=vien") == ""
    assert found([hospital], "Organization?name:contains=vien") == "1"


@pytest.mark.parametrize(
    "query", ["name=", "name=...", "name=%20", "name:contains=-", "name=a,", "name:text=a", "name=a\\b"]
)
def test_nothing_to_search_for_is_refused(query: str) -> None:
    with pytest.raises(Refused):
        found(GIVEN, f"Patient?{query}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  A  b\tC ", "a b c"),
        ("Đoàn-Văn", "doanvan"),
        ("Hồ (Chí) Minh!", "ho chi minh"),
        ("x/y", "x y"),
        ("N\u0303", "n"),
        ("Ⅳ", "iv"),
        ("…", ""),
    ],
)
def test_normal(text: str, expected: str) -> None:
    assert normal(text) == expected
