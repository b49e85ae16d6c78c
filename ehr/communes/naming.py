"""Communes by their names, as people type them and as addresses have them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, TypeVar

from ehr.communes.table import communes, former_communes, former_provinces, provinces
from ehr.names import fold

LONGEST: Final = 300
"""Characters of an address that are read."""

_KINDS: Final = (
    *("xã", "x", "phường", "p", "thị trấn", "tt", "đặc khu", "huyện đảo", "huyện", "h", "quận", "q"),
    *("thị xã", "tx", "thành phố", "tp", "tỉnh", "t"),
)
_KIND: Final = re.compile(rf"(?:{'|'.join(map(fold, _KINDS))})\s+(?=.)")

Key = TypeVar("Key")

_COMMAS: Final = re.compile(r"\s*[,;]\s*")
_DASHES: Final = re.compile(r"\s+[-–]\s+")
"""Where there is no comma; a name may hold one (Phan Rang - Tháp Chàm)."""


def communes_called(name: str) -> frozenset[str]:
    """Codes of today's communes that are called so, or of which a part was before the merger.

    With or without accents, and with or without ``xã``, ``phường`` before it. None for another name.
    """
    return _by_name().get(_bare(name), frozenset())


@lru_cache(maxsize=4096)
def communes_in(address: str) -> tuple[str, ...]:
    """Codes of today's communes in which an address is, the likeliest first; none where it does not tell.

    It must end with commune, district, province as before the merger, or with commune, province as today.
    """
    address = address[:LONGEST].strip(" .,;")
    said = _COMMAS.split(address) if _COMMAS.search(address) else _DASHES.split(address)
    parts = [_bare(part) for part in said if part][-3:]
    if len(parts) == 3 and (found := _former_by_place().get((parts[0], parts[1], parts[2]))):
        return found
    return _by_place().get((parts[-2], parts[-1]), ()) if len(parts) > 1 else ()


@lru_cache(maxsize=16384)
def _bare(name: str) -> str:
    """The folded name of a unit without its kind; of ``Phường 4`` its first letter is part of the name."""
    folded = fold(name[:LONGEST].replace(".", " "))
    kind = _KIND.match(folded)
    rest = folded[kind.end() :] if kind else folded
    return f"{folded[0]} {rest}" if kind and rest[0].isdigit() else rest


@cache
def _by_name() -> Mapping[str, frozenset[str]]:
    today = ((_bare(one.name), (one.code,)) for one in communes().values())
    former = ((_bare(one.name), one.today) for one in former_communes().values())
    return {name: frozenset(codes) for name, codes in _gathered([*today, *former]).items()}


@cache
def _by_place() -> Mapping[tuple[str, str], tuple[str, ...]]:
    names = {code: _bare(name) for code, name in provinces().items()}
    return _gathered(((_bare(one.name), names[one.province]), (one.code,)) for one in communes().values())


@cache
def _former_by_place() -> Mapping[tuple[str, str, str], tuple[str, ...]]:
    names = {code: _bare(name) for code, (name, _) in former_provinces().items()}
    return _gathered(
        ((_bare(one.name), _bare(one.district), names[one.province]), one.today)
        for one in former_communes().values()
    )


def _gathered(found: Iterable[tuple[Key, tuple[str, ...]]]) -> dict[Key, tuple[str, ...]]:
    """The codes of each key together, each once."""
    gathered: defaultdict[Key, dict[str, None]] = defaultdict(dict)
    for key, codes in found:
        gathered[key].update(dict.fromkeys(codes))
    return {key: tuple(codes) for key, codes in gathered.items()}


def words_of_commune(words: list[str], fewest: int = 1) -> Iterator[tuple[list[str], frozenset[str]]]:
    """The ways in which the last of some typed words name a commune, the longest name first: (the words
    before it, at least ``fewest``; today's codes)."""
    for first in range(max(fewest, len(words) - 5), len(words)):
        if codes := communes_called(" ".join(words[first:])):
            yield words[:first], codes
