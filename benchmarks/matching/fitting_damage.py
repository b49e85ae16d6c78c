"""What goes wrong at a counter, one field after the other, for the people by whom weights are fitted."""

from collections.abc import Sequence
from dataclasses import replace
from unicodedata import normalize

from benchmarks.matching.registrations import FORMER, Numbered, Registration
from ehr.systems import NATIONAL_ID
from simulation.chance import Chance, Weighted

_LETTERS = "abcdeghiklmnopqrstuvxy"
_TONED = {"á": "as", "à": "af", "ấ": "aas", "ầ": "aaf", "ư": "uw", "ơ": "ow", "â": "aa", "ê": "ee", "ô": "oo"}
_WRONG_TONES = {
    "ú": "ủ",
    "ủ": "ú",
    "ù": "ũ",
    "ũ": "ụ",
    "ạ": "ã",
    "ả": "ã",
    "ã": "ả",
    "ư": "u",
    "ơ": "ô",
    "ấ": "á",
}
_SURNAMES = ("Nguyễn", "Trần", "Lê", "Vàng", "Giàng")
_SLIPS = Weighted(
    {
        "none": 81.5,
        "bare": 9,
        "turned": 1,
        "shorter": 3,
        "initial": 0.5,
        "tone": 2,
        "telex": 1,
        "slip": 2,
        "married": 0.5,
    }
)
"""Per cent of names."""


def damaged(
    chance: Chance, truth: Registration, age: int, everywhere: Sequence[tuple[str, str]]
) -> Registration:
    """What one facility writes of somebody. everywhere: province and commune of where one may move to."""
    said = replace(
        truth,
        name=_name(chance, truth.name, truth.sex),
        birth=_birth(chance, truth.birth, age),
        sex=truth.sex if not chance.happens(0.004) else {"male": "female", "female": "male"}[truth.sex],
        mother=_name(chance, truth.mother, "female") if chance.happens(0.8) and truth.mother else "",
        telephone=_telephone(chance, truth.telephone),
        numbers=list(_numbers(chance, truth.numbers)),
    )
    if chance.happens(0.05):
        said.province, said.commune = chance.pick(everywhere)
    elif chance.happens(0.1):
        said.listed = FORMER
    return said


def _name(chance: Chance, name: str, sex: str) -> str:
    kind = _SLIPS.pick(chance)
    words = name.split()
    if kind == "bare":
        return _bare(name).upper()
    if kind == "tone":
        return "".join(_WRONG_TONES.get(letter, letter) for letter in name)
    if kind == "telex":
        return "".join(_TONED.get(letter, letter) for letter in name)
    if kind == "married":
        return " ".join([chance.pick(_SURNAMES) if sex == "female" else words[0], *words[1:]])
    return " ".join(_in_words(chance, kind, words))


def _in_words(chance: Chance, kind: str, words: list[str]) -> list[str]:
    place = chance.between(0, len(words) - 1)
    if kind == "turned":
        return [*words[1:], words[0]]
    if kind == "slip":
        words[place] = _slip(chance, words[place])
    elif kind == "shorter" and 0 < place < len(words) - 1:
        words.pop(place)
    elif kind == "initial" and len(words) > 2:
        words[1] = words[1][0]
    return words


def _bare(text: str) -> str:
    apart = normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if letter.isascii())


def _slip(chance: Chance, word: str) -> str:
    place, letter = chance.between(0, len(word) - 1), chance.pick(_LETTERS)
    return chance.pick(
        [
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
        ]
    )


def _birth(chance: Chance, birth: str, age: int) -> str:
    year, month, day = birth.split("-")
    if chance.happens(0.3 if age > 60 else 0.01):
        year = str(int(year) + chance.pick([0, 0, 0, 0, 0, -1, 1]))
        return year if chance.happens(0.7) else f"{year}-01-01"
    draw = chance.random()
    if draw < 0.01 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if draw < 0.03:
        digit = chance.between(0, 9)
        return (
            f"{year[:3]}{digit}-{month}-{day}" if chance.happens(0.5) else f"{year}-{month}-{day[0]}{digit}"
        )
    if draw < 0.035:
        return f"{year}-{chance.between(1, 12):02}-{chance.between(1, 28):02}"
    return birth if draw < 0.99 else ""


def _telephone(chance: Chance, telephone: str) -> str:
    if not telephone or chance.happens(0.25):
        return ""
    return f"09{chance.randrange(10**8):08}" if chance.happens(0.2) else telephone


def _numbers(chance: Chance, numbers: Sequence[Numbered]) -> list[Numbered]:
    """Each kept, mistyped or left out."""
    captured = chance.pick(["qr", "qr", "chip", "verified", "typed", "typed", ""])
    typed, said = captured in ("typed", ""), []
    for number in numbers:
        if chance.happens(0.9 if number.system == NATIONAL_ID else 0.5):
            value = _mistyped(chance, number.value) if typed and chance.happens(0.02) else number.value
            if chance.happens(0.003):  # another's card, or renumbered
                value = f"{chance.randrange(10 ** len(value)):0{len(value)}}"
            said.append(replace(number, value=value, captured=captured))
    return said


def _mistyped(chance: Chance, value: str) -> str:
    place = chance.between(0, len(value) - 2)
    if chance.happens(0.4):
        return value[:place] + value[place + 1] + value[place] + value[place + 2 :]
    return value[:place] + str(chance.between(0, 9)) + value[place + 1 :]
