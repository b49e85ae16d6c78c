"""Faults under load, and the ledger rule: what was acknowledged is in the record, each exactly once, without
gaps, and the views say what a fresh replay of the log says."""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg

from benchmarks.house import House
from tests.replaying import fresh_digest, serving_digest
from tests.stating import looking, value

CLIENTS = 6
REQUESTS = 20
"""Of each client in one trial."""

GAPS = """select count(*) from (
    select notification_id - row_number() over (order by notification_id) as gap from record.facts
    union all
    select subject_sequence - row_number() over (partition by subject order by notification_id)
    from record.facts) g where gap <> 0"""


@dataclass
class Ledger:
    """What clients wrote down outside of the system."""

    sent: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)


Fault = Callable[[House, random.Random], None]


def kill_api(house: House, _: random.Random) -> None:
    """kill -9 of the server."""
    _kill(house, "api")


def kill_projector(house: House, chance: random.Random) -> None:
    """kill -9 of one of the projectors."""
    _kill(house, chance.choice(["project-resources", "project-charts"]))


def stop_database(house: House, _: random.Random) -> None:
    """Immediate stop of PostgreSQL: no checkpoint, no goodbye."""
    if house.postgres.is_running():
        os.kill(house.postgres.pid, signal.SIGQUIT)


FAULTS: dict[str, Fault] = {"api": kill_api, "projector": kill_projector, "database": stop_database}


def trial(house: House, fault: Fault, seed: int, *, keys: bool = True, faults: int = 3) -> list[str]:
    """What is wrong after some faults under load; an empty list when all is well.

    keys: whether clients send Idempotency-Keys; without them, the trial must find doubles.
    """
    ledger, chance = Ledger(), random.Random(seed)
    clients = [
        threading.Thread(target=_client, args=(house, f"{seed}-{number}", ledger, keys))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for _ in range(faults):
        time.sleep(0.1 + chance.random() / 2)
        fault(house, chance)
    for client in clients:
        client.join()
    _wait_for_views(house)
    return broken(house, ledger, f"{seed}-")


def _client(house: House, name: str, ledger: Ledger, keys: bool) -> None:
    """Registers people one after the other, each until the server says that it is done."""
    for n in range(REQUESTS):
        number = f"{name}-{n}"
        ledger.sent.append(number)
        while not _register(house, number, keys):
            time.sleep(0.05)
        ledger.acknowledged.append(number)


def _register(house: House, number: str, keys: bool) -> bool:
    parts = urlsplit(house.base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    headers = {"Content-Type": "application/fhir+json"} | ({"Idempotency-Key": number} if keys else {})
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:ledger", "value": number}]}
    try:
        connection.request("POST", "/fhir/Patient", json.dumps(person), headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    assert status in (201, 503), status
    return status == 201


def broken(house: House, ledger: Ledger, run: str) -> list[str]:
    """What breaks the ledger rule; run: how the numbers of this trial begin."""
    with looking(house.database) as connection:
        there = Counter(
            v
            for (v,) in connection.execute("select value from record.claims where value like %s", [run + "%"])
        )
    lost = set(ledger.acknowledged) - set(there)
    doubled = [number for number, times in there.items() if times > 1]
    wrong = [f"{len(lost)} acknowledged are lost"] if lost else []
    wrong += [f"{len(doubled)} are stored more than once"] if doubled else []
    wrong += ["there are gaps"] if value(house.database, GAPS) else []
    wrong += (
        ["the view is not what the log says"]
        if serving_digest(house.database) != fresh_digest(house.database)
        else []
    )
    return wrong


def _wait_for_views(house: House) -> None:
    while True:
        try:
            end = value(house.database, "select max(notification_id) from record.facts")
            behind = value(
                house.database, "select min(position) from views.generations where state = 'serving'"
            )
            if behind == end:
                return
        except psycopg.OperationalError:
            pass
        time.sleep(0.1)


def _kill(house: House, program: str) -> None:
    pid = house.supervisor.pids().get(program)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
