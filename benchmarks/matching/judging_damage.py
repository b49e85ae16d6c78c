"""What facilities make of what people say, each with its own habits; for those by whom weights are judged."""

from dataclasses import dataclass, replace
from unicodedata import combining, normalize

from benchmarks.matching.registrations import FORMER, Numbered, Registration
from ehr.systems import INSURANCE_NUMBER, NATIONAL_ID, OLD_CITIZEN_ID, TEMPORARY_ID
from simulation.chance import Chance
from simulation.code_lists import communes

_TELEX_MARKS = {"\u0302": "double", "\u0306": "w", "\u031b": "w"}
_TELEX_TONES = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_BESIDE = {
    "a": "s",
    "e": "r",
    "i": "o",
    "n": "m",
    "m": "n",
    "o": "p",
    "t": "y",
    "u": "i",
    "h": "j",
    "g": "h",
    "c": "v",
}
_MARRIED = ("Nguyễn", "Trần", "Lê", "Hồ", "Vàng", "Sùng", "Lý")


@dataclass(frozen=True)
class Habits:
    """Shares of registrations of one facility.

    typed, absent: what becomes of the number. bare: names without accents (an old program, a scanner).
    careless: slips of any kind. years: birth years alone, as people above 60 tell them. firsts: 1 January for
    a year alone.
    """

    typed: float
    absent: float
    bare: float
    careless: float
    years: float
    firsts: float


def habits_of(chance: Chance, typed: float, absent: float) -> Habits:
    """A facility: half of what is typed is typed at one of five, which lacks a scanner."""
    lacking = chance.happens(0.2)
    return Habits(
        typed=typed * (2.5 if lacking else 0.625),
        absent=absent,
        bare=0.9 if chance.happens(0.06) else 0.01,
        careless=chance.near(0.04, 0.03, 0.0, 0.15),
        years=chance.near(0.25, 0.15, 0.0, 0.8),
        firsts=1.0 if chance.happens(0.3) else 0.0,
    )


def said_at(
    chance: Chance, habits: Habits, truth: Registration, age: int, carried: list[Numbered]
) -> Registration:
    """What the facility writes. carried: another's card, shown now and then for this person."""
    numbers = _numbers(chance, habits, truth, carried)
    scanned = any(number.captured not in ("", "typed") and number.system == NATIONAL_ID for number in numbers)
    careless = habits.careless * (0.15 if scanned else 1.0)  # a scan fills the name in
    said = replace(
        truth,
        numbers=numbers,
        name=_name(chance, habits, truth, careless),
        mother=_written(chance, truth.mother, careless) if truth.mother and chance.happens(0.7) else "",
        birth=_birth(chance, habits, truth.birth, 0 if scanned else age, careless),
        telephone=_telephone(chance, truth.telephone),
        birth_order=truth.birth_order if chance.happens(0.5) else None,
    )
    if said.birth == truth.birth[:4] or said.birth.endswith("-01-01"):
        said.groups |= {"year only"}
    if chance.happens(0.002):
        said.sex = chance.pick(["unknown", "male", "female"])
    _move(chance, said)
    return said


def _numbers(chance: Chance, habits: Habits, truth: Registration, carried: list[Numbered]) -> list[Numbered]:
    draw = chance.random()
    if any(number.system == TEMPORARY_ID for number in truth.numbers):
        return list(truth.numbers)
    if draw < habits.absent:
        return _without(chance, truth)
    if draw < habits.absent + habits.typed:
        return [_typed(chance, number) for number in truth.numbers if chance.happens(0.8)]
    how = chance.pick(["qr", "qr", "qr", "chip", "chip", "mrz", "verified"])
    if carried and chance.happens(0.002):
        return [replace(number, captured=how) for number in carried]
    said = [replace(number, captured=how) for number in truth.numbers if number.system == NATIONAL_ID]
    said += [
        replace(n, captured="verified")
        for n in truth.numbers
        if n.system == INSURANCE_NUMBER and chance.happens(0.85)
    ]
    if chance.happens(0.003):  # renumbered: the former one is printed into the new card's QR
        said.append(Numbered(NATIONAL_ID, f"0450{chance.randrange(10**8):08}", how, old=True))
    return said


def _without(chance: Chance, truth: Registration) -> list[Numbered]:
    """Of somebody without the identity card: the insurance card, the former identity card, or nothing."""
    shown = chance.pick([INSURANCE_NUMBER, INSURANCE_NUMBER, INSURANCE_NUMBER, OLD_CITIZEN_ID, "", ""])
    captured = "qr" if shown == INSURANCE_NUMBER else ""
    return [replace(number, captured=captured) for number in truth.numbers if number.system == shown]


def _typed(chance: Chance, number: Numbered) -> Numbered:
    value = list(number.value)
    if chance.happens(0.015):
        place = chance.between(3, len(value) - 1)
        value[place] = str((int(value[place]) + chance.between(1, 9)) % 10)
    elif chance.happens(0.008):
        place = chance.between(3, len(value) - 2)
        value[place], value[place + 1] = value[place + 1], value[place]
    return replace(number, value="".join(value), captured=chance.pick(["", "typed"]))


def _name(chance: Chance, habits: Habits, truth: Registration, careless: float) -> str:
    if truth.name.startswith("Con bà"):
        return chance.pick([truth.name, "Trẻ sơ sinh", truth.name.upper()])
    words = truth.name.split()
    if truth.sex == "female" and int(truth.birth[:4]) < 2005 and chance.happens(careless * 0.1):
        words[0] = chance.pick(_MARRIED)
    name = _written(chance, " ".join(words), careless)
    return _bare(name).upper() if chance.happens(habits.bare) else name


def _written(chance: Chance, name: str, careless: float) -> str:
    if not chance.happens(careless):
        return name
    words = name.split()
    slip = chance.pick([_telex, _neighbour, _other_tone, _forget, _turn, _shorten, _double])
    return slip(chance, words)


def _telex(chance: Chance, words: list[str]) -> str:
    place = chance.between(0, len(words) - 1)
    return " ".join([*words[:place], _keys_of(words[place]), *words[place + 1 :]])


def _keys_of(word: str) -> str:
    """As it is typed with Telex, tones last."""
    out, tone, last = "", "", ""
    for mark in normalize("NFD", word.replace("đ", "dd").replace("Đ", "Dd")):
        if mark in _TELEX_TONES:
            tone = _TELEX_TONES[mark]
        elif combining(mark):
            out += last.lower() if _TELEX_MARKS.get(mark) == "double" else "w"
        else:
            out, last = out + mark, mark
    return out + tone


def _neighbour(chance: Chance, words: list[str]) -> str:
    place = chance.between(0, len(words) - 1)
    at = chance.between(0, len(words[place]) - 1)
    word = words[place]
    words[place] = word[:at] + _BESIDE.get(word[at], word[at] * 2) + word[at + 1 :]
    return " ".join(words)


def _other_tone(chance: Chance, words: list[str]) -> str:
    place = chance.between(0, len(words) - 1)
    apart = normalize("NFD", words[place])
    tones = [mark for mark in apart if mark in _TELEX_TONES]
    other = chance.pick([tone for tone in _TELEX_TONES if tone not in tones])
    words[place] = normalize("NFC", apart.replace(tones[0], other)) if tones else words[place]
    return " ".join(words)


def _forget(chance: Chance, words: list[str]) -> str:
    if len(words) > 2:
        words.pop(chance.between(1, len(words) - 2))
    return " ".join(words)


def _turn(chance: Chance, words: list[str]) -> str:
    return " ".join([words[-1], *words[:-1]] if chance.happens(0.5) else [*words[1:], words[0]])


def _shorten(chance: Chance, words: list[str]) -> str:
    shown = (
        [f"{word[0]}." for word in words[:-1]]
        if chance.happens(0.5)
        else [words[0], *(w[0] for w in words[1:-1])]
    )
    return " ".join([*shown, words[-1]])


def _double(chance: Chance, words: list[str]) -> str:
    place = chance.between(0, len(words) - 1)
    return " ".join([*words[: place + 1], words[place], *words[place + 1 :]])


def _bare(name: str) -> str:
    apart = normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not combining(letter))


def _birth(chance: Chance, habits: Habits, birth: str, age: int, careless: float) -> str:
    """age: of whoever tells it; 0 where it was scanned."""
    if len(birth) == 4 or (age > 60 and chance.happens(habits.years)):
        return _only_year(chance, habits, birth[:4], off=0.05 if age > 60 else 0.0)
    if not chance.happens(careless):
        return birth
    year, month, day = birth.split("-")
    wrong = [
        f"{year}-{month}-{chance.between(1, 28):02}",
        f"{year[:2]}{year[3]}{year[2]}-{month}-{day}",
        year,
    ]
    wrong += [f"{year}-{day}-{month}"] * 2 if int(day) <= 12 else []
    return chance.pick([*wrong, ""])


def _only_year(chance: Chance, habits: Habits, year: str, off: float) -> str:
    """off: how often it is another, by one or two."""
    if chance.happens(off):
        year = str(int(year) + chance.pick([-2, -1, 1, 2]))
    return f"{year}-01-01" if chance.happens(habits.firsts) else year


def _telephone(chance: Chance, telephone: str) -> str:
    if chance.happens(0.15):
        return f"0570{chance.randrange(10**6):06}"
    return telephone if chance.happens(0.75) else ""


def _move(chance: Chance, said: Registration) -> None:
    """A family moves, seldom to Hồ Chí Minh City, or the address is still that of before the merger."""
    if chance.happens(0.01):
        said.province, said.commune = "79", chance.pick(communes("79")).code
    elif chance.happens(0.04):
        said.commune = chance.pick(communes(said.province)).code
    elif chance.happens(0.05):
        said.listed = FORMER
    if chance.happens(0.03):
        said.commune = ""
