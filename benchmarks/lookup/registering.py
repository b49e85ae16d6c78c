"""What registering somebody costs, with matching and without it: ``POST Patient``, over and over.

People who are not there yet are registered twice each, as two facilities would write them, so that there is
somebody to be linked with. Without matching: the house is started again without ``ehr link``, and nothing
projects the view that it reads candidates from.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final, NamedTuple

import orjson
import uvloop

from benchmarks import load
from benchmarks.house import House, without
from benchmarks.lookup.matching import damaged
from benchmarks.lookup.people import BLOCK, Citizen, citizens
from benchmarks.lookup.resources import Json, patient_of
from benchmarks.processes import cpu_seconds
from ehr.event_store.connections import connect, connect_async
from ehr.matching.captured import CAPTURED
from projections.linking.standing import linking_standing
from projections.matching.view import Matching
from simulation.chance import chance_of

LINKING: Final = "link"
LEFT_OUT: Final = (LINKING, Matching.name)
CLIENTS: Final = (1, 8)

MORE: Final = 10.0
"""Milliseconds that matching may add to the median."""

WARM: Final = 20
"""Requests before those that count."""

PATIENCE: Final = 600.0
"""Seconds until everybody has to be judged."""


class Cost(NamedTuple):
    """Of registrations by so many clients at once. matched, unmatched: until the answer. after: milliseconds
    from the last answer until everybody was judged. cpu: of ``ehr link``, milliseconds for each Patient.
    told: share of the people whose two Patients were linked or proposed."""

    clients: int
    matched: load.Outcome
    unmatched: load.Outcome
    after: float
    cpu: float
    told: float

    @property
    def more(self) -> float:
        """Milliseconds that matching adds to the median."""
        return self.matched.quantile(0.5) - self.unmatched.quantile(0.5)


def measure(house: House, seed: int, known: int, number: int) -> Iterator[Cost]:
    """A cost for each of CLIENTS. known: how many citizens there are already; number: how many more people
    are registered, each time others."""
    lots = _lots(seed, known, number)
    with without(house, LEFT_OUT) as bare:
        unmatched = [_registered(bare, next(lots), clients) for clients in CLIENTS]
    settle(house)
    for clients, outcome in zip(CLIENTS, unmatched, strict=True):
        yield _cost(house, next(lots), clients, outcome)


def register(house: House, seed: int, known: int, number: int) -> None:
    """So many people, twice each."""
    _registered(house, next(_lots(seed, known, number)), max(CLIENTS))


def _cost(house: House, people: Sequence[Citizen], clients: int, unmatched: load.Outcome) -> Cost:
    used, told = _linking_cpu(house), _told(house)
    matched = _registered(house, people, clients)
    ended = time.perf_counter()
    settle(house)
    return Cost(
        clients=clients,
        matched=matched,
        unmatched=unmatched,
        after=1000 * (time.perf_counter() - ended),
        cpu=1000 * (_linking_cpu(house) - used) / (2 * len(people)),
        told=(_told(house) - told) / len(people),
    )


def _lots(seed: int, known: int, number: int) -> Iterator[list[Citizen]]:
    """Each of other people."""
    blocks, first = -(-number // BLOCK), -(-known // BLOCK)
    for lot in count():
        begin = (first + lot * blocks) * BLOCK
        yield list(citizens(seed, begin + number, begin))


def _registered(house: House, people: Sequence[Citizen], clients: int) -> load.Outcome:
    """All of them, then all again."""
    requests = iter([*map(_first, people), *map(_again, people)])
    uvloop.run(load.run(house.base, iter([next(requests) for _ in range(min(WARM, len(people)))]), 1))
    outcome = uvloop.run(load.run(house.base, requests, clients))
    assert not outcome.refused, f"{outcome.refused} registrations were refused"
    return outcome


def _first(one: Citizen) -> bytes:
    return load.post("/fhir/Patient", orjson.dumps(_scanned(patient_of(one))))


def _again(one: Citizen) -> bytes:
    body = damaged(chance_of(one.index, "again"), patient_of(one))
    return load.post("/fhir/Patient", orjson.dumps(_scanned(body)))


def _scanned(patient: Json) -> Json:
    """With numbers that are not merely typed. The server gives the id."""
    captured = [{"url": CAPTURED, "valueCode": "qr"}]
    numbers = [{**one, "extension": captured} for one in patient.get("identifier", ())]
    rest = {name: value for name, value in patient.items() if name not in ("id", "identifier")}
    return {**rest, "identifier": numbers} if numbers else rest


def settle(house: House) -> None:
    """Waits until everybody is judged. Raises TimeoutError."""
    uvloop.run(_settled(house.database))


async def _settled(database: str) -> None:
    async with asyncio.timeout(PATIENCE), await connect_async(database) as connection:
        await connection.set_autocommit(True)
        while (standing := await linking_standing(connection)) is None or standing.lag:
            await asyncio.sleep(0.005)


def _linking_cpu(house: House) -> float:
    return cpu_seconds(house.supervisor.pids()[LINKING])


def _told(house: House) -> int:
    with connect(house.database) as connection:
        row = connection.execute("select count(*) from links.pair where state in ('linked', 'proposed')")
        (number,) = row.fetchone() or (0,)
        return int(number)
