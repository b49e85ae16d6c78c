"""Decisions of the review: what is stored, what is sent twice, what others did meanwhile."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from ehr.errors import OutcomeUnknown
from ehr.facts import AnyPairFact
from ehr.health_record import HealthRecord, Judged
from ehr.linking import Act
from tests.fhir_api.pages.review_serving import (
    AT_STATION,
    Site,
    Twins,
    client_of,
    pairs_on,
    reviewing,
    shown,
    twins_in,
)
from tests.pairing import decided
from tests.projections.citizens.people import encounter


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    with reviewing(module_database) as site:
        yield site


@pytest.fixture
def twins(site: Site) -> Twins:
    return twins_in(site)


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with client_of(site) as client:
        yield client


def fields(answer: httpx.Response, **filled: str) -> dict[str, str]:
    """What the page's form sends, with what was filled in."""
    found = re.findall(r'<input type="(?:hidden|text)"[^>]* name="([^"]+)" value="([^"]*)"', answer.text)
    found = [(name, value) for name, value in found if name != "text"]
    assert {name for name, _ in found} == {"version", "version-1", "version-2", "contrary", "token", "note"}
    return {name: unescape(value) for name, value in found} | {"ground": "papers"} | filled


def look(client: httpx.Client, twins: Twins, act: str, **filled: str) -> dict[str, str]:
    """What somebody sends who has looked at the pair."""
    return fields(client.get(twins.address), act=act, **filled)


def facts(site: Site, twins: Twins) -> list[AnyPairFact]:
    """Decided about the pair."""
    return [fact for fact in decided(site.url) if {fact.patient, fact.other_patient} == {*twins}]


def names(site: Site, twins: Twins) -> list[str]:
    return [fact.name for fact in facts(site, twins)]


def test_a_link_is_stored_with_what_was_shown(site: Site, twins: Twins, client: httpx.Client) -> None:
    client.cookies.set("workplace", "45901")
    answer = client.post(twins.address, data=look(client, twins, "link", note="gặp ông Thử"))
    assert answer.status_code == 303
    fact = facts(site, twins)[-1]
    assert (fact.name, fact.reason) == ("RecordsLinked", "Đã xem giấy tờ gốc. gặp ông Thử")
    assert (fact.facility, fact.rule) == ("45901", None)
    levels = {one.field: one.level for one in fact.evidence}
    assert (levels["personal_number"], levels["birth"], levels["name"]) == ("typed", "exact", "plain")
    done = client.get(answer.headers["location"])
    assert "Đã ghi: cùng một người." in shown(done)
    assert [one for one in pairs_on(done) if twins.one in one] == pairs_on(done)[:1], "to look at it again"


def test_each_decision_leads_to_its_state(site: Site, twins: Twins, client: httpx.Client) -> None:
    for act in ("postpone", "judge-different", "propose", "link", "unlink", "judge-different"):
        assert client.post(twins.address, data=look(client, twins, act)).status_code == 303, act
    assert names(site, twins) == [
        "LinkProposed",
        "LinkPostponed",
        "RecordsJudgedDifferent",
        "LinkProposed",
        "RecordsLinked",
        "RecordsUnlinked",
        "RecordsJudgedDifferent",
    ]


def test_somebody_goes_on_with_the_list_of_the_pair(site: Site, twins: Twins, client: httpx.Client) -> None:
    for act, list_ in (("postpone", "/review"), ("link", "/review/postponed")):
        answer = client.post(twins.address, data=look(client, twins, act))
        assert httpx.URL(answer.headers["location"]).path == list_
        assert "Đã ghi" in shown(client.get(answer.headers["location"]))
    assert names(site, twins)[-1] == "RecordsLinked"


def test_a_form_that_does_not_say_what_was_looked_at_decides_nothing(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    sent = look(client, twins, "link") | {"version-1": ""}
    assert client.post(twins.address, data=sent).status_code == 409
    assert names(site, twins) == ["LinkProposed"]


def test_only_what_can_be_decided_is_offered(site: Site, twins: Twins, client: httpx.Client) -> None:
    def offered() -> list[str]:
        return re.findall(r'name="act" value="([^"]+)"', client.get(twins.address).text)

    assert offered() == ["link", "judge-different", "postpone"]
    site.judge(Act.LINK, *twins)
    assert offered() == ["unlink"]


def test_sent_twice_is_stored_once(site: Site, twins: Twins, client: httpx.Client) -> None:
    sent = look(client, twins, "link")
    assert [client.post(twins.address, data=sent).status_code for _ in range(2)] == [303, 303]
    assert names(site, twins) == ["LinkProposed", "RecordsLinked"]


def test_sent_again_it_does_not_undo_what_others_did(site: Site, twins: Twins, client: httpx.Client) -> None:
    sent = look(client, twins, "link")
    assert client.post(twins.address, data=sent).status_code == 303
    site.judge(Act.UNLINK, *twins)
    assert client.post(twins.address, data=sent).status_code == 303
    assert names(site, twins)[-1] == "RecordsUnlinked"


def test_what_was_recorded_of_whoever_joined_later_is_listed(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    third = f"{twins.one}-third"
    site.state({**AT_STATION[0], "id": third})
    site.judge(Act.LINK, *twins)
    site.judge(Act.LINK, twins.other, third)
    site.state(encounter(f"v-{third}", third, "2026-11-03"))
    assert f"/fhir/Encounter/v-{third}/" in client.get(twins.address).text
    site.judge(Act.UNLINK, twins.other, third)
    assert f"/fhir/Encounter/v-{third}/" in client.get(twins.address).text
    site.judge(Act.UNLINK, *twins)
    assert f"/fhir/Encounter/v-{third}/" in client.get(twins.address).text


def test_what_was_decided_meanwhile_is_shown_and_asked_again(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    sent = look(client, twins, "link", note="đã <b>gặp</b>")
    site.judge(Act.JUDGE_DIFFERENT, *twins, reason="Hai cha con")
    answer = client.post(twins.address, data=sent)
    assert answer.status_code == 409
    assert "có người hoặc máy đã quyết định về cặp này" in shown(answer)
    assert "Hai người khác nhau mới · Lan" in shown(answer)
    assert 'value="đã &lt;b&gt;gặp&lt;/b&gt;"' in answer.text
    assert re.search(r'value="link"[^>]* checked', answer.text)
    assert client.post(twins.address, data=fields(answer, act="link")).status_code == 303
    assert facts(site, twins)[-1].reason == "Đã xem giấy tờ gốc. đã <b>gặp</b>"


def test_what_was_amended_meanwhile_is_shown_and_asked_again(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    sent = look(client, twins, "link")
    site.state({**AT_STATION[0], "id": twins.one, "birthDate": "1990-05-16", "gender": "female"})
    answer = client.post(twins.address, data=sent)
    assert answer.status_code == 409
    assert "một trong hai hồ sơ đã được sửa" in shown(answer)
    assert "Khi bạn xem là: 15/05/1990" in shown(answer)
    assert re.search(r"Nữ Khi bạn xem là: Nam\b", shown(answer))
    assert answer.text.count(' changed"') == 2
    assert client.post(twins.address, data=fields(answer, act="link")).status_code == 303


def test_a_link_over_others_kept_apart_is_asked_again(site: Site, twins: Twins, client: httpx.Client) -> None:
    third = f"{twins.one}-third"
    site.state({**AT_STATION[0], "id": third})
    site.judge(Act.JUDGE_DIFFERENT, twins.one, third)
    sent = look(client, twins, "link")
    site.judge(Act.LINK, twins.other, third)
    answer = client.post(twins.address, data=sent)
    assert answer.status_code == 409
    assert "đã có người xác nhận là của hai người khác nhau" in shown(answer)
    assert "RecordsLinked" not in names(site, twins)
    assert client.post(twins.address, data=fields(answer, act="link")).status_code == 303


def test_a_decision_that_no_longer_fits_is_asked_again(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    sent = look(client, twins, "judge-different")
    site.judge(Act.LINK, *twins, reason="Cùng CCCD")
    answer = client.post(twins.address, data=sent)
    assert answer.status_code == 409
    assert "không còn hợp với tình trạng" in shown(answer)
    assert "Cùng một người mới · Lan" in shown(answer)


def test_the_same_decision_of_somebody_else_loses_no_note(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    sent = look(client, twins, "link", note="đã gặp")
    site.judge(Act.LINK, *twins, reason="Cùng CCCD")
    answer = client.post(twins.address, data=sent)
    assert answer.status_code == 409
    assert "đã được người khác ghi đúng như vậy" in shown(answer)
    assert 'value="đã gặp"' in answer.text


def test_a_deleted_patient_is_not_linked(site: Site, twins: Twins, client: httpx.Client) -> None:
    site.delete("Patient", twins.other)
    answer = client.get(twins.address)
    assert "Hồ sơ này đã bị xóa" in shown(answer)
    refused = client.post(twins.address, data=fields(answer, act="link"))
    assert refused.status_code == 409
    assert "không còn hợp với tình trạng" in shown(refused)
    assert client.post(twins.address, data=fields(refused, act="judge-different")).status_code == 303


def test_what_a_program_has_merged_it_takes_back_first(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    named = (("source-patient", twins.other), ("target-patient", twins.one))
    merge = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": name, "valueReference": {"reference": f"Patient/{id_}"}} for name, id_ in named
        ],
    }
    fhir = {"Content-Type": "application/fhir+json"}
    client.post("/fhir/Patient/$merge", json=merge, headers=fhir).raise_for_status()
    refused = client.post(twins.address, data=look(client, twins, "unlink", note="nhầm"))
    assert refused.status_code == 409
    assert "Phải gỡ việc hợp nhất đó trước" in shown(refused)
    assert 'value="nhầm"' in refused.text
    client.post("/fhir/Patient/$unmerge", json=merge, headers=fhir).raise_for_status()
    assert names(site, twins)[-2:] == ["RecordsLinked", "RecordsUnlinked"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"act": ""}, "hãy chọn một quyết định"),
        ({"act": "merge"}, "hãy chọn một quyết định"),
        ({"version": "x"}, "hãy chọn một quyết định"),
        ({"ground": ""}, "hãy cho biết căn cứ"),
        ({"ground": "other", "note": "  "}, "hãy cho biết căn cứ"),
    ],
)
def test_what_is_missing_is_asked_for(
    site: Site, twins: Twins, client: httpx.Client, wrong: dict[str, str], said: str
) -> None:
    answer = client.post(twins.address, data=look(client, twins, "link") | wrong)
    assert answer.status_code == 422
    assert said in shown(answer)
    assert names(site, twins) == ["LinkProposed"]


@pytest.mark.parametrize(
    "foreign", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere.example"}]
)
def test_a_form_of_another_site_is_refused(
    site: Site, twins: Twins, client: httpx.Client, foreign: dict[str, str]
) -> None:
    sent = look(client, twins, "link")
    assert client.post(twins.address, data=sent, headers=foreign).status_code == 403
    assert names(site, twins) == ["LinkProposed"]


def test_a_large_form_is_refused(twins: Twins, client: httpx.Client) -> None:
    assert client.post(twins.address, data={"note": "a" * 10_000}).status_code == 413


def test_a_record_that_is_away_loses_nothing(
    site: Site, twins: Twins, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> Judged:
        raise OutcomeUnknown

    sent = look(client, twins, "link", note="đã gặp")
    with monkeypatch.context() as patch:
        patch.setattr(HealthRecord, "judge", away)
        answer = client.post(twins.address, data=sent)
    assert answer.status_code == 503
    assert "Chưa ghi được quyết định" in shown(answer)
    kept = {
        name: unescape(value) for name, value in re.findall(r' name="([^"]+)" value="([^"]*)"', answer.text)
    }
    assert {name: kept[name] for name in sent} == sent
    assert client.post(twins.address, data=kept).status_code == 303
    assert facts(site, twins)[-1].reason == "Đã xem giấy tờ gốc. đã gặp"


def test_addresses_name_nobody(twins: Twins, client: httpx.Client) -> None:
    answer = client.post(twins.address, data=look(client, twins, "link", note="Hồ Văn Thử"))
    place = httpx.URL(answer.headers["location"])
    assert place.path == "/review"
    assert {*place.params.values()} == {*twins}
    assert answer.headers["cache-control"] == "no-store"


def test_nothing_is_decided_about_patients_that_never_were(
    site: Site, twins: Twins, client: httpx.Client
) -> None:
    sent = look(client, twins, "judge-different", version="0")
    for one in ("never-1", twins.one):
        assert client.post(f"/review/{one}/never-2", data=sent).status_code == 404
    assert not any("never-2" in (fact.patient, fact.other_patient) for fact in decided(site.url))
