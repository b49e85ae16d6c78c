"""What clerks and keyboards do to names, and the one key that stays the same."""

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.matching.names import agreement, name_of
from ehr.matching.spelling import telex
from ehr.names import SEX_MARKERS, TONES, fold, name_words, spelling, without_markers

ONSETS = ["", "b", "c", "ch", "d", "đ", "g", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "th", "tr", "v", "x"]
RHYMES = (
    "a an ang anh ao ăn âm ân âu e en ê ên i ich iên iêu in o oa oai oan oe ong ô ôn ông ơ u ua uân".split()
)
syllables = st.builds(
    str.__add__, st.sampled_from(ONSETS), st.sampled_from([*RHYMES, "uê", "uy", "ư", "ưa", "ương"])
)
tones = st.sampled_from(["", *TONES])
few = settings(max_examples=50)


def vowels(syllable: str) -> list[int]:
    """Places after which a tone may stand: behind each vowel with its marks."""
    text = normalize("NFD", syllable)
    ends = (place + 1 for place, letter in enumerate(text) if letter in "aeiouy")
    return [end + (end < len(text) and text[end] in "\u0302\u0306\u031b") for end in ends]


def toned(syllable: str, place: int, tone: str) -> str:
    """The syllable with a tone, composed."""
    text = normalize("NFD", syllable)
    return normalize("NFC", text[:place] + tone + text[place:])


@few
@given(syllables, tones, st.data())
def test_where_a_tone_stands_does_not_matter_and_which_it_is_does(
    syllable: str, tone: str, data: st.DataObject
) -> None:
    one, other = (toned(syllable, data.draw(st.sampled_from(vowels(syllable))), tone) for _ in range(2))
    assert spelling(one) == spelling(other)
    assert fold(one) == fold(other) == fold(syllable)
    if tone:
        assert spelling(one) != spelling(syllable)


@few
@given(st.lists(syllables, min_size=2, max_size=4), tones, tones)
def test_a_misspelt_tone_is_found_and_told_apart(words: list[str], tone: str, other: str) -> None:
    right, wrong = (" ".join([*words[:-1], toned(words[-1], vowels(words[-1])[0], t)]) for t in (tone, other))
    assert set(fold(wrong).split()) <= {fold(word) for word in name_words(right)}
    some, others = name_of(right), name_of(wrong)
    if some and others:
        assert agreement(some, others) in ({"exact"} if tone == other else {"tones", "plain"})


TELEX = {"\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j"}
TELEX_MARKS = {"\u0302": "", "\u0306": "w", "\u031b": "w"}


def keystrokes(syllable: str, tone: str) -> str:
    """What Telex is typed: doubled letters, w behind ă, ơ and ư, the tone at the end."""
    typed = ""
    for letter in normalize("NFD", syllable.replace("đ", "dd")):
        typed += typed[-1] if letter == "\u0302" else TELEX_MARKS.get(letter, letter)
    return typed + TELEX.get(tone, "")


@few
@given(syllables, tones)
def test_keys_of_telex_that_were_left_behind(syllable: str, tone: str) -> None:
    assert telex(fold(keystrokes(syllable, tone))) == telex(fold(syllable))


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        (["nguyen", "thi", "lan"], ["nguyen", "lan"]),
        (["vang", "a", "su"], ["vang", "su"]),
        (["van", "thi", "thi"], ["van", "thi"]),
        (["thi"], ["thi"]),
        (["nguyen", "a"], ["nguyen", "a"]),
        ([], []),
    ],
)
def test_markers_stand_between_surname_and_given_name(words: list[str], rest: list[str]) -> None:
    assert without_markers(words) == rest


@few
@given(st.lists(st.sampled_from(["ho", "lan", *sorted(SEX_MARKERS)]), max_size=6))
def test_the_first_and_the_last_word_stay(words: list[str]) -> None:
    rest = without_markers(words)
    assert (rest[:1], rest[-1:]) == (words[:1], words[-1:])
    assert not SEX_MARKERS & set(rest[1:-1])
    assert without_markers(rest) == rest
