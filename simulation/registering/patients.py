"""The Patient that a facility registers for somebody new to it: what it scans, types and mishears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from simulation import systems
from simulation.chance import Chance, chance_of
from simulation.citizens import Citizen
from simulation.code_lists import Commune
from simulation.facilities import Facility
from simulation.names import Name
from simulation.registering.families import Family
from simulation.registering.slips import bare, misdated, mistyped, written
from simulation.shapes.elements import Json, concept
from simulation.shapes.people import human_name, patient

SCANNED: Final = ("qr", "qr", "qr", "chip", "chip", "mrz", "verified")
"""How numbers are obtained that nobody types, one as often as another."""

_NOBODY: Final = Family()
_BIRTH_REGISTERED_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Shares:
    """Of registrations, 0 to 1.

    typed: the numbers are typed. absent: nobody has the card, perhaps that of the insurance or the old one.
    mother: of those of a child, her card is scanned in its place. careless: a slip in the name, or in the
    date; much rarer where a scan fills them in. bare: facilities that write names without accents. years: of
    those above 60 who are not scanned, that tell the year alone. moved: another commune. telephone: one of
    their own is another than before.
    """

    typed: float = 0.01
    absent: float = 0.007
    mother: float = 0.02
    careless: float = 0.04
    bare: float = 0.06
    years: float = 0.25
    moved: float = 0.04
    telephone: float = 0.15


@dataclass(frozen=True, slots=True)
class Registering:
    """How the facilities of a province register."""

    seed: int
    shares: Shares
    communes: tuple[Commune, ...]
    families: Mapping[int, Family]

    def patient(self, citizen: Citizen, facility: Facility, day: date) -> Json:
        """What the facility writes on the day on which it sees somebody for the first time."""
        chance = chance_of(self.seed, "registering", citizen.index, facility.code)
        family = self.families.get(citizen.index, _NOBODY)
        called = _called(chance, citizen, family, day)
        captured, numbered = self._numbers(chance, called, family)
        scanned = bool(captured and numbered.national_number)
        said = self._said(chance, numbered, family, scanned=scanned, bare_=self._is_bare(facility), day=day)
        stated = patient(said, self.seed, facility)
        return {**_with_capture(stated, captured), **_relations(chance, said, family, self.shares.careless)}

    def _is_bare(self, facility: Facility) -> bool:
        return chance_of(self.seed, "habits", facility.code).happens(self.shares.bare)

    def _numbers(self, chance: Chance, citizen: Citizen, family: Family) -> tuple[str, Citizen]:
        """How the numbers were obtained ("": typed), and the citizen with them."""
        if citizen.temporary:
            return "", citizen
        drawn = chance.random()
        if drawn < self.shares.absent:
            return _without_card(chance, citizen)
        if drawn < self.shares.absent + self.shares.typed:
            return "", _typed(chance, citizen)
        how = chance.pick(SCANNED)
        if family.mother and chance.happens(self.shares.mother):
            return how, replace(citizen, national_number=family.mother.national_number, insurance=None)
        insurance = citizen.insurance if chance.happens(0.85) else None
        return how, replace(citizen, insurance=insurance, old_card=None)

    def _said(
        self, chance: Chance, citizen: Citizen, family: Family, *, scanned: bool, bare_: bool, day: date
    ) -> Citizen:
        careless = self.shares.careless * (0.15 if scanned else 1.0)
        elderly = not scanned and citizen.age_on(day) > 60 and chance.happens(self.shares.years)
        return replace(
            citizen,
            name=_name(chance, citizen, careless, bare_),
            birth_text=_birth(chance, citizen, careless, elderly),
            commune=chance.pick(self.communes) if chance.happens(self.shares.moved) else citizen.commune,
            phone=self._telephone(chance, citizen, family),
        )

    def _telephone(self, chance: Chance, citizen: Citizen, family: Family) -> str | None:
        """A child's is its mother's."""
        known = citizen.phone or (family.mother.phone if family.mother else None)
        if known and chance.happens(self.shares.telephone):
            return f"0571{chance.between(0, 999_999):06d}"
        return known if chance.happens(0.75) else None


def _called(chance: Chance, citizen: Citizen, family: Family, day: date) -> Citizen:
    """A newborn has no name where its birth is not registered yet, or nobody has its paper at hand."""
    old_enough = (day - citizen.birth).days > _BIRTH_REGISTERED_DAYS
    return family.named if family.named and old_enough and chance.happens(0.8) else citizen


def _without_card(chance: Chance, citizen: Citizen) -> tuple[str, Citizen]:
    shown = chance.pick(("insurance", "insurance", "insurance", "old_card", "", ""))
    insurance = citizen.insurance if shown == "insurance" else None
    old_card = citizen.old_card if shown == "old_card" else None
    return "qr" if insurance else "", replace(
        citizen, national_number=None, insurance=insurance, old_card=old_card
    )


def _typed(chance: Chance, citizen: Citizen) -> Citizen:
    def typed(number: str | None) -> str | None:
        return mistyped(chance, number) if number and chance.happens(0.8) else None

    return replace(
        citizen,
        national_number=typed(citizen.national_number),
        insurance=typed(citizen.insurance),
        old_card=typed(citizen.old_card),
    )


def _name(chance: Chance, citizen: Citizen, careless: float, bare_: bool) -> Name | None:
    if citizen.name is None or citizen.mother:
        return citizen.name
    text = written(chance, citizen.name.text, careless)
    return _split(bare(text).upper() if bare_ else text)


def _birth(chance: Chance, citizen: Citizen, careless: float, elderly: bool) -> str | None:
    told = citizen.birth_text
    if told and elderly:
        return told[:4]
    if not told or len(told) != 10 or not chance.happens(careless):
        return told
    wrong = misdated(chance, told)
    return wrong if len(wrong) != 10 or _is_date(wrong) else told[:4]


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:  # 29 February of another year
        return False


def _with_capture(stated: Json, captured: str) -> Json:
    """What an online service confirms, or a scan gives; a number that was typed says nothing about itself."""
    if not captured:
        return stated
    numbers = [
        {**one, "extension": [{"url": systems.IDENTIFIER_CAPTURED, "valueCode": captured}]}
        if one["system"] in (systems.NATIONAL_ID, systems.INSURANCE_NUMBER)
        else one
        for one in stated["identifier"]
    ]
    return {**stated, "identifier": numbers}


def _relations(chance: Chance, said: Citizen, family: Family, careless: float) -> Json:
    """A child's mother, and which of the twins it is, where somebody has asked."""
    found: Json = {}
    if family.mother and family.mother.name and not said.mother and chance.happens(0.7):
        role = concept(systems.FAMILY_ROLE, "MTH", "mother", "Mẹ")
        name = written(chance, family.mother.name.text, careless)
        found["contact"] = [{"relationship": [role], "name": human_name(_split(name))}]
    if family.order and chance.happens(0.5):
        found["multipleBirthInteger"] = family.order
    return found


def _split(text: str) -> Name:
    family, *given = text.split()
    return Name(family, tuple(given))
