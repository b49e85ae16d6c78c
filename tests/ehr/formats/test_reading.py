"""One box tells what was scanned or typed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ehr.formats.cleaning import LONGEST
from ehr.formats.payment import crc16
from ehr.formats.reading import read
from ehr.formats.scanned import Fields, Kind, Spelling
from ehr.formats.warning_codes import TEXTS
from ehr.formats.warning_codes import WarningCode as W
from ehr.systems import INSURANCE_NUMBER, NATIONAL_ID, OLD_CITIZEN_ID
from tests.ehr.formats.cards import CITIZEN_CARD, INSURANCE_CARD, NAME, NUMBER, PAYMENT, ZONE


@pytest.mark.parametrize(
    ("text", "kinds", "warnings"),
    [
        (NUMBER, (Kind.PERSONAL_NUMBER,), ()),
        ("191234567", (Kind.OLD_CITIZEN_ID,), ()),
        ("912345678", (Kind.OLD_CITIZEN_ID, Kind.TELEPHONE), (W.SEVERAL_MEANINGS, W.ZERO_MISSING)),
        ("4500000017", (Kind.INSURANCE_NUMBER,), ()),
        ("0912345678", (Kind.INSURANCE_NUMBER, Kind.TELEPHONE), (W.SEVERAL_MEANINGS,)),
        ("0912 345 678", (Kind.INSURANCE_NUMBER, Kind.TELEPHONE), (W.SEVERAL_MEANINGS,)),
        ("+84912345678", (Kind.TELEPHONE,), ()),
        ("02333852123", (Kind.TELEPHONE,), ()),
        ("01681234567", (Kind.TELEPHONE,), (W.OLD_TELEPHONE,)),
        ("GD4454500000017", (Kind.INSURANCE_NUMBER,), ()),
        ("00012.GCS.45901.26", (Kind.BIRTH_PAPER,), ()),
        (CITIZEN_CARD, (Kind.CITIZEN_CARD,), ()),
        ("\n".join(ZONE), (Kind.MACHINE_READABLE_ZONE,), (W.NAME_UNACCENTED,)),
        (INSURANCE_CARD, (Kind.INSURANCE_CARD,), ()),
        (PAYMENT, (Kind.PAYMENT,), (W.PAYMENT_CODE,)),
        (PAYMENT[:-1] + "D", (Kind.PAYMENT,), (W.PAYMENT_CODE, W.PAYMENT_CODE_DAMAGED)),
        (PAYMENT[:60], (Kind.PAYMENT,), (W.PAYMENT_CODE, W.PAYMENT_CODE_DAMAGED)),
        ("hồ văn thử", (Kind.TEXT,), ()),
        ("ho van thu 1990", (Kind.TEXT,), ()),
        ("https://example.org/x", (Kind.TEXT,), (W.UNKNOWN_CODE,)),
        ("x" * 50, (Kind.TEXT,), (W.UNKNOWN_CODE,)),
        ("a|b|c", (Kind.TEXT,), (W.UNKNOWN_CODE,)),
        ("", (Kind.TEXT,), ()),
    ],
)
def test_kinds(text: str, kinds: tuple[Kind, ...], warnings: tuple[W, ...]) -> None:
    scanned = read(text)
    assert (scanned.kinds, scanned.warnings) == (kinds, warnings)


@pytest.mark.parametrize(
    ("text", "name", "birth", "spelling"),
    [
        ("hồ văn thử", "hồ văn thử", None, Spelling.WRITTEN),
        ("ho van thu 1990", "ho van thu", "1990", Spelling.UNACCENTED),
        ("hồ thử 15/5/1990", "hồ thử", "1990-05-15", Spelling.WRITTEN),
        ("hồ thử (05/1990)", "hồ thử", "1990-05", Spelling.WRITTEN),
        ("hồ thử 31/02/1990", "hồ thử", "1990", Spelling.WRITTEN),
        ("1990", None, "1990", Spelling.WRITTEN),
        ("đau bụng, sốt 3 ngày", "đau bụng, sốt 3 ngày", None, Spelling.DAMAGED),
        ("Nguyeenx Vawn An", "Nguyeenx Vawn An", None, Spelling.DAMAGED),
        ("H\ufffd V?n", "H\ufffd V?n", None, Spelling.DAMAGED),
    ],
)
def test_names_and_other_words(text: str, name: str | None, birth: str | None, spelling: Spelling) -> None:
    fields = read(text).fields
    assert fields == Fields(name=name, birth=birth, spelling=spelling)


def test_ten_digits_are_looked_for_as_both() -> None:
    fields = read("0912345678").fields
    assert (fields.number(INSURANCE_NUMBER), fields.telephone) == ("0912345678", "0912345678")


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        (f"{CITIZEN_CARD}\r\n", ()),
        (f"]Q1{CITIZEN_CARD}\r", ()),
        (f"{CITIZEN_CARD}\n{CITIZEN_CARD}\n", (W.SCANNED_TWICE, W.LINE_BROKEN)),
        (CITIZEN_CARD.replace("|", "|\n", 1), (W.LINE_BROKEN,)),
        (CITIZEN_CARD.replace("Thôn Mẫu", "Thôn\0Mẫu"), (W.LINE_BROKEN,)),
        (CITIZEN_CARD.replace(NUMBER, "０４５０９００００01７"), (W.FULL_WIDTH,)),
    ],
)
def test_what_scanners_add(text: str, warnings: tuple[W, ...]) -> None:
    scanned = read(text)
    assert scanned.fields == read(CITIZEN_CARD).fields
    assert set(scanned.warnings) == set(warnings)


def test_a_name_in_a_wrong_encoding_is_mended_but_not_trusted() -> None:
    scanned = read(CITIZEN_CARD.encode().decode("latin-1"))
    assert scanned.fields.name == NAME
    assert scanned.fields.spelling is Spelling.DAMAGED
    assert scanned.warnings == (W.WRONG_ENCODING,)


def test_numbers_typed_on_a_keyboard_of_vietnamese_layout() -> None:
    scanned = read("đô\u0300đ\u0323đđđđđă\u0303")
    assert scanned.fields.number(NATIONAL_ID) == NUMBER
    assert scanned.warnings == (W.WRONG_KEYBOARD,)


def test_nine_digits_may_be_of_an_old_card() -> None:
    assert read("191 234 567").fields.number(OLD_CITIZEN_ID) == "191234567"


def test_the_crc_of_payments_is_the_published_one() -> None:
    assert crc16(b"123456789") == 0x29B1  # CRC-16/IBM-3740, also called CCITT-FALSE


@pytest.mark.parametrize(
    "text", [CITIZEN_CARD, INSURANCE_CARD, "\n".join(ZONE), "0912345678", f"{NAME} 1990"]
)
def test_what_may_be_logged_tells_nobody(text: str) -> None:
    scanned = read(text)
    shown = (
        f"{scanned!r} {scanned} {scanned.fields!r} {scanned.fields.numbers!r} {scanned.fields.insurance!r}"
    )
    assert not any(secret in shown for secret in (NUMBER, NAME, "4500000017", "1990", "Mẫu", "HO", "0912"))


def test_every_warning_has_its_words() -> None:
    assert set(TEXTS) == set(W)
    assert all(text.vi and text.en and text.vi != text.en for text in TEXTS.values())
    assert len({text.vi for text in TEXTS.values()}) == len(TEXTS)


scraps = st.lists(
    st.one_of(
        st.sampled_from(
            [NUMBER, CITIZEN_CARD, INSURANCE_CARD, PAYMENT, *ZONE, "|", "$", "\0", "\r\n", "\ufffd", "<<"]
        ),
        st.text(st.characters(), max_size=20),
    ),
    max_size=6,
).map("".join)


@given(scraps)
@example("\ud800")
@example("|" * 5000)
@example("045090000017" * 400)
@example("<" * 90)
@example("0" * 5000)
def test_any_text_is_read(text: str) -> None:
    scanned = read(text)
    assert scanned.kinds
    assert len(set(scanned.warnings)) == len(scanned.warnings)
    assert len(scanned.fields.name or "") <= 200
    assert all(number.value.isascii() for number in scanned.fields.numbers)


@pytest.mark.parametrize(
    "text", ["|", "a", "0", "<", "-", "\0", "ộ", "O", "IDVNM<<", f"{NUMBER}|", "0 ", "?", "aa ", "+84", "a1"]
)
def test_the_longest_texts_are_cut(text: str) -> None:
    scanned = read(text * LONGEST)
    assert (W.TOO_LONG in scanned.warnings) == (len(text) > 1)
    assert len(scanned.fields.name or "") <= 200
    assert len("".join(one.text for one in scanned.extra)) <= LONGEST


@pytest.mark.parametrize("text", ["000000000000", "123456789012", "111111111", "1234567890"])
def test_fillers_are_told(text: str) -> None:
    assert W.NUMBER_MADE_UP in read(text).warnings
