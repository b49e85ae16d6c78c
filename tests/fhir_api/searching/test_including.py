"""What is included with matches: https://hl7.org/fhir/R4/search.html#include."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from ehr.event_store.connections import connect
from ehr.sql import load_queries
from fhir_api.outcomes import TOO_COSTLY
from projections.database import ViewDatabase
from projections.fhir_resources import including
from projections.search.terms import term
from projections.search.tree import KINDS
from tests.fhir_api.running import Door, Json, outcome_of, services_of, serving

REFERRING = load_queries(Path(including.__file__).with_name("including.sql"))["referring"]


def included(bundle: Json) -> list[str]:
    told = (entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "include")
    return sorted(f"{one['resourceType']}/{one['id']}" for one in told)


def test_what_two_ways_lead_to_is_included_once(door: Door) -> None:
    to_doctor, to_visit = {"reference": "Practitioner/p"}, {"reference": "Encounter/e"}
    door.put({"resourceType": "Practitioner", "id": "p"})
    door.put(
        {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"code": "AMB"},
            "participant": [{"individual": to_doctor}],
        }
    )
    door.put(
        {
            "resourceType": "MedicationRequest",
            "id": "m",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": {"text": "Thuốc thử"},
            "subject": {"display": "Người thử"},
            "requester": to_doctor,
            "encounter": to_visit,
        }
    )
    steps = "_include=MedicationRequest:requester&_include=MedicationRequest:encounter"
    bundle = door.json(f"MedicationRequest?{steps}&_include:iterate=Encounter:participant")
    assert included(bundle) == ["Encounter/e", "Practitioner/p"]


def visit(id_: str, patient: str) -> Json:
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{patient}"},
    }


@pytest.fixture(scope="module")
def visits(door: Door) -> None:
    for number in range(3):
        door.put({"resourceType": "Patient", "id": f"v{number}"})
        last = door.put(visit(f"v{number}", f"v{number}"))
    door.get("Encounter/v2", headers={"X-EHR-Position": last.headers["X-EHR-Position"]})


@pytest.mark.usefixtures("visits")
def test_what_refers_by_several_ways_is_looked_for_at_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    execute = psycopg.AsyncConnection.execute

    async def noting(self: Any, query: Any, parameters: Any = None, **options: Any) -> Any:
        if query == REFERRING:
            asked.append(parameters)
        return await execute(self, query, parameters, **options)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", noting)
    ways = [f"_revinclude={way}" for way in ("Encounter:subject", "Encounter:patient", "Flag:patient")]
    assert included(door.json(f"Patient?_id=v0,v1&{'&'.join(ways)}")) == ["Encounter/v0", "Encounter/v1"]
    assert [(one["kind"], len(one["terms"])) for one in asked] == [
        (KINDS["Encounter"], 2),
        (KINDS["Flag"], 2),
    ]


def nodes(plan: Json) -> list[Json]:
    """A plan's, all of them."""
    return [plan, *(node for below in plan.get("Plans", ()) for node in nodes(below))]


@pytest.mark.usefixtures("visits")
def test_the_index_is_read_for_one_reference_after_the_other(door: Door) -> None:
    """For all at once it takes as long as all of them times all that they find."""
    terms = [term(number, "Patient/v0") for number in range(5)]
    with connect(door.database) as connection, connection.transaction(force_rollback=True):
        connection.execute("set local enable_seqscan = off; set local enable_indexscan = off")
        # In so few rows any index is as good.
        connection.execute("drop index fhir_resources_1.search_by_date, fhir_resources_1.search_by_kind")
        parameters = {"kind": KINDS["Encounter"], "terms": terms, "limit": 10}
        row = connection.execute(f"explain (analyze, format json) {REFERRING}", parameters).fetchone()
    assert row is not None
    read = [node for node in nodes(row[0][0]["Plan"]) if node.get("Index Name") == "search_terms"]
    assert [node["Actual Loops"] for node in read] == [len(terms)]


@pytest.mark.parametrize("query", ["", "_revinclude=Encounter:patient"])
def test_a_page_that_takes_too_long_in_all_is_refused(door: Door, query: str) -> None:
    impatient = services_of(door.database, views=ViewDatabase(door.database, longest=0))
    with serving(door.database, impatient) as served:
        issue = outcome_of(served.get(f"Patient?{query}", 413))
    assert (issue["code"], issue["details"]["text"]) == ("too-costly", TOO_COSTLY)
