"""Numbers that people carry. All are made up; their structure follows the rules of the real ones."""

from __future__ import annotations

from datetime import date

from simulation.chance import Chance

MOST_PEOPLE = 1_000_000
_SPREAD = 387_420_489  # 3^18: no common factor with a million, so that no two people share a serial
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

INSURANCE_LEVEL = {"TE": "1", "CC": "1", "HN": "2", "DT": "2", "DK": "2", "HT": "3", "CN": "3"}


def serial_of(seed: int, index: int) -> int:
    """Six digits that only this person has among the people of one seed (index below a million)."""
    return (index * _SPREAD + seed * 7_919) % MOST_PEOPLE


def personal_number(birthplace: str, born: date, female: bool, serial: int) -> str:
    """Số định danh cá nhân, 12 digits: 0 + birthplace (former province), century and sex, year, six digits.

    Source: Decree 137/2015/NĐ-CP, art. 13; century digit 0/1 for 1900-1999, 2/3 for 2000-2099.
    """
    century = (born.year // 100 - 19) * 2 + female
    return f"0{birthplace}{century}{born.year % 100:02d}{serial:06d}"


def insurance_number(kind: str, birthplace: str, serial: int) -> str:
    """Mã thẻ BHYT, 15 characters: group, benefit level, former province, ten digits of social insurance."""
    level = INSURANCE_LEVEL.get(kind, "4")
    return f"{kind}{level}{birthplace}{birthplace}20{serial:06d}"


def old_card_number(birthplace: str, serial: int) -> str:
    """Số CMND of the cards issued before 2016, nine digits. Evidence, never a key."""
    return f"{(int(birthplace) + 150):03d}{serial:06d}"


def telephone(serial: int) -> str:
    """Ten digits with the prefix 057, which no mobile network uses."""
    return f"0570{serial:06d}"


def newborn_number(facility: str, day: date, serial: int) -> str:
    """Mã tạm: what a newborn carries until its birth is registered. Never looks like twelve digits."""
    return _checked(f"MT-{facility}-{day:%Y%m%d}-{serial:06d}")


def unidentified_number(facility: str, day: date, serial: int) -> str:
    """What a person carries whom nobody could name: VD-facility-day-serial and a check character."""
    return _checked(f"VD-{facility}-{day:%Y%m%d}-{serial:06d}")


def _checked(text: str) -> str:
    return f"{text}-{check_character(text)}"


def check_character(text: str) -> str:
    """ISO/IEC 7064, MOD 37,36 over the letters and digits of the text."""
    check = 36
    for letter in text:
        if letter in _LETTERS:
            check = (check + _LETTERS.index(letter)) % 36 or 36
            check = check * 2 % 37
    return _LETTERS[(37 - check) % 36]


def insurance_group(chance: Chance, age: int, minority: bool) -> str:
    """The group a person is insured in, by age and place."""
    if age < 6:
        return "TE"
    if minority:
        return chance.pick(("DT", "DT", "DK", "HN"))
    if age < 18:
        return "HS"
    if age >= 60:
        return chance.pick(("HT", "GD", "GD", "CC"))
    return chance.pick(("GD", "GD", "GD", "DN", "CH", "CN", "HN"))
