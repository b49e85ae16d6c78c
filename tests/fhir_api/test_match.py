"""Patient/$match over HTTP (https://hl7.org/fhir/R4/patient-operation-match.html)."""

from itertools import count
from typing import Any

import httpx
import orjson
import pytest

from ehr.matching.captured import CAPTURED
from ehr.matching.judging import GRADE_EXTENSION
from ehr.systems import NATIONAL_ID
from fhir_api.intake import validate
from fhir_api.operations.match import PERSON_EXTENSION
from projections.links.view import Links
from projections.matching.view import Matching
from tests.backbone.waiting import until
from tests.fhir_api.linking import link, unlink
from tests.fhir_api.running import (
    FHIR_JSON,
    Door,
    Json,
    outcome_of,
    prepare,
    projecting,
    services_of,
    serving,
)

_NUMBERS = count(1)
NAMES = (
    *("", "Lê Văn Nhất", "Phạm Hữu Đôi", "Đỗ Công Tam", "Vũ Đình Bốn", "Bùi Quang Năm", "Ngô Bá Lục"),
    *("Đặng Thế Bảy", "Dương Khắc Tám", "Lý Tiến Chín", "Hoàng Sỹ Chục", "Mai Phúc Thêm"),
)


@pytest.fixture
def number() -> str:
    """A personal number, plainly made up, of this test's own."""
    return f"045090{next(_NUMBERS):06}"


def person(number: str, captured: str | None = "qr", **members: Any) -> Json:
    """A man born in 1990, as the number says; name and day are of this test's own."""
    identifier: Json = {"system": NATIONAL_ID, "value": number}
    if captured:
        identifier["extension"] = [{"url": CAPTURED, "valueCode": captured}]
    test = int(number[-3:])
    said = {"name": [{"text": NAMES[test]}], "gender": "male", "birthDate": f"1990-{test:02}-{test + 12}"}
    return {"resourceType": "Patient", "identifier": [identifier], **said, **members}


def stored(door: Door, id_: str, resource: Json) -> str:
    door.put(resource | {"id": id_})
    return id_


def ask(door: Door, resource: Json | None, headers: Json | None = None, **more: Json) -> httpx.Response:
    given = [{"name": "resource", "resource": resource}] if resource else []
    given += [{"name": name, **value} for name, value in more.items()]
    body = orjson.dumps({"resourceType": "Parameters", "parameter": given})
    return door.client.post("Patient/$match", content=body, headers=FHIR_JSON | (headers or {}))


def found(answer: httpx.Response) -> list[Json]:
    """The matches of a sound answer, in order."""
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert validate(bundle, "Bundle") == []
    assert bundle["type"] == "searchset"
    matches = [one for one in bundle.get("entry", ()) if one["search"]["mode"] == "match"]
    scores = [one["search"]["score"] for one in matches]
    assert all(0 <= score <= 1 for score in scores)
    assert all(one["fullUrl"].endswith(f"/Patient/{one['resource']['id']}") for one in matches)
    return matches


def ids(answer: httpx.Response) -> list[str]:
    return [one["resource"]["id"] for one in found(answer)]


def said(entry: Json, url: str) -> str | None:
    for one in entry["search"]["extension"]:
        if one["url"] == url:
            return str(one.get("valueCode") or one["valueUri"])
    return None


def grades(answer: httpx.Response) -> list[str | None]:
    return [said(one, GRADE_EXTENSION) for one in found(answer)]


TRUE: Json = {"valueBoolean": True}


def test_who_has_the_same_captured_number_name_sex_and_year_is_certain(door: Door, number: str) -> None:
    id_ = stored(door, f"own{number}", person(number))
    answer = ask(door, person(number))
    assert (ids(answer), grades(answer)) == ([id_], ["certain"])
    (entry,) = found(answer)
    assert entry["search"]["score"] == 1
    assert entry["resource"] == door.json(f"Patient/{id_}")
    assert answer.json()["total"] == 1
    assert ids(ask(door, person(number), onlyCertainMatches=TRUE)) == [id_]


def test_a_patient_may_come_by_itself(door: Door, number: str) -> None:
    id_ = stored(door, f"own{number}", person(number))
    body = orjson.dumps(person(number))
    assert ids(door.client.post("Patient/$match", content=body, headers=FHIR_JSON)) == [id_]


def test_a_number_that_was_typed_is_not_certain(door: Door, number: str) -> None:
    id_ = stored(door, f"own{number}", person(number))
    answer = ask(door, person(number, None))
    assert (ids(answer), grades(answer)) == ([id_], ["probable"])
    assert 0.5 < found(answer)[0]["search"]["score"] < 1
    assert ids(ask(door, person(number, None), onlyCertainMatches=TRUE)) == []


def test_the_likeliest_comes_first(door: Door, number: str) -> None:
    stored(door, f"a{number}", person(number, None, birthDate="1990-03-16", gender="female"))
    stored(door, f"b{number}", person(number))
    stored(door, f"c{number}", person(number, None))
    answer = ask(door, person(number))
    assert ids(answer) == [f"{letter}{number}" for letter in "bca"]
    scores = [one["search"]["score"] for one in found(answer)]
    assert scores == sorted(scores, reverse=True)
    assert ids(ask(door, person(number), count={"valueInteger": 2})) == ids(answer)[:2]
    assert ids(ask(door, person(number))) == ids(answer)


def test_nobody_is_an_empty_bundle(door: Door, number: str) -> None:
    answer = ask(door, person(number))
    assert found(answer) == []
    assert "entry" not in answer.json()
    assert answer.json()["total"] == 0


def test_patients_that_are_one_person_come_together(door: Door, number: str) -> None:
    other = person(number, name=[{"text": "Trần Văn Khác"}], birthDate="1950")
    del other["identifier"]
    stored(door, f"far{number}", other)
    stored(door, f"own{number}", person(number))
    stored(door, f"typed{number}", person(number, None))
    position = link(door, f"far{number}", f"own{number}")
    answer = ask(door, person(number), position)
    assert ids(answer) == [f"own{number}", f"far{number}", f"typed{number}"]
    assert grades(answer) == ["certain", "certain", "probable"]
    people = [said(one, PERSON_EXTENSION) for one in found(answer)]
    assert people[0] == people[1]
    assert str(people[0]).startswith("urn:uuid:")
    assert people[2] is None
    assert "link" not in door.json(f"Patient/own{number}")
    position = unlink(door, f"far{number}", f"own{number}")
    assert ids(ask(door, person(number), position)) == [f"own{number}", f"typed{number}"]


def test_where_two_people_are_certain_nobody_is(door: Door, number: str) -> None:
    for letter in "ab":
        stored(door, f"{letter}{number}", person(number))
    assert grades(ask(door, person(number))) == ["certain", "certain"]
    refused = ask(door, person(number), onlyCertainMatches=TRUE)
    assert ids(refused) == []
    assert refused.json()["entry"][0]["resource"]["issue"][0]["code"] == "multiple-matches"
    position = link(door, f"a{number}", f"b{number}")
    assert ids(ask(door, person(number), position, onlyCertainMatches=TRUE)) == [f"a{number}", f"b{number}"]


def test_whoever_is_replaced_comes_behind_whoever_replaces_it(door: Door, number: str) -> None:
    for letter in "ab":
        stored(door, f"{letter}{number}", person(number))
    merge = [
        {"name": name, "valueReference": {"reference": f"Patient/{letter}{number}"}}
        for name, letter in (("source-patient", "a"), ("target-patient", "b"))
    ]
    body = orjson.dumps({"resourceType": "Parameters", "parameter": merge})
    answer = door.client.post("Patient/$merge", content=body, headers=FHIR_JSON).raise_for_status()
    position = {"X-EHR-Position": answer.headers["x-ehr-position"]}
    assert ids(ask(door, person(number), position)) == [f"b{number}", f"a{number}"]


def test_what_was_deleted_is_not_found(door: Door, number: str) -> None:
    id_ = stored(door, f"own{number}", person(number))
    position = {"X-EHR-Position": door.client.delete(f"Patient/{id_}").headers["x-ehr-position"]}
    assert ids(ask(door, person(number), position)) == []


@pytest.mark.parametrize(
    ("resource", "more", "status", "code"),
    [
        ({"resourceType": "Patient"}, {}, 400, "required"),
        ({"resourceType": "Patient", "name": [{"text": "Thử"}]}, {}, 400, "required"),
        ({"resourceType": "Basic", "code": {"text": "x"}}, {}, 400, "invalid"),
        ({"resourceType": "Patient", "gender": "nam"}, {}, 422, "code-invalid"),
        (None, {}, 422, "structure"),
        (person("045090999009"), {"count": {"valueInteger": 0}}, 400, "invalid"),
        (person("045090999009"), {"count": {"valueString": "1"}}, 400, "invalid"),
    ],
)
def test_what_says_too_little_or_is_wrong_is_refused(
    door: Door, resource: Json | None, more: Json, status: int, code: str
) -> None:
    answer = ask(door, resource, **more)
    assert (answer.status_code, outcome_of(answer)["code"]) == (status, code)


def test_whoever_cannot_be_compared_yet_is_waited_for_and_told_of(database: str) -> None:
    """The view of those who are compared comes after the one that the write has waited for."""
    prepare(database)
    services = services_of(database, visibility_wait=0.2)
    own = person("045090000001")
    with projecting(database, alone=True), projecting(database, Links()), serving(database, services) as door:
        position = {"X-EHR-Position": door.put(own | {"id": "own"}).headers["x-ehr-position"]}
        until(lambda: services.links.position >= int(position["X-EHR-Position"]), "the links are known")
        answer = ask(door, own)
        assert (ids(answer), answer.headers["x-ehr-incomplete"]) == ([], "parked")
        (entry,) = answer.json()["entry"]
        assert entry["resource"]["issue"][0]["code"] == "incomplete"
        refused = ask(door, own, position)
        assert (refused.status_code, outcome_of(refused)["code"]) == (503, "transient")
        with projecting(database, Matching()):
            until(lambda: services.matching.position >= int(position["X-EHR-Position"]), "all are known")
            answer = ask(door, own, position)
            assert (ids(answer), answer.headers.get("x-ehr-incomplete")) == (["own"], None)
