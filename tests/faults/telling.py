"""Histories: requests of every kind, by chance, and what a record makes of them."""

import asyncio
import base64
import random
from collections.abc import Iterable, Iterator
from typing import Any
from unittest.mock import patch
from uuid import UUID

from ehr.appending import Append, Condition, EncodedFact
from ehr.errors import Refusal
from ehr.event_store.arrays import APPEND, parameters
from ehr.event_store.connections import connect
from ehr.evidence import OBTAINED
from ehr.facts import Evidence
from ehr.grouping import ENVELOPE
from ehr.health_record import HealthRecord, Receipt
from ehr.linking import Act, Judgement, pair_of
from ehr.requests import Change, IdempotencyKey, Request
from ehr.values import Actor, new_id
from tests.stating import create, observation, on_record, patient, update, value

PEOPLE = 5
SYSTEMS = ["urn:test", "", "urn:" + "long" * 100]
VISIT = "urn:uuid:00000000-0000-4000-8000-000000000001"
SPLIT_AT = 30_000
"""Bytes at which facts are split here, so that a split one is soon told."""

Told = tuple[Any, ...]


class History:
    """Rounds of requests, the same ones for the same seed. Those of one round are sent at once."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._key = 0
        self._kinds = [
            self._person,
            self._result,
            self._moved,
            self._unchanged,
            self._deleted,
            self._found,
            self._visit,
            self._split,
            self._expected,
        ]

    def rounds(self, number: int) -> Iterator[list[Request]]:
        for _ in range(number):
            yield [self.request() for _ in range(self._chance.randint(1, 6))]

    def request(self) -> Request:
        changes = self._chance.choice(self._kinds)()
        facility = Actor(client="test", facility=str(self._chance.randint(1, 3)))
        return Request(changes, facility, "2024-03-01T08:00:00.000Z", "same", self._idempotency_key())

    def _idempotency_key(self) -> IdempotencyKey | None:
        if self._chance.random() < 0.5:
            return None
        self._key += self._chance.random() < 0.8
        return IdempotencyKey("test", f"key-{self._key}", f"{self._key}".encode())

    def _some(self) -> str:
        return f"p{self._chance.randrange(PEOPLE)}"

    def _numbered(self) -> dict[str, Any]:
        system, number = self._chance.choice(SYSTEMS), str(self._chance.randrange(2 * PEOPLE))
        return {"identifier": [{"value": number} | ({"system": system} if system else {})]}

    def _person(self) -> list[Change]:
        return [update({**patient(f"Hoa {self._chance.random()}"), "id": self._some(), **self._numbered()})]

    def _result(self) -> list[Change]:
        return [create(observation(self._some(), self._chance.randrange(100)) | self._numbered())]

    def _moved(self) -> list[Change]:
        """A result with an id of its own: by and by it is of another person."""
        id_ = f"o{self._chance.randrange(PEOPLE)}"
        return [
            update({**observation(self._some(), self._chance.randrange(3)), "id": id_, **self._numbered()})
        ]

    def _unchanged(self) -> list[Change]:
        return [update({**patient("the same"), "id": "same"})]

    def _deleted(self) -> list[Change]:
        type_, id_ = self._chance.choice(
            [("Patient", self._some()), ("Observation", "o1"), ("Patient", "never")]
        )
        return [Change(None, "delete", type_, id_)]

    def _found(self) -> list[Change]:
        number = str(self._chance.randrange(2 * PEOPLE))
        return [create(patient("found", number), Condition("Patient", "urn:test", number))]

    def _visit(self) -> list[Change]:
        """An encounter with its results; the system of one identifier is a link too."""
        subject = {"reference": f"Patient/{self._some()}"}
        encounter = {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": subject,
        }
        identifier = {"identifier": [{"system": VISIT, "value": str(self._chance.randrange(9))}]}
        results = [
            create(observation("", n) | {"subject": subject, "encounter": {"reference": VISIT}} | identifier)
            for n in range(self._chance.randint(0, 3))
        ]
        return _entries(create(encounter, full_url=VISIT), *results)

    def _split(self) -> list[Change]:
        """A visit that is too large for one fact."""
        visit = self._visit()
        noise = base64.b64encode(self._chance.randbytes(15_000)).decode()
        for n in range(3):
            result = observation("", n) | {"encounter": {"reference": VISIT}, "note": [{"text": noise}]}
            visit.append(create(result | {"subject": (visit[0].json or {})["subject"]}))
        return _entries(*visit)

    def _expected(self) -> list[Change]:
        return [
            update(
                {**patient(f"Lan {self._chance.random()}"), "id": self._some()},
                if_match=self._chance.randint(1, 3),
            )
        ]


def _entries(*changes: Change) -> list[Change]:
    return [
        Change(n, one.action, one.type, one.id, one.condition, one.if_match, one.full_url, one.raw, one.json)
        for n, one in enumerate(changes)
    ]


def tell(url: str, seed: int, rounds: int) -> None:
    """States a history, with judgements about pairs and an event of the library among the facts."""
    chance = random.Random(seed)

    async def work(record: HealthRecord) -> None:
        for requests in History(seed).rounds(rounds):
            stating = [record.state(one) for one in requests]
            await asyncio.gather(*stating, record.judge(_judgement(chance)), return_exceptions=True)

    with patch("ehr.grouping.LARGEST_FACT", ENVELOPE + SPLIT_AT):
        on_record(url, work)
    stream = UUID(int=seed)
    event = Append([EncodedFact(stream, "planted", b"state", stream)])
    with connect(url) as connection:
        connection.execute(APPEND, parameters(UUID(new_id()), [event], kept_by_kafka=False))


def _judgement(chance: random.Random) -> Judgement:
    one, other = chance.sample(range(PEOPLE), 2)
    act, evidence = chance.choice(list(Act)), Evidence("personal_number", chance.choice(list(OBTAINED)), 9.5)
    pair, actor = pair_of(f"p{one}", f"p{other}"), Actor(client="test")
    rule = chance.choice([None, "1"])
    return Judgement(act, pair, actor, "2024-03-01T08:00:00.000Z", (evidence,), rule, "vì thế")


def answers(url: str, seed: int, requests: int) -> list[Told]:
    """What a record says to requests, one after the other. Left out is what is its own: ids that it gives by
    chance, and the time of what it stores now."""
    history, end = History(seed), value(url, "select max(notification_id) from record.facts")

    async def work(record: HealthRecord) -> list[Told]:
        return [await _answer(record, history.request(), end) for _ in range(requests)]

    with patch("ehr.grouping.LARGEST_FACT", ENVELOPE + SPLIT_AT):
        return on_record(url, work)


async def _answer(record: HealthRecord, wish: Request, end: int) -> Told:
    try:
        receipt = await record.state(wish)
    except Refusal as refusal:
        return (type(refusal).__name__, refusal.entry)
    before = receipt.repeated and receipt.position <= end
    return (
        *_outcomes(receipt, before),
        receipt.position,
        receipt.repeated,
        receipt.last_updated if before else "",
    )


def _outcomes(receipt: Receipt, before: bool) -> Iterable[Told]:
    for outcome in receipt.outcomes:
        named = before or len(outcome.key.id) < 36
        yield (outcome.status, outcome.key.type, outcome.key.id if named else "", outcome.version)
