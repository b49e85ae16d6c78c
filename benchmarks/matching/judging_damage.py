"""What facilities make of what people say, each with its own habits; for those by whom weights are judged."""

from dataclasses import dataclass, replace

from benchmarks.matching.registrations import FORMER, Numbered, Registration
from ehr.systems import INSURANCE_NUMBER, NATIONAL_ID, OLD_CITIZEN_ID, TEMPORARY_ID
from simulation.chance import Chance
from simulation.code_lists import communes
from simulation.registering.slips import bare, misdated, mistyped, written

_MARRIED = ("Nguyễn", "Trần", "Lê", "Hồ", "Vàng", "Sùng", "Lý")

MIXED_UP, FILLED_IN = "cards mixed up", "another's name"
"""Groups of registrations with a card that is not theirs."""

_OF_A_NURSE = 0.05
"""Where that is done at all: share of registrations for which a nurse's card is scanned, for a number."""


@dataclass(frozen=True)
class Habits:
    """Shares of registrations of one facility.

    typed, absent: what becomes of the number. nurse: whose card is scanned for others, if any is. bare: names
    without accents (an old program, a scanner). careless: slips of any kind. years: birth years alone, as
    people above 60 tell them. firsts: 1 January for a year alone.
    """

    typed: float
    absent: float
    nurse: Numbered | None
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
        nurse=_nurse(chance) if chance.happens(0.01) else None,
        bare=0.9 if chance.happens(0.06) else 0.01,
        careless=chance.near(0.04, 0.03, 0.0, 0.15),
        years=chance.near(0.25, 0.15, 0.0, 0.8),
        firsts=1.0 if chance.happens(0.3) else 0.0,
    )


def _nurse(chance: Chance) -> Numbered:
    return Numbered(NATIONAL_ID, f"0451{chance.between(70, 99)}{chance.randrange(10**6):06}", "qr")


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
        mother=written(chance, truth.mother, careless) if truth.mother and chance.happens(0.7) else "",
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
    if habits.nurse and chance.happens(_OF_A_NURSE):
        return [habits.nurse]
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
    return replace(number, value=mistyped(chance, number.value), captured=chance.pick(["", "typed"]))


def _name(chance: Chance, habits: Habits, truth: Registration, careless: float) -> str:
    if truth.name.startswith("Con bà"):
        return chance.pick([truth.name, "Trẻ sơ sinh", truth.name.upper()])
    words = truth.name.split()
    if truth.sex == "female" and int(truth.birth[:4]) < 2005 and chance.happens(careless * 0.1):
        words[0] = chance.pick(_MARRIED)
    name = written(chance, " ".join(words), careless)
    return bare(name).upper() if chance.happens(habits.bare) else name


def _birth(chance: Chance, habits: Habits, birth: str, age: int, careless: float) -> str:
    """age: of whoever tells it; 0 where it was scanned."""
    if len(birth) == 4 or (age > 60 and chance.happens(habits.years)):
        return _only_year(chance, habits, birth[:4], off=0.05 if age > 60 else 0.0)
    if not chance.happens(careless):
        return birth
    return misdated(chance, birth)


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


def with_others_card(
    chance: Chance, said: Registration, namesake: list[Numbered], holder: Registration | None
) -> Registration:
    """Cards were mixed up: beside the own one that of somebody of one name, sex and year was scanned. Or the
    parent's was, and has filled in its name and date."""
    scanned = [n for n in said.numbers if n.captured not in ("", "typed")]
    of_namesake = [n for n in namesake if n.system in {one.system for one in scanned}] if scanned[1:] else []
    if of_namesake and (holder is None or chance.happens(0.5)):
        other = chance.pick(of_namesake)
        numbers = [replace(n, value=other.value) if n.system == other.system else n for n in said.numbers]
        return replace(said, numbers=numbers, groups=said.groups | {MIXED_UP})
    if holder is None or not scanned:
        return said
    card = replace(holder.numbers[0], captured="qr")
    filled = replace(said, name=holder.name, sex=holder.sex, birth=holder.birth, numbers=[card])
    return replace(filled, groups=said.groups | {FILLED_IN})


def with_parents_cards(chance: Chance, said: Registration, cards: list[Numbered]) -> Registration:
    """The mother's are scanned for her twins, that they have a number; often where programs lack accents."""
    numbers = [replace(card, captured="qr") for card in cards]
    return replace(said, numbers=numbers, name=bare(said.name).upper() if chance.happens(0.5) else said.name)
