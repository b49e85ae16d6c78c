"""Communes by their names, former ones too."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.communes.naming import communes_called, communes_in, words_of_commune
from ehr.communes.table import communes, former_communes, former_provinces, provinces


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Hướng Lập", {"19435"}),
        ("huong lap", {"19435"}),
        ("Xã Hướng Lập", {"19435"}),
        ("xa huong viet", {"19435"}),
        ("Ở Đâu Đó", set()),
        ("", set()),
        ("xã", set()),
        ("4", set()),
    ],
)
def test_communes_by_name(name: str, codes: set[str]) -> None:
    assert communes_called(name) == codes


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("Thôn Mẫu, Hướng Việt, Hướng Hóa, Quảng Trị", ("19435",)),
        ("Thôn Mẫu, xã Hướng Lập, tỉnh Quảng Trị", ("19435",)),
        ("thon mau, X. Huong Lap, H. Huong Hoa, T. Quang Tri.", ("19435",)),
        ("Khối 3 - Xã Hướng Linh - Huyện Hướng Hóa - Tỉnh Quảng Trị", ("19441",)),
        ("Tổ 3, P. 4, TP. Tân An, Long An", ("27694",)),
        ("Hướng Lập", ()),
        ("Hướng Lập, Lào Cai", ()),
        ("", ()),
        (", ,", ()),
    ],
)
def test_communes_by_address(address: str, codes: tuple[str, ...]) -> None:
    assert communes_in(address) == codes


def test_every_address_of_before_is_found() -> None:
    for one in former_communes().values():
        address = f"Thôn 1, {one.name}, {one.district}, {former_provinces()[one.province][0]}"
        assert set(one.today) <= set(communes_in(address)), address


def test_every_address_of_today_is_found() -> None:
    for one in communes().values():
        assert one.code in communes_in(f"Thôn 1, {one.name}, {provinces()[one.province]}")


def test_words_that_end_in_a_commune() -> None:
    [(before, codes)] = words_of_commune(["ho", "van", "thu", "huong", "lap"])
    assert (before, sorted(codes)) == (["ho", "van", "thu"], ["19435"])
    assert list(words_of_commune(["huong", "lap"])) == []


@settings(max_examples=50)
@given(st.text(max_size=400))
def test_any_text_may_be_asked(text: str) -> None:
    assert all(code in communes() for code in (*communes_in(text), *communes_called(text)))
