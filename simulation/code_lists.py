"""The lists the province is made of, read once from the package's `lists/` (sources: `lists/README.md`)."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from simulation.chance import Weighted

OLDEST = 120


class UnknownProvince(ValueError):
    """There is no province with this code among the 34 that exist since 1 July 2025."""


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune (xã, phường, đặc khu) of the two-tier division in force since 1 July 2025.

    `former` are the codes of the provinces before the merger that it may have belonged to: card numbers,
    insurance numbers and facility codes still carry them.
    """

    code: str
    name: str
    province: str
    province_name: str
    former: tuple[str, ...]

    @property
    def urban(self) -> bool:
        """Whether it is a ward (phường)."""
        return self.name.startswith("Phường")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An ICD-10 category; `weight` is its share among the visits of a mountain commune (an assumption)."""

    code: str
    name: str
    name_en: str
    use: str
    weight: float


@dataclass(frozen=True, slots=True)
class Drug:
    """A medicine by ATC code, with the Vietnamese words for its form, its unit and how it is taken.

    `package` is what is handed out whole (a tube, a bottle); empty where the units are counted.
    """

    key: str
    atc: str
    name: str
    strength: str
    form: str
    unit: str
    route: str
    package: str


@dataclass(frozen=True, slots=True)
class VaccineDose:
    """One dose of the national schedule. `due_days` is the age in days, None where an event decides."""

    vaccine: str
    dose: int
    due_days: int | None
    sex: str
    name: str
    atc: str
    disease: str
    ml: float
    site: str
    route: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """Something measured: LOINC code, unit (UCUM), category, reference range of adults, decimals written."""

    key: str
    loinc: str
    name: str
    unit: str
    ucum: str
    category: str
    low: float | None
    high: float | None
    decimals: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A report: its code (may be empty), its section (v2-0074) and the measurements in it."""

    key: str
    loinc: str
    name: str
    category: str
    measurements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dosage:
    """So many units, so many times a day, for so many days."""

    drug: str
    dose: int
    times: int
    days: int
    when: str


@dataclass(frozen=True, slots=True)
class ChildDose:
    """What a child lighter than `below_kg` gets instead of an adult's medicine, and how much at once."""

    drug: str
    below_kg: float
    instead: str
    dose: int


@dataclass(frozen=True, slots=True)
class AcuteCare:
    """A short illness at a station: ages, complaints, fever, tests and what they find, treatment by age.

    `to_age` is the highest age that falls ill with it; `found` the values that are typical.
    """

    from_age: int
    to_age: int
    complaints: tuple[str, ...]
    fever: float
    panel: str
    panel_share: float
    found: Mapping[str, float | str]
    adult: tuple[Dosage, ...]
    child: tuple[Dosage, ...]


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((files("simulation") / "lists" / name).read_text("utf-8").splitlines()))


def _tree(name: str) -> Any:
    return json.loads((files("simulation") / "lists" / name).read_text(encoding="utf-8"))


def _number(text: str) -> float | None:
    return float(text) if text else None


@cache
def province_names() -> dict[str, str]:
    """Code → name of the 34 provinces."""
    return {row["province"]: row["name"] for row in _rows("provinces.csv")}


@cache
def former_provinces(province: str) -> dict[str, str]:
    """Code → name of the provinces that became this one on 1 July 2025, in the order of their codes."""
    rows = _rows("former_provinces.csv")
    return {row["former"]: row["name"] for row in rows if row["province"] == province}


@cache
def communes(province: str) -> tuple[Commune, ...]:
    """The communes of a province in the order of their codes. Raises UnknownProvince."""
    if province not in province_names():
        raise UnknownProvince(f"no province has the code {province!r}")
    name, starts = province_names()[province], _first_communes(province)
    return tuple(
        Commune(row["commune"], row["name"], province, name, _former(row["commune"], starts))
        for row in _rows("communes.csv")
        if row["province"] == province
    )


def _first_communes(province: str) -> dict[str, str]:
    rows = _rows("former_provinces.csv")
    return {row["former"]: row["first_commune"] for row in rows if row["province"] == province}


def _former(commune: str, starts: dict[str, str]) -> tuple[str, ...]:
    if not all(starts.values()):
        return tuple(starts)
    return (max((first, former) for former, first in starts.items() if first <= commune)[1],)


@cache
def ethnic_groups() -> dict[str, str]:
    """Code → name of the 54 ethnic groups, foreigners and unknown."""
    groups: dict[str, str] = _tree("ethnic_groups.json")
    return groups


@cache
def ethnic_mix(province: str, commune: str) -> Weighted[str]:
    """Which ethnic groups live in a commune (an approximation; everyone Kinh where nothing is noted)."""
    mix = _tree("ethnic_mix.json").get(province, {"usual": {"01": 1}, "communes": {}})
    return Weighted(mix["communes"].get(commune, mix["usual"]))


@cache
def diagnoses() -> dict[str, Diagnosis]:
    """ICD-10 code → diagnosis."""
    return {row["code"]: _diagnosis(row) for row in _rows("diagnoses.csv")}


def _diagnosis(row: dict[str, str]) -> Diagnosis:
    return Diagnosis(row["code"], row["name"], row["name_en"], row["use"], float(row["weight"]))


@cache
def drugs() -> dict[str, Drug]:
    """Key → medicine."""
    return {row["key"]: Drug(**row) for row in _rows("drugs.csv")}


@cache
def child_doses() -> dict[str, tuple[ChildDose, ...]]:
    """Medicine → what children get instead, the lightest first."""
    rows = [
        ChildDose(row["drug"], float(row["below_kg"]), row["instead"], int(row["dose"]))
        for row in _rows("children_doses.csv")
    ]
    return {drug: tuple(row for row in rows if row.drug == drug) for drug in {row.drug for row in rows}}


@cache
def vaccine_doses() -> tuple[VaccineDose, ...]:
    """The doses of the national schedule and those that pregnancy or a bite calls for."""
    return tuple(_vaccine_dose(row) for row in _rows("vaccine_doses.csv"))


def _vaccine_dose(row: dict[str, str]) -> VaccineDose:
    due = int(row["due_days"]) if row["due_days"] else None
    words = {key: row[key] for key in ("vaccine", "sex", "name", "atc", "disease", "site", "route")}
    return VaccineDose(dose=int(row["dose"]), due_days=due, ml=float(row["ml"]), **words)


@cache
def measurements() -> dict[str, Measurement]:
    """Key → what is measured."""
    return {row["key"]: _measurement(row) for row in _rows("measurements.csv")}


def _measurement(row: dict[str, str]) -> Measurement:
    words = {key: row[key] for key in ("key", "loinc", "name", "unit", "ucum", "category")}
    return Measurement(
        low=_number(row["low"]), high=_number(row["high"]), decimals=int(row["decimals"]), **words
    )


@cache
def panels() -> dict[str, Panel]:
    """Key → report."""
    return {row["key"]: _panel(row) for row in _rows("panels.csv")}


def _panel(row: dict[str, str]) -> Panel:
    return Panel(row["key"], row["loinc"], row["name"], row["category"], tuple(row["measurements"].split()))


@cache
def acute_care() -> dict[str, AcuteCare]:
    """ICD-10 code → what the illness looks like and how a station treats it."""
    return {code: _acute_care(entry) for code, entry in _tree("acute_care.json").items()}


def _acute_care(entry: dict[str, Any]) -> AcuteCare:
    return AcuteCare(
        from_age=entry["from_age"],
        to_age=entry.get("to_age", OLDEST),
        complaints=tuple(entry["complaints"]),
        fever=entry["fever"],
        panel=entry["panel"],
        panel_share=entry["panel_share"],
        found=entry.get("found", {}),
        adult=tuple(Dosage(*dosage) for dosage in entry["adult"]),
        child=tuple(Dosage(*dosage) for dosage in entry["child"]),
    )


@cache
def name_lists() -> dict[str, Any]:
    """Names by group, which ethnic group uses which, and names of public persons that are never given."""
    names: dict[str, Any] = _tree("names.json")
    return names
