"""https://hl7.org/fhir/R4/search.html#escaping"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.search.errors import BadValue
from projections.search.values import MOST_ALTERNATIVES, alternatives, split, unescaped

PLAIN = st.text(alphabet="ab,$|\\ ệ", min_size=1)


def escaped(text: str) -> str:
    for mark in "\\,$|":
        text = text.replace(mark, f"\\{mark}")
    return text


@given(PLAIN)
def test_an_escaped_text_means_itself(text: str) -> None:
    assert unescaped(escaped(text)) == text


@given(st.lists(PLAIN, min_size=1), st.sampled_from(",$|"))
def test_escaped_texts_are_parted_where_they_were_joined(texts: list[str], mark: str) -> None:
    parts = split(mark.join(map(escaped, texts)), mark)
    assert [unescaped(part) for part in parts] == texts


@given(st.text(alphabet="ab,$|\\"), st.sampled_from(",$|"))
def test_nothing_gets_lost_in_parting(text: str, mark: str) -> None:
    assert mark.join(split(text, mark)) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [(r"a\,b", "a,b"), (r"a\\,b", "a\\,b"), (r"\\\|", r"\|"), (r"\$", "$"), ("", "")],
)
def test_what_is_escaped(text: str, meant: str) -> None:
    assert unescaped(text) == meant


@pytest.mark.parametrize("text", [r"a\b", "a\\", r"\\\ "])
def test_a_backslash_before_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match=r"^name has a backslash that is not written twice"):
        alternatives("name", text)


def test_alternatives_keep_their_escapes() -> None:
    assert alternatives("name", r"a\,b,c|d,\$") == [r"a\,b", "c|d", r"\$"]


@pytest.mark.parametrize("text", ["", ",", "a,", ",a", "a,,b"])
def test_an_empty_value_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match=r"^name has an empty value\.$"):
        alternatives("name", text)


def test_there_are_not_too_many() -> None:
    assert len(alternatives("name", ",".join("a" * MOST_ALTERNATIVES))) == MOST_ALTERNATIVES
    with pytest.raises(BadValue, match=r"^name has more than 100 values\.$"):
        alternatives("name", ",".join("a" * (MOST_ALTERNATIVES + 1)))
