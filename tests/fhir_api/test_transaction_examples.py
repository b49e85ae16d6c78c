"""HL7's own transactions and batches: carried out as far as their interactions are supported, else refused by
name.

https://hl7.org/fhir/R4/bundle-transaction.html, https://hl7.org/fhir/R4/xds-example.html,
https://hl7.org/fhir/R4/bundle-request-medsallergies.html
"""

from functools import cache

import orjson
import pytest

from tests.fhir_api.bundles import id_of, issue_of, refused, responses, statuses
from tests.fhir_api.intake.examples import kept
from tests.fhir_api.running import Door, Json

IDS = "http:/example.org/fhir/ids"  # so in the example


@cache
def _examples() -> dict[str, bytes]:
    return {one.file: bytes(one.resource) for one in kept() if one.file.startswith("Bundle-")}


def example(name: str) -> Json:
    found: Json = orjson.loads(_examples()[f"Bundle-{name}.json"])
    return found


@pytest.fixture(scope="module")
def stated(door: Door) -> Door:
    """What HL7's transaction takes for granted."""
    door.put({"resourceType": "Patient", "id": "234"})
    door.put({"resourceType": "Patient", "id": "456", "identifier": [{"value": "123456"}]})
    door.put({"resourceType": "Patient", "id": "123a"})
    door.put({"resourceType": "Patient", "id": "123a", "active": True})
    return door


def test_operations_are_refused_by_name(stated: Door) -> None:
    bundle = example("bundle-transaction")
    del bundle["entry"][8]
    issue = refused(stated, bundle, 400, "Bundle.entry[7].request.url")
    assert "$lookup" in issue["details"]["text"]


def test_the_rest_is_carried_out(stated: Door) -> None:
    bundle = example("bundle-transaction")
    bundle["entry"] = [one for n, one in enumerate(bundle["entry"]) if n not in (7, 8)]
    answered = responses(stated, bundle)
    assert statuses(answered) == [201, 201, 201, 201, 200, 204, 204, 404]
    assert answered[2]["location"] == "Patient/123/_history/1"
    assert answered[4]["location"] == "Patient/123a/_history/3"
    for id_ in ("234", "456"):
        stated.get(f"Patient/{id_}", 410)
    again = stated.client.post("", json=bundle)
    assert again.status_code == 412  # ifMatch W/"2"
    assert again.json()["issue"][0]["expression"] == ["Bundle.entry[4]"]


def test_a_document_in_the_manner_of_xds(door: Door) -> None:
    bundle = example("xds")
    answered = responses(door, bundle)
    assert statuses(answered) == [201] * 5
    document = door.json(f"DocumentReference/{id_of(answered[0])}")
    binary = f"Binary/{id_of(answered[4])}"
    assert document["content"][0]["attachment"]["url"] == binary
    assert f'href="{binary}"' in document["text"]["div"]
    # Its fullUrl is no address, so relative references have no base among the entries:
    # https://hl7.org/fhir/R4/bundle.html#references
    assert document["subject"] == {"reference": "Patient/a2"}
    assert door.json(binary)["data"] == bundle["entry"][4]["resource"]["data"]


def test_a_laboratory_report_of_genes(door: Door) -> None:
    bundle = example("hla-1")
    answered = responses(door, bundle)
    assert statuses(answered) == [201] * len(bundle["entry"])
    made = {
        entry["fullUrl"]: id_of(response) for entry, response in zip(bundle["entry"], answered, strict=True)
    }
    report = door.json(f"DiagnosticReport/{id_of(answered[0])}")
    sent = bundle["entry"][0]["resource"]
    assert [one["reference"].split("/")[1] for one in report["result"]] == [
        made[one["reference"]] for one in sent["result"]
    ]


def test_batches_of_searches_say_which_they_cannot_do(door: Door) -> None:
    door.put({"resourceType": "Patient", "id": "example"})
    answered = responses(door, example("bundle-request-medsallergies"))
    assert statuses(answered) == [200, 400, 400, 400, 400]
    assert "_list" in issue_of(answered[1])["details"]["text"]
