"""Patient/$summary: an International Patient Summary as a document.

https://hl7.org/fhir/R4/documents.html, https://hl7.org/fhir/R4/composition.html, https://hl7.org/fhir/uv/ips/
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ehr.event_store.connections import connect
from ehr.values import subject_of
from fhir_api.intake import validate
from fhir_api.intake.narrative import is_narrative
from fhir_api.pages.summary.rows import MOST_VALUES
from fhir_api.pages.summary.sections import MOST
from projections.health_record.view import HealthRecord
from tests.backbone.waiting import until
from tests.fhir_api.linking import link, unlink
from tests.fhir_api.running import FHIR_JSON, Door, Json, outcome_of, prepare, projecting, serving
from tests.fhir_api.summarizing import (
    HOSTILE,
    VIEWS,
    Summary,
    allergy,
    glucose,
    hostile,
    person,
    prescription,
    problem,
    rich,
    state,
    summarizing,
    summary_of,
    vaccination,
)
from tests.projections.citizens.stating import follow

ALWAYS = ["Vấn đề sức khỏe hiện tại", "Thuốc đang dùng", "Dị ứng"]
CODES = "11450-4 10160-0 48765-2 29308-4 11348-0 11369-6 30954-2 8716-3 47519-4 46240-8 18776-5".split()


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    with summarizing(module_database) as served:
        yield served


@pytest.fixture(scope="module")
def told(door: Door) -> Summary:
    """The summary of somebody of whom there is everything."""
    return summary_of(door, "rich", state(door, *rich()))


def test_it_is_a_document(door: Door, told: Summary) -> None:
    assert validate(told.bundle, "Bundle") == []
    assert told.bundle["type"] == "document"
    assert told.bundle["identifier"]["value"].startswith("urn:uuid:")
    assert told.composition["resourceType"] == "Composition"
    assert told.composition["status"] == "final"
    assert told.composition["subject"] == {"reference": f"{door.address}/fhir/Patient/rich"}
    addresses = [entry["fullUrl"] for entry in told.bundle["entry"]]
    assert len(set(addresses)) == len(addresses)
    assert all("search" not in entry for entry in told.bundle["entry"])


def test_whatever_the_composition_refers_to_is_there(told: Summary) -> None:
    addresses = {entry["fullUrl"] for entry in told.bundle["entry"]}
    assert set(re.findall(r"'reference': '([^']+)'", str(told.composition))) <= addresses
    assert told.composition["author"][0]["reference"] in addresses


def test_its_sections_are_those_of_the_guide_in_its_order(told: Summary) -> None:
    assert [one["code"]["coding"][0]["code"] for one in told.composition["section"]] == CODES
    assert {one["code"]["coding"][0]["system"] for one in told.composition["section"]} == {"http://loinc.org"}


def test_what_is_over_is_apart_from_what_is_now(told: Summary) -> None:
    assert told.entries("Vấn đề sức khỏe hiện tại") == ["Condition/p-now"]
    assert told.entries("Vấn đề sức khỏe trước đây") == ["Condition/p-past"]
    assert told.entries("Thuốc đang dùng") == ["MedicationRequest/m-now"]
    assert "Metformin 500 mg" in told.words("Thuốc đang dùng")
    assert "Lê Thị Mẫu" in told.words("Thuốc đang dùng")
    assert "Gliclazid" not in told.raw.decode()


def test_a_diagnosis_of_which_nobody_says_whether_it_lasts_is_no_problem(told: Summary) -> None:
    title = "Chẩn đoán không nêu tình trạng"
    assert told.entries(title) == ["Condition/d-new"]
    assert "Viêm họng cấp (J02.9)" in told.words(title)
    assert "Còn 1 chẩn đoán cũ hơn, không nêu tình trạng." in told.words(title)
    assert "Condition/d-old" not in told.names
    assert "J02.9" not in told.words(ALWAYS[0])


def test_the_newest_results_of_each_kind(told: Summary) -> None:
    results = told.entries("Kết quả mới nhất")
    assert results == ["Observation/g-04", "Observation/g-03", "Observation/g-02", "DiagnosticReport/xray"]
    assert len(results) - 1 == MOST_VALUES
    assert "6,5 mmol/L; 03/10/2026: 7,25 mmol/L; 02/10/2026: 9,1 mmol/L" in told.words("Kết quả mới nhất")
    assert "Không thấy tổn thương" in told.words("Kết quả mới nhất")
    assert told.entries("Dấu hiệu sinh tồn") == ["Observation/v-1"]


def test_who_is_referred_to_comes_along(told: Summary) -> None:
    assert {"Practitioner/doctor", "Organization/station"} <= set(told.names)
    assert "Observation/g-01" not in told.names


def test_resources_are_told_as_received(door: Door) -> None:
    body = b'{"resourceType":"Observation","id":"exact","status":"final",'
    body += b'"subject":{"reference":"Patient/exact"},'
    body += b'"code":{"text":"C\\u00e2n n\\u1eb7ng"},"valueQuantity":{"value":72.50}}'
    door.put(person("exact", "Hồ Thị Nặng"))
    answer = door.client.put("Observation/exact", content=body, headers=FHIR_JSON).raise_for_status()
    told = summary_of(door, "exact", {"X-EHR-Position": answer.headers["x-ehr-position"]})
    assert body.partition(b'"status"')[2] in told.raw
    assert "72,50" in told.words("Kết quả mới nhất")
    assert door.get("Observation/exact").content in told.raw


def test_nothing_known_is_told_in_the_mandatory_sections(door: Door) -> None:
    told = summary_of(door, "bare", state(door, person("bare", "Hồ Thị Không")))
    assert [one["title"] for one in told.composition["section"]] == ALWAYS
    for section in told.composition["section"]:
        assert section["emptyReason"]["coding"][0]["code"] == "unavailable"
        assert "entry" not in section
        assert "Chưa ghi nhận" in section["text"]["div"]


def test_that_none_is_known_is_told_by_whoever_said_so(door: Door) -> None:
    denial = allergy("denial", "denies", "Không có tiền sử dị ứng", "716186003")
    told = summary_of(door, "denies", state(door, person("denies", "Lê Thị Mai"), denial))
    assert told.entries("Dị ứng") == ["AllergyIntolerance/denial"]
    assert "Không có tiền sử dị ứng" in told.words("Dị ứng")
    denied = state(door, allergy("known", "denies", "Penicillin"))
    assert summary_of(door, "denies", denied).entries("Dị ứng") == ["AllergyIntolerance/known"]


def test_a_vaccination_that_came_too_early_is_told_as_such(door: Door) -> None:
    def dose(id_: str, day: str) -> Json:
        measles = {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "05"}], "text": "Sởi"}
        return vaccination(id_, "child", day) | {"vaccineCode": measles}

    born = datetime.now(UTC).date() - timedelta(500)
    days = [(born + timedelta(age)).isoformat() for age in (280, 290)]
    doses = [dose(f"dose-{number}", day) for number, day in enumerate(days)]
    told = summary_of(door, "child", state(door, person("child", "Hồ Bé", birthDate=f"{born}"), *doses))
    assert told.entries("Tiêm chủng") == ["Immunization/dose-1", "Immunization/dose-0"]
    early, counted = re.findall(r"(?s)<tr><th.*?</tr>", told.words("Tiêm chủng"))[-2:]
    assert "Không tính vào lịch: Sởi, mũi 2: cách mũi trước quá gần, sớm 18 ngày" in early
    assert "Không tính" not in counted


def test_all_patients_that_are_one_person(door: Door) -> None:
    state(door, person("one", "Hồ Văn Đôi"), problem("of-one", "one", "Tăng huyết áp", "I10"))
    state(door, person("two", "Ho Van Doi"), allergy("of-two", "two", "Aspirin"))
    told = summary_of(door, "one", link(door, "one", "two"))
    assert {"Patient/one", "Patient/two", "Condition/of-one", "AllergyIntolerance/of-two"} <= set(told.names)
    assert told.composition["subject"]["reference"].endswith("Patient/one")
    assert told.names[0] == "Patient/one"
    assert "Aspirin" not in summary_of(door, "one", unlink(door, "one", "two")).raw.decode()


def test_hostile_texts_stay_texts(door: Door) -> None:
    told = summary_of(door, "hostile", state(door, *hostile()))
    narratives = [told.composition["text"], *(one["text"] for one in told.composition["section"])]
    assert len(narratives) == 7
    for narrative in narratives:
        assert is_narrative(narrative["div"])
        assert "<script" not in narrative["div"]
        assert "<img" not in narrative["div"]
        assert "&lt;script&gt;" in narrative["div"]
        assert "\x0b" not in narrative["div"]
        assert "{{7*7}}" in narrative["div"]
    stated = [entry["resource"] for entry in told.bundle["entry"]]
    (condition,) = [one for one in stated if one["resourceType"] == "Condition"]
    assert condition["code"]["text"] == HOSTILE


def test_its_size_is_bounded(door: Door) -> None:
    many = [vaccination(f"many-{n:03}", "many", f"2020-01-{n % 28 + 1:02}") for n in range(MOST + 10)]
    values = [glucose(f"value-{n}", "many", f"2026-0{n + 1}-01", n) for n in range(MOST_VALUES + 2)]
    told = summary_of(door, "many", state(door, person("many", "Hồ Thị Nhiều"), *many, *values))
    assert len(told.entries("Tiêm chủng")) == MOST
    assert "Còn 10 mục nữa trong hồ sơ." in told.words("Tiêm chủng")
    assert told.entries("Kết quả mới nhất") == [
        "Observation/value-4",
        "Observation/value-3",
        "Observation/value-2",
    ]


@pytest.mark.parametrize(
    ("accept", "language", "title"),
    [
        ("", "vi", "Tóm tắt hồ sơ sức khỏe"),
        ("en-GB,en;q=0.9,vi;q=0.1", "en", "Patient summary"),
        ("fr, vi", "vi", "Tóm tắt hồ sơ sức khỏe"),
    ],
)
def test_its_language(door: Door, told: Summary, accept: str, language: str, title: str) -> None:
    composition = summary_of(door, "rich", {"Accept-Language": accept}).composition
    assert (composition["language"], composition["title"]) == (language, title)
    assert f'lang="{language}"' in composition["text"]["div"]


def test_it_is_asked_for_by_post_as_well(door: Door, told: Summary) -> None:
    posted = summary_of(door, "rich", method="POST")
    assert posted.names == told.names
    assert posted.bundle["identifier"] != told.bundle["identifier"]
    body: Json = {"resourceType": "Parameters", "parameter": [{"name": "profile", "valueUri": "urn:x"}]}
    answer = door.client.post("Patient/rich/$summary", json=body, headers=FHIR_JSON)
    assert (answer.status_code, outcome_of(answer)["code"]) == (400, "not-supported")


def test_refusals(door: Door, told: Summary) -> None:
    door.get("Patient/never/$summary", 404)
    door.get("Patient/rich/$summary?profile=x", 400)
    door.get("Observation/g-01/$summary", 404)
    door.put(person("gone", "Hồ Văn Mất"))
    door.client.delete("Patient/gone").raise_for_status()
    door.get("Patient/gone/$summary", 410)
    assert door.client.put("Patient/rich/$summary", json={}).status_code == 405
    last = int(state(door, person("last", "Hồ Thị Cuối"))["X-EHR-Position"])
    door.get("Patient/rich/$summary", 503, {"X-EHR-Position": str(last + 1_000_000)})


def test_words_and_resources_agree_while_the_chart_is_behind(database: str) -> None:
    prepare(database, *(view() for view in VIEWS))
    with projecting(database), serving(database) as door:
        stated = (person("p", "Hồ Văn Thử"), prescription("m", "p", "Amlodipin"), allergy("a", "p", "Tôm"))
        state(door, *stated, problem("c", "p", "Tăng huyết áp", "I10"))
        follow(database, HealthRecord())
        state(door, prescription("m", "p", "Losartan"), person("p", "Hồ Văn Thử Nghiệm"))
        door.client.delete("AllergyIntolerance/a").raise_for_status()
        told = summary_of(door, "p")
        assert "Losartan" in told.words("Thuốc đang dùng")
        assert "Amlodipin" not in told.raw.decode()
        assert "Hồ Văn Thử Nghiệm" in told.composition["text"]["div"]
        assert "Tôm" not in told.raw.decode()
        assert "cập nhật chậm" in told.composition["text"]["div"]
        assert told.entries("Vấn đề sức khỏe hiện tại") == ["Condition/c"]


@pytest.mark.parametrize("view", ["health_record", "fhir_resources"])
def test_what_waits_is_refused_or_marked(database: str, view: str) -> None:
    with summarizing(database) as door:
        state(door, person("parked", "Hồ Văn Chờ"), person("other", "Hồ Văn Khác"))
        subject, visibility = subject_of("Patient/parked"), door.services.visibility
        with connect(database) as connection:
            connection.execute("insert into views.parked values (%s, 1, %s, 1, 'planted')", (view, subject))
            connection.execute("select pg_notify('views', %s)", (f"{view} parked",))
        until(lambda: view != "fhir_resources" or subject in visibility.parked, "the server hears of it")
        refused = door.get("Patient/parked/$summary", 503)
        assert (outcome_of(refused)["code"], refused.headers["retry-after"]) == ("transient", "1")
        marked = door.get("Patient/parked/$summary", headers={"Prefer": "handling=lenient"})
        assert marked.headers["x-ehr-incomplete"] == "parked"
        assert "x-ehr-incomplete" not in door.get("Patient/other/$summary").headers
