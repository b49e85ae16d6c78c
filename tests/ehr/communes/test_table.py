"""What became of communes and provinces: the tables hang together."""

import pytest

from ehr.communes.table import (
    MERGED,
    communes,
    communes_today,
    former_communes,
    former_provinces,
    is_of_before,
    provinces,
)


def test_the_lists_are_whole() -> None:
    sizes = [len(one()) for one in (provinces, former_provinces, communes, former_communes)]
    assert sizes == [34, 63, 3_321, 10_035]
    assert {one.province for one in communes().values()} == set(provinces())
    assert {one.province for one in former_communes().values()} == set(former_provinces())


def test_each_former_commune_became_communes_of_the_province_that_its_province_became() -> None:
    for former in former_communes().values():
        became = {communes()[code].province for code in former.today}
        assert became == {former_provinces()[former.province][1]}, former.code
        assert len(set(former.today)) == len(former.today)


def test_each_commune_of_today_keeps_the_code_of_one_of_its_parts() -> None:
    parts = {(former.code, today) for former in former_communes().values() for today in former.today}
    alone = {code for code in communes() if (code, code) not in parts}
    assert all(communes()[code].name.startswith(("Đặc khu", "Xã Ba Chẽ")) for code in alone)
    assert len(alone) == 6


@pytest.mark.parametrize(
    ("code", "listed", "today"),
    [
        ("19435", None, ("19435",)),
        ("19435", "2024-01-01", ("19435",)),
        ("19438", None, ("19435",)),
        ("19438", "2025-07-01", ("19435",)),
        ("19447", "2025-06-30", ("19441",)),
        ("99999", None, ("99999",)),
        ("99999", "2020-01-01", ("99999",)),
        ("", "x", ("",)),
    ],
)
def test_a_code_stands_for_communes_of_today(code: str, listed: str | None, today: tuple[str, ...]) -> None:
    assert communes_today(code, listed) == today


def test_a_code_of_both_lists_goes_by_the_date_of_its_list() -> None:
    moved = [
        one for one in former_communes().values() if one.code in communes() and one.code not in one.today[:1]
    ]
    assert moved
    for one in moved:
        assert communes_today(one.code) == (one.code,)
        assert communes_today(one.code, "2024-12-31") == one.today


def test_what_matching_asks() -> None:
    assert MERGED.communes("19438") == ("19435",)
    assert MERGED.communes("99999") == ("99999",)
    assert (MERGED.province("45"), MERGED.province("99")) == ("44", None)


@pytest.mark.parametrize(
    ("listed", "before"),
    [(None, False), ("", False), ("2025-06-30", True), ("2025-07-01", False), ("x", False)],
)
def test_lists_of_before(listed: str | None, before: bool) -> None:
    assert is_of_before(listed) is before
