"""What one person gets of the usual treatment: nothing allergic to, nothing harmful in pregnancy, children's
doses by weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from simulation.body import stature
from simulation.code_lists import Dosage, child_doses
from simulation.life import Life
from simulation.visits import Allergy

_ASKED_ABOUT_ALLERGIES: Final = 0.5
_TOO_YOUNG: Final = 2  # years
PENICILLIN: Final = Allergy("Penicillin", "J01C", "Nổi mề đay")
IBUPROFEN: Final = Allergy("Ibuprofen", "M01AE01", "Phù mi mắt")
CEFALEXIN: Final = Allergy("Cefalexin", "J01DB01", "Ban đỏ toàn thân")
_NONE_KNOWN: Final = Allergy()
_ALLERGIES: Final = (
    *(_NONE_KNOWN,) * 16,
    PENICILLIN,
    IBUPROFEN,
    CEFALEXIN,
    Allergy("Tôm, cua", "", "Nổi mề đay, ngứa"),
)

_PARACETAMOL: Final = Dosage("paracetamol", 1, 3, 3, "khi đau")
_AZITHROMYCIN: Final = Dosage("azithromycin", 2, 1, 3, "trước ăn 1 giờ")
_AMOXICILLIN: Final = Dosage("amoxicillin_clavulanic", 1, 2, 7, "ngay khi ăn")
_CEFUROXIM: Final = Dosage("cefuroxim", 1, 2, 7, "sau ăn")
Instead = Mapping[str, Dosage | None]  # None: without it
_ALLERGIC: Final[Mapping[Allergy, Instead]] = {
    PENICILLIN: {"amoxicillin": _AZITHROMYCIN, "amoxicillin_clavulanic": _AZITHROMYCIN},
    CEFALEXIN: {"cefalexin": _AMOXICILLIN, "cefuroxim": _AMOXICILLIN},
    IBUPROFEN: {
        "ibuprofen": _PARACETAMOL,
        "meloxicam": _PARACETAMOL,
        "aspirin": Dosage("clopidogrel", 1, 1, 30, "sau ăn"),
    },
}
_PREGNANT: Final[Instead] = {
    "ibuprofen": _PARACETAMOL,
    "meloxicam": _PARACETAMOL,
    "ciprofloxacin": _CEFUROXIM,
    "loperamid": None,
    "albendazol": None,
    "methylprednisolon": None,
    "domperidon": None,
}


def allergy_of(life: Life) -> Allergy | None:
    """What the citizen answers about allergies; None when nobody ever asks, or nobody can answer."""
    chance = life.chance("allergy")
    if life.citizen.found or not chance.happens(_ASKED_ABOUT_ALLERGIES):
        return None
    answer = chance.pick(_ALLERGIES)
    return answer if life.citizen.age_on(life.start) >= _TOO_YOUNG else _NONE_KNOWN


def suited(life: Life, usual: Iterable[Dosage], day: date) -> tuple[Dosage, ...]:
    """The usual treatment as this person can take it on that day, each medicine once."""
    allergy = allergy_of(life)
    rules = [_ALLERGIC.get(allergy, {})] if allergy else []
    if life.citizen.is_pregnant(day):
        rules.append(_PREGNANT)
    for instead in rules:
        usual = [found for dosage in usual if (found := instead.get(dosage.drug, dosage))]
    given = (
        usual if not life.is_child(day) else [_of_child(dosage, stature(life, day)[1]) for dosage in usual]
    )
    return tuple({dosage.drug: dosage for dosage in given}.values())


def _of_child(dosage: Dosage, kg: float) -> Dosage:
    fitting = (choice for choice in child_doses().get(dosage.drug, ()) if kg < choice.below_kg)
    choice = next(fitting, None)
    return replace(dosage, drug=choice.instead, dose=choice.dose) if choice else dosage
