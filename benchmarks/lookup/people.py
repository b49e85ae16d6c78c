"""Made-up citizens of two provinces, with about as many namesakes and as many names as there really are.

Names are put together of lists; nobody is meant. Of 100,000 people 31,000 bear a full name that no other of
them bears; in the communes where nearly all are called Hồ, hundreds share one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from simulation.chance import Chance, Weighted, chance_of
from simulation.code_lists import Commune, communes, ethnic_mix, name_lists
from simulation.names import draw_name

BLOCK: Final = 1_000
"""Citizens who are drawn of one stream of chance."""

HOSPITALS: Final = 12
_KINH: Final = "01"
_THIS_YEAR: Final = 2026
_SYLLABLES: Final = (
    "An Anh Ái Ân Bảo Bách Bích Bình Ca Cẩm Cát Châu Chi Chí Chung Cúc Cường Dân Danh Diễm Diệp Diệu Dung "
    "Dũng Duy Duyên Dương Đan Đạo Đạt Đăng Điền Điệp Định Đoan Đông Đức Gia Giang Giao Hà Hải Hạnh Hạo "
    "Hân Hằng Hậu Hiên Hiền Hiếu Hiệp Hoa Hoài Hoan Hoàn Hoàng Hòa Hồng Huân Huệ Hùng Huy Huyền Hưng "
    "Hương Hường Hữu Kha Khải Khang Khánh Khiêm Khoa Khôi Khuê Kiên Kiệt Kiều Kim Kỳ Lam Lan Lâm Lân Lệ "
    "Liên Liễu Linh Loan Long Lộc Luân Ly Lý Mai Mẫn Mạnh Minh My Mỹ Nam Nga Ngân Nghi Nghĩa Ngọc Nguyên "
    "Nguyệt Nhã Nhàn Nhân Nhật Nhi Nhiên Nhung Như Oanh Phát Phi Phong Phú Phúc Phước Phương Phượng Quân "
    "Quang Quế Quốc Quý Quyên Quỳnh Sang Sinh Sơn Sương Tài Tâm Tân Thái Thanh Thành Thảo Thắm Thắng "
    "Thiên Thiện Thịnh Thoa Thọ Thơ Thu Thuận Thục Thúy Thủy Thùy Thư Tiên Tiến Tín Toàn Trà Trang Trâm "
    "Trân Trí Trinh Trọng Trúc Trung Trường Tú Tuấn Tuệ Tùng Tuyền Tuyết Tường Tỷ Uyên Vân Vi Viên Việt "
    "Vinh Vĩnh Vũ Vương Vy Xuân Xuyến Ý Yên Yến"
).split()
_GIVEN: Final = Weighted(
    {word: 1 / (3 + (place * 37) % len(_SYLLABLES)) for place, word in enumerate(_SYLLABLES)}
)
"""Some are given often, most seldom."""

_SHAPES: Final = Weighted({"marked": 38, "marked twice": 17, "plain": 25, "plain twice": 20})


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody. birth: as it is stated, perhaps the year alone. facilities: where the person was seen."""

    index: int
    name: str
    birth: str
    sex: str
    commune: Commune
    number: str
    insurance: str
    telephone: str
    facilities: tuple[str, ...]

    @property
    def id(self) -> str:
        """Of the Patient."""
        return f"c{self.index}"


def citizens(seed: int, last: int, first: int = 0) -> Iterator[Citizen]:
    """Those from first, a multiple of BLOCK, to last (excluded); the same for the same seed."""
    for block in range(first, last, BLOCK):
        chance = chance_of(seed, "lookup", block)
        for index in range(block, min(block + BLOCK, last)):
            yield _citizen(chance, index)


@cache
def places() -> tuple[Commune, ...]:
    """Where they live."""
    return tuple(place for province in ("44", "15") for place in communes(province))


def station(commune: Commune) -> str:
    """The code of a commune's station."""
    return f"T{commune.code}"


def hospitals() -> list[str]:
    """The codes of all hospitals."""
    return [f"BV{number:03}" for number in range(HOSPITALS)]


def _citizen(chance: Chance, index: int) -> Citizen:
    commune, female = chance.pick(places()), chance.happens(0.5)
    ethnic = ethnic_of(commune, chance)
    year = _THIS_YEAR - chance.between(0, 95)
    day = f"-{chance.between(1, 12):02}-{chance.between(1, 28):02}"
    name = _kinh(chance, female) if ethnic == _KINH else draw_name(chance, ethnic, female).text
    century = (year // 100 - 19) * 2 + female
    return Citizen(
        index=index,
        name=name,
        birth=str(year) if year < 1970 and chance.happens(0.25) else f"{year}{day}",
        sex="female" if female else "male",
        commune=commune,
        number=f"0{commune.former[0]}{century}{year % 100:02}{index % 10**6:06}",
        insurance=f"{commune.former[0]}{index:08}",
        telephone=f"057{index:07}",
        facilities=_seen_at(chance, commune),
    )


@cache
def _mix(commune: Commune) -> Weighted[str]:
    return ethnic_mix(commune.province, commune.code)


def ethnic_of(commune: Commune, chance: Chance) -> str:
    """An ethnic group of a commune."""
    return _mix(commune).pick(chance)


@cache
def _surnames() -> Weighted[str]:
    return Weighted(name_lists()["groups"]["kinh"]["surnames"])


def _kinh(chance: Chance, female: bool) -> str:
    shape, marker = _SHAPES.pick(chance), "Thị" if female else "Văn"
    words = [_surnames().pick(chance)]
    words += [marker] if shape.startswith("marked") else [chance.pick(_SYLLABLES)]
    words += [_GIVEN.pick(chance)] if shape.endswith("twice") else []
    return " ".join([*words, _GIVEN.pick(chance)])


def _seen_at(chance: Chance, commune: Commune) -> tuple[str, ...]:
    seen = [station(commune)] if chance.happens(0.8) else []
    if chance.happens(0.4):
        seen.append(chance.pick(hospitals()))
    return tuple(seen)
