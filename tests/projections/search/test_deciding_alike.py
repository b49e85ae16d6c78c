"""The index and one resource by itself give the same answer to a condition, however odd both are.

Conditions of requests rest on it: what a view does not show yet is tested by itself (ehr/searching.py).
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.errors import Undecidable
from ehr.searching import Search
from projections.fhir_resources.conditions import IndexSearcher
from projections.search.reading import parameters_of
from tests.fhir_api.intake.valid_resources import DATES, INSTANTS, SAMPLES, TEXTS, URIS, any_resource
from tests.projections.search.drawing import MOST_DEEP, condition
from tests.projections.search.test_totality import accepted
from tests.replaying import catch_up
from tests.stating import migrated, request, state_all, update, value

TYPES = (
    *("Patient", "Observation", "Encounter", "Condition", "MedicationRequest", "Practitioner", "Location"),
    *("ChargeItem", "RiskAssessment", "MolecularSequence", "ValueSet", "CarePlan", "Appointment", "Group"),
    *("DocumentReference", "ActivityDefinition", "Provenance", "Composition", "Questionnaire", "Claim"),
)
"""With them there are values of every type of parameter and of every FHIR type that one is of."""
OF_EACH = 12
LONGEST = "ơa " * 200_000
LONG: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "long",
    "name": [{"text": LONGEST, "family": "ﷺ" * 50_000}],
    "identifier": [{"system": f"urn:{'x' * 500_000}", "value": LONGEST, "type": {"text": LONGEST}}],
    "address": [{"line": [LONGEST]}],
    "telecom": [{"system": "phone", "value": LONGEST}],
    "communication": [{"language": {"coding": [{"code": "x" * 900_000, "display": LONGEST}]}}],
    "link": [{"type": "seealso", "other": {"reference": f"urn:{'y' * 900_000}"}}],
    "meta": {"profile": [f"http://x/{'y' * 900_000}"], "tag": [{"code": f"t{n}"} for n in range(5_000)]},
}
ASKED = 25
"""Conditions of each example."""

Json = dict[str, Any]


@pytest.fixture(scope="module")
def resources() -> list[Json]:
    return [accepted(_stored({**resource, "id": f"r{n}"})) for n, resource in enumerate(_drawn())]


def _stored(resource: Json) -> Json:
    """As it is stored: references by search are decided before."""
    stored: Json = orjson.loads(
        re.sub(rb'"reference":"Patient\?.*?"', rb'"reference":"Patient/3"', orjson.dumps(resource))
    )
    return stored


@pytest.fixture(scope="module")
def url(module_database: str, resources: list[Json]) -> str:
    state_all(migrated(module_database), *(request(update(one)) for one in [*resources, accepted(LONG)]))
    catch_up(module_database)
    return module_database


def test_whatever_intake_accepts_comes_into_the_tables(url: str, resources: list[Json]) -> None:
    assert value(url, "select count(*) from views.parked") == 0
    assert value(url, "select count(*) from fhir_resources.search") == len(resources) + 1


class Record:
    """The resources by themselves, and as they are in the index."""

    def __init__(self, url: str, resources: Sequence[Json], runner: asyncio.Runner) -> None:
        self.searcher = IndexSearcher(url)
        self._resources = resources
        self._runner = runner

    def close(self) -> None:
        self._runner.run(self.searcher.close())

    def found(self, searches: Sequence[Search]) -> list[set[str]]:
        """Ids of what the index has for each of the searches."""

        async def find() -> list[set[str]]:
            shown = await asyncio.gather(*(self.searcher.matches(one, 1000) for one in searches))
            return [{*one.ids} for one in shown]

        return self._runner.run(find())

    def disagreements(self, searches: Sequence[Search]) -> Iterator[str]:
        """Of which of the searches the index says otherwise than the resources by themselves."""
        met: dict[Search, set[str]] = {one: set() for one in searches}
        for resource in self._resources:
            own = [one for one in searches if one.type == resource["resourceType"]]
            for search in self.searcher.met(own, resource) if own else ():
                met[search].add(resource["id"])
        for search, ids in zip(searches, self.found(searches), strict=True):
            if ids - {LONG["id"]} != met[search]:
                yield f"{search}: {ids} in the index, {met[search]} by themselves"


@pytest.fixture(scope="module")
def record(url: str, resources: list[Json]) -> Iterator[Record]:
    with asyncio.Runner() as runner, closing(Record(url, resources, runner)) as one:
        yield one


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_conditions_hold_of_what_is_found_by_them(record: Record, seed: int) -> None:
    searches = list(islice(_searches(record.searcher, Random(seed)), ASKED))
    assert list(record.disagreements(searches)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((f"name{modifier}", LONGEST) for modifier in ("", ":exact", ":contains")),
        *(("family", "ﷺ" * n) for n in (3, 1000, 50_000)),
        ("name", LONGEST[:-3]),
        ("identifier", LONGEST),
        ("identifier", f"urn:{'x' * 500_000}|{LONGEST}"),
        ("identifier", f"urn:{'x' * 500_000}|"),
        ("identifier:text", LONGEST),
        ("address", LONGEST),
        ("telecom", LONGEST),
        ("language", "X" * 900_000),
        ("language:text", LONGEST),
        ("link", f"urn:{'y' * 900_000}"),
        ("_profile", f"http://x/{'y' * 900_000}"),
        ("_tag", "t4999"),
    ],
)
def test_what_is_long_is_found_alike(record: Record, name: str, text: str) -> None:
    """Longer than any address; a condition within a Bundle may be so long."""
    search = record.searcher.read(Search("Patient", urlencode([(name, text)])))
    assert LONG["id"] in record.found([search])[0]
    assert search in record.searcher.met({search}, LONG)


def _drawn() -> list[Json]:
    chance = Random(5)
    odd = [any_resource(chance, type_) for type_ in TYPES for _ in range(OF_EACH)]
    return odd + [make(chance) for make in (_person, _result, _group, _sequence) for _ in range(OF_EACH)]


def _coded(chance: Random) -> Json:
    """A CodeableConcept of few codes."""
    codes = [{"code": chance.choice("abA")} for _ in range(chance.randint(1, 2))]
    return {
        "coding": [one | chance.choice(_SYSTEMS) for one in codes],
        "text": chance.choice(["Hoa", "an hoà"]),
    }


def _amount(chance: Random) -> Json:
    """A Quantity of few numbers and units."""
    unit = chance.choice([{}, {"unit": "a"}, {"code": "b", "system": "http://x"}, {"code": "a", "unit": "b"}])
    return {"value": chance.choice([1, 5.4, 100])} | unit


_SYSTEMS: list[Json] = [{}, {"system": "http://x"}, {"system": "a:b"}]


def _person(chance: Random) -> Json:
    identifier = {"value": chance.choice(["1", "001", "a|b"]), "type": _coded(chance)} | chance.choice(
        _SYSTEMS
    )
    doctor = {
        "identifier": {"value": "a"} | chance.choice(_SYSTEMS),
        "reference": f"Practitioner/{chance.randint(1, 3)}",
    }
    return {"resourceType": "Patient", "identifier": [identifier] * 2, "generalPractitioner": [doctor]}


def _result(chance: Random) -> Json:
    parts = [{"code": _coded(chance), "valueQuantity": _amount(chance)} for _ in range(3)]
    parts += [{"code": _coded(chance), "valueCodeableConcept": _coded(chance)}]
    own = {"code": _coded(chance), "valueQuantity": _amount(chance), "component": parts}
    return {"resourceType": "Observation", "status": "final"} | own


def _group(chance: Random) -> Json:
    values: list[Json] = [
        {"valueCodeableConcept": _coded(chance)},
        {"valueQuantity": _amount(chance)},
        {"valueBoolean": True},
    ]
    characteristic = [{"code": _coded(chance), "exclude": False} | one for one in values]
    return {"resourceType": "Group", "type": "person", "actual": False, "characteristic": characteristic}


def _sequence(chance: Random) -> Json:
    window: Json = {"windowStart": 1, "windowEnd": chance.choice([5, 100])}
    variants = [{"start": chance.choice([1, 5]), "end": 100} for _ in range(2)]
    own: Json = {"referenceSeq": {"chromosome": _coded(chance)} | window, "variant": variants}
    return {"resourceType": "MolecularSequence", "coordinateSystem": 0} | own


def _identifiers(node: Any) -> Iterator[Json]:
    """Whatever within has a system."""
    if isinstance(node, dict) and "system" in node:
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _identifiers(inner)


def _searches(searcher: IndexSearcher, chance: Random) -> Iterator[Search]:
    """Conditions that can be decided; and most of them of one parameter, so that some resource meets them."""
    while True:
        type_ = chance.choice(TYPES)
        pairs = [_pair(chance, type_) for _ in range(chance.choice((1, 1, 1, 2)))]
        try:
            yield searcher.read(Search(type_, urlencode(pairs)))
        except Undecidable:
            continue


def _pair(chance: Random, type_: str) -> tuple[str, str]:
    shape = condition(chance, type_, MOST_DEEP)
    kind = parameters_of(type_)[shape.name.partition(":")[0]].type
    return shape.name, ",".join(_value(chance, kind, form) for form in shape.forms)


def _value(chance: Random, kind: str, form: str) -> str:
    """A form with values as the resources have them, or parts of such."""
    if form in _TOGETHER and chance.random() < 0.7:
        return "|".join(map(_escaped, chance.choice(_TOGETHER[form])))
    text = chance.choice(_VALUES.get(kind, _VALUES["token"]))
    if kind == "string" and chance.random() < 0.5:
        text = text[chance.randrange(min(len(text), 8)) :][: chance.randint(1, 8)] or text
    return form.format(
        v=_escaped(text),
        u=_escaped(chance.choice(["http://x", "a:b"] if kind == "composite" else URIS)),
        n=chance.choice(["1", "5", "5.4", "1e2"] if kind == "composite" else _NUMBERS),
        d=chance.choice(_DATES),
    )


_CODES = [*SAMPLES["code"], *TEXTS]
_VALUES = {
    "token": [*_CODES, "r1", "true"],
    "string": [*TEXTS, "hoa", "x" * 500],
    "reference": [*(str(n) for n in range(1, 10)), "r1", "inner"],
    "quantity": _CODES,
    "composite": ["a", "b", "A"],
}
_SYSTEMATIC = list(_identifiers(_drawn()))
_TOGETHER: dict[str, list[Sequence[str]]] = {
    "{u}|{v}": [
        (one["system"], text) for one in _SYSTEMATIC if (text := one.get("code") or one.get("value"))
    ],
    "{u}|{v}|{v}": [
        (coding["system"], coding["code"], one["value"])
        for one in _SYSTEMATIC
        if "type" in one
        for coding in one.get("type", {}).get("coding", ())
        if {"system", "code"} <= coding.keys()
    ],
}
_NUMBERS = [*(str(one) for one in SAMPLES["decimal"]), "1e2", "72.5", "5.40", "1e999", "-1e-999", "0.0", "3"]
_NUMBERS += ["5.45", "5.35", "5.41", "99", "101", "110", "90", "72.45", "72.6"]
_DATES = [
    *DATES,
    *INSTANTS,
    "0001",
    "2024",
    "9999-12-31T23:59:60Z",
    "2024-07-01T08:30",
    "2024-07-01T08:30:01+07:00",
]
_DATES += ["2024-01", "2024-02-28", "2024-03", "1600-02-28", "1600-03-01", "0999", "1001", "9998", "9999-11"]


def _escaped(text: str) -> str:
    for mark in "\\,$|":
        text = text.replace(mark, f"\\{mark}")
    return text
