"""Patient/$merge and $unmerge over HTTP (https://hl7.org/fhir/R5/patient-operation-merge.html)."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import orjson
import pytest

from ehr.linking import Act
from tests.backbone.waiting import until
from tests.fhir_api.linking import judge
from tests.fhir_api.running import FHIR_JSON, Door, Json, outcome_of

SYSTEM = "http://example.org/merge"
_WORDS = count()


@pytest.fixture
def pair(door: Door) -> tuple[str, str]:
    """Ids of two Patients of this test's own, each with an identifier."""
    word = next(_WORDS)
    ids = f"s{word}", f"t{word}"
    for id_ in ids:
        door.put(patient(id_))
    return ids


def patient(id_: str, **members: Any) -> Json:
    return {"resourceType": "Patient", "id": id_, "identifier": [number(id_)], **members}


def number(value: str) -> Json:
    return {"system": SYSTEM, "value": value}


def reference(id_: str) -> Json:
    return {"valueReference": {"reference": f"Patient/{id_}"}}


def parameters(source: str, target: str, **more: Json) -> Json:
    named = {"source-patient": reference(source), "target-patient": reference(target)}
    given = named | {name.replace("_", "-"): value for name, value in more.items()}
    return {"resourceType": "Parameters", "parameter": [{"name": n, **value} for n, value in given.items()]}


def post(door: Door, operation: str, body: Json | bytes, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    sent = FHIR_JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return door.client.post(f"Patient/${operation}", content=content, headers=sent)


def parts(answer: httpx.Response) -> dict[str, Any]:
    """What an operation answers, by name."""
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["resourceType"] == "Parameters"
    return {one["name"]: one.get("resource", one) for one in told["parameter"]}


def said(answer: httpx.Response) -> str:
    text: str = parts(answer)["outcome"]["issue"][0]["details"]["text"]
    return text


def test_a_merge_is_answered_with_what_was_sent_what_came_of_it_and_the_result(
    door: Door, pair: tuple[str, str]
) -> None:
    source, target = pair
    sent = parameters(source, target, reason={"valueString": "one person"})
    answer = post(door, "merge", sent, X_EHR_User="nurse")
    told = parts(answer)
    assert told["input"] == sent
    assert told["outcome"]["issue"][0]["severity"] == "information"
    assert told["result"] == door.json(f"Patient/{target}")
    assert told["result"]["meta"]["versionId"] == "2"
    assert told["result"]["link"] == [{"other": {"reference": f"Patient/{source}"}, "type": "replaces"}]
    replaced = door.json(f"Patient/{source}")
    assert replaced["active"] is False
    assert replaced["link"] == [{"other": {"reference": f"Patient/{target}"}, "type": "replaced-by"}]
    both = [door.get(f"Patient/{id_}").headers["last-modified"] for id_ in pair]
    assert both[0] == both[1]
    assert int(answer.headers["x-ehr-position"]) > 0


def test_what_a_merge_wrote_is_taken_back_as_new_versions(door: Door, pair: tuple[str, str]) -> None:
    before = [door.json(f"Patient/{id_}") for id_ in pair]
    post(door, "merge", parameters(*pair))
    answer = post(door, "unmerge", parameters(*pair, reason={"valueString": "two people"}))
    assert said(answer).startswith("The merge is taken back.")
    after = [door.json(f"Patient/{id_}") for id_ in pair]
    assert [one["meta"]["versionId"] for one in after] == ["3", "3"]
    assert [one | {"meta": None} for one in after] == [one | {"meta": None} for one in before]


@pytest.mark.parametrize("operation", ["merge", "unmerge"])
def test_the_same_again_stores_nothing(door: Door, pair: tuple[str, str], operation: str) -> None:
    post(door, "merge", parameters(*pair))
    first = post(door, operation, parameters(*pair))
    again = post(door, operation, parameters(*pair))
    assert said(again) == "It is so already: nothing was stored."
    assert parts(again)["result"] == parts(first)["result"]
    assert "x-ehr-position" not in again.headers


def test_a_preview_shows_the_result_and_stores_nothing(door: Door, pair: tuple[str, str]) -> None:
    source, target = pair
    answer = post(door, "merge", parameters(source, target, preview={"valueBoolean": True}))
    assert said(answer) == "A preview: nothing was stored."
    result = parts(answer)["result"]
    assert result["link"][0]["type"] == "replaces"
    assert "meta" not in result
    assert [door.json(f"Patient/{id_}")["meta"]["versionId"] for id_ in pair] == ["1", "1"]
    refused = post(door, "merge", parameters(source, source, preview={"valueBoolean": True}))
    assert refused.status_code == 400


def test_patients_are_named_by_identifiers(door: Door, pair: tuple[str, str]) -> None:
    source, target = pair
    body = parameters(
        source,
        target,
        source_patient={"valueReference": {"identifier": number(source)}},
        target_patient_identifier={"valueIdentifier": number(target)},
    )
    assert parts(post(door, "merge", body))["result"]["id"] == target
    wrong = parameters(source, target, source_patient_identifier={"valueIdentifier": number(target)})
    assert outcome_of(post(door, "unmerge", wrong))["code"] == "not-found"


def test_a_version_that_is_not_the_current_one_is_refused(door: Door, pair: tuple[str, str]) -> None:
    source, target = pair
    named = {"source_patient": reference(f"{source}/_history/1")}
    door.put(patient(source, gender="male"))
    refused = post(door, "merge", parameters(source, target, **named))
    assert (refused.status_code, outcome_of(refused)["code"]) == (412, "conflict")
    current = {"source_patient": reference(f"{source}/_history/2")}
    parts(post(door, "merge", parameters(source, target, **current)))


def test_the_result_is_kept_down_to_the_digits(door: Door, pair: tuple[str, str]) -> None:
    source, target = pair
    result = orjson.dumps(patient(target, extension=[{"url": "urn:x", "valueDecimal": 7.25}]))
    body = orjson.dumps(parameters(source, target, result_patient={"resource": {"x": 1}}))
    body = body.replace(b'{"x":1}', result.replace(b"7.25", b"7.2500"))
    assert b"7.2500" in post(door, "merge", body).content
    assert b"7.2500" in door.get(f"Patient/{target}").content


def test_a_key_gives_the_first_answer_again(door: Door, pair: tuple[str, str]) -> None:
    first = post(door, "merge", parameters(*pair), Idempotency_Key=f"k{pair[0]}")
    again = post(door, "merge", parameters(*pair), Idempotency_Key=f"k{pair[0]}")
    assert parts(again)["result"] == parts(first)["result"]
    assert again.headers["x-ehr-position"] == first.headers["x-ehr-position"]
    other = post(door, "unmerge", parameters(*pair), Idempotency_Key=f"k{pair[0]}")
    assert other.status_code == 422


NOBODY: Json = {"resourceType": "Parameters"}


def test_nobody_ever_sees_one_half_of_a_merge(door: Door, pair: tuple[str, str]) -> None:
    """A search of both is one moment: both are linked then, or neither is."""

    def again_and_again() -> None:
        for _ in range(10):
            parts(post(door, "merge", parameters(*pair)))
            parts(post(door, "unmerge", parameters(*pair)))

    seen = set()
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(again_and_again)
        while not writing.done():
            found = door.json(f"Patient?_id={','.join(pair)}")["entry"]
            versions = {one["resource"]["meta"]["versionId"] for one in found}
            assert len(versions) == 1
            seen.add(("link" in found[0]["resource"], "link" in found[1]["resource"]))
        writing.result()
    assert seen <= {(True, True), (False, False)}
    assert door.json(f"Patient/{pair[0]}")["meta"]["versionId"] == "21"


def observe(door: Door, id_: str, facility: str) -> str:
    """The reference of what a facility observed of a Patient."""
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "mạch"}}
    subject = {"subject": {"reference": f"Patient/{id_}"}}
    told = door.send("POST", "Observation", observation | subject, {"X-EHR-Facility": facility}).json()
    return f"Observation/{told['id']}/_history/1"


def meanwhile(answer: httpx.Response) -> list[dict[str, list[str]]]:
    """What was recorded meanwhile: name -> values."""
    found = []
    for one in answer.json()["parameter"]:
        if one["name"] == "recorded-meanwhile":
            said: dict[str, list[str]] = {}
            for part in one["part"]:
                value = (
                    part.get("valueString") or part.get("valueInstant") or part["valueReference"]["reference"]
                )
                said.setdefault(part["name"], []).append(value)
            found.append(said)
    return found


def test_taking_back_lists_what_was_recorded_meanwhile(door: Door, pair: tuple[str, str]) -> None:
    source, target = pair
    observe(door, source, "45901")
    post(door, "merge", parameters(source, target))
    one, other = observe(door, target, "45901"), observe(door, source, "45902")
    preview = meanwhile(post(door, "unmerge", parameters(source, target, preview={"valueBoolean": True})))
    answer = post(door, "unmerge", parameters(source, target), Idempotency_Key=f"u{source}")
    told = meanwhile(answer)
    assert [said["version"] for said in told] == [[one], [other]]
    assert [said["patient"] for said in told] == [[f"Patient/{target}"], [f"Patient/{source}"]]
    assert [said["facility"] for said in told] == [["45901"], ["45902"]]
    assert told == preview
    observe(door, source, "45901")
    assert meanwhile(post(door, "unmerge", parameters(source, target), Idempotency_Key=f"u{source}")) == told
    assert meanwhile(post(door, "unmerge", parameters(source, target))) == told


def test_what_refers_to_either_is_found_with_both_until_it_is_taken_back(
    door: Door, pair: tuple[str, str]
) -> None:
    one, other = (observe(door, id_, "45901").removesuffix("/_history/1") for id_ in pair)
    for operation, expected in (("merge", {one, other}), ("unmerge", {other})):
        answer = post(door, operation, parameters(*pair))
        position = {"X-EHR-Position": answer.headers["x-ehr-position"]}
        for query in (f"Observation?patient={pair[1]}", f"Patient/{pair[1]}/Observation"):
            found = door.json(query, headers=position)["entry"]
            assert {f"Observation/{entry['resource']['id']}" for entry in found} == expected
        assert door.json(one)["subject"]["reference"] == f"Patient/{pair[0]}"


def three(door: Door) -> tuple[str, str, str]:
    """Ids of Patients of this test's own."""
    word = next(_WORDS)
    ids = f"s{word}", f"t{word}", f"o{word}"
    for id_ in ids:
        door.put(patient(id_))
    return ids


def judged(door: Door, act: Act, one: str, other: str) -> None:
    """What somebody else decides; the links show it."""
    position = int(judge(door, act, one, other)["X-EHR-Position"])
    until(lambda: door.services.links.position >= position, "the decision is shown")


def test_nobody_becomes_one_by_a_merge_whom_somebody_keeps_apart(door: Door) -> None:
    source, target, other = three(door)
    judged(door, Act.JUDGE_DIFFERENT, source, other)
    judged(door, Act.LINK, target, other)
    for preview in (True, False):
        refused = post(door, "merge", parameters(source, target, preview={"valueBoolean": preview}))
        assert (refused.status_code, outcome_of(refused)["code"]) == (422, "business-rule")
        text = outcome_of(refused)["details"]["text"]
        assert all(f"Patient/{id_}" in text for id_ in (source, other))
    assert door.json(f"Patient/{source}")["meta"]["versionId"] == "1"
    judged(door, Act.PROPOSE, source, other)
    assert parts(post(door, "merge", parameters(source, target)))["result"]["id"] == target


def test_what_was_decided_since_refuses_no_retry(door: Door) -> None:
    source, target, other = three(door)
    first = post(door, "merge", parameters(source, target), Idempotency_Key=f"k{source}")
    parts(post(door, "unmerge", parameters(source, target)))
    judged(door, Act.JUDGE_DIFFERENT, source, other)
    judged(door, Act.LINK, target, other)
    again = post(door, "merge", parameters(source, target), Idempotency_Key=f"k{source}")
    assert parts(again)["result"]
    assert again.headers["x-ehr-position"] == first.headers["x-ehr-position"]
    assert post(door, "merge", parameters(source, target)).status_code == 422


def test_taking_back_lists_what_was_recorded_of_whoever_was_one_with_them(door: Door) -> None:
    source, target, other = three(door)
    post(door, "merge", parameters(source, target))
    judged(door, Act.LINK, target, other)
    observed = observe(door, other, "45903")
    judged(door, Act.UNLINK, target, other)
    told = meanwhile(post(door, "unmerge", parameters(source, target)))
    assert [(said["version"], said["patient"]) for said in told] == [([observed], [f"Patient/{other}"])]


REFUSED: dict[str, tuple[str, Json, int, str]] = {
    "one Patient twice": ("merge", parameters("S", "S"), 400, "invalid"),
    "a Patient that is not there": ("merge", parameters("never", "T"), 422, "not-found"),
    "of another type": ("merge", parameters("S", "x/Basic/1"), 422, "value"),
    "of another server": (
        "merge",
        parameters("S", "T", source_patient=reference("http://x.org/S")),
        422,
        "value",
    ),
    "nobody": ("merge", NOBODY, 400, "invalid"),
    "no Parameters": ("merge", patient("S"), 400, "invalid"),
    "no list": ("merge", NOBODY | {"parameter": {}}, 422, "structure"),
    "the result is another Patient": (
        "merge",
        parameters("S", "T", result_patient={"resource": patient("S")}),
        400,
        "invalid",
    ),
    "the result is none": ("merge", parameters("S", "T", result_patient=reference("S")), 400, "invalid"),
    "the result is not valid": (
        "merge",
        parameters("S", "T", result_patient={"resource": patient("T", gender="nam")}),
        422,
        "code-invalid",
    ),
    "not merged": ("unmerge", parameters("T", "S"), 422, "business-rule"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_words(door: Door, pair: tuple[str, str], case: str) -> None:
    operation, body, status, code = REFUSED[case]
    sent = orjson.dumps(body).replace(b"Patient/S", f"Patient/{pair[0]}".encode())
    answer = post(door, operation, sent.replace(b"Patient/T", f"Patient/{pair[1]}".encode()))
    assert (answer.status_code, outcome_of(answer)["code"]) == (status, code)
    assert outcome_of(answer)["details"]["text"]
    assert [door.json(f"Patient/{id_}")["meta"]["versionId"] for id_ in pair] == ["1", "1"]


def test_conditions_of_other_interactions_are_refused(door: Door, pair: tuple[str, str]) -> None:
    for name in ("If-Match", "If-None-Exist"):
        assert post(door, "merge", parameters(*pair), **{name: 'W/"1"'}).status_code == 400
    assert door.client.post("Patient/$merge?x=1", json=parameters(*pair)).status_code == 400


def test_a_client_may_state_links_of_its_own(door: Door, pair: tuple[str, str]) -> None:
    """Intake keeps them as any other element; who is one person is decided elsewhere."""
    source, target = pair
    link = {"other": {"reference": f"Patient/{target}"}, "type": "seealso"}
    door.put(patient(source, link=[link]))
    post(door, "merge", parameters(source, target))
    assert [one["type"] for one in door.json(f"Patient/{source}")["link"]] == ["seealso", "replaced-by"]
    post(door, "unmerge", parameters(source, target))
    assert door.json(f"Patient/{source}")["link"] == [link]
