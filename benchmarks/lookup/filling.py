"""Fills the views by what projects them, and by nothing else, but from facts that no record holds.

Registering a million people takes hours of deciding that no look-up reads; the rows are the same.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Any

import orjson
import psycopg

from benchmarks.lookup.people import Citizen, hospitals, places, station
from ehr.addresses import ADMINISTRATIVE_ADDRESS
from ehr.bodies import make_body
from ehr.compression import compress
from ehr.event_store.connections import connect
from ehr.facts import ResourceRecorded, ResourceVersion
from ehr.systems import FACILITY_CODE, INSURANCE_NUMBER, NATIONAL_ID
from ehr.values import subject_of
from projections.facilities.view import Facilities
from projections.generations import serving, use_schema
from projections.view import View
from simulation.code_lists import Commune
from streams.recorded_fact import RecordedFact, RecordedResource

BATCH = 2_000
"""Citizens in one transaction, about what a projector that catches up takes at once."""

TOLD = 50_000
"""Citizens between two lines of progress."""

AT = "2026-10-05T08:00:00.000Z"
Json = dict[str, Any]


def fill(
    database: str, views: Sequence[View], people: Iterable[Citizen], of_patients: Sequence[View] = ()
) -> int:
    """Projects everybody with their visits, and the facilities; gives the number of people.

    of_patients: views that are given the Patients alone.
    """
    with connect(database) as connection:
        connection.execute("set synchronous_commit = off")
        places = count(1)
        organizations = [_fact(next(places), one, str(one["id"])) for one in _organizations()]
        _project(connection, Facilities(), organizations)
        done, started = 0, time.perf_counter()
        for batch in _batches(people):
            patients = [_fact(next(places), patient_of(one), one.id, *one.facilities[:1]) for one in batch]
            visits = [_fact(next(places), *visit) for one in batch for visit in _visits(one)]
            for view in views:
                _project(connection, view, [*patients, *visits])
            for view in of_patients:
                _project(connection, view, patients)
            done += len(batch)
            if done % TOLD < BATCH:
                print(
                    f"  {done:>9,} citizens, {done / (time.perf_counter() - started):,.0f} a second",
                    flush=True,
                )
    return done


def tidy(database: str) -> None:
    """What autovacuum does in time: visibility for scans of indexes alone, and statistics."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _batches(people: Iterable[Citizen]) -> Iterator[list[Citizen]]:
    rest = iter(people)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _project(connection: psycopg.Connection[Any], view: View, facts: Sequence[RecordedFact]) -> None:
    generation = serving(connection, view.name)
    assert generation
    use_schema(connection, generation)
    with connection.transaction():
        view.project(connection, facts)


def _visits(one: Citizen) -> Iterator[tuple[Json, str, str]]:
    for number, facility in enumerate(one.facilities):
        yield _encounter(one, number), one.id, facility


def _fact(position: int, resource: Json, subject_id: str, facility: str | None = None) -> RecordedFact:
    """As the record would give it, each as a flush of its own."""
    type_ = resource["resourceType"]
    body = make_body(orjson.dumps(resource), resource["id"])
    version = ResourceVersion(type_, resource["id"], 1, "create", body.splice, compress(body.bytes))
    subject = subject_of(f"{'Patient' if type_ == 'Encounter' else type_}/{subject_id}")
    fact = ResourceRecorded(
        event_id="", schema_version=1, subject=subject, stream=subject, resources=[version],
        actor="benchmark", facility=facility, happened_at=AT, recorded_at=AT,
    )  # fmt: skip
    return RecordedFact(
        position=position, transaction=position, size=1, subject=subject, subject_sequence=1, stream=subject,
        stream_version=1, last_updated=AT, state=b"", fact=fact, resources=[RecordedResource(version)],
    )  # fmt: skip


def patient_of(one: Citizen) -> Json:
    """The Patient as a facility would write it."""
    return {
        "resourceType": "Patient",
        "id": one.id,
        "identifier": [
            {"system": NATIONAL_ID, "value": one.number},
            {"system": INSURANCE_NUMBER, "value": one.insurance},
        ],
        "name": [{"use": "official", "text": one.name}],
        "telecom": [{"system": "phone", "value": one.telephone}],
        "gender": one.sex,
        "birthDate": one.birth,
        "address": [_address(one.commune)],
    }


def _address(commune: Commune) -> Json:
    units = (("ward", commune.code, commune.name), ("state", commune.province, commune.province_name))
    return {
        "text": f"Thôn Mẫu, {commune.name}, {commune.province_name}",
        "extension": [
            {
                "url": ADMINISTRATIVE_ADDRESS,
                "extension": [
                    {"url": url, "valueCodeableConcept": {"coding": [{"code": code, "display": name}]}}
                    for url, code, name in units
                ],
            }
        ],
    }


def _encounter(one: Citizen, number: int) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"{one.id}-v{number}",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{one.id}"},
        "period": {"start": f"2026-0{number + 1}-05T08:00:00+07:00"},
    }


def _organizations() -> Iterator[Json]:
    for commune in places():
        yield _organization(station(commune), f"Trạm Y tế {commune.name}", commune)
    for number, code in enumerate(hospitals()):
        yield _organization(code, f"Bệnh viện {number + 1}", places()[number])


def _organization(code: str, name: str, commune: Commune) -> Json:
    return {
        "resourceType": "Organization",
        "id": f"o-{code}",
        "identifier": [{"system": FACILITY_CODE, "value": code}],
        "name": name,
        "address": [_address(commune)],
    }
