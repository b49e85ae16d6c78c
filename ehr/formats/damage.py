"""What scanners that pose as keyboards do to Vietnamese letters, and how it shows."""

import re
from unicodedata import category, normalize

from ehr.formats.scanned import Spelling
from ehr.formats.warning_codes import WarningCode
from ehr.names import JOINTS, unaccented

LOST = "\ufffd"
"""What stands for a character that could not be read (U+FFFD)."""

_INITIAL = "(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|dd|[bcdghklmnprstvx])?"
_FINAL = "(?:ng|nh|ch|[cmnpt])?"
_TELEX = re.compile(f"{_INITIAL}[aeiouyw]+(?P<early>[sfrxj]?){_FINAL}(?P<late>[sfrxj]?)w?")
_VNI = re.compile("[a-z]{2,}(?:[6-9][1-5]?|[1-5][6-9]?)(?:[a-z]+[1-5]?)?")
_NATIVE_DOUBLE = re.compile("oo(?:ng|c)")
_ENOUGH = 3
_MARK_KEYS = {
    "vni": dict(zip("\u0301\u0300\u0309\u0303\u0323\u0302\u031b\u0306", "12345678", strict=True)),
    "telex": dict(zip("\u0301\u0300\u0309\u0303\u0323\u031b\u0306", "sfrxjww", strict=True)),
}
_STROKE_KEYS = {"vni": "d9", "telex": "dd"}
_VIETNAMESE_KEYS = {"đ": "0", "ă": "1", "â": "2", "ê": "3", "ô": "4"} | dict(
    zip("\u0300\u0309\u0303\u0301\u0323", "56789", strict=True)
)


def spelling_of(name: str, beside: str = "") -> tuple[Spelling, tuple[WarningCode, ...]]:
    """How far a scanned name can be trusted. beside: other text of the same scan, which would have
    accents."""
    if LOST in name or "?" in name:
        return Spelling.DAMAGED, (WarningCode.ACCENTS_LOST,)
    if typing_mode_shows(name):
        return Spelling.DAMAGED, (WarningCode.TYPING_MODE_ON,)
    if any(category(character)[0] not in "LMZ" and character not in JOINTS for character in name):
        return Spelling.DAMAGED, (WarningCode.NAME_DAMAGED,)
    if not name.isascii() or not beside.isascii():
        return Spelling.WRITTEN, ()
    if len(name.split()) > 1 and len(beside.split()) > 1:
        return Spelling.DAMAGED, (WarningCode.ACCENTS_LOST,)
    return Spelling.UNACCENTED, ()


def typing_mode_shows(text: str) -> bool:
    """Whether words look like keystrokes of Telex (``Nguyeenx Vawn``) or VNI (``Nguye6n4 Va8n``).

    Single words may be names of the highlands (Ksor, Moong) or of foreigners (Lee): it takes more than a
    doubled vowel, or a tone's letter at the end of one word, however often that stands there.
    """
    words = set(text.lower().split())
    return any(_VNI.fullmatch(word) for word in words) or sum(map(_like_telex, words)) >= _ENOUGH


def _like_telex(word: str) -> int:
    found = _TELEX.fullmatch(word)
    if found is None:
        return 0
    tone = found["early"] or found["late"]
    if "w" in word or word.startswith("dd"):
        return 3
    if re.search("aa|ee|oo", word) and not (_NATIVE_DOUBLE.search(word) and not tone):
        return 3 if tone else 2
    return (2 if tone in "fj" else 1) if tone else 0


def as_typed(text: str) -> list[str]:
    """The keystrokes that Telex and VNI, switched on, would have made this text of."""
    return [_keys(text, mode) for mode in _MARK_KEYS]


def _keys(text: str, mode: str) -> str:
    text = re.sub("[đĐ]", _STROKE_KEYS[mode], text)
    if mode == "telex":
        text = re.sub("[âêôÂÊÔ]", lambda found: unaccented(found[0]) * 2, normalize("NFC", text))
    return "".join(_MARK_KEYS[mode].get(character, character) for character in normalize("NFD", text))


def of_vietnamese_keys(text: str) -> str | None:
    """The digits that a scanner sent while the keyboard's layout was Vietnamese, where they type đ, ă, â, ê,
    ô and the tones; None for other text."""
    text = re.sub("[âêôăđ]", lambda found: _VIETNAMESE_KEYS[found[0]], text)
    digits = "".join(_VIETNAMESE_KEYS.get(character, character) for character in normalize("NFD", text))
    return digits if re.fullmatch("[0-9]{9,15}", digits) and digits != text else None


def decoded_again(text: str) -> str | None:
    """What was sent in UTF-8 and taken for Windows-1252 (``Há»“`` is ``Hồ``); None when it was not."""
    try:
        again = b"".join(map(_byte, text)).decode()
    except UnicodeError:
        return None
    return again if again != text else None


def _byte(character: str) -> bytes:
    return bytes([ord(character)]) if ord(character) < 256 else character.encode("cp1252")
