"""The chart as it was, as a page: by day, time, position and facility; every link within stays there."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from urllib.parse import quote

import pytest
from httpx import Client, Response

from ehr.dates import ZONE
from fhir_api.pages.chart import pages
from fhir_api.pages.chart.pages import PANELS
from projections.health_record import past
from tests.fhir_api.pages.chart_serving import chart_app
from tests.fhir_api.pages.past_serving import ODD, STATION, load_story
from tests.fhir_api.pages.test_chart import PIECE, text_of
from tests.serving import served

BY_ODD = f"/by/{quote(quote(ODD, safe=''))}"


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    load_story(module_database)
    with served(chart_app(module_database)) as address, Client(base_url=address, timeout=60) as client:
        yield client


def article_of(response: Response) -> str:
    """The chart, without what stands on every page."""
    assert response.status_code == 200, response.text
    article = re.search(r"(?s)<article.*</article>", response.text)
    assert article
    return article[0]


def links_of(article: str) -> set[str]:
    """All addresses in it, but for places on the page itself."""
    found = re.findall(r'(?:href|hx-get|action)="([^"#][^"]*)"', article)
    return {unescape(address) for address in found}


@pytest.mark.parametrize("moment", ["2024-03-07", "2024-03-07T08:00:00+07:00", "2024-03-07T01:00Z", "7"])
def test_a_moment_is_a_day_a_time_or_a_position(client: Client, moment: str) -> None:
    text = text_of(client.get(f"/citizens/a/at/{moment}"))
    assert "NHƯ LÚC" in text
    assert "đến sự kiện số 7, ghi nhận 07/03/2024 08:00" in text
    assert "Dị ứng Penicillin" in text
    assert "Gồm 2 hồ sơ hành chính" in text
    assert "Trạm cũ" in text
    assert "Sốt J00" in text
    assert "Trạm mới" not in text
    assert "xuất huyết" not in text


def test_a_day_means_its_end_in_vietnam(client: Client) -> None:
    text = text_of(client.get("/citizens/a/at/2024-03-02"))
    assert "NHƯ LÚC hết ngày 02/03/2024" in text
    assert "đến sự kiện số 2," in text
    assert "đến sự kiện số 2," in text_of(client.get("/citizens/a/at/2024-03-03T07:59+07:00"))
    assert "đến sự kiện số 3," in text_of(client.get("/citizens/a/at/2024-03-03T08:00+07:00"))


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2024-03-02", "02/03/2024 23:59"),
        ("2024-03-07T07:59+07:00", "07/03/2024 07:59"),
        ("2024-03-07T08:00:00+07:00", "07/03/2024 08:00"),
        ("7", "07/03/2024 08:00"),
    ],
)
def test_each_part_tells_the_moment_that_is_asked_for(client: Client, moment: str, told: str) -> None:
    page = client.get(f"/citizens/a/at/{moment}").text
    assert re.findall(r"<p class=\"quiet\">Tính đến ([^<]+)</p>\s*</header>", page) == [told] * (
        len(PANELS) + 1
    )


def test_ages_are_those_of_then(client: Client) -> None:
    assert "Sinh 01/03/2020 (48 tháng tuổi)" in text_of(client.get("/citizens/a/at/2024-03-02"))


def test_it_goes_by_the_links_of_then(client: Client) -> None:
    assert 'id="visit-vb"' not in client.get("/citizens/a/at/6").text
    assert 'id="visit-vb"' in client.get("/citizens/a/at/7").text
    assert 'id="visit-vb"' in client.get("/citizens/a/at/10").text
    assert 'id="visit-vb"' not in client.get("/citizens/a/at/11").text


def test_the_last_months_are_those_before_that_moment(client: Client) -> None:
    chosen = client.get("/citizens/a/at/7/panels/visits?since=3m").text
    assert 'id="visit-va"' in chosen
    assert 'id="visit-vb"' in chosen
    assert '<option value="3m" selected>3 tháng qua</option>' in chosen
    assert 'id="visit-va"' not in client.get("/citizens/a/panels/visits?since=3m").text


def test_what_was_retracted_since_was_there_and_then_is_not(client: Client) -> None:
    assert "Dị ứng Penicillin" in text_of(client.get("/citizens/a/at/9"))
    assert "Chưa ghi nhận thông tin về dị ứng" in text_of(client.get("/citizens/a/at/10"))


def test_the_last_position_is_the_chart_of_today(client: Client) -> None:
    """But for the doses that have fallen due since."""

    def panels(address: str) -> list[str]:
        lasting = [panel for panel in PANELS if panel != "immunisations"]
        pieces = (client.get(f"{address}/panels/{panel}", headers=PIECE).text for panel in lasting)
        return [piece.replace("/at/11", "") for piece in pieces]

    today = panels("/citizens/a")
    assert "Sốt xuất huyết" in today[1]
    assert panels("/citizens/a/at/11") == today


def test_what_a_facility_had_recorded_itself(client: Client) -> None:
    text = text_of(client.get(f"/citizens/a/at/2024-03-10/by/{STATION}"))
    assert "chỉ những gì Trạm mới đã ghi" in text
    assert "đã nhận từ nơi khác hoặc đã xem thì trang này chưa biết" in text
    assert "Penicillin" not in text
    assert "Sốt xuất huyết" in text
    odd = client.get(f"/citizens/a/at/9{BY_ODD}")
    assert f"chỉ những gì {ODD} đã ghi" in text_of(odd)
    assert "Penicillin" in odd.text
    assert 'id="visit-va"' not in odd.text
    assert client.get("/citizens/a/at/9/by/45999").status_code == 404


@pytest.mark.parametrize("then", ["/at/2024-03-07", f"/at/9/by/{STATION}", f"/at/9{BY_ODD}"])
def test_every_link_within_the_past_stays_in_it(client: Client, then: str) -> None:
    """Whatever can be reached, but for the way back to today and the form that asks for another moment."""
    begin = f"/citizens/a{then}"
    ahead, seen = [begin], {begin}
    while ahead:
        address = ahead.pop()
        article = article_of(client.get(address))
        assert 'class="then"' in article, address
        today = address.partition("?")[0].partition("/at/")[0]
        for link in links_of(article) - {today, "/citizens/a/at", "/citizens/b/at"}:
            assert then in link, f"{address} leads to {link}"
            assert link.startswith(("/citizens/", "/resources/"))
            if link not in seen:
                seen.add(link)
                ahead.append(link)
    assert len(seen) > 8
    assert any("/resources/" in link for link in seen)


def test_the_links_of_a_moment_lead_to_all_parts(client: Client) -> None:
    article = article_of(client.get("/citizens/a/at/2024-03-09"))
    reached = {link.partition("/at/2024-03-09")[::2] for link in links_of(article) if "/at/2024" in link}
    assert ("/resources/Condition/c1", "") in reached
    assert ("/citizens/a", "/encounters/vb") in reached
    assert any(part.startswith("/series/") for _, part in reached)


@pytest.mark.parametrize(
    ("moment", "status", "said"),
    [
        ("2999-01-01", 404, "Thời điểm này chưa đến"),
        ("12", 404, "Thời điểm này chưa đến"),
        ("2024-02-29", 404, "Sự kiện đầu tiên, của bất kỳ ai, được ghi nhận lúc 01/03/2024 08:00."),
        ("0", 404, "Lúc đó chưa ghi nhận điều gì"),
        ("1", 404, "Lúc đó chưa có gì trong hồ sơ này"),
        ("2024-03", 404, "Không hiểu thời điểm này"),
        ("x", 404, "Không hiểu thời điểm này"),
    ],
)
def test_other_moments_are_answered_in_words(client: Client, moment: str, status: int, said: str) -> None:
    for part in ("", "/panels/visits"):
        answer = client.get(f"/citizens/a/at/{moment}{part}")
        assert answer.status_code == status
        assert said in unescape(answer.text)
        assert 'href="/citizens/a"' in answer.text


def test_today_is_as_of_now(client: Client) -> None:
    today = datetime.now(ZONE).date().isoformat()
    assert "đến sự kiện số 11," in text_of(client.get(f"/citizens/a/at/{today}"))


def test_too_much_is_refused_with_its_number(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST_FACTS", 1)
    answer = client.get("/citizens/a/at/3")
    assert answer.status_code == 422
    assert re.search(
        r"Người này có 2 sự kiện đến lúc đó, dung lượng [\d,]+ k?B: nhiều hơn", unescape(answer.text)
    )


def test_a_form_leads_there(client: Client) -> None:
    page = client.get("/citizens/a").text
    assert '<form class="moment" method="get" action="/citizens/a/at">' in page
    assert f'<option value="{STATION}">Trạm mới ({STATION})</option>' in page
    for asked, address in (
        ({"when": "07/03/2024", "facility": ""}, "/citizens/a/at/2024-03-07"),
        (
            {"when": "7/3/2024 8:30", "facility": STATION},
            f"/citizens/a/at/2024-03-07T08:30+07:00/by/{STATION}",
        ),
        ({"when": "7", "facility": ODD}, f"/citizens/a/at/7{BY_ODD}"),
    ):
        answer = client.get("/citizens/a/at", params=asked)
        assert (answer.status_code, answer.headers["location"]) == (303, address)
        assert client.get(address).status_code == 200
    answer = client.get("/citizens/a/at", params={"when": "hôm qua"})
    assert answer.status_code == 400
    assert "Không hiểu thời điểm này" in unescape(answer.text)


def test_the_other_language_is_of_the_same_moment(client: Client) -> None:
    with Client(
        base_url=client.base_url, timeout=60
    ) as other:  # the choice of a language stays with the browser
        (address,) = re.findall(r'href="([^"]+)" lang="en"', other.get(f"/citizens/a/at/9{BY_ODD}").text)
        text = text_of(other.get(unescape(address)))
    assert f"AS IT WAS 09/03/2024 08:00, not as it is now only what {ODD} had recorded" in text


def test_the_form_remembers_what_is_shown(client: Client) -> None:
    page = unescape(client.get(f"/citizens/a/at/2024-03-09{BY_ODD}").text)
    assert 'name="when" value="09/03/2024"' in page
    assert f'<option value="{ODD}" selected>' in page


def test_the_chart_of_today_has_no_banner(client: Client) -> None:
    assert 'class="then"' not in client.get("/citizens/a").text
    assert "NHƯ LÚC" not in client.get("/citizens/a").text


def test_nothing_is_to_be_decided_or_written_in_the_past(client: Client) -> None:
    assert 'action="/citizens/a/notes"' in client.get("/citizens/a").text
    assert 'method="post"' not in article_of(client.get("/citizens/a/at/8"))
    assert "/review/" not in article_of(client.get("/citizens/a/at/8"))
    assert "nurse liên kết lúc" in text_of(client.get("/citizens/a/at/8")).replace("Hồ sơ 1, 2: ", "")


def test_the_pages_of_all_times_are_the_same_ones() -> None:
    paths = [route.path for route in pages.routes]
    assert len(paths) == 14
    assert paths[8] == "/citizens/{patient_id}/at/{moment}/by/{facility}"
