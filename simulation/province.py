"""A province: who lives there, what happens to them, what its facilities send, in the order of sending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Final, Literal

import orjson

from simulation.bundles import (
    Case,
    Filing,
    answered_bundle,
    can_be_corrected,
    correction_bundle,
    facility_bundle,
    visit_bundle,
)
from simulation.chance import Chance, chance_of
from simulation.citizens import Citizen, draw_citizens
from simulation.clock import at
from simulation.facilities import Facility, Network, staff_on_duty
from simulation.life import Life
from simulation.numbers import MOST_PEOPLE
from simulation.prescribing import allergy_of, suited
from simulation.registering.families import Family, lived_in, with_twins
from simulation.registering.patients import Registering, Shares
from simulation.shapes.elements import Json
from simulation.stories import OF_RESIDENTS, OF_UNIDENTIFIED
from simulation.visits import Visit

QUANG_TRI: Final = "44"
UNTIL: Final = date(2026, 11, 23)  # a fixed day: the same seed gives the same bytes on any day
DEMO_CITIZENS: Final = 1_400  # about 100,000 resources: under a minute at 2,000 resources/s (two quiet cores)
LATE_SHARE: Final = 0.05
CORRECTED_SHARE: Final = 0.03  # of the visits with laboratory results
_DAYS_BEFORE_DEATH: Final = 90
_MINUTES_TOLD_OF_THE_ONGOING: Final = 12 * 60


class TooManyCitizens(ValueError):
    """The six random digits of a personal number allow a million people."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One request: what a facility's device sends, when, about whom.

    `citizen` keeps the order of sendings about one person (empty: about the facility itself; these go first).
    `happened_at` is when the visit began, or when a correction was made; `body` is the bundle as JSON.
    """

    facility: str
    device: str
    user: str
    citizen: str
    happened_at: datetime
    sent_at: datetime
    bundle: Json
    body: bytes
    idempotency_key: str

    @property
    def resources(self) -> int:
        """The number of entries."""
        return len(self.bundle["entry"])


What = Literal["visit", "correction", "answer"]


@dataclass(frozen=True, slots=True)
class _Planned:
    """A visit, or what is added to one later, and when the facility sends it."""

    sent_at: datetime
    person: int
    number: int
    what: What
    visit: Visit

    @property
    def order(self) -> tuple[datetime, int, int, str]:
        return self.sent_at, self.person, self.number, self.what


class Province:
    """The sendings of a province, the same for the same arguments.

    `citizens` people live there at the start; `months` of their lives are told, up to `until` (excluded).
    `code` is one of the 34 province codes. With `patient_per_facility` each facility registers a Patient of
    its own under its own number, the national numbers beside it; otherwise all share one by If-None-Exist.
    With `shares` it does so as facilities do: with typed and scanned numbers, slips, newborns without a name,
    and there are more twins and more people in a commune; `families` tells who is whose child, or a twin.
    Raises UnknownProvince, TooManyCitizens.
    """

    def __init__(
        self,
        seed: int,
        citizens: int,
        *,
        months: int = 24,
        until: date = UNTIL,
        code: str = QUANG_TRI,
        patient_per_facility: bool = False,
        shares: Shares | None = None,
    ) -> None:
        if citizens * 1.1 > MOST_PEOPLE:
            raise TooManyCitizens(f"{citizens} citizens, the most are {int(MOST_PEOPLE / 1.1)}")
        settings = blake2b(repr((seed, citizens, months, until, code)).encode(), digest_size=6)
        self.seed = int.from_bytes(settings.digest(), "big")  # other settings: other people, other numbers
        self.start, self.until = until - timedelta(days=round(months * 30.44)), until
        self.network = Network(code, citizens, lived_in(code, citizens) if shares else ())
        self.citizens = draw_citizens(self.seed, self.network, citizens, self.start, until)
        edition = f"{settings.hexdigest()}-{'own' if patient_per_facility else 'shared'}"
        self.families: Mapping[int, Family] = {}
        self._filing = Filing(self.seed, edition, patient_per_facility)
        if shares:
            self._register_apart(f"{settings.hexdigest()}-{shares}", shares)

    def __len__(self) -> int:
        """The number of sendings."""
        return len(self.network.facilities) + len(self._plan)

    def __iter__(self) -> Iterator[Sending]:
        for facility in self.network.facilities:
            yield self._introduction(facility)
        seen: set[tuple[int, str]] = set()
        for planned in self._plan:
            contact = (planned.person, planned.visit.facility.code)
            yield self._sending(planned, newcomer=contact not in seen)
            seen.add(contact)

    def _register_apart(self, edition: str, shares: Shares) -> None:
        self.citizens, self.families = with_twins(self.seed, self.citizens)
        registering = Registering(self.seed, shares, self.network.communes, self.families)
        self._filing = Filing(self.seed, edition, patient_per_facility=True, registering=registering)

    def visits_of(self, citizen: Citizen) -> list[Visit]:
        """What happens to one citizen in the period, in order of time."""
        life = Life(self.seed, citizen, self.network, self.start, self.until)
        stories = OF_UNIDENTIFIED if citizen.found else OF_RESIDENTS
        told = [visit for story in stories for visit in story(life) if self._can_be(citizen, visit)]
        given = [_as_given(life, self._as_it_stands(visit)) for visit in told if _free_for(visit, told)]
        return _asked_about_allergies(life, sorted(given, key=lambda visit: visit.starts))

    def _can_be(self, citizen: Citizen, visit: Visit) -> bool:
        """Within the period and the life. Of those who die only the last weeks are told.

        Their Patient says from its registration on that they have died: all of it is sent afterwards.
        """
        if not at(self.start) <= visit.starts < at(self.until):
            return False
        if citizen.died is None:
            return visit.starts.date() >= citizen.birth
        last = at(citizen.died, 23, 59)
        first = last - timedelta(days=_DAYS_BEFORE_DEATH)
        return not visit.prompt and first < visit.starts <= visit.ends <= last

    def _as_it_stands(self, visit: Visit) -> Visit:
        """Who is in a bed when the period ends has neither left nor been sent on."""
        left = (at(self.until) - visit.starts) // timedelta(minutes=1) - 1
        if visit.minutes <= left:
            return visit
        told = min(left, _MINUTES_TOLD_OF_THE_ONGOING)
        return replace(visit, minutes=told, discharge=None, referral=None, ongoing=True)

    @cached_property
    def _plan(self) -> list[_Planned]:
        planned = [entry for citizen in self.citizens for entry in self._planned(citizen)]
        sent = (entry for entry in planned if entry.sent_at < at(self.until))
        return sorted(sent, key=lambda entry: entry.order)

    def _planned(self, citizen: Citizen) -> Iterator[_Planned]:
        chance = chance_of(self.seed, "sending", citizen.index)
        papers: dict[str, tuple[int, Visit]] = {}
        for number, visit in enumerate(self.visits_of(citizen)):
            sent_at = _sent_at(chance, citizen, visit)
            yield _Planned(sent_at, citizen.index, number, "visit", visit)
            if can_be_corrected(visit) and chance.happens(CORRECTED_SHARE):
                later = sent_at + timedelta(hours=chance.between(3, 120))
                yield _Planned(later, citizen.index, number, "correction", visit)
            if visit.answers in papers:
                soon = sent_at + timedelta(minutes=chance.between(5, 90))
                yield _Planned(
                    soon, citizen.index, papers[visit.answers][0], "answer", papers[visit.answers][1]
                )
            if visit.referral:
                papers[visit.referral.number] = number, visit

    def _introduction(self, facility: Facility) -> Sending:
        bundle = facility_bundle(self._filing, facility)
        opened = at(self.start - timedelta(days=1), 8)
        return self._signed(facility, facility.staff[0].employee_number, "", opened, opened, bundle)

    def _sending(self, planned: _Planned, newcomer: bool) -> Sending:
        visit, chance = planned.visit, chance_of(self.seed, "duty", planned.person, planned.number)
        clinician = staff_on_duty(chance, visit.facility, visit.midwife)
        case = Case(self.citizens[planned.person], visit, planned.number, clinician)
        bundle = self._bundle(planned, case, chance, newcomer)
        happened_at = visit.starts if planned.what == "visit" else planned.sent_at
        user, citizen = clinician.employee_number, f"{planned.person:07d}"
        return self._signed(visit.facility, user, citizen, happened_at, planned.sent_at, bundle)

    def _bundle(self, planned: _Planned, case: Case, chance: Chance, newcomer: bool) -> Json:
        if planned.what == "correction":
            return correction_bundle(self._filing, case, chance, planned.sent_at)
        if planned.what == "answer":
            return answered_bundle(self._filing, case)
        return visit_bundle(self._filing, case, newcomer)

    def _signed(
        self,
        facility: Facility,
        user: str,
        citizen: str,
        happened_at: datetime,
        sent_at: datetime,
        bundle: Json,
    ) -> Sending:
        """The key follows from the bytes: the same when sent again, never an old one for other bytes."""
        body = orjson.dumps(bundle)
        digest = blake2b(body, digest_size=16).hexdigest()
        return Sending(
            facility=facility.code,
            device=facility.device(sent_at.minute),
            user=user,
            citizen=citizen,
            happened_at=happened_at,
            sent_at=sent_at,
            bundle=bundle,
            body=body,
            idempotency_key=f"{facility.code}-{digest}",
        )


def _free_for(visit: Visit, told: list[Visit]) -> bool:
    """Nobody walks into a station while in a hospital's bed; what belongs to a referral was made to fit."""
    beds = (stay for stay in told if stay.kind == "inpatient" and stay is not visit)
    return (
        visit.prompt or visit.kind == "inpatient" or not any(s.starts <= visit.starts < s.ends for s in beds)
    )


def _asked_about_allergies(life: Life, visits: list[Visit]) -> list[Visit]:
    return [replace(visit, allergy=allergy_of(life)) if visit is visits[0] else visit for visit in visits]


def _as_given(life: Life, visit: Visit) -> Visit:
    return (
        replace(visit, dosages=suited(life, visit.dosages, visit.starts.date())) if visit.dosages else visit
    )


def _sent_at(chance: Chance, citizen: Citizen, visit: Visit) -> datetime:
    """Most visits are sent within the hour, some in the evening, a few days later (no line, no power)."""
    if visit.ongoing:
        return visit.ends
    soon = visit.ends + timedelta(minutes=chance.between(1, 60))
    late = visit.ends + timedelta(hours=chance.between(20, 12 * 24), minutes=chance.between(0, 59))
    evening = max(soon, at(visit.ends.date(), 19) + timedelta(minutes=chance.between(0, 120)))
    drawn = chance.random()
    if citizen.died:
        return max(soon, at(citizen.died + timedelta(days=1), 8) + timedelta(hours=chance.between(0, 150)))
    if visit.prompt:
        return visit.ends + timedelta(minutes=chance.between(1, 30))
    return late if drawn < LATE_SHARE else evening if drawn < 0.2 else soon
