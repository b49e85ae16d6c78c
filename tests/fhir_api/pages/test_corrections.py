from fhir_api.pages.corrections.fields import Amount, Digits
"""Entries that are corrected: what is stored, what is missing, and what others did meanwhile."""
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
from collections.abc import Iterator
from fhir_api.pages.corrections.fields import Amount, Digits
from itertools import count
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
import httpx
from fhir_api.pages.corrections.fields import Amount, Digits
import orjson
from fhir_api.pages.corrections.fields import Amount, Digits
import pytest
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
from ehr.errors import Unavailable
from fhir_api.pages.corrections.fields import Amount, Digits
from ehr.health_record import HealthRecord
from fhir_api.pages.corrections.fields import Amount, Digits
from tests.fhir_api.pages.chart_citizens import HOSTILE, of
from fhir_api.pages.corrections.fields import Amount, Digits
from tests.fhir_api.pages.review_serving import Site, shown
from fhir_api.pages.corrections.fields import Amount, Digits
from tests.fhir_api.pages.ward import Json, facts, fields, open_ward, person, prepared, result
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
NUMBERS = count(1)
from fhir_api.pages.corrections.fields import Amount, Digits
VALUE = "field.valueQuantity.value"
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
@pytest.fixture(scope="module")
from fhir_api.pages.corrections.fields import Amount, Digits
def ward(module_database: str) -> Iterator[Site]:
from fhir_api.pages.corrections.fields import Amount, Digits
    with prepared(module_database), open_ward(module_database) as site:
from fhir_api.pages.corrections.fields import Amount, Digits
        site.state(*person("an"))
from fhir_api.pages.corrections.fields import Amount, Digits
        yield site
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
@pytest.fixture
from fhir_api.pages.corrections.fields import Amount, Digits
def client(ward: Site) -> Iterator[httpx.Client]:
from fhir_api.pages.corrections.fields import Amount, Digits
    with httpx.Client(base_url=ward.address, timeout=60, cookies={"workplace": "45902"}) as client:
from fhir_api.pages.corrections.fields import Amount, Digits
        yield client
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
@pytest.fixture
from fhir_api.pages.corrections.fields import Amount, Digits
def id_(ward: Site) -> str:
from fhir_api.pages.corrections.fields import Amount, Digits
    """Of a result of 8.1 % that nobody else corrects."""
from fhir_api.pages.corrections.fields import Amount, Digits
    id_ = f"r{next(NUMBERS)}"
from fhir_api.pages.corrections.fields import Amount, Digits
    ward.state(result(id_, "an"))
from fhir_api.pages.corrections.fields import Amount, Digits
    return id_
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def address(id_: str, type_: str = "Observation") -> str:
from fhir_api.pages.corrections.fields import Amount, Digits
    return f"/resources/{type_}/{id_}/correction"
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def form(client: httpx.Client, id_: str, type_: str = "Observation", **filled: str) -> dict[str, str]:
from fhir_api.pages.corrections.fields import Amount, Digits
    """What somebody sends who has looked at it."""
from fhir_api.pages.corrections.fields import Amount, Digits
    where = address(id_, type_)
from fhir_api.pages.corrections.fields import Amount, Digits
    typed = {name.replace("value", VALUE): text for name, text in filled.items()}
from fhir_api.pages.corrections.fields import Amount, Digits
    return fields(client.get(where), where) | {"by": "BS Lan", "reason": "Gõ nhầm"} | typed
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def current(ward: Site, id_: str) -> Json:
from fhir_api.pages.corrections.fields import Amount, Digits
    """As the record has it."""
from fhir_api.pages.corrections.fields import Amount, Digits
    bodies = [one.body for fact in facts(ward) for one in fact.resources if one.version.id == id_]
from fhir_api.pages.corrections.fields import Amount, Digits
    stated: Json = orjson.loads(bodies[-1])
from fhir_api.pages.corrections.fields import Amount, Digits
    return stated
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_a_correction_is_the_next_version_and_says_why(ward: Site, client: httpx.Client, id_: str) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    answer = client.post(address(id_), data=form(client, id_, value="7,10"))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert (answer.status_code, answer.headers["location"]) == (303, "/citizens/an#notes")
from fhir_api.pages.corrections.fields import Amount, Digits
    amended, why = facts(ward)[-2:]
from fhir_api.pages.corrections.fields import Amount, Digits
    assert amended.transaction == why.transaction
from fhir_api.pages.corrections.fields import Amount, Digits
    assert (amended.fact.name, amended.fact.user, amended.fact.facility) == (
from fhir_api.pages.corrections.fields import Amount, Digits
        "ResourceAmended",
from fhir_api.pages.corrections.fields import Amount, Digits
        "BS Lan",
from fhir_api.pages.corrections.fields import Amount, Digits
        "45902",
from fhir_api.pages.corrections.fields import Amount, Digits
    )
from fhir_api.pages.corrections.fields import Amount, Digits
    assert b'"value":7.10' in amended.resources[0].body
from fhir_api.pages.corrections.fields import Amount, Digits
    stated = orjson.loads(why.resources[0].body)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert stated["reason"] == [{"text": "Gõ nhầm"}]
from fhir_api.pages.corrections.fields import Amount, Digits
    assert stated["target"][0] == {"reference": f"Observation/{id_}/_history/2", "display": "HbA1c"}
from fhir_api.pages.corrections.fields import Amount, Digits
    assert why.subject == amended.subject
from fhir_api.pages.corrections.fields import Amount, Digits
    page = shown(client.get("/citizens/an"))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "Đã sửa: HbA1c Gõ nhầm BS Lan · Trung tâm Y tế khu vực Hướng Hóa" in page
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_what_was_entered_in_error_leaves_the_chart_and_its_reason_stays(
from fhir_api.pages.corrections.fields import Amount, Digits
    ward: Site, client: httpx.Client, id_: str
from fhir_api.pages.corrections.fields import Amount, Digits
) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    name = f"Xét nghiệm {id_}"
from fhir_api.pages.corrections.fields import Amount, Digits
    ward.state(result(id_, "an", code={"text": name}))
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, error="yes", reason="Của người khác")
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.post(address(id_), data=sent).status_code == 303
from fhir_api.pages.corrections.fields import Amount, Digits
    page = shown(client.get("/citizens/an"))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert page.count(name) == 1
from fhir_api.pages.corrections.fields import Amount, Digits
    assert f"Đã sửa: {name} Của người khác" in page
from fhir_api.pages.corrections.fields import Amount, Digits
    again = client.get(address(id_))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "đã được đánh dấu là nhập nhầm" in shown(again)
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_a_note_can_be_corrected(ward: Site, client: httpx.Client) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    where = "/citizens/an/notes"
from fhir_api.pages.corrections.fields import Amount, Digits
    client.post(where, data=fields(client.get("/citizens/an"), where) | {"text": "cũ", "by": "BS Lan"})
from fhir_api.pages.corrections.fields import Amount, Digits
    note = facts(ward)[-1].resources[0].version.id
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, note, "DocumentReference")
from fhir_api.pages.corrections.fields import Amount, Digits
    sent["field.note"] = "mới <b>"
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.post(address(note, "DocumentReference"), data=sent).status_code == 303
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "mới <b>" in shown(client.get("/citizens/an"))
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_sent_twice_is_stored_once(ward: Site, client: httpx.Client, id_: str) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, value="7")
from fhir_api.pages.corrections.fields import Amount, Digits
    assert [client.post(address(id_), data=sent).status_code for _ in range(2)] == [303, 303]
from fhir_api.pages.corrections.fields import Amount, Digits
    assert [
from fhir_api.pages.corrections.fields import Amount, Digits
        one.version.version for fact in facts(ward) for one in fact.resources if one.version.id == id_
from fhir_api.pages.corrections.fields import Amount, Digits
    ] == [1, 2]
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
@pytest.mark.parametrize(
from fhir_api.pages.corrections.fields import Amount, Digits
    ("filled", "said"),
from fhir_api.pages.corrections.fields import Amount, Digits
    [
from fhir_api.pages.corrections.fields import Amount, Digits
        ({}, "chưa có gì thay đổi"),
from fhir_api.pages.corrections.fields import Amount, Digits
        ({"value": "bảy"}, "có số hoặc ngày chưa đọc được"),
from fhir_api.pages.corrections.fields import Amount, Digits
        ({"value": ""}, "có số hoặc ngày chưa đọc được"),
from fhir_api.pages.corrections.fields import Amount, Digits
        ({"field.effectiveDateTime": "31/02/2026"}, "có số hoặc ngày chưa đọc được"),
from fhir_api.pages.corrections.fields import Amount, Digits
        ({"value": "7", "reason": " "}, "hãy cho biết lý do sửa"),
from fhir_api.pages.corrections.fields import Amount, Digits
        ({"value": "7", "by": ""}, "hãy cho biết người ghi"),
from fhir_api.pages.corrections.fields import Amount, Digits
        ({"value": "7", "reason": "á" * 2001}, "nội dung quá dài"),
from fhir_api.pages.corrections.fields import Amount, Digits
    ],
from fhir_api.pages.corrections.fields import Amount, Digits
)
from fhir_api.pages.corrections.fields import Amount, Digits
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
from fhir_api.pages.corrections.fields import Amount, Digits
    ward: Site, client: httpx.Client, id_: str, filled: dict[str, str], said: str
from fhir_api.pages.corrections.fields import Amount, Digits
) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, **filled)
from fhir_api.pages.corrections.fields import Amount, Digits
    answer = client.post(address(id_), data=sent)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert answer.status_code == 422
from fhir_api.pages.corrections.fields import Amount, Digits
    assert said in shown(answer)
from fhir_api.pages.corrections.fields import Amount, Digits
    kept = fields(answer, address(id_))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert {name: text.strip() for name, text in sent.items() if name != "token"} == {
from fhir_api.pages.corrections.fields import Amount, Digits
        name: text for name, text in kept.items() if name != "token"
from fhir_api.pages.corrections.fields import Amount, Digits
    }
from fhir_api.pages.corrections.fields import Amount, Digits
    assert current(ward, id_)["valueQuantity"]["value"] == 8.1
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_a_conflict_shows_both_and_lets_them_decide(ward: Site, client: httpx.Client, id_: str) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, value="7,1", reason="Đọc lại <phiếu>")
from fhir_api.pages.corrections.fields import Amount, Digits
    other = form(client, id_, value="9,5", by="BS Minh", reason="Máy khác")
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.post(address(id_), data=other).status_code == 303
from fhir_api.pages.corrections.fields import Amount, Digits
    answer = client.post(address(id_), data=sent)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert answer.status_code == 412
from fhir_api.pages.corrections.fields import Amount, Digits
    page = shown(answer)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "đã có người sửa sau khi bạn mở trang" in page
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "Thay đổi sau khi bạn mở trang BS Minh · Trung tâm Y tế khu vực Hướng Hóa" in page
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "Giá trị (%) 8.1 9.5 7,1" in page
from fhir_api.pages.corrections.fields import Amount, Digits
    kept = fields(answer, address(id_))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert (kept[VALUE], kept["reason"], kept["version"]) == ("7,1", "Đọc lại <phiếu>", "2")
from fhir_api.pages.corrections.fields import Amount, Digits
    assert current(ward, id_)["valueQuantity"]["value"] == 9.5
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.post(address(id_), data=kept).status_code == 303
from fhir_api.pages.corrections.fields import Amount, Digits
    assert current(ward, id_)["valueQuantity"]["value"] == 7.1
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_what_was_not_typed_is_not_taken_back_from_others(ward: Site, client: httpx.Client, id_: str) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, value="7")
from fhir_api.pages.corrections.fields import Amount, Digits
    ward.state(result(id_, "an", effectiveDateTime="2026-10-09"))
from fhir_api.pages.corrections.fields import Amount, Digits
    answer = client.post(address(id_), data=sent)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert answer.status_code == 412
from fhir_api.pages.corrections.fields import Amount, Digits
    kept = fields(answer, address(id_))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert (kept[VALUE], kept["field.effectiveDateTime"]) == ("7", "09/10/2026")
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.post(address(id_), data=kept).status_code == 303
from fhir_api.pages.corrections.fields import Amount, Digits
    assert current(ward, id_)["effectiveDateTime"] == "2026-10-09"
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_what_was_taken_back_meanwhile_is_said_and_what_was_typed_is_shown(
from fhir_api.pages.corrections.fields import Amount, Digits
    ward: Site, client: httpx.Client, id_: str
from fhir_api.pages.corrections.fields import Amount, Digits
) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, value="7,77", reason="Đọc lại")
from fhir_api.pages.corrections.fields import Amount, Digits
    ward.delete("Observation", id_)
from fhir_api.pages.corrections.fields import Amount, Digits
    answer = client.post(address(id_), data=sent)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert answer.status_code == 412
from fhir_api.pages.corrections.fields import Amount, Digits
    page = shown(answer)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "Mục này đã bị thu hồi" in page
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "8.1 – 7,77" in page
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "Đọc lại" in page
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.get(address(id_)).status_code == 404
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_a_record_that_is_away_loses_nothing(
from fhir_api.pages.corrections.fields import Amount, Digits
    ward: Site, client: httpx.Client, id_: str, monkeypatch: pytest.MonkeyPatch
from fhir_api.pages.corrections.fields import Amount, Digits
) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    async def fail(*_: object) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
        raise Unavailable
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, value="7", error="yes", reason="hai\ndòng")
from fhir_api.pages.corrections.fields import Amount, Digits
    with monkeypatch.context() as patched:
from fhir_api.pages.corrections.fields import Amount, Digits
        patched.setattr(HealthRecord, "state", fail)
from fhir_api.pages.corrections.fields import Amount, Digits
        answer = client.post(address(id_), data=sent)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert answer.status_code == 503
from fhir_api.pages.corrections.fields import Amount, Digits
    kept = fields(answer, address(id_))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert kept == sent
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.post(address(id_), data=kept).status_code == 303
from fhir_api.pages.corrections.fields import Amount, Digits
    assert current(ward, id_)["status"] == "entered-in-error"
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_what_the_record_does_not_take_is_said(
from fhir_api.pages.corrections.fields import Amount, Digits
    client: httpx.Client, id_: str, monkeypatch: pytest.MonkeyPatch
from fhir_api.pages.corrections.fields import Amount, Digits
) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, value="0" + "1" * 17)
from fhir_api.pages.corrections.fields import Amount, Digits
    unheard = Amount("!", Digits("1"))
from fhir_api.pages.corrections.fields import Amount, Digits
    monkeypatch.setattr("fhir_api.pages.corrections.fields._READ", {"number": lambda _: unheard})
from fhir_api.pages.corrections.fields import Amount, Digits
    answer = client.post(address(id_), data=sent)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert (answer.status_code, fields(answer, address(id_))[VALUE]) == (422, sent[VALUE])
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "hồ sơ không nhận nội dung này" in shown(answer)
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_hostile_words_are_shown_as_they_are(ward: Site, client: httpx.Client, id_: str) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    ward.state(result(id_, "an", code={"text": HOSTILE}, valueQuantity={"value": 1, "unit": HOSTILE}))
from fhir_api.pages.corrections.fields import Amount, Digits
    answer = client.post(address(id_), data=form(client, id_, value=HOSTILE, reason=HOSTILE, by=HOSTILE))
from fhir_api.pages.corrections.fields import Amount, Digits
    assert answer.status_code == 422
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "<script>window" not in answer.text
from fhir_api.pages.corrections.fields import Amount, Digits
    assert "<img src=x" not in answer.text
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
@pytest.mark.parametrize(
from fhir_api.pages.corrections.fields import Amount, Digits
    ("where", "status"),
from fhir_api.pages.corrections.fields import Amount, Digits
    [
from fhir_api.pages.corrections.fields import Amount, Digits
        ("/resources/Patient/an/correction", 404),
from fhir_api.pages.corrections.fields import Amount, Digits
        ("/resources/Observation/none/correction", 404),
from fhir_api.pages.corrections.fields import Amount, Digits
        ("/resources/Observation/a%20b/correction", 404),
from fhir_api.pages.corrections.fields import Amount, Digits
        ("/resources/Observation/nobodys/correction", 404),
from fhir_api.pages.corrections.fields import Amount, Digits
        ("/resources/Observation/large/correction", 404),
from fhir_api.pages.corrections.fields import Amount, Digits
    ],
from fhir_api.pages.corrections.fields import Amount, Digits
)
from fhir_api.pages.corrections.fields import Amount, Digits
def test_what_cannot_be_corrected_here(ward: Site, client: httpx.Client, where: str, status: int) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    nobodys = {**result("nobodys", "an"), "subject": {"display": "ai đó"}}
from fhir_api.pages.corrections.fields import Amount, Digits
    large = of("Observation", "large", "an", status="final", code={"text": "x" * 100_000}, valueString="y")
from fhir_api.pages.corrections.fields import Amount, Digits
    ward.state(nobodys, large)
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.get(where).status_code == status
from fhir_api.pages.corrections.fields import Amount, Digits
    refused = client.post(where, data={"version": "1", "reason": "x", "by": "y", "error": "yes"})
from fhir_api.pages.corrections.fields import Amount, Digits
    assert refused.status_code in (404, 412)
from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits

from fhir_api.pages.corrections.fields import Amount, Digits
def test_forms_of_other_sites_are_refused(ward: Site, client: httpx.Client, id_: str) -> None:
from fhir_api.pages.corrections.fields import Amount, Digits
    sent = form(client, id_, value="7")
from fhir_api.pages.corrections.fields import Amount, Digits
    assert client.post(address(id_), data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
from fhir_api.pages.corrections.fields import Amount, Digits
    assert current(ward, id_)["valueQuantity"]["value"] == 8.1
