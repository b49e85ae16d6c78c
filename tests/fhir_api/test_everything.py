"""Everything about a Patient.

https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import orjson
import pytest
from psycopg import sql

from ehr.dates import span
from ehr.definitions import main_date, patient_references, references
from ehr.event_store.connections import connect
from tests.fhir_api.bundles import creating, transaction
from tests.fhir_api.running import (
    FHIR_JSON,
    Door,
    Json,
    entries,
    link,
    outcome_of,
    pages,
    prepare,
    projecting,
    serving,
)

DATA = Path(__file__).parents[1] / "data"
SYNTHEA = "https://github.com/synthetichealth/synthea"
APART = {"Medication"}
"""Types of Synthea's patient bundles that are no one's."""


class Person(NamedTuple):
    """A Patient of Synthea. sent: how many resources its bundle has of each type. told: by the oracle."""

    address: str
    sent: Counter[str]
    told: Json


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server that was given all of synthea-small."""
    prepare(module_database)
    with projecting(module_database), serving(module_database) as served:
        for body in bundles().values():
            served.client.post("", content=body, headers=FHIR_JSON).raise_for_status()
        yield served


def bundles() -> dict[str, bytes]:
    """The bundles by file name, those of hospitals and practitioners first."""
    with tarfile.open(DATA / "synthea-small.tar.xz") as archive:
        members = [member for member in archive.getmembers() if member.name.endswith(".json")]
        read = {Path(member.name).name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]
    return dict(sorted(read.items(), key=lambda item: ("Information" not in item[0], item[0])))


@pytest.fixture(scope="module")
def people(door: Door) -> list[Person]:
    oracle = json.loads((DATA / "oracle-small.json").read_text())["by_patient"]
    read = bundles()
    found = []
    for number, told in oracle.items():
        bundle = orjson.loads(read[told["file"]])
        sent = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
        patient = door.json(f"Patient?identifier={SYNTHEA}|{number}")["entry"][0]["resource"]["id"]
        found.append(Person(f"Patient/{patient}", sent, told))
    return found


def test_it_tells_what_the_oracle_counted(door: Door, people: list[Person]) -> None:
    for person in people:
        told = entries(door, f"{person.address}/$everything")
        types = Counter(entry["resource"]["resourceType"] for entry in matches(told))
        apart = Counter({type_: person.sent[type_] for type_ in APART if person.sent[type_]})
        assert types == person.sent - apart
        assert sum(types.values()) + sum(apart.values()) == person.told["everything_in_bundle"]
        for type_ in ("Observation", "Encounter", "Condition", "Procedure"):
            assert types[type_] == person.told[type_]


def matches(told: list[Json]) -> list[Json]:
    return [entry for entry in told if entry["search"]["mode"] == "match"]


def names(told: list[Json]) -> list[str]:
    return [f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in told]


@pytest.mark.parametrize("count", [1000, 100, 7])
def test_every_resource_comes_once(door: Door, people: list[Person], count: int) -> None:
    person = people[0]
    walked = list(pages(door, f"{person.address}/$everything?_count={count}"))
    told = [entry for page in walked for entry in page["entry"]]
    assert len(names(told)) == len(set(names(told)))
    assert [len(matches(page["entry"])) for page in walked[:-1]] == [count] * (len(walked) - 1)
    whole = entries(door, f"{person.address}/$everything")
    assert names(matches(told)) == names(matches(whole))
    assert sorted(names(told)) == sorted(names(whole))
    assert names(told)[0] == person.address


def test_one_resource_on_a_page_is_enough(door: Door) -> None:
    door.put(
        {"resourceType": "Patient", "id": "one", "managingOrganization": {"reference": "Organization/o"}}
    )
    door.put({"resourceType": "Organization", "id": "o", "name": "o"})
    door.put(
        {"resourceType": "Basic", "id": "b1", "subject": {"reference": "Patient/one"}, "code": {"text": "x"}}
    )
    door.put(
        {"resourceType": "Basic", "id": "b2", "subject": {"reference": "Patient/one"}, "code": {"text": "x"}}
    )
    walked = [names(page["entry"]) for page in pages(door, "Patient/one/$everything?_count=1")]
    assert walked == [["Patient/one", "Organization/o"], ["Basic/b1"], ["Basic/b2"]]


def test_entries_are_the_resources_as_they_are_read(door: Door, people: list[Person]) -> None:
    told = entries(door, f"{people[1].address}/$everything?_count=500")
    for entry, name in list(zip(told, names(told), strict=True))[::25]:
        assert entry["fullUrl"] == f"{door.address}/fhir/{name}"
        assert entry["resource"] == door.json(name)


def test_what_is_referred_to_outside_the_compartment_is_included(door: Door, people: list[Person]) -> None:
    for person in people[:4]:
        told = entries(door, f"{person.address}/$everything")
        members = matches(told)
        included = set(names(told)) - set(names(members))
        referred = {to for entry in members for to in references(entry["resource"]) if "#" not in to}
        assert included == referred - set(names(members))
        assert {name.split("/")[0] for name in included} >= {"Organization", "Practitioner", "Location"}
        assert not any(patient_references(entry["resource"]) for entry in told if entry not in members)


def test_types_can_be_chosen(door: Door, people: list[Person]) -> None:
    person = people[2]
    told = entries(door, f"{person.address}/$everything?_type=Encounter,Practitioner&_count=3")
    types = Counter(entry["resource"]["resourceType"] for entry in told)
    assert set(types) == {"Encounter", "Practitioner"}
    assert types["Encounter"] == person.told["Encounter"]
    assert names(entries(door, f"{person.address}/$everything?_type=Patient")) == [person.address]


CHOICES = [
    (["Practitioner"], False),
    (["Encounter", "Practitioner", "Condition"], False),
    (["Patient", "Organization"], False),
    (["Observation", "Claim"], False),
    (["Location"], True),
    (["Observation", "Practitioner"], True),
    (["Observation", "Immunization"], True),
    ([], True),
]
"""Types, and whether it is only what was changed since."""


class Amended(NamedTuple):
    """A Patient, of whom everything was told, and since when two resources are other ones than before."""

    address: str
    whole: list[Json]
    since: str


@pytest.fixture(scope="module")
def amended(door: Door, people: list[Person]) -> Amended:
    """One of the two is a member of the compartment, the other one a Location."""
    address = people[6].address
    for type_ in ("Observation", "Location"):
        resource = entries(door, f"{address}/$everything?_type={type_}")[-1]["resource"]
        door.put({**resource, "language": "vi"})
    whole = entries(door, f"{address}/$everything")
    return Amended(address, whole, sorted(entry["resource"]["meta"]["lastUpdated"] for entry in whole)[-2])


@pytest.mark.parametrize("count", [1000, 40, 7])
@pytest.mark.parametrize(("types", "changed"), CHOICES)
def test_what_is_told_is_chosen_and_not_what_is_followed(
    door: Door, amended: Amended, types: list[str], changed: bool, count: int
) -> None:
    address, whole, since = amended
    expected = [
        entry
        for entry in whole
        if (not types or entry["resource"]["resourceType"] in types)
        and (not changed or entry["resource"]["meta"]["lastUpdated"] >= since)
    ]
    asked = [("_type", name) for name in types] + [("_since", since)] * changed + [("_count", str(count))]
    told = entries(door, f"{address}/$everything?{urlencode(asked)}")
    assert names(matches(told)) == names(matches(expected))
    assert sorted(names(told)) == sorted(names(expected))
    assert expected


def test_a_page_may_tell_nothing_and_go_on(door: Door) -> None:
    """1,200 Encounters, of which the last one names a Practitioner."""
    door.put({"resourceType": "Patient", "id": "often"})
    door.put({"resourceType": "Practitioner", "id": "seldom"})
    seldom = {"participant": [{"individual": {"reference": "Practitioner/seldom"}}]}
    seen = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}}
    seen["subject"] = {"reference": "Patient/often"}
    visits = [creating(seen)] * 1_199 + [creating(seen | seldom)]
    door.client.post("", content=orjson.dumps(transaction(*visits)), headers=FHIR_JSON).raise_for_status()
    told = list(pages(door, "Patient/often/$everything?_type=Practitioner"))
    assert [names(page.get("entry", [])) for page in told] == [[], ["Practitioner/seldom"]]


def test_care_of_a_time_can_be_chosen(door: Door, people: list[Person]) -> None:
    address = people[3].address
    whole = matches(entries(door, f"{address}/$everything"))
    chosen = matches(entries(door, f"{address}/$everything?start=2022-03&end=2024&_count=50"))
    first, last = span("2022-03"), span("2024")
    assert first is not None
    assert last is not None

    def within(resource: Json) -> bool:
        at = span(main_date(resource) or "")
        undated = at is None or resource["resourceType"] == "Patient"
        return undated or first.start <= at.start < last.end  # type: ignore[union-attr]

    assert names(chosen) == [
        name for entry, name in zip(whole, names(whole), strict=True) if within(entry["resource"])
    ]
    assert 0 < len(chosen) < len(whole)


def test_changes_since_a_moment_can_be_chosen(door: Door, people: list[Person]) -> None:
    address = people[4].address
    patient = door.json(address)
    changed = door.put({**patient, "active": True}).json()["meta"]["lastUpdated"]
    assert names(entries(door, f"{address}/$everything?_since={changed}")) == [address]
    condition = next(entry["resource"] for entry in entries(door, f"{address}/$everything?_type=Condition"))
    later = door.put({**condition, "note": [{"text": "amended"}]}).json()["meta"]["lastUpdated"]
    assert names(entries(door, f"{address}/$everything?_since={later}")) == [f"Condition/{condition['id']}"]
    assert sorted(names(entries(door, f"{address}/$everything?_since={changed}"))) == sorted(
        [address, f"Condition/{condition['id']}"]
    )


def test_a_walk_is_not_disturbed_by_changes(door: Door, people: list[Person]) -> None:
    """Neither what was amended comes again, nor is anything else left out."""
    address = people[5].address
    whole = names(matches(entries(door, f"{address}/$everything")))
    first = door.json(f"{address}/$everything?_count=100")
    for entry in first["entry"][1:3] + door.json(link(first, "next") or "")["entry"][:2]:
        resource = entry["resource"]
        door.put({**resource, "language": "vi"})
    rest = [entry for page in pages(door, link(first, "next") or "") for entry in page["entry"]]
    assert names(matches(first["entry"] + rest)) == whole


def test_a_patient_with_nothing_else(door: Door) -> None:
    door.put({"resourceType": "Patient", "id": "alone"})
    bundle = door.json("Patient/alone/$everything")
    assert (bundle["type"], names(bundle["entry"])) == ("searchset", ["Patient/alone"])
    assert link(bundle, "self") == f"{door.address}/fhir/Patient/alone/$everything"


def test_what_belongs_to_two_is_told_of_both(door: Door) -> None:
    for one in ("twin1", "twin2"):
        door.put({"resourceType": "Patient", "id": one})
    both = [{"individual": {"reference": f"Patient/{one}"}} for one in ("twin1", "twin2")]
    group = {"resourceType": "ResearchSubject", "id": "shared", "status": "candidate"}
    study = {"study": {"reference": "ResearchStudy/none"}, "individual": both[0]["individual"]}
    door.put(group | study)
    appointment = [
        {"actor": {"reference": f"Patient/{one}"}, "status": "accepted"} for one in ("twin1", "twin2")
    ]
    door.put({"resourceType": "Appointment", "id": "both", "status": "proposed", "participant": appointment})
    assert names(entries(door, "Patient/twin1/$everything")) == [
        "Patient/twin1", "Appointment/both", "ResearchSubject/shared",
    ]  # fmt: skip
    assert names(entries(door, "Patient/twin2/$everything")) == ["Patient/twin2", "Appointment/both"]


def test_a_device_is_someones_or_no_ones(door: Door) -> None:
    for id_ in ("wears", "other"):
        door.put({"resourceType": "Patient", "id": id_})
    for id_, owner in (("monitor", None), ("pacemaker", "wears"), ("hip", "other")):
        owned = {"patient": {"reference": f"Patient/{owner}"}} if owner else {}
        door.put({"resourceType": "Device", "id": id_, **owned})
        reading = {"status": "final", "code": {"text": "x"}, "subject": {"reference": "Patient/wears"}}
        door.put(
            {"resourceType": "Observation", "id": id_, **reading, "device": {"reference": f"Device/{id_}"}}
        )
    told = entries(door, "Patient/wears/$everything")
    assert [name for name in names(told) if name.startswith("Device")] == [
        "Device/pacemaker",
        "Device/monitor",
    ]
    assert told[-1]["search"]["mode"] == "include"


@pytest.mark.parametrize(
    ("id_", "plain", "escaped"),
    [
        ("php", b"/", rb"\/"),
        ("letters", b"Practitioner/", rb"\u0050ractitioner\u002F"),
        ("name", b'"ref', rb'"\u0072ef'),
    ],
)
def test_a_reference_is_followed_however_it_is_written(
    door: Door, id_: str, plain: bytes, escaped: bytes
) -> None:
    door.put({"resourceType": "Practitioner", "id": "escaped"})
    doctor = {"generalPractitioner": [{"reference": "Practitioner/escaped"}]}
    body = orjson.dumps({"resourceType": "Patient", "id": id_} | doctor).replace(plain, escaped)
    door.client.put(f"Patient/{id_}", content=body, headers=FHIR_JSON).raise_for_status()
    assert escaped in door.get(f"Patient/{id_}").content
    assert names(entries(door, f"Patient/{id_}/$everything")) == [f"Patient/{id_}", "Practitioner/escaped"]


def test_a_reference_that_leads_nowhere_is_left_out(door: Door) -> None:
    door.put(
        {"resourceType": "Patient", "id": "lost", "generalPractitioner": [{"reference": "Practitioner/gone"}]}
    )
    assert names(entries(door, "Patient/lost/$everything")) == ["Patient/lost"]


def test_only_patients_who_are_there_have_everything(door: Door) -> None:
    outcome_of(door.get("Patient/never/$everything", 404))
    door.put(
        {
            "resourceType": "Basic",
            "id": "m",
            "subject": {"reference": "Patient/mentioned"},
            "code": {"text": "x"},
        }
    )
    outcome_of(door.get("Patient/mentioned/$everything", 404))
    outcome_of(door.get("Organization/o/$everything", 404))
    door.put({"resourceType": "Patient", "id": "left"})
    door.client.delete("Patient/left").raise_for_status()
    assert outcome_of(door.get("Patient/left/$everything", 410))["code"] == "deleted"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("_count=0", "_count"),
        ("_count=x", "_count"),
        ("_type=Nothing", "_type"),
        ("_type=", "_type"),
        ("_since=then", "_since"),
        ("start=2024-13", "start"),
        ("end=", "end"),
        ("start=2024&start=2025", "more than once"),
        ("_sort=date", "_sort"),
        ("_page=AAAA", "_page"),
    ],
)
def test_what_cannot_be_done_is_named(door: Door, query: str, named: str) -> None:
    door.put({"resourceType": "Patient", "id": "asked"})
    assert named in outcome_of(door.get(f"Patient/asked/$everything?{query}", 400))["details"]["text"]


def test_a_token_fits_its_own_patient_only(door: Door, people: list[Person]) -> None:
    following = link(door.json(f"{people[0].address}/$everything?_count=1"), "next") or ""
    other = following.replace(people[0].address, people[1].address)
    assert "_page" in outcome_of(door.get(other, 400))["details"]["text"]


@pytest.mark.parametrize("setting", ["enable_nestloop", "enable_hashjoin", "enable_mergejoin"])
def test_members_come_in_order_however_they_are_gathered(database: str, setting: str) -> None:
    """The database joins as its statistics suggest, which change from moment to moment."""
    prepare(database)
    with connect(database) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set {} = off").format(name, sql.SQL(setting)))
        connection.execute(sql.SQL("alter database {} set enable_sort = off").format(name))
    about = {"subject": {"reference": "Patient/p"}, "code": {"text": "x"}, "status": "final"}
    with projecting(database), serving(database) as door:
        door.put({"resourceType": "Patient", "id": "p"})
        for number in range(12):
            for type_ in ("Observation", "DiagnosticReport"):
                door.put({"resourceType": type_, "id": f"{type_}{9 - number % 10}-{number}", **about})
        told = [names(page["entry"]) for page in pages(door, "Patient/p/$everything?_count=5")]
    told_types = [name.split("/")[0] for page in told for name in page]
    assert told_types == ["Patient", *["DiagnosticReport"] * 12, *["Observation"] * 12]
    assert [int(name.split("-")[1]) for page in told for name in page[page == told[0] :]] == [*range(12)] * 2
