"""How well two names agree, and which are no names."""

import pytest

from ehr.matching.names import LEVELS, agreement, mother_in, name_of


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Hồ Văn Thử", "HỒ VĂN THỬ", "exact"),
        ("Nguyễn Thị Thuý", "Nguyễn Thị Thúy", "exact"),
        ("Nguyễn Thị Quí", "Nguyễn Thị Quý", "exact"),
        ("Vàng A H'Mông", "Vàng A HMông", "exact"),
        ("Đặng Đình Đức", "DANG DINH DUC", "plain"),
        ("Hồ Văn Thương", "Hồ Thương", "markers"),
        ("Giàng A Páo", "Giàng Páo", "markers"),
        ("Giàng A Páo", "Giàng Văn Páo", "markers"),
        ("Nguyễn Văn Hùng", "Hùng Nguyễn Văn", "order"),
        ("Trần Quốc Bảo Long", "Trần Bảo Quốc Long", "order"),
        ("Nguyễn Đức Tuấn", "Nguyễn Dduwcs Tuaans", "misspelt"),
        ("Nguyễn Thị Ngọc Lan", "Nguyeenx Thij Ngocj Lan", "misspelt"),
        ("Nguyễn Đức Tuấn", "Ngyễn Đức Tuấn", "misspelt"),
        ("Nguyễn Đức Tuấn", "Nguyễn Tuấn", "missing"),
        ("Nguyễn Đức Tuấn", "Đức Tuấn", "missing"),
        ("Nguyễn Đức Tuấn", "N. Đ. Tuấn", "initials"),
        ("Nguyễn Thị Thúy", "Nguyễn Thị Thủy", "tones"),
        ("Nguyễn Văn Hùng", "Nguyễn Văn Hưng", "tones"),
        ("Nguyễn Văn Nam", "Nguyễn Văn Lam", "given_misspelt"),
        ("Hồ Thị Mỷ", "Hồi Thị Mỷ", "surname"),
        ("Hồng Thị Mỷ", "Hoàng Thị Mỷ", "misspelt"),
        ("Nguyễn Văn A", "Nguyễn A", "markers"),
        ("Vàng Thị Mỷ", "Sùng Thị Mỷ", "surname"),
        ("Hồ Thị Thương", "Hồ Văn Thương", "different"),
        ("Nguyễn An Bình", "Nguyễn Bình An", "different"),
        ("Nguyễn Thị Ngọc", "Nguyễn Thị Ngọc Lan", "different"),
        ("Nguyễn Văn Hùng", "Nguyễn Văn Tuấn", "different"),
        ("Nguyễn Đức Tuấn", "Nguyễn Đ. T.", "different"),
        ("Tuấn", "Nguyễn Đức Tuấn", "different"),
        ("Lý Xa", "Lý Ba", "different"),
    ],
)
def test_levels(one: str, other: str, level: str) -> None:
    some, others = name_of(one), name_of(other)
    assert some is not None
    assert others is not None
    assert agreement(some, others) == agreement(others, some) == level
    assert level in LEVELS


@pytest.mark.parametrize(
    "text",
    [
        "con bà Hồ Thị Lành", "CON BÀ LAN", "Con Ba Lan", "Con chị Hoa 1", "CB Nguyễn Thị Lan", "không rõ",
        "Không rõ tên", "VÔ DANH", "Nam vô danh", "vo danh nam", "trẻ sơ sinh", "TRE SO SINH", "Bé gái",
        "Sơ sinh con bà Lan", "Chưa đặt tên", "unknown", "", "  ", "...", "'", "\u200b",
    ],
)  # fmt: skip
def test_placeholders_are_no_names(text: str) -> None:
    assert name_of(text) is None


@pytest.mark.parametrize(
    "text", ["Côn Bà", "Côn Văn Ba", "Nguyễn Văn Con", "Nguyễn Thị Bé", "Bế Thị Gái", "Võ Danh"]
)
def test_names_that_only_look_like_placeholders_are_names(text: str) -> None:
    assert name_of(text) is not None


def test_a_placeholder_may_name_the_mother() -> None:
    said = mother_in("Con bà Hồ Thị Lành (2)")
    assert said is not None
    assert said == name_of("Hồ Thị Lành")
    assert mother_in("con bà Lan") is None
    assert mother_in("Hồ Thị Lành") is None
    assert mother_in("trẻ sơ sinh") is None


def test_a_name_is_not_in_its_repr() -> None:
    assert "thu" not in repr(name_of("Hồ Văn Thử")).lower()


def test_what_is_too_long_is_cut() -> None:
    name = name_of("Hồ " * 10_000)
    assert name is not None
    assert len(name.words) <= 12
    assert name_of("ﷺ" * 10_000) is not None
