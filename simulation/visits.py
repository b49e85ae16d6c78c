"""What happens when a citizen is cared for, in clinic words; `bundles.py` puts it into FHIR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from simulation.code_lists import Dosage, VaccineDose
from simulation.facilities import Facility

VisitKind = Literal["ambulatory", "emergency", "inpatient", "home"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One measurement: key of `measurements.csv` and a number, a word, or a day."""

    key: str
    value: float | str | date


@dataclass(frozen=True, slots=True)
class Report:
    """A report of a laboratory or of imaging: key of `panels.csv`, findings, what the reader concludes."""

    panel: str
    findings: tuple[Finding, ...] = ()
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A long-lasting condition that goes on the problem list."""

    code: str
    since: date


@dataclass(frozen=True, slots=True)
class Shot:
    """A vaccine dose. `given` is set when it is reported from an earlier day, not given at this visit."""

    dose: VaccineDose
    given: date | None = None


@dataclass(frozen=True, slots=True)
class ProcedureDone:
    """A procedure: ICD-9-CM code and Vietnamese name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral paper with its number; `back` when a hospital returns the patient to the station."""

    number: str
    to: Facility
    reason: str
    urgent: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Discharge:
    """How a stay in a hospital ended."""

    outcome: Literal["home", "died"]
    course: str
    advice: str


@dataclass(frozen=True, slots=True)
class Allergy:
    """What was answered when allergies were asked about; no substance means: none known."""

    substance: str = ""
    atc: str = ""
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One encounter of one citizen at one facility.

    `diagnoses` are ICD-10 codes, the main one first. `answers` is the number of the referral that led here.
    `prompt` visits belong to a referral: they are always sent at once, because the next one points at them.
    An `ongoing` one is not over when it is told: `minutes` are those that are told about.
    """

    facility: Facility
    starts: datetime
    minutes: int
    kind: VisitKind
    service: str
    reason: str
    diagnoses: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    reports: tuple[Report, ...] = ()
    dosages: tuple[Dosage, ...] = ()
    shots: tuple[Shot, ...] = ()
    procedures: tuple[ProcedureDone, ...] = ()
    referral: Referral | None = None
    answers: str = ""
    discharge: Discharge | None = None
    allergy: Allergy | None = None
    midwife: bool = False
    prompt: bool = False
    ongoing: bool = False

    @property
    def ends(self) -> datetime:
        """When it was over; of an ongoing one, as of when it is told."""
        return self.starts + timedelta(minutes=self.minutes)
