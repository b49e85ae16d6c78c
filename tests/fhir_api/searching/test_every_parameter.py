"""Every search parameter that the capability statement claims, on data that have it, by the statement.

HL7's own examples, and what is made where they have nothing (telling.py).
https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import quote

import orjson
import pytest

from ehr.definitions import RESOURCE_TYPES
from projections.search.reading import Reading
from tests.fhir_api.intake.examples import KNOWN_INVALID, kept
from tests.fhir_api.running import Door, Json
from tests.fhir_api.searching.telling import telling
from tests.fhir_api.searching.wording import Said, Wording
from tests.projections.search.deciding import of_itself

UPDATED = "_lastUpdated"
"""What no resource says of itself."""

AT_ONCE = 200
"""Resources of a transaction, and searches of a batch."""


class Trial(NamedTuple):
    """A parameter, and how it finds one resource."""

    code: str
    resource: Json
    wording: Wording

    @property
    def id(self) -> str:
        return str(self.resource["id"])


@cache
def examples() -> dict[str, list[Json]]:
    """HL7's valid ones by type."""
    found: dict[str, list[Json]] = {type_: [] for type_ in RESOURCE_TYPES}
    for example in kept():
        if example.file not in KNOWN_INVALID:
            resource = orjson.loads(bytes(example.resource))
            found[resource["resourceType"]].append(resource)
    return found


def trials(type_: str, codes: list[str]) -> tuple[list[Json], list[Trial]]:
    """(resources, one trial of each parameter): of HL7's examples, else of what is made."""
    told: dict[str, Json] = {}
    found: dict[str, Trial] = {}

    def take(resource: Json) -> None:
        said = Said(resource)
        for code in codes:
            wording = said.wording(code) if code not in found else None
            if wording:
                told[resource["id"]] = resource
                found[code] = Trial(code, resource, wording)

    for resource in examples()[type_]:
        take(resource)
    for code in codes:
        if code not in found:
            take({**telling(type_, code), "id": f"with-{code.strip('_')}"})
    return list(told.values()), list(found.values())


@pytest.fixture(scope="module")
def statement(door: Door) -> dict[str, Json]:
    """What is claimed of each type."""
    told = door.json("metadata")
    return {one["type"]: one for one in told["rest"][0]["resource"]}


def batches(kind: str, entries: list[Json]) -> Iterator[Json]:
    for at in range(0, len(entries), AT_ONCE):
        yield {"resourceType": "Bundle", "type": kind, "entry": entries[at : at + AT_ONCE]}


def put(resource: Json) -> Json:
    return {
        "resource": resource,
        "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
    }


@pytest.fixture(scope="module")
def tried(door: Door, statement: dict[str, Json]) -> dict[str, list[Trial]]:
    """Type -> the trials of its parameters, after their resources were stated."""
    found: dict[str, list[Trial]] = {}
    stated: list[Json] = []
    for type_, claims in statement.items():
        codes = [one["name"] for one in claims["searchParam"] if one["name"] != UPDATED]
        resources, found[type_] = trials(type_, codes)
        stated += resources
    for bundle in batches("transaction", [put(resource) for resource in stated]):
        door.send("POST", "", bundle)
    return found


def asked(door: Door, searches: list[str]) -> Iterator[set[str]]:
    """The ids that each search finds."""
    for bundle in batches("batch", [{"request": {"method": "GET", "url": url}} for url in searches]):
        for question, answer in zip(bundle["entry"], said(door, bundle), strict=True):
            assert answer["response"]["status"].startswith("200"), (question, answer)
            yield {match["resource"]["id"] for match in answer["resource"].get("entry", ())}


def said(door: Door, bundle: Json) -> list[Json]:
    found: list[Json] = door.send("POST", "", bundle).json()["entry"]
    return found


@pytest.mark.parametrize("type_", sorted(RESOURCE_TYPES))
def test_every_parameter_finds(
    door: Door, statement: dict[str, Json], tried: dict[str, list[Trial]], type_: str
) -> None:
    """By the index, and the same when each resource is asked by itself, as conditions of requests are."""
    claimed = {one["name"] for one in statement[type_]["searchParam"]}
    assert {trial.code for trial in tried[type_]} == claimed - {UPDATED}
    entries = {trial.id: of_itself(trial.resource) for trial in tried[type_]}
    asking = [(trial, *question) for trial in tried[type_] for question in questions(trial)]
    found = asked(door, [f"{type_}?{name}={quote(text)}&_count=1000" for _, name, text, _ in asking])
    for (trial, name, text, expected), ids in zip(asking, found, strict=True):
        condition = Reading().condition(type_, name, text)
        assert (trial.id in ids) is expected, (trial.id, name, text)
        assert ids == {id_ for id_, one in entries.items() if condition.holds(one)}, (name, text)


def questions(trial: Trial) -> Iterator[tuple[str, str, bool]]:
    """(name, text, whether it finds the resource of the trial)."""
    yield trial.code, trial.wording.finds, True
    yield trial.code, trial.wording.misses, False
    yield f"{trial.code}:missing", "true", False


@pytest.mark.parametrize("type_", sorted(RESOURCE_TYPES))
def test_every_type_is_found_by_when_it_changed(
    door: Door, tried: dict[str, list[Trial]], type_: str
) -> None:
    id_ = tried[type_][0].id
    changed = door.json(f"{type_}/{id_}")["meta"]["lastUpdated"]
    texts = (changed, f"lt{changed}", f"le{changed}", f"gt{changed}")
    found = asked(door, [f"{type_}?{UPDATED}={quote(text)}&_id={id_}" for text in texts])
    assert [id_ in ids for ids in found] == [True, False, True, False]
