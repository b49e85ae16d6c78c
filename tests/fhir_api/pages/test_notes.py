"""Notes that are written on a chart."""

import base64
import re
from collections.abc import Iterator

import httpx
import orjson
import pytest

from ehr.errors import OutcomeUnknown, Unavailable
from ehr.health_record import HealthRecord
from fhir_api.pages.stating import LONGEST_TEXT
from tests.fhir_api.pages.chart_citizens import HOSTILE
from tests.fhir_api.pages.review_serving import Site, shown
from tests.fhir_api.pages.ward import facts, fields, open_ward, person, prepared

ADDRESS = "/citizens/an/notes"


@pytest.fixture(scope="module")
def ward(module_database: str) -> Iterator[Site]:
    with prepared(module_database), open_ward(module_database) as site:
        site.state(*person("an"))
        yield site


@pytest.fixture
def client(ward: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ward.address, timeout=60) as client:
        yield client


def form(client: httpx.Client, **filled: str) -> dict[str, str]:
    """What somebody sends who writes a note."""
    asked = fields(client.get("/citizens/an"), ADDRESS)
    assert set(asked) == {"text", "by", "token"}
    return asked | {"by": "BS Lan"} | filled


def notes(client: httpx.Client) -> list[str]:
    """As the chart shows them, each in one line."""
    panel = re.search(
        r'<section class="panel notes".*?</section>', client.get("/citizens/an").text, re.DOTALL
    )
    assert panel
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one)).strip()
        for one in re.findall(r"<li>(.*?)</li>", panel[0], re.DOTALL)
    ]


def test_a_note_is_a_fact_and_stands_on_the_chart_at_once(ward: Site, client: httpx.Client) -> None:
    client.cookies.set("workplace", "45901")
    sent = form(client, text="Dặn tái khám\r\nsau 1 tháng")
    answer = client.post(ADDRESS, data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/citizens/an#notes")
    first = notes(client)[0]
    assert first.startswith("Dặn tái khám sau 1 tháng BS Lan · Trạm Y tế xã Hướng Lập · ")
    fact = facts(ward)[-1]
    assert (fact.fact.name, fact.fact.user, fact.fact.facility) == ("ResourceRecorded", "BS Lan", "45901")
    stated = orjson.loads(fact.resources[0].body)
    assert (stated["resourceType"], stated["subject"]) == ("DocumentReference", {"reference": "Patient/an"})
    data = stated["content"][0]["attachment"]["data"]
    assert base64.b64decode(data).decode() == "Dặn tái khám\nsau 1 tháng"


def test_whoever_wrote_is_remembered_by_this_browser(client: httpx.Client) -> None:
    client.post(ADDRESS, data=form(client, text="một", by="ĐD Mai"))
    assert fields(client.get("/citizens/an"), ADDRESS)["by"] == "ĐD Mai"


def test_who_is_named_by_the_request_is_not_asked(ward: Site, client: httpx.Client) -> None:
    client.headers["X-EHR-User"] = "bs.lan"
    page = client.get("/citizens/an")
    assert "Người ghi: bs.lan" in shown(page)
    sent = fields(page, ADDRESS)
    assert client.post(ADDRESS, data=sent | {"text": "hai", "by": "somebody else"}).status_code == 303
    assert facts(ward)[-1].fact.user == "bs.lan"


def test_sent_twice_is_stored_once(client: httpx.Client) -> None:
    sent = form(client, text="chỉ một lần")
    before = len(notes(client))
    assert [client.post(ADDRESS, data=sent).status_code for _ in range(2)] == [303, 303]
    assert len(notes(client)) == before + 1


def test_sent_again_with_other_words_is_said_to_be_another(client: httpx.Client) -> None:
    sent = form(client, text="bản đầu")
    client.post(ADDRESS, data=sent)
    again = client.post(ADDRESS, data=sent | {"text": "bản <sau>"})
    assert again.status_code == 409
    assert "Bản trước của ghi chú này đã được lưu" in shown(again)
    kept = fields(again, ADDRESS)
    assert (kept["text"], kept["token"] != sent["token"]) == ("bản <sau>", True)
    assert client.post(ADDRESS, data=kept).status_code == 303
    assert notes(client)[0].startswith("bản &lt;sau&gt;")


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"text": " \n "}, "hãy viết nội dung"),
        ({"text": "x", "by": " "}, "hãy cho biết người ghi"),
        ({"text": "á" * (LONGEST_TEXT + 1)}, "ghi chú quá dài"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    client: httpx.Client, filled: dict[str, str], said: str
) -> None:
    before = notes(client)
    answer = client.post(ADDRESS, data=form(client, **filled))
    assert answer.status_code == 422
    assert said in shown(answer)
    assert fields(answer, ADDRESS)["text"] == filled["text"].strip()
    assert notes(client) == before


@pytest.mark.parametrize("trouble", [Unavailable, OutcomeUnknown])
def test_a_record_that_is_away_loses_nothing(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
) -> None:
    async def fail(*_: object) -> None:
        raise trouble

    sent = form(client, text="giữ lại\n<i>này</i>")
    with monkeypatch.context() as patched:
        patched.setattr(HealthRecord, "state", fail)
        answer = client.post(ADDRESS, data=sent)
    assert answer.status_code == 503
    assert fields(answer, ADDRESS) == sent
    assert client.post(ADDRESS, data=fields(answer, ADDRESS)).status_code == 303
    assert notes(client)[0].startswith("giữ lại &lt;i&gt;này&lt;/i&gt;")


def test_hostile_words_are_shown_as_they_are(client: httpx.Client) -> None:
    client.post(ADDRESS, data=form(client, text=HOSTILE, by=HOSTILE[:100]))
    html = client.get("/citizens/an").text
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;window.broken=1&lt;/script&gt;") >= 2


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_forms_of_other_sites_are_refused(client: httpx.Client, site: str) -> None:
    sent, before = form(client, text="x"), notes(client)
    assert client.post(ADDRESS, data=sent, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert notes(client) == before


@pytest.mark.parametrize("patient", ["nobody", "a b"])
def test_nobody_is_made_known_by_a_note(ward: Site, client: httpx.Client, patient: str) -> None:
    before = len(facts(ward))
    assert client.post(f"/citizens/{patient}/notes", data=form(client, text="x")).status_code == 404
    assert len(facts(ward)) == before


def test_a_chart_as_it_was_takes_no_note_and_tells_no_news(ward: Site, client: httpx.Client) -> None:
    client.post(ADDRESS, data=form(client, text="hôm nay"))
    then = client.get(f"/citizens/an/at/{facts(ward)[-1].position}").text
    assert "hôm nay" in then
    assert not re.search(r'<form[^>]* action="/citizens/an/notes"|data-address|/correction"', then)


def test_all_notes_are_a_panel(client: httpx.Client) -> None:
    for number in range(13):
        client.post(ADDRESS, data=form(client, text=f"ghi chú {number}"))
    assert len(notes(client)) == 12
    assert "ghi chú 0" in shown(client.get("/citizens/an/panels/notes"))


def test_no_cookie_brings_into_facts_what_no_chart_could_show(ward: Site, client: httpx.Client) -> None:
    client.cookies.set("workplace", "%0045901%0A")
    assert client.post(ADDRESS, data=form(client, text="Ghi ở trạm")).status_code == 303
    assert facts(ward)[-1].fact.facility == "45901"
    assert notes(client)[0].startswith("Ghi ở trạm")


def test_who_writes_is_as_short_as_a_header(ward: Site, client: httpx.Client) -> None:
    assert client.post(ADDRESS, data=form(client, text="Dài", by="x" * 5000)).status_code == 303
    assert facts(ward)[-1].fact.user == "x" * 100
