"""Under which words a name is kept, and found."""

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.citizens.words import LONGEST_PAIR, MOST_PAIRED, word_keys

words = st.lists(st.text("abcđ", min_size=1, max_size=60), max_size=20)


def test_words_and_pairs() -> None:
    assert word_keys(["nguyen", "van", "an"]) == ["nguyen", "van", "an", "nguyen van", "an nguyen", "an van"]
    assert word_keys(["an", "an"]) == word_keys(["an"]) == ["an"]
    assert word_keys([]) == []


@settings(max_examples=50)
@given(words, st.data())
def test_what_is_typed_of_a_name_is_kept_of_it(name: list[str], data: st.DataObject) -> None:
    """Whichever words are typed, in whatever order, as long as it is a name of a person."""
    name = list(dict.fromkeys(name))[:MOST_PAIRED]
    typed = data.draw(st.lists(st.sampled_from(name), max_size=6)) if name else []
    assert set(word_keys(typed)) <= set(word_keys(name))


@settings(max_examples=50)
@given(words)
def test_keys_are_few_and_short(name: list[str]) -> None:
    keys = word_keys(name)
    assert len(keys) == len(set(keys)) <= len(name) + MOST_PAIRED * (MOST_PAIRED - 1) // 2
    assert all(len(key) <= LONGEST_PAIR for key in keys if " " in key)
