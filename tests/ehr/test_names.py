"""Keys of Vietnamese names: what must be found by what, and what must stay apart."""

from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ehr.names import (
    JOINTS,
    HumanName,
    Period,
    displayed,
    fold,
    main_name,
    name_words,
    plain,
    readings,
    spelling,
    unaccented,
)

SURNAMES = "Nguyễn Trần Lê Hồ Lý Đặng Vàng Kpă Giàng Ðinh".split()
WORDS = "Thị Văn Thúy Thuý Quí Quý Hòa Hoà Đức Y Mỷ H'Nao Ê-đê Ƀlŏ Thuỷ Thủy".split()
names = st.builds(
    lambda surname, words: " ".join([surname, *words]),
    st.sampled_from(SURNAMES),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
)
anything = st.text(max_size=60)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Nguyễn Thị Thúy", "nguyen thi thui"),
        ("NGUYEN THI THUY", "nguyen thi thui"),
        ("Nguyễn Thị Thuý", "nguyen thi thui"),
        ("  Nguyễn\u00a0Thị \t Thúy ", "nguyen thi thui"),
        ("Lý", "li"),
        ("Lí", "li"),
        ("Thuyền", "thuyen"),
        ("Đặng Đình Đức", "dang dinh duc"),
        ("Ðặng", "dang"),
        ("Vàng A H'Mông", "vang a hmong"),
        ("Ksor H’Hen-Niê", "ksor hhennie"),
        ("Ƀlŏ Č", "blo c"),
        ("Hồ\u200b Văn", "ho van"),
        ("Thị\u200bHòa", "thi hoa"),
        ("Thị\u00a0Hòa", "thi hoa"),
        ("Th\u00adị Hò\u00ada", "thi hoa"),
        ("\ufeffThị Hò\ufeffa", "thi hoa"),
        ("Thi\u200d\u0323 Ho\u200c\u0300a", "thi hoa"),
        ("\u202aThị\u2060 Hòa\u202c", "thi hoa"),
        ("Ｎｇｕｙễｎ\u3000ＨＯＡ", "nguyen hoa"),
        ("H＇Mông Ê－đê", "hmong ede"),
        ("H´Mông", "hmong"),
        ("Hồ…Văn", "ho van"),
        ("ﬁ Ⅳ ²", "fi iv 2"),
        ("Adam631 Ullrich385", "adam631 ullrich385"),
        ("Nguyễn, (Bé)", "nguyen be"),
        ("%_\\", ""),
        ("", ""),
    ],
)
def test_folds(name: str, key: str) -> None:
    assert fold(name) == key


@given(names)
def test_composed_and_decomposed_names_have_one_key(name: str) -> None:
    assert fold(normalize("NFC", name)) == fold(normalize("NFD", name))
    assert spelling(normalize("NFC", name)) == spelling(normalize("NFD", name))


@given(names)
def test_case_does_not_matter(name: str) -> None:
    assert fold(name.upper()) == fold(name) == fold(name.lower())
    assert spelling(name.upper()) == spelling(name)


@given(anything)
def test_a_key_is_its_own_key(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(anything)
def test_the_spelling_holds_the_key(text: str) -> None:
    """The view keeps spellings and derives keys from them."""
    assert fold(spelling(text)) == fold(text)


@given(anything)
def test_keys_have_no_marks_and_no_empty_words(text: str) -> None:
    words = fold(text).split(" ") if fold(text) else []
    assert all(words)
    assert fold(text).isprintable()
    assert normalize("NFKD", fold(text)) == fold(text)
    assert all(fold(word) == word for word in words)
    assert all(fold(word) for word in name_words(text))


@given(names)
def test_every_word_of_a_name_is_among_its_words(name: str) -> None:
    found = {fold(word) for word in name_words(name)}
    assert set(fold(name).split()) <= found


@given(names, st.randoms())
def test_the_order_of_words_does_not_matter(name: str, random: object) -> None:
    backwards = " ".join(reversed(name.split()))
    assert sorted(name_words(backwards)) == sorted(name_words(name))


@given(st.text("abcdeghiklmnopqrstuvxy", min_size=1, max_size=8), st.sampled_from(JOINTS), names)
def test_a_word_with_a_joint_is_found_whole_and_in_parts(part: str, joint: str, name: str) -> None:
    found = {fold(word) for word in name_words(f"{name} {part}{joint}{part}")}
    assert {fold(part + part), fold(part)} <= found


@pytest.mark.parametrize(
    ("one", "other"), [("Thúy", "Thuý"), ("Hòa", "Hoà"), ("Quý", "Quí"), ("Thủy", "Thuỷ")]
)
def test_the_place_of_the_tone_does_not_matter(one: str, other: str) -> None:
    assert spelling(one) == spelling(other)


@pytest.mark.parametrize(("one", "other"), [("Hoa", "Hòa"), ("Hoa", "Hóa"), ("Lan", "Lân"), ("Đan", "Dan")])
def test_accents_tell_names_apart_that_share_a_key(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert spelling(one) != spelling(other)


def test_the_unaccented_text_keeps_y() -> None:
    assert unaccented("Thúy H'Ý") == "thuy hy"


@given(st.text(min_size=1, max_size=3), st.sampled_from(["", "-", " "]))
@example("\ufdfa", "")  # becomes 18 letters
@example("\ud55c", "-")  # becomes three letters of three bytes
@example("\u023a", "-")  # grows as it becomes small
@example("ạ", "")
def test_keys_of_the_longest_names_fit_an_index(text: str, joint: str) -> None:
    """Each entry holds a word, the spelling and the key."""
    words = name_words((text * 50 + joint) * 200)
    spelled, key = (" ".join(words), fold(" ".join(words)))
    word = max((len(word.encode()) for word in key.split()), default=0)
    assert word + len(spelled.encode()) + len(key.encode()) < 2_650


@given(names)
def test_a_name_is_found_as_it_was_copied(name: str) -> None:
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    parted = "\u200b".join(name.split())
    for copied in (f"\ufeff{name}", parted, "\u00ad".join(name), name.translate(wide)):
        assert name_words(copied) == name_words(name)
        assert spelling(copied) == spelling(name)


@given(anything)
def test_what_is_plain_stays_so(text: str) -> None:
    assert fold(plain(text)) == fold(text)
    assert spelling(plain(text)) == spelling(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (HumanName(text="Hồ Văn Thử", family="Khác"), "Hồ Văn Thử"),
        (HumanName(family="Hồ", given=["Văn", "Thử"]), "Hồ Văn Thử"),
        (HumanName(family="Hồ", given=[None, "Thử"]), "Hồ Thử"),
        (HumanName(given=["Thử"]), "Thử"),
        (HumanName(text="Hồ\nVăn\0Thử"), "Hồ Văn Thử"),
        (HumanName(text="Hồ\u200bVăn\u200b Thử"), "Hồ Văn Thử"),
        (HumanName(), ""),
    ],
)
def test_shows_names_in_vietnamese_order(name: HumanName, text: str) -> None:
    assert displayed(name) == text


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        (HumanName(text="Hồ Văn Thử", family="Hồ", given=["Văn", "Thử"]), ["Hồ Văn Thử"]),
        (HumanName(text="HO VAN THU", family="Hồ", given=["Văn", "Thử"]), ["HO VAN THU", "Hồ Văn Thử"]),
        (HumanName(text="Tí", family="Hồ", given=["Thử"]), ["Tí", "Hồ Thử"]),
        (HumanName(text=" ", family="Hồ"), ["Hồ"]),
        (HumanName(text="Tí"), ["Tí"]),
        (HumanName(), []),
    ],
)
def test_a_name_is_found_by_its_parts_too(name: HumanName, found_by: list[str]) -> None:
    assert readings(name) == found_by


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([HumanName(use="old", text="Cũ"), HumanName(use="official", text="Mới")], "Mới"),
        ([HumanName(text="Đầu"), HumanName(text="Sau")], "Đầu"),
        (
            [
                HumanName(use="official", text="Hết", period=Period(end="2020")),
                HumanName(use="nickname", text="Tí"),
            ],
            "Tí",
        ),
        ([HumanName(use="official"), HumanName(use="maiden", family="Lò")], "Lò"),
        ([HumanName(use="official")], ""),
        ([], ""),
    ],
)
def test_shows_the_name_in_use(names: list[HumanName], shown: str) -> None:
    assert main_name(names) == shown
