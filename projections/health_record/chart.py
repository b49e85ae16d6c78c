"""A citizen's chart: all entries about one person, as a clinician reads them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import msgspec

from ehr.dates import FIRST, LAST, span
from projections.facilities.silence import Silence
from projections.health_record.entry import Coded, Entry, Named
from projections.health_record.kinds import (
    Act,
    Allergy,
    AnyEntry,
    Document,
    Immunisation,
    Medicine,
    Note,
    Order,
    Person,
    Problem,
    Result,
    Visit,
)
from projections.health_record.lateness import Lateness, lateness_of
from projections.health_record.order import begin_of, begins, newest_first
from projections.health_record.problems import State, deciding, state_of
from projections.health_record.repeated import C, Repeated, Stated, by_facility, fold, repeated
from projections.health_record.seen import Seen
from projections.health_record.series import Series, series_of
from projections.health_record.sources import Source, Sources
from projections.health_record.whereabouts import Facility, Whereabouts

K = TypeVar("K", bound=Entry)

IN_USE = frozenset({"active", "on-hold", "intended"})
"""States of a request or statement of a medicine that is, or is about to be, taken."""

_ASKED = frozenset({"MedicationRequest", "MedicationStatement"})
_HANDED_OUT = frozenset({"completed", "in-progress"})

_KINDS = (Visit, Problem, Result, Act, Medicine, Immunisation, Allergy, Order, Document, Note, Person)


class AllergyState(StrEnum):
    """What is known about allergies. Whoever shows it has a fourth: the view itself is not complete."""

    KNOWN = "known"
    NONE_KNOWN = "none-known"
    NOT_RECORDED = "not-recorded"


class Standing(NamedTuple):
    """How complete the view was when it was read.

    position: shown up to here; end: of the log. last_updated: when the last fact that is shown was recorded.
    parked_since: position from which facts of one of the person's Patients wait because one of them cannot be
    shown; parked_at: when the first of them was recorded. unlinked_since: the same of decisions about who is
    one person, whoever that is. silence: of the facilities that have sent about the person, and of all; None
    where that is not known.
    """

    position: int
    end: int
    last_updated: datetime | None
    parked_since: int | None
    unlinked_since: int | None = None
    parked_at: datetime | None = None
    silence: Silence | None = None

    @property
    def behind(self) -> int:
        """Facts that are not shown yet, of whomever they are."""
        return max(0, self.end - self.position)

    @property
    def complete(self) -> bool:
        """Nothing can be missing."""
        return self.parked_since is None and self.unlinked_since is None and self.behind == 0


class Diagnosed(NamedTuple):
    """A diagnosis of a visit. reference: ``Type/id``. role: code of Encounter.diagnosis.use."""

    reference: str | None
    code: Coded
    role: str | None


class Chart:
    """The entries about one person, sorted when first asked for, newest first."""

    def __init__(
        self,
        entries: Sequence[AnyEntry],
        names: Mapping[str, str],
        standing: Standing,
        sources: Sources | None = None,
        codes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """names: by ``Type/id``; of facilities by their code. codes: of facilities by ``Type/id``. sources:
        where several Patients are this person. An entry without a date of its own gets that of its visit."""
        self._visits = {entry.origin.id: entry for entry in entries if isinstance(entry, Visit)}
        self.entries = [self._dated(entry) for entry in entries]
        self.standing = standing
        self.sources = sources or Sources()
        self._names = names
        self._codes = codes
        self._lateness: dict[str, Lateness | None] = {}

    def restated(self, entries: Mapping[str, AnyEntry | None]) -> "Chart":
        """The same with other entries in the place of some, by ``Type/id``; None: without it."""
        stated = (entries.get(one.origin.reference, one) for one in self.entries)
        return Chart([one for one in stated if one], self._names, self.standing, self.sources, self._codes)

    @cached_property
    def person(self) -> Person | None:
        """Who it is, as the Patient states whose chart it is; None where only others have mentioned the
        person so far. Of a Patient out of use, as another one of the same person states."""
        return next(iter(self.persons), None)

    @cached_property
    def persons(self) -> list[Person]:
        """The person as every Patient states: one in use before others, the chart's own first, then the
        newest."""
        persons = [entry for entry in self.entries if isinstance(entry, Person)]
        persons.sort(key=_stated_at, reverse=True)
        return sorted(persons, key=lambda one: (not one.active, not self.sources.is_own(one)))

    @property
    def patients(self) -> list[Source]:
        """The Patients that are this person, where there are several."""
        return self.sources.listed(self.entries)

    @cached_property
    def visits(self) -> list[Visit]:
        """Encounters of all facilities."""
        return self._kind(Visit)

    @cached_property
    def problems(self) -> list[Repeated[Problem]]:
        """Problems and diagnoses, each once, what was stated last first; those that their last statement
        refutes are among them."""
        stated = sorted(self._kind(Problem), key=lambda one: begin_of(self.stated_at(one)), reverse=True)
        return repeated(stated, lambda problem: problem.code)

    def stated_at(self, problem: Problem) -> str | None:
        """When it was stated, mostly long after its onset; the onset where nothing else is known."""
        visit = self._visits.get(problem.encounter) if problem.encounter else None
        return problem.recorded or (visit.at if visit else None) or problem.at

    @property
    def present_problems(self) -> list[Repeated[Problem]]:
        """Problems that somebody has stated as present, and nobody as over since."""
        return self._problems_that_are(State.PRESENT)

    @property
    def unstated_problems(self) -> list[Repeated[Problem]]:
        """Diagnoses of which nobody says whether they last."""
        return self._problems_that_are(State.UNSTATED)

    @property
    def past_problems(self) -> list[Repeated[Problem]]:
        """Problems that are over, or were refuted."""
        return self._problems_that_are(State.OVER)

    def _problems_that_are(self, state: State) -> list[Repeated[Problem]]:
        return [one for one in self.problems if state_of(self.deciding(one)) is state]

    def deciding(self, one: Repeated[Problem]) -> Problem:
        """The statement that tells its state."""
        return deciding(one.all)

    @cached_property
    def medicines(self) -> list[Medicine]:
        """Everything asked for, handed out, taken or given."""
        return self._kind(Medicine)

    def current_medicines(self, now: datetime) -> list[Medicine]:
        """What is in use: two facilities' prescriptions of one medicine are two entries. What was handed out
        is, until it is used up, where nobody prescribed it here."""
        return [one for one in self.medicines if is_in_use(one, now) or self._is_left(one, now)]

    def prohibited_medicines(self, now: datetime) -> list[Medicine]:
        """Requests not to give something that still stand."""
        asked = (one for one in self.medicines if _is_prohibition(one))
        return [one for one in asked if one.status in IN_USE and not has_ended(one, now)]

    def past_medicines(self, now: datetime) -> list[Repeated[Medicine]]:
        """What is no longer in use, each medicine once."""
        known = {id(one) for one in (*self.current_medicines(now), *self.prohibited_medicines(now))}
        past = [one for one in self.medicines if id(one) not in known]
        return repeated(past, lambda medicine: Coded(self.medicine_name(medicine)))

    def seen_by(self, entry: Entry) -> str | None:
        """Who saw the person in the visit that an entry belongs to."""
        visit = self._visits.get(entry.encounter) if entry.encounter else None
        return self.name(next(iter(visit.practitioners), None)) if visit else None

    def stated_by(self, one: Repeated[C]) -> list[Stated[C]]:
        """Which facilities state it, and what each of them stated last."""
        return by_facility(one.all, self.facility)

    def _is_left(self, medicine: Medicine, now: datetime) -> bool:
        handed = medicine.origin.type == "MedicationDispense" and medicine.status in _HANDED_OUT
        if not handed or not medicine.until or not span(medicine.until) or has_ended(medicine, now):
            return False
        return self._asked_until.get(self._what(medicine), FIRST) <= begins(medicine)

    @cached_property
    def _asked_until(self) -> dict[str, datetime]:
        """Until when each medicine was asked for: what is handed out later, nobody has prescribed here."""
        found: dict[str, datetime] = {}
        for one in self.medicines:
            if one.origin.type in _ASKED and not _is_prohibition(one):
                what = self._what(one)
                found[what] = max(found.get(what, FIRST), _stood_until(one))
        return found

    def _what(self, medicine: Medicine) -> str:
        return medicine.code.code or fold(self.medicine_name(medicine) or "")

    @cached_property
    def allergies(self) -> list[Allergy]:
        """Allergies and denials of them; the refuted last."""
        return sorted(self._kind(Allergy), key=lambda one: (one.verification == "refuted", one.denies))

    @cached_property
    def known_allergies(self) -> list[Allergy]:
        """Allergies that somebody stated and nobody refuted; those that are over are among them."""
        return [one for one in self.allergies if not one.denies and one.verification != "refuted"]

    @property
    def denied_allergies(self) -> list[Allergy]:
        """Statements that none is known, in general or of one kind."""
        return [one for one in self.allergies if one.denies and one.verification != "refuted"]

    @property
    def allergy_state(self) -> AllergyState:
        """One known allergy outweighs every denial."""
        if self.known_allergies:
            return AllergyState.KNOWN
        return AllergyState.NONE_KNOWN if self.denied_allergies else AllergyState.NOT_RECORDED

    @cached_property
    def immunisations(self) -> list[Immunisation]:
        """Vaccinations, given or not."""
        return self._kind(Immunisation)

    @cached_property
    def series(self) -> list[Series]:
        """Results and vital signs over time."""
        return series_of(self._kind(Result))

    @cached_property
    def documents(self) -> list[Document]:
        """Reports and documents."""
        return self._kind(Document)

    @cached_property
    def orders(self) -> list[Order]:
        """Referrals and other orders."""
        return self._kind(Order)

    @cached_property
    def acts(self) -> list[Act]:
        """Procedures."""
        return self._kind(Act)

    @cached_property
    def notes(self) -> list[Note]:
        """Notes, and why entries were corrected."""
        return self._kind(Note)

    def lateness(self, entry: Entry) -> Lateness | None:
        """Whether it was recorded long after it had happened, and what that means."""
        reference = entry.origin.reference
        if reference not in self._lateness:
            visit = self._visits.get(entry.encounter) if entry.encounter else None
            self._lateness[reference] = lateness_of(entry, self._seen, self.facility(entry), visit)
        return self._lateness[reference]

    def of_visit(self, visit: Visit) -> list[AnyEntry]:
        """Whatever else belongs to a visit, kind by kind, each in the order in which it happened."""
        return [entry for entry in self._by_visit.get(visit.origin.id, ()) if entry.origin != visit.origin]

    def diagnoses(self, visit: Visit) -> list[Diagnosed]:
        """What the visit names as its diagnoses, by rank, then other conditions recorded in it."""
        ranked = sorted(visit.diagnoses, key=lambda one: one.rank or 1_000_000)
        named = [self._diagnosed(one.reference, one.name, one.role) for one in ranked]
        mentioned = {one.reference for one in named}
        others = [entry for entry in self.of_visit(visit) if isinstance(entry, Problem)]
        return named + [
            Diagnosed(one.origin.reference, one.code, None)
            for one in others
            if one.origin.reference not in mentioned and one.verification != "refuted"
        ]

    def name(self, named: Named | None) -> str | None:
        """A name as stated, else from the directory, else the reference itself."""
        if named is None:
            return None
        reference = named.reference
        return named.name or (self._names.get(reference, reference) if reference else None)

    def medicine_name(self, medicine: Medicine) -> str | None:
        """What the medicine is."""
        return medicine.code.text or self.name(medicine.name)

    @cached_property
    def whereabouts(self) -> Whereabouts:
        """The facilities of all entries."""
        return Whereabouts(self.entries, self._names, self._codes)

    def facility(self, entry: Entry) -> Facility | None:
        """Where it happened: the provider of its visit, else the facility that stated it."""
        return self.whereabouts.of(entry)

    def facility_called(self, code: str) -> str:
        """The name of a facility by its code, as far as it has stated anything here."""
        return self.whereabouts.of_sender(code).name

    def is_facility(self, named: Named, entry: Entry) -> bool:
        """Whether somebody is called what the facility of an entry is, and need not be told beside it."""
        facility = self.facility(entry)
        return facility is not None and self.name(named) == facility.name

    @property
    def senders(self) -> set[str]:
        """Facilities that have sent about the person, by whatever name the facts may give them."""
        named = {entry.origin.facility for entry in self.entries}
        for visit in self.visits:
            if visit.provider:
                named |= {visit.provider.reference, visit.provider.name}
        return {name for name in named if name}

    def visit(self, id_: str) -> Visit | None:
        """The visit of an Encounter id."""
        return self._visits.get(id_)

    def series_by(self, token: str) -> Series | None:
        """The series of a token."""
        return next((one for one in self.series if one.token == token), None)

    @cached_property
    def _seen(self) -> Seen:
        return Seen((visit, self.facility(visit)) for visit in self._visits.values())

    def _kind(self, kind: type[K]) -> list[K]:
        return newest_first(entry for entry in self.entries if isinstance(entry, kind))

    def _diagnosed(self, reference: str | None, name: str | None, role: str | None) -> Diagnosed:
        found = self._by_reference.get(reference) if reference else None
        if isinstance(found, Problem | Act):
            return Diagnosed(reference, found.code, role)
        return Diagnosed(reference, Coded(name or reference), role)

    def _dated(self, entry: AnyEntry) -> AnyEntry:
        visit = self._visits.get(entry.encounter) if entry.encounter and entry.at is None else None
        return msgspec.structs.replace(entry, at=visit.at) if visit and visit.at else entry

    @cached_property
    def _by_reference(self) -> dict[str, AnyEntry]:
        return {entry.origin.reference: entry for entry in self.entries}

    @cached_property
    def _by_visit(self) -> dict[str, list[AnyEntry]]:
        found: dict[str, list[AnyEntry]] = {}
        for entry in reversed(newest_first(self.entries)):
            if entry.encounter:
                found.setdefault(entry.encounter, []).append(entry)
        for entries in found.values():
            entries.sort(key=lambda entry: _KINDS.index(type(entry)))
        return found


def is_in_use(medicine: Medicine, now: datetime) -> bool:
    """A request or statement that is active and whose stated end has not passed."""
    stated = medicine.origin.type in _ASKED and not medicine.forbidden
    return stated and medicine.status in IN_USE and not has_ended(medicine, now)


def _is_prohibition(medicine: Medicine) -> bool:
    return medicine.forbidden and medicine.origin.type == "MedicationRequest"


def has_ended(medicine: Medicine, now: datetime) -> bool:
    """Whether its stated end has passed."""
    end = span(medicine.until) if medicine.until else None
    return end is not None and end.end <= now


def _stood_until(asked: Medicine) -> datetime:
    """Until a request or statement ended, or it was stated that it no longer holds."""
    ended = span(asked.until) if asked.until else None
    stated = span(_stated_at(asked)) if asked.status not in IN_USE else None
    return min((one.end for one in (ended, stated) if one), default=LAST)


def _stated_at(entry: Entry) -> str:
    return entry.origin.amended_at or entry.origin.recorded_at
