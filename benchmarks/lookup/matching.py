"""Patients like those that are there, registered once more elsewhere: how soon it is known who may be meant.

``Patient/$match`` is asked of the server. What ``ehr link`` reads and judges before it decides is read and
judged here, by the same code on a connection of its own: candidates, how common names are, and each of them.
What it adds to a registration is another figure (registering.py).
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final

import orjson
import uvloop

from benchmarks.house import House
from benchmarks.lookup.measuring import WARM, Figure, ask, figure_of
from benchmarks.lookup.people import Citizen
from benchmarks.lookup.resources import Json, patient_of
from ehr.communes.table import MERGED
from ehr.event_store.connections import connect_async
from ehr.matching.person import read_person
from ehr.names import unaccented
from projections.database import configure
from projections.matching.candidates import judged
from simulation.chance import Chance, chance_of

MATCH: Final = "Patient/$match"
CANDIDATES: Final = "candidates of a registration, judged"
TARGETS: Final = {MATCH: 15.0, CANDIDATES: 5.0}


def measure(house: House, seed: int, people: Sequence[Citizen], number: int) -> Iterator[Figure]:
    """A figure for each of TARGETS."""
    asked = [registered_again(chance_of(seed, "match", place), people) for place in range(number + WARM)]
    uvloop.run(ask(house.base, [_match(body) for body, _ in asked[:WARM]]))
    used = house.cpu()
    took, answers = uvloop.run(ask(house.base, [_match(body) for body, _ in asked[WARM:]]))
    shown = [_told(answer) for answer in answers]
    meant = [id_ for _, id_ in asked[WARM:]]
    yield figure_of(MATCH, TARGETS[MATCH], took, shown, meant, house.cpu() - used)
    used = house.cpu()
    took, shown = uvloop.run(judge_all(house.database, [body for body, _ in asked]))
    yield figure_of(CANDIDATES, TARGETS[CANDIDATES], took[WARM:], shown[WARM:], meant, house.cpu() - used)


def registered_again(chance: Chance, people: Sequence[Citizen]) -> tuple[Json, str]:
    """Somebody as another facility writes them, and who that is."""
    one = chance.pick(people)
    return damaged(chance, patient_of(one)), one.id


def damaged(chance: Chance, patient: Json) -> Json:
    """As another facility writes it: without accents, numbers or telephone."""
    body = dict(patient)
    if chance.happens(0.3):
        body["name"] = [{"text": unaccented(patient["name"][0]["text"]).upper()}]
    if chance.happens(0.3):
        del body["identifier"]
    if chance.happens(0.3):
        del body["telecom"]
    return body


def _match(patient: Json) -> bytes:
    given = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient}]}
    body = orjson.dumps(given)
    head = "POST /fhir/Patient/$match HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _told(answer: bytes) -> set[str]:
    return {entry["resource"].get("id", "") for entry in orjson.loads(answer).get("entry", [])}


async def judge_all(database: str, bodies: Sequence[Json]) -> tuple[list[float], list[set[str]]]:
    """Seconds of each, and whom it was compared with."""
    took, compared = [], []
    async with await connect_async(database) as connection:
        await connection.set_autocommit(True)
        await configure(connection)
        for body in map(orjson.dumps, bodies):
            begun = time.perf_counter()
            found = await judged(connection, read_person(body, units=MERGED))
            took.append(time.perf_counter() - begun)
            compared.append({one.candidate.patient for one in found})
    return took, compared
