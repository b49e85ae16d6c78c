"""The page of one resource: its text as it was received, its versions, and the facts that they came from."""

from collections.abc import Iterator
from html import unescape

import pytest
from httpx import Client

from fhir_api.pages.chart import resource
from tests.fhir_api.pages.chart_citizens import HOSTILE
from tests.fhir_api.pages.chart_serving import chart_app
from tests.fhir_api.pages.past_serving import ODD, STATION, load_story
from tests.fhir_api.pages.test_chart import text_of
from tests.fhir_api.pages.test_past import BY_ODD
from tests.serving import served


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    load_story(module_database)
    with served(chart_app(module_database)) as address, Client(base_url=address, timeout=60) as client:
        yield client


def test_versions_tell_their_facts(client: Client) -> None:
    text = text_of(client.get("/resources/Condition/c1"))
    newest, first = text.index(f"Trạm mới {STATION}"), text.rindex(f"Trạm mới {STATION}")
    assert newest < first
    assert "09/03/2024 08:00" in text
    assert "03/03/2024 08:00" in text
    assert "Sửa" in text
    assert "Ghi lượt khám" in text
    assert "anonymous" in text


def test_the_text_is_as_it_was_received(client: Client) -> None:
    html = unescape(client.get("/resources/Observation/g1").text)
    assert '  "valueQuantity": {\n    "value": 5.1,' in html
    assert '"resourceType": "Observation"' in html
    assert '"versionId"' not in html


def test_a_former_version_is_a_click_away(client: Client) -> None:
    assert "Sốt xuất huyết" in client.get("/resources/Condition/c1").text
    former = text_of(client.get("/resources/Condition/c1?version=1"))
    assert "phiên bản 1" in former
    assert '"text": "Sốt"' in former
    assert "xuất huyết" not in former


@pytest.mark.parametrize("place", ["Patient/a", "Encounter/va", "Condition/c1", "Observation/g2"])
def test_it_leads_back_to_the_citizen(client: Client, place: str) -> None:
    assert 'href="/citizens/a"' in client.get(f"/resources/{place}").text
    assert 'href="/citizens/a/at/9"' in client.get(f"/resources/{place}/at/9").text


def test_what_is_nobodys_leads_to_nobody(client: Client) -> None:
    page = client.get("/resources/Organization/o1")
    assert "Trạm mới" in text_of(page)
    assert "/citizens/" not in page.text


def test_a_retracted_one_says_so_and_shows_what_it_was(client: Client) -> None:
    text = text_of(client.get("/resources/AllergyIntolerance/al"))
    assert "Đã thu hồi: không còn trong hồ sơ." in text
    assert "2 thu hồi" in text
    assert "Penicillin" in text
    assert 'href="/citizens/b"' in client.get("/resources/AllergyIntolerance/al").text


def test_what_is_there_now_can_be_corrected(client: Client) -> None:
    correction = 'href="/resources/Observation/g1/correction"'
    assert correction in client.get("/resources/Observation/g1").text
    assert correction not in client.get("/resources/Observation/g1/at/9").text
    assert "/correction" not in client.get("/resources/AllergyIntolerance/al").text
    assert "/correction" not in client.get("/resources/Organization/o1").text


def test_it_is_shown_as_it_was(client: Client) -> None:
    text = text_of(client.get("/resources/Condition/c1/at/8"))
    assert "NHƯ LÚC 08/03/2024 08:00" in text
    assert '"text": "Sốt"' in text
    assert "xuất huyết" not in text
    assert "Đã thu hồi" not in text_of(client.get("/resources/AllergyIntolerance/al/at/2024-03-09"))
    assert client.get("/resources/Condition/c1/at/2").status_code == 404
    assert client.get("/resources/Condition/c1/at/2999-01-01").status_code == 404


def test_it_is_shown_as_a_facility_had_stated_it(client: Client) -> None:
    assert f"chỉ những gì {ODD} đã ghi" in text_of(
        client.get(f"/resources/AllergyIntolerance/al/at/9{BY_ODD}")
    )
    answer = client.get(f"/resources/Condition/c1/at/9{BY_ODD}")
    assert answer.status_code == 404
    assert "Lúc đó chưa có nội dung này" in unescape(answer.text)


def test_hostile_text_is_escaped(client: Client) -> None:
    page = client.get("/resources/Patient/b").text
    assert HOSTILE not in page
    assert HOSTILE.replace('"', '\\"') in unescape(page)


def test_many_versions_are_told_some_at_a_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "VERSIONS", 1)
    page = client.get("/resources/Condition/c1")
    assert 'href="/resources/Condition/c1?before=2"' in page.text
    assert "Ghi lượt khám" not in text_of(page)
    assert "Ghi lượt khám" in text_of(client.get("/resources/Condition/c1?before=2"))


def test_a_large_text_is_not_indented(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "LARGEST_INDENTED", 40)
    assert '"valueQuantity":{"value":5.1,' in unescape(client.get("/resources/Observation/g1").text)


def test_a_long_text_is_cut_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "MOST_CHARACTERS", 40)
    text = text_of(client.get("/resources/Condition/c1"))
    assert "phần còn lại không hiển thị ở đây" in text
    assert "xuất huyết" not in text


@pytest.mark.parametrize("place", ["Condition/none", "Condition/a%20b", "No-Type/x", "Cönd/x"])
def test_what_never_was_is_not_found(client: Client, place: str) -> None:
    assert client.get(f"/resources/{place}").status_code == 404


def test_facilities_of_the_past_are_called_as_they_were(client: Client) -> None:
    then = text_of(client.get(f"/resources/Condition/c1/at/3/by/{STATION}"))
    assert f"Trạm cũ {STATION}" in then
    assert "Trạm mới" not in then


def test_a_facility_may_be_asked_for_by_any_text(client: Client) -> None:
    assert client.get("/resources/Condition/c1/at/9/by/%2500").status_code == 404
    assert client.get("/citizens/a/at/9/by/%2500").status_code == 404
