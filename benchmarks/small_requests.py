"""Small transactions such as a commune station sends: an Encounter with two Observations."""

import random
from collections.abc import Iterator, Sequence
from uuid import UUID

import orjson

SIGNS = [
    ("8302-2", "Body height", "cm"),
    ("29463-7", "Body weight", "kg"),
    ("8867-4", "Heart rate", "/min"),
    ("9279-1", "Respiratory rate", "/min"),
    ("8310-5", "Body temperature", "Cel"),
]
"""LOINC code, display and UCUM unit."""


def transactions(patients: Sequence[str], seed: int) -> Iterator[bytes]:
    """Bundles for ever, each about one of the patients (``Patient/id``)."""
    chance = random.Random(seed)
    while True:
        yield orjson.dumps(_transaction(chance, chance.choice(patients)))


def _transaction(chance: random.Random, patient: str) -> dict[str, object]:
    when = f"20{chance.randint(15, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T09:30:00+07:00"
    encounter = f"urn:uuid:{UUID(int=chance.getrandbits(128))}"
    visit: dict[str, object] = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": patient},
        "period": {"start": when, "end": when},
    }
    signs = [_observation(sign, patient, encounter, when, chance) for sign in chance.sample(SIGNS, 2)]
    entries = [_entry(visit, encounter)]
    entries += [_entry(sign, f"urn:uuid:{UUID(int=chance.getrandbits(128))}") for sign in signs]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _entry(resource: dict[str, object], full_url: str) -> dict[str, object]:
    return {
        "fullUrl": full_url,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def _observation(
    sign: tuple[str, str, str], patient: str, encounter: str, when: str, chance: random.Random
) -> dict[str, object]:
    code, display, unit = sign
    value = {
        "value": round(chance.uniform(30, 180), 1),
        "unit": unit,
        "system": "http://unitsofmeasure.org",
        "code": unit,
    }
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": code, "display": display}],
            "text": display,
        },
        "subject": {"reference": patient},
        "encounter": {"reference": encounter},
        "effectiveDateTime": when,
        "valueQuantity": value,
    }
