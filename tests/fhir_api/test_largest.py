"""What grows too large while it is carried out is refused by its entry, and nothing of it is stored.

docs/reference/writing.md, https://hl7.org/fhir/R4/http.html#trules
"""

import os
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from signal import SIGKILL

import pytest

from backbone.tether import follow_parent
from fhir_api.heavy import HeavyWorkers
from tests.fhir_api.bundles import batch, creating, end_of, id_of, issue_of, refused, responses, statuses
from tests.fhir_api.bundles import transaction as transaction_of
from tests.fhir_api.running import LIMITS, Door, Json, prepare, projecting, services_of, serving

PERSON, VISIT = "urn:oid:1", "urn:oid:2"
PATIENT: Json = {"resourceType": "Patient"}
LINKS = 180_000
"""Of 12 bytes each, which become 47."""


def growing(link: str) -> Json:
    """A resource of 2 MB, and of 8.5 MB once its links are rewritten."""
    plan: Json = {"resourceType": "CarePlan", "status": "active", "intent": "plan"}
    return plan | {"subject": {"display": "P"}, "instantiatesUri": [link] * LINKS}


@pytest.fixture(scope="module", params=["in the server", "in a worker"])
def door(request: pytest.FixtureRequest, module_database: str) -> Iterator[Door]:
    """A server that carries out large Bundles itself, or has workers for them."""
    prepare(module_database)
    tie = partial(follow_parent, os.getpid(), SIGKILL)
    heavy = HeavyWorkers(module_database, LIMITS, tie) if request.param == "in a worker" else None
    services = services_of(module_database, heavy=heavy)
    with projecting(module_database), serving(module_database, services) as served:
        yield served


def test_a_transaction_is_refused_whole(door: Door) -> None:
    entries = creating(PATIENT, PERSON), creating(PATIENT), creating(growing(PERSON))
    issue = refused(door, transaction_of(*entries), 413, "Bundle.entry[2]")
    assert issue["code"] == "too-long"
    assert "8 MiB" in issue["details"]["text"]


def test_in_a_batch_its_entry_alone(door: Door) -> None:
    before = end_of(door)
    entries = creating(PATIENT), creating(growing(VISIT), VISIT), creating(PATIENT)
    answered = responses(door, batch(*entries))
    assert statuses(answered) == [201, 413, 201]
    assert issue_of(answered[1])["expression"] == ["Bundle.entry[1]"]
    assert end_of(door) == before + 2


def test_a_visit_of_many_documents_is_stored_and_shown_whole(door: Door) -> None:
    """It passes the largest fact, so it is stored in parts."""
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": PERSON},
    }
    contents = [b64encode(os.urandom(4 << 20)).decode() for _ in range(3)]
    documents = [
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": PERSON},
            "context": {"encounter": [{"reference": VISIT}]},
            "content": [{"attachment": {"data": content}}],
        }
        for content in contents
    ]
    entries = [creating(PATIENT, PERSON), creating(encounter, VISIT), *map(creating, documents)]
    before = end_of(door)
    answered = responses(door, transaction_of(*entries))
    assert statuses(answered) == [201] * 5
    assert end_of(door) == before + 3  # the citizen, and two parts of the encounter
    shown = [door.json(f"DocumentReference/{id_of(response)}") for response in answered[2:]]
    assert [one["content"][0]["attachment"]["data"] for one in shown] == contents
