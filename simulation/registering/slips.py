"""What goes wrong when somebody writes down a name, a number or a date."""

from unicodedata import combining, normalize

from simulation.chance import Chance

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


def mistyped(chance: Chance, number: str) -> str:
    """A number that was typed: now and then with a wrong digit, or two neighbours exchanged."""
    value = list(number)
    if chance.happens(0.015):
        place = chance.between(3, len(value) - 1)
        value[place] = str((int(value[place]) + chance.between(1, 9)) % 10)
    elif chance.happens(0.008):
        place = chance.between(3, len(value) - 2)
        value[place], value[place + 1] = value[place + 1], value[place]
    return "".join(value)


def misdated(chance: Chance, birth: str) -> str:
    """Instead of YYYY-MM-DD another day, a wrong digit, the year alone, day and month exchanged, or none."""
    year, month, day = birth.split("-")
    wrong = [
        f"{year}-{month}-{chance.between(1, 28):02}",
        f"{year[:2]}{year[3]}{year[2]}-{month}-{day}",
        year,
    ]
    wrong += [f"{year}-{day}-{month}"] * 2 if int(day) <= 12 else []
    return chance.pick([*wrong, ""])


def written(chance: Chance, name: str, careless: float) -> str:
    """A name as it is written down, with a slip in a share of ``careless``."""
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


def bare(name: str) -> str:
    """Without accents, as old programs keep it."""
    apart = normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not combining(letter))
