"""What a chart has to tell of somebody, panel by panel, by what was sent alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import orjson

from simulation.apart.sent import Sent, Stated
from simulation.clock import INDOCHINA_TIME, at
from simulation.shapes.elements import Json

VISITS: Final = "visits"
RESULTS: Final = "results"
IMMUNISATIONS: Final = "immunisations"
_FLAGS: Final = {"H": "↑", "L": "↓"}
_STAYS: Final = frozenset({"IMP", "EMER"})
"""Classes of visits of which the end is told, too."""

_OVER: Final = frozenset({"inactive", "remission", "resolved"})
"""Clinical states of a problem that is not one now."""

_NONE_KNOWN: Final = "716186003"
"""SNOMED CT: no known allergy."""


class Row(NamedTuple):
    """One row of a panel. keys: of what was stated about this, what the row tells of first. words: what is to
    be read in it. rank: what goes first, as what is in use does, and when it happened; it stands below no row
    of a lower one, and beside one of the same rank on either side."""

    keys: tuple[str, ...]
    words: tuple[str, ...]
    rank: tuple[int, datetime]


class Value(NamedTuple):
    """One value of a result. cell: as the grid shows it. words: in the row of its series."""

    key: str
    begins: datetime
    day: str
    cell: str
    words: tuple[str, ...]


class Line(NamedTuple):
    """A line of the grid. name: with the unit. usual: the reference range that was stated last. values:
    newest first."""

    name: str
    usual: str
    values: Sequence[Value]

    @property
    def cells(self) -> dict[str, str]:
        """By day: the newest value, and how many more there are."""
        by_day: dict[str, list[str]] = {}
        for value in self.values:
            by_day.setdefault(value.day, []).append(value.cell)
        return {
            day: cells[0] + (f" +{len(cells) - 1}" if len(cells) > 1 else "") for day, cells in by_day.items()
        }


class Expected:
    """Everything about one person that these facts tell."""

    def __init__(
        self, stated: Iterable[Stated], sent: Sent, facilities: Mapping[str, str], now: datetime
    ) -> None:
        """facilities: names by code. now: when the chart is opened."""
        self._by_type: dict[str, list[Stated]] = {}
        for one in stated:
            self._by_type.setdefault(one.type, []).append(one)
        self._visits = {one.key: one for one in self._by_type.get("Encounter", ())}
        self._sent, self._facilities, self._now = sent, facilities, now

    def rows(self, panel: str) -> list[Row]:
        """Of any panel but that of the results."""
        return list(_PANELS[panel](self))

    @property
    def lines(self) -> list[Line]:
        """Of the grid of results."""
        found: dict[tuple[str, ...], list[tuple[Json, Stated]]] = {}
        for one in self._newest("Observation", "effectiveDateTime"):
            for measured in one.resource.get("component", [one.resource]):
                found.setdefault(_series(measured), []).append((measured, one))
        return [
            Line(
                _named(values[0][0]),
                next(filter(None, (_usual(measured) for measured, _ in values)), ""),
                [self._value(*value) for value in values],
            )
            for values in found.values()
        ]

    def _visited(self) -> Iterator[Row]:
        for visit in self._newest("Encounter", "period.start"):
            said = visit.resource
            stays = said["class"]["code"] in _STAYS
            words = [moment(_at(visit, "period.start")), moment(_at(visit, "period.end")) if stays else ""]
            words += [self._place(visit), said["reasonCode"][0]["text"]]
            words.append(said["participant"][0]["individual"]["display"])
            for found in self._within(visit, "Condition"):
                words += _called(found.resource["code"])
            if "hospitalization" in said:
                words.append(said["hospitalization"]["dischargeDisposition"]["text"])
            yield _row([visit], words, said["period"]["start"])

    def _problems(self) -> Iterator[Row]:
        """The same diagnosis once, however often it was stated, as it was stated last."""
        stated = self._newest("Condition", "onsetDateTime", "recordedDate")
        stated.sort(key=lambda one: _begins(_at(one, "recordedDate")), reverse=True)
        for same in _grouped(stated, _code):
            said = same[0].resource
            times = [moment(said.get(name, "")) for name in ("onsetDateTime", "abatementDateTime")]
            words = [*_called(said["code"]), *times, self._place(same[0])]
            yield _row(same, words, said["recordedDate"], first=_lasting(same))

    def _medicines(self) -> Iterator[Row]:
        """What is in use; of what is not, each medicine once."""
        used: list[Stated] = []
        for one in self._newest("MedicationRequest", "authoredOn"):
            if _until(one) <= self._now:
                used.append(one)
            else:
                yield self._medicine([one], first=True)
        for same in _grouped(used, lambda one: _medicine_of(one)["text"].casefold()):
            yield self._medicine(same, first=False)

    def _medicine(self, same: Sequence[Stated], *, first: bool) -> Row:
        said = same[0].resource
        last = said["dispenseRequest"]["validityPeriod"]["end"]
        words = [*_called(_medicine_of(same[0])), said["dosageInstruction"][0]["text"]]
        words += [
            moment(said["authoredOn"]),
            moment(last),
            self._place(same[0]),
            said["requester"]["display"],
        ]
        return _row(same, words, said["authoredOn"], first=first)

    def _allergies(self) -> Iterator[Row]:
        for one in self._newest("AllergyIntolerance", "recordedDate"):
            said = one.resource
            reactions = [
                shown["text"] for told in said.get("reaction", ()) for shown in told["manifestation"]
            ]
            words = [*_called(said["code"]), *reactions, moment(said["recordedDate"])]
            words += [self._place(one), said["recorder"]["display"]]
            yield _row([one], words, said["recordedDate"], first=_code(one) != _NONE_KNOWN)

    def _immunisations(self) -> Iterator[Row]:
        for one in self._newest("Immunization", "occurrenceDateTime"):
            words = [one.resource["vaccineCode"]["text"], day(one.resource["occurrenceDateTime"])]
            words += [self._place(one), one.resource.get("lotNumber", "")]
            yield _row([one], words, one.resource["occurrenceDateTime"])

    def _documents(self) -> Iterator[Row]:
        reports = self._newest("DiagnosticReport", "effectiveDateTime")
        for one in reports:
            words = [one.resource["code"]["text"], one.resource.get("conclusion", "")]
            when = one.resource["effectiveDateTime"]
            yield _row([one], [*words, moment(when), self._place(one)], when)
        for one in self._newest("Composition", "date"):
            words = [one.resource["title"], moment(one.resource["date"]), self._place(one)]
            yield _row([one], [*words, one.resource["author"][0]["display"]], one.resource["date"])

    def _orders(self) -> Iterator[Row]:
        """Referrals, with where they led and the paper that came back."""
        for one in self._newest("ServiceRequest", "authoredOn"):
            said = one.resource
            words = [said["code"]["text"], said["reasonCode"][0]["text"], moment(said["authoredOn"])]
            words += [self._place(one), said["requester"]["display"], said["performer"][0]["display"]]
            arrived = [visit for visit in self._visits.values() if one.key in self._based_on(visit)]
            papers = [paper for visit in arrived for paper in self._within(visit, "Composition")]
            for visit in arrived:
                words += [self._place(visit), moment(visit.resource["period"]["start"])]
            for paper in papers:
                words += [paper.resource["title"], moment(paper.resource["date"])]
            yield _row([one, *papers], words, said["authoredOn"])

    def _acts(self) -> Iterator[Row]:
        for one in self._newest("Procedure", "performedDateTime"):
            said = one.resource
            words = [*_called(said["code"]), moment(said["performedDateTime"]), self._place(one)]
            words.append(said["performer"][0]["actor"]["display"])
            yield _row([one], words, said["performedDateTime"])

    def _value(self, measured: Json, one: Stated) -> Value:
        when, value = one.resource["effectiveDateTime"], _said(measured)
        (flag,) = [code["coding"][0]["code"] for code in measured.get("interpretation", ())] or [""]
        marked = f"{value} {_FLAGS[flag]}" if flag in _FLAGS else value
        unit = measured.get("valueQuantity", {}).get("unit", "")
        words = (moment(when), marked, unit, _usual(measured), self._place(one))
        return Value(one.key, _begins(when), day(when), marked, tuple(filter(None, words)))

    def _place(self, one: Stated) -> str:
        """Where it happened: the provider of the visit; outside of one, who has stated it."""
        visit = one if one.type == "Encounter" else self._visit_of(one)
        return visit.resource["serviceProvider"]["display"] if visit else self._facilities[one.facility]

    def _visit_of(self, one: Stated) -> Stated | None:
        return self._visits.get(self._sent.key(one.resource.get("encounter")) or "")

    def _based_on(self, visit: Stated) -> list[str | None]:
        return [self._sent.key(paper) for paper in visit.resource.get("basedOn", ())]

    def _within(self, visit: Stated, type_: str) -> list[Stated]:
        return [one for one in self._by_type.get(type_, ()) if self._visit_of(one) is visit]

    def _newest(self, type_: str, *fields: str) -> list[Stated]:
        """By when it happened, then by when it was sent; what is of one sending by its id."""
        found = self._by_type.get(type_, ())
        return sorted(found, key=lambda one: (_begins(_at(one, *fields)), one.order, one.key), reverse=True)


_PANELS: Final[Mapping[str, Callable[[Expected], Iterator[Row]]]] = {
    VISITS: Expected._visited,
    "problems": Expected._problems,
    "medicines": Expected._medicines,
    "allergies": Expected._allergies,
    IMMUNISATIONS: Expected._immunisations,
    "documents": Expected._documents,
    "orders": Expected._orders,
    "acts": Expected._acts,
}
LISTED: Final = tuple(_PANELS)
"""The panels whose rows tell of a resource each; beside them there are the results."""


def moment(text: str) -> str:
    """A FHIR date as it is read in Vietnam: ``dd/mm/yyyy HH:MM``, without the time where none is told."""
    if "T" not in text:
        return "/".join(reversed(text.split("-")))
    return datetime.fromisoformat(text).astimezone(INDOCHINA_TIME).strftime("%d/%m/%Y %H:%M")


def day(text: str) -> str:
    """The same without the time: ``dd/mm/yyyy``."""
    return moment(text)[: len("dd/mm/yyyy")]


def _row(same: Sequence[Stated], words: Iterable[str], when: str, *, first: int = True) -> Row:
    told = tuple(dict.fromkeys(filter(None, words)))
    return Row(tuple(one.key for one in same), told, (first, _begins(when)))


def _lasting(same: Sequence[Stated]) -> int:
    """What goes first: 2 for a problem that is stated as present, 1 where nobody says whether what was found
    lasts, 0 for what is over. same: newest first."""
    for newer, one in enumerate(same):
        status = _code(one, "clinicalStatus")
        if status in _OVER:
            return 1 if newer else 0
        if status or "problem-list-item" in map(_first_code, one.resource.get("category", ())):
            return 2
    return 1


def _grouped(found: Iterable[Stated], by: Callable[[Stated], str]) -> Iterator[list[Stated]]:
    groups: dict[str, list[Stated]] = {}
    for one in found:
        groups.setdefault(by(one), []).append(one)
    return iter(groups.values())


def _at(one: Stated, *fields: str) -> str:
    """The first of these elements that is there; ``a.b`` is b within a."""
    for name in fields:
        said = one.resource
        *outer, last = name.split(".")
        for part in outer:
            said = said.get(part, {})
        if last in said:
            return str(said[last])
    return ""


def _begins(text: str) -> datetime:
    """The first moment of a date that may be partial."""
    if "T" in text:
        return datetime.fromisoformat(text)
    return at(date.fromisoformat(text + "-01-01"[len(text) - len("2026") :]) if text else date.min)


def _until(one: Stated) -> datetime:
    """When the medicine is used up: with the end of its last day."""
    last = date.fromisoformat(one.resource["dispenseRequest"]["validityPeriod"]["end"])
    return at(last + timedelta(days=1))


def _medicine_of(one: Stated) -> Json:
    medicine: Json = one.resource["medicationCodeableConcept"]
    return medicine


def _called(concept: Json) -> list[str]:
    """The name of a concept, and its code."""
    coding = concept.get("coding", [{}])[0]
    return [concept.get("text", ""), coding.get("code", "")]


def _code(one: Stated, element: str = "code") -> str:
    """ "" where it has none, as an allergy that was only written down."""
    return _first_code(one.resource.get(element, {}))


def _first_code(concept: Json) -> str:
    return str(concept.get("coding", [{}])[0].get("code", ""))


def _series(measured: Json) -> tuple[str, ...]:
    """What may be joined by a line: the same code, the same unit, both numbers or both words."""
    quantity = measured.get("valueQuantity")
    return measured["code"]["coding"][0]["code"], str(quantity and quantity["code"]), str(bool(quantity))


def _named(measured: Json) -> str:
    unit = measured.get("valueQuantity", {}).get("unit", "")
    return f"{measured['code']['text']} {unit}".strip()


def _said(measured: Json) -> str:
    if "valueQuantity" in measured:
        return _digits(measured["valueQuantity"])
    return str(measured.get("valueString") or measured.get("valueDateTime"))


def _digits(quantity: Json) -> str:
    """In the digits in which it was sent, with a comma as in Vietnam."""
    return orjson.dumps(quantity["value"]).decode().replace(".", ",")


def _usual(measured: Json) -> str:
    """The reference range as it is printed."""
    (limits,) = measured.get("referenceRange", [{}])
    low, high = (_digits(limits[side]) if side in limits else "" for side in ("low", "high"))
    return f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}" if high else ""
