"""Entries that are corrected: what is stored, what is missing, and what others did meanwhile."""

from collections.abc import Iterator
from itertools import count

import httpx
import orjson
import pytest

from ehr.errors import Unavailable
from ehr.health_record import HealthRecord
from fhir_api.pages.corrections.fields import Amount, Digits
from tests.fhir_api.pages.chart_citizens import HOSTILE, of
from tests.fhir_api.pages.review_serving import Site, shown
from tests.fhir_api.pages.ward import Json, facts, fields, open_ward, person, prepared, result

NUMBERS = count(1)
VALUE = "field.valueQuantity.value"


@pytest.fixture(scope="module")
def ward(module_database: str) -> Iterator[Site]:
    with prepared(module_database), open_ward(module_database) as site:
        site.state(*person("an"))
        yield site


@pytest.fixture
def client(ward: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ward.address, timeout=60, cookies={"workplace": "45902"}) as client:
        yield client


@pytest.fixture
def id_(ward: Site) -> str:
    """Of a result of 8.1 % that nobody else corrects."""
    id_ = f"r{next(NUMBERS)}"
    ward.state(result(id_, "an"))
    return id_


def address(id_: str, type_: str = "Observation") -> str:
    return f"/resources/{type_}/{id_}/correction"


def form(client: httpx.Client, id_: str, type_: str = "Observation", **filled: str) -> dict[str, str]:
    """What somebody sends who has looked at it."""
    where = address(id_, type_)
    typed = {name.replace("value", VALUE): text for name, text in filled.items()}
    return fields(client.get(where), where) | {"by": "BS Lan", "reason": "Gõ nhầm"} | typed


def current(ward: Site, id_: str) -> Json:
    """As the record has it."""
    bodies = [one.body for fact in facts(ward) for one in fact.resources if one.version.id == id_]
    stated: Json = orjson.loads(bodies[-1])
    return stated


def test_a_correction_is_the_next_version_and_says_why(ward: Site, client: httpx.Client, id_: str) -> None:
    answer = client.post(address(id_), data=form(client, id_, value="7,10"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/citizens/an#notes")
    amended, why = facts(ward)[-2:]
    assert amended.transaction == why.transaction
    assert (amended.fact.name, amended.fact.user, amended.fact.facility) == (
        "ResourceAmended",
        "BS Lan",
        "45902",
    )
    assert b'"value":7.10' in amended.resources[0].body
    stated = orjson.loads(why.resources[0].body)
    assert stated["reason"] == [{"text": "Gõ nhầm"}]
    assert stated["target"][0] == {"reference": f"Observation/{id_}/_history/2", "display": "HbA1c"}
    assert why.subject == amended.subject
    page = shown(client.get("/citizens/an"))
    assert "Đã sửa: HbA1c Gõ nhầm BS Lan · Trung tâm Y tế khu vực Hướng Hóa" in page


def test_what_was_entered_in_error_leaves_the_chart_and_its_reason_stays(
    ward: Site, client: httpx.Client, id_: str
) -> None:
    name = f"Xét nghiệm {id_}"
    ward.state(result(id_, "an", code={"text": name}))
    sent = form(client, id_, error="yes", reason="Của người khác")
    assert client.post(address(id_), data=sent).status_code == 303
    page = shown(client.get("/citizens/an"))
    assert page.count(name) == 1
    assert f"Đã sửa: {name} Của người khác" in page
    again = client.get(address(id_))
    assert "đã được đánh dấu là nhập nhầm" in shown(again)


def test_a_note_can_be_corrected(ward: Site, client: httpx.Client) -> None:
    where = "/citizens/an/notes"
    client.post(where, data=fields(client.get("/citizens/an"), where) | {"text": "cũ", "by": "BS Lan"})
    note = facts(ward)[-1].resources[0].version.id
    sent = form(client, note, "DocumentReference")
    sent["field.note"] = "mới <b>"
    assert client.post(address(note, "DocumentReference"), data=sent).status_code == 303
    assert "mới <b>" in shown(client.get("/citizens/an"))


def test_sent_twice_is_stored_once(ward: Site, client: httpx.Client, id_: str) -> None:
    sent = form(client, id_, value="7")
    assert [client.post(address(id_), data=sent).status_code for _ in range(2)] == [303, 303]
    assert [
        one.version.version for fact in facts(ward) for one in fact.resources if one.version.id == id_
    ] == [1, 2]


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({}, "chưa có gì thay đổi"),
        ({"value": "bảy"}, "có số hoặc ngày chưa đọc được"),
        ({"value": ""}, "có số hoặc ngày chưa đọc được"),
        ({"field.effectiveDateTime": "31/02/2026"}, "có số hoặc ngày chưa đọc được"),
        ({"value": "7", "reason": " "}, "hãy cho biết lý do sửa"),
        ({"value": "7", "by": ""}, "hãy cho biết người ghi"),
        ({"value": "7", "reason": "á" * 2001}, "nội dung quá dài"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    ward: Site, client: httpx.Client, id_: str, filled: dict[str, str], said: str
) -> None:
    sent = form(client, id_, **filled)
    answer = client.post(address(id_), data=sent)
    assert answer.status_code == 422
    assert said in shown(answer)
    kept = fields(answer, address(id_))
    assert {name: text.strip() for name, text in sent.items() if name != "token"} == {
        name: text for name, text in kept.items() if name != "token"
    }
    assert current(ward, id_)["valueQuantity"]["value"] == 8.1


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "lúc kết thúc lại ở trước lúc bắt đầu. Bắt đầu: 01/10/2026 08:00; Kết thúc: 30/09/2026."),
        ("en", "the end would lie before the beginning. Start: 01/10/2026 08:00; End: 30/09/2026."),
    ],
    ids=["vi", "en"],
)
def test_a_visit_does_not_end_before_it_begins(
    ward: Site, client: httpx.Client, language: str, said: str
) -> None:
    client.cookies.set("language", language)
    sent = form(client, "an-e", "Encounter") | {"field.period.end": "30/09/2026"}
    answer = client.post(address("an-e", "Encounter"), data=sent)
    assert answer.status_code == 422
    assert said in shown(answer)
    kept = fields(answer, address("an-e", "Encounter"))
    assert {**kept, "token": ""} == {**sent, "token": ""}
    assert current(ward, "an-e")["period"]["end"] == "2026-10-01T08:20:00+07:00"


@pytest.mark.parametrize(("language", "text"), [("vi", "8,1"), ("en", "8.1")])
def test_a_number_comes_back_as_it_was_shown_and_in_the_other_language(
    client: httpx.Client, id_: str, language: str, text: str
) -> None:
    where = address(id_)
    sent = fields(client.get(where, params={"lang": language}), where) | {"by": "BS Lan", "reason": "Xem"}
    assert sent[VALUE] == text
    for same in ("8,1", "8.1"):
        answer = client.post(where, data=sent | {VALUE: same}, params={"lang": "vi"})
        assert answer.status_code == 422
        assert "chưa có gì thay đổi" in shown(answer)


def test_a_conflict_shows_both_and_lets_them_decide(ward: Site, client: httpx.Client, id_: str) -> None:
    sent = form(client, id_, value="7,1", reason="Đọc lại <phiếu>")
    other = form(client, id_, value="9,5", by="BS Minh", reason="Máy khác")
    assert client.post(address(id_), data=other).status_code == 303
    answer = client.post(address(id_), data=sent)
    assert answer.status_code == 412
    page = shown(answer)
    assert "đã có người sửa sau khi bạn mở trang" in page
    assert "Thay đổi sau khi bạn mở trang BS Minh · Trung tâm Y tế khu vực Hướng Hóa" in page
    assert "Giá trị (%) 8,1 9,5 7,1" in page
    kept = fields(answer, address(id_))
    assert (kept[VALUE], kept["reason"], kept["version"]) == ("7,1", "Đọc lại <phiếu>", "2")
    assert current(ward, id_)["valueQuantity"]["value"] == 9.5
    assert client.post(address(id_), data=kept).status_code == 303
    assert current(ward, id_)["valueQuantity"]["value"] == 7.1


def test_what_was_not_typed_is_not_taken_back_from_others(ward: Site, client: httpx.Client, id_: str) -> None:
    sent = form(client, id_, value="7")
    ward.state(result(id_, "an", effectiveDateTime="2026-10-09"))
    answer = client.post(address(id_), data=sent)
    assert answer.status_code == 412
    kept = fields(answer, address(id_))
    assert (kept[VALUE], kept["field.effectiveDateTime"]) == ("7", "09/10/2026")
    assert client.post(address(id_), data=kept).status_code == 303
    assert current(ward, id_)["effectiveDateTime"] == "2026-10-09"


def test_what_was_taken_back_meanwhile_is_said_and_what_was_typed_is_shown(
    ward: Site, client: httpx.Client, id_: str
) -> None:
    sent = form(client, id_, value="7,77", reason="Đọc lại")
    ward.delete("Observation", id_)
    answer = client.post(address(id_), data=sent)
    assert answer.status_code == 412
    page = shown(answer)
    assert "Mục này đã bị thu hồi" in page
    assert "8,1 – 7,77" in page
    assert "Đọc lại" in page
    assert client.get(address(id_)).status_code == 404


def test_a_record_that_is_away_loses_nothing(
    ward: Site, client: httpx.Client, id_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Unavailable

    sent = form(client, id_, value="7", error="yes", reason="hai\ndòng")
    with monkeypatch.context() as patched:
        patched.setattr(HealthRecord, "state", fail)
        answer = client.post(address(id_), data=sent)
    assert answer.status_code == 503
    kept = fields(answer, address(id_))
    assert kept == sent
    assert client.post(address(id_), data=kept).status_code == 303
    assert current(ward, id_)["status"] == "entered-in-error"


def test_what_the_record_does_not_take_is_said(
    client: httpx.Client, id_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = form(client, id_, value="0" + "1" * 17)
    unheard = Amount("!", Digits("1"))
    monkeypatch.setattr("fhir_api.pages.corrections.fields._READ", {"number": lambda _: unheard})
    answer = client.post(address(id_), data=sent)
    assert (answer.status_code, fields(answer, address(id_))[VALUE]) == (422, sent[VALUE])
    assert "hồ sơ không nhận nội dung này" in shown(answer)


def test_hostile_words_are_shown_as_they_are(ward: Site, client: httpx.Client, id_: str) -> None:
    ward.state(result(id_, "an", code={"text": HOSTILE}, valueQuantity={"value": 1, "unit": HOSTILE}))
    answer = client.post(address(id_), data=form(client, id_, value=HOSTILE, reason=HOSTILE, by=HOSTILE))
    assert answer.status_code == 422
    assert "<script>window" not in answer.text
    assert "<img src=x" not in answer.text


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("/resources/Patient/an/correction", 404),
        ("/resources/Observation/none/correction", 404),
        ("/resources/Observation/a%20b/correction", 404),
        ("/resources/Observation/nobodys/correction", 404),
        ("/resources/Observation/large/correction", 404),
    ],
)
def test_what_cannot_be_corrected_here(ward: Site, client: httpx.Client, where: str, status: int) -> None:
    nobodys = {**result("nobodys", "an"), "subject": {"display": "ai đó"}}
    large = of("Observation", "large", "an", status="final", code={"text": "x" * 100_000}, valueString="y")
    ward.state(nobodys, large)
    assert client.get(where).status_code == status
    refused = client.post(where, data={"version": "1", "reason": "x", "by": "y", "error": "yes"})
    assert refused.status_code in (404, 412)


def test_forms_of_other_sites_are_refused(ward: Site, client: httpx.Client, id_: str) -> None:
    sent = form(client, id_, value="7")
    assert client.post(address(id_), data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert current(ward, id_)["valueQuantity"]["value"] == 8.1
