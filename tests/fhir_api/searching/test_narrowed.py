"""Parameters that take references to one type alone, as ``Observation.subject.where(resolve() is Patient)``,
and references that are addresses: the server against the oracle.

https://hl7.org/fhir/R4/search.html#reference, #chaining, #has, #include, #modifiers
"""

from collections.abc import Iterator

import pytest

from tests.fhir_api.running import Door, Json, outcome_of
from tests.oracle.compare import Comparison, opened
from tests.oracle.corpus import read
from tests.oracle.evaluator import answer, parse
from tests.oracle.generator import Search
from tests.oracle.values import Refused


def of(reference: Json, id_: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"code": "c"}]},
        "subject": reference,
    }


def plan(id_: str, **elements: Json | list[str]) -> Json:
    return {
        "resourceType": "CarePlan",
        "id": id_,
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/a"},
        **elements,
    }


ELSEWHERE = "http://elsewhere.org/fhir"
NAMED = "urn:uuid:4e9b9b6c-7d0a-4b0d-8a3c-2f5a3c1d0a01"


def known_as(value: str) -> Json:
    return {"identifier": {"system": "http://x/numbers", "value": value}}


RECORD: list[Json] = [
    {"resourceType": "Patient", "id": "a", "identifier": [known_as("pa")["identifier"]]},
    {"resourceType": "Practitioner", "id": "d"},
    {
        "resourceType": "Group",
        "id": "a",
        "type": "person",
        "actual": True,
        "identifier": [known_as("ga")["identifier"]],
    },
    of({"reference": "Patient/a"}, "patient"),
    of({"reference": "Group/a"}, "group"),
    of({**known_as("1"), "type": "Patient"}, "known-patient"),
    of({**known_as("1"), "type": "Group"}, "known-group"),
    of(known_as("1"), "known"),
    of({"type": "Patient", "display": "An"}, "shown"),
    of({"reference": "urn:oid:1.2", "type": "Patient"}, "named"),
    of({"reference": f"{ELSEWHERE}/Patient/1/_history/2"}, "patient-elsewhere"),
    of({"reference": f"{ELSEWHERE}/Group/1"}, "group-elsewhere"),
    of({"reference": f"{ELSEWHERE}/Group/2", "type": "Patient"}, "group-said-to-be-another"),
    of({"reference": NAMED, "type": "Patient"}, "patient-named"),
    of({"reference": NAMED, "type": "Group"}, "group-named"),
    of({"reference": NAMED}, "named-alone"),
    of({"reference": "Patient/a", **known_as("2")}, "patient-known"),
    of({"reference": "Group/a", **known_as("2")}, "group-known"),
    {
        "resourceType": "Person",
        "id": "person",
        "link": [
            {"target": {"reference": "Patient/a", **known_as("3")}},
            {"target": {"reference": "Practitioner/d", **known_as("4")}},
        ],
    },
    plan("word", instantiatesCanonical=["word", "other|1"]),
    plan("place", instantiatesCanonical=["PlanDefinition/word"]),
    plan("activity", instantiatesCanonical=["ActivityDefinition/word"]),
]

FOUND = [
    *("Observation?patient=a", "Observation?patient=Patient/a", "Observation?patient=Group/a"),
    *("Observation?subject=a", "Observation?patient:Patient=a", "Observation?patient=urn:oid:1.2"),
    *("Observation?patient:missing=true", "Observation?patient:missing=false"),
    *("Observation?patient:identifier=1", "Observation?subject:identifier=1"),
    *(
        "Observation?patient:identifier=http://x/numbers|2",
        "Observation?patient:identifier=http://x/numbers|",
    ),
    *("Observation?patient:identifier=|1", "Observation?patient:identifier=1,2"),
    *("Observation?patient.identifier=ga", "Observation?patient.identifier=pa"),
    *("Observation?subject.identifier=ga", "Observation?patient:Patient._id=a"),
    *("Group?_has:Observation:patient:code=c", "Group?_has:Observation:subject:code=c"),
    *("Patient?_has:Observation:patient:code=c", "Practitioner?_has:Person:patient:_id=person"),
    *("Practitioner?_has:Person:practitioner:_id=person", "?_type=Patient,Group&_id=a"),
    "Observation?subject:Group._has:Observation:patient:code=c",
    *("Person?patient:identifier=3", "Person?patient:identifier=4", "Person?link:identifier=4"),
    *("Person?practitioner:identifier=4", "Person?practitioner:identifier=3", "Person?relatedperson=a"),
    *("Group?_revinclude=Observation:patient", "Group?_revinclude=Observation:subject"),
    *("Observation?_include=Observation:patient", "Observation?_include=Observation:patient:Patient"),
    *("CarePlan?instantiates-canonical=word", "CarePlan?instantiates-canonical=other"),
    *("CarePlan?instantiates-canonical=other|1", "CarePlan?instantiates-canonical=other|2"),
    *("CarePlan?instantiates-canonical=PlanDefinition/word", "CarePlan?instantiates-canonical=wor"),
    *(f"Observation?patient={ELSEWHERE}/Patient/1", f"Observation?patient={ELSEWHERE}/Group/1"),
    *(f"Observation?patient={ELSEWHERE}/Group/2", f"Observation?subject={ELSEWHERE}/Group/2"),
    *(f"Observation?subject={ELSEWHERE}/Group/1", f"Observation?subject={NAMED}"),
    *(f"Observation?patient={NAMED}", f"Observation?patient={NAMED},{ELSEWHERE}/Group/1,a"),
    *(f"Observation?patient={ELSEWHERE}/Patient/1/_history/7", "Observation?patient=urn:oid:1.3"),
    *("Observation?subject:Patient=Patient/a", "Observation?subject:Patient=Patient/a/_history/1"),
    *("Observation?subject:Group=a", "Observation?patient:Patient=Patient/a"),
    *("CarePlan?instantiates-canonical:PlanDefinition=word", "CarePlan?instantiates-canonical:Measure=word"),
    "CarePlan?instantiates-canonical:PlanDefinition=PlanDefinition/word",
]

REFUSED = [
    *("Observation?patient:Group=a", "Observation?patient:Group._id=a", "Observation?patient.member=a"),
    *("Person?patient:Practitioner=d", "Patient?_has:Observation:patient=a"),
    *(f"Observation?subject:Patient={ELSEWHERE}/Group/1", f"Observation?subject:Group={ELSEWHERE}/Group/1"),
    *(f"Observation?patient:Patient={ELSEWHERE}/Patient/1", f"Observation?subject:Patient={NAMED}"),
    *("Observation?subject:Patient=Group/a", "Observation?patient:Patient=Group/a"),
    *("Observation?subject:Patient=%23a", "CarePlan?instantiates-canonical:PlanDefinition=other%7C1"),
    "CarePlan?instantiates-canonical:PlanDefinition=http://x/plan",
]


@pytest.fixture(scope="module")
def comparison(door: Door) -> Iterator[Comparison]:
    for resource in RECORD:
        last = door.put(resource)
    door.get("Patient/a", headers={"X-EHR-Position": last.headers["X-EHR-Position"]})
    with opened(door.address) as client:
        yield Comparison(client, read(client))


@pytest.mark.parametrize("url", [*FOUND, *REFUSED])
def test_the_server_says_what_the_oracle_says(comparison: Comparison, url: str) -> None:
    path, pairs = parse(url)
    assert comparison.difference(Search(path, tuple(pairs))) is None


@pytest.mark.parametrize("url", REFUSED)
def test_what_no_such_reference_can_be_to_is_refused(comparison: Comparison, url: str) -> None:
    path, pairs = parse(url)
    with pytest.raises(Refused):
        answer(comparison.corpus, path, pairs)


def test_what_is_found_is_what_is_meant(door: Door, comparison: Comparison) -> None:
    assert comparison.corpus.keys("Group") == ["Group/a"]
    told = {url: ids(door, url) for url in FOUND}
    assert told["Observation?patient:identifier=1"] == ["known-patient"]
    assert told["Observation?patient:missing=false"] == [
        *("patient", "known-patient", "named", "patient-elsewhere", "patient-named", "patient-known")
    ]
    assert told[f"Observation?patient={ELSEWHERE}/Patient/1"] == ["patient-elsewhere"]
    assert told[f"Observation?patient={ELSEWHERE}/Group/1"] == []
    assert told[f"Observation?patient={ELSEWHERE}/Group/2"] == []
    assert told[f"Observation?subject={ELSEWHERE}/Group/1"] == ["group-elsewhere"]
    assert told[f"Observation?patient={NAMED}"] == ["patient-named"]
    assert told[f"Observation?subject={NAMED}"] == ["patient-named", "group-named", "named-alone"]
    assert told["CarePlan?instantiates-canonical:PlanDefinition=word"] == ["place"]
    assert told["Group?_has:Observation:patient:code=c"] == []
    assert told["Group?_has:Observation:subject:code=c"] == ["a"]
    assert told["CarePlan?instantiates-canonical=word"] == ["word", "place", "activity"]


def test_an_inclusion_of_what_it_cannot_be_to_is_refused(door: Door) -> None:
    told = outcome_of(door.get("Observation?_include=Observation:patient:Group", 400))
    assert "Observation.patient does not refer to Group." in told["details"]["text"]


def test_the_capability_statement_claims_no_other_type(door: Door) -> None:
    rest = door.json("metadata")["rest"][0]["resource"]
    [group] = [one for one in rest if one["type"] == "Group"]
    assert "Observation:subject" in group["searchRevInclude"]
    assert "Observation:patient" not in group["searchRevInclude"]


def ids(door: Door, url: str) -> list[str]:
    found = door.json(url).get("entry", ())
    return [entry["resource"]["id"] for entry in found if entry["search"]["mode"] == "match"]
