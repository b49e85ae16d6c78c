"""News of an open chart, as a stream of events."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from fhir_api.pages.chart import news as streaming
from projections.health_record.news import TOLD
from tests.fhir_api.pages.chart_serving import chart_app
from tests.fhir_api.pages.review_serving import Site
from tests.fhir_api.pages.ward import open_ward, person, prepared, result
from tests.serving import served

HTML = re.compile(
    r'class="news" role="status" data-address="([^"]+)" data-position="(\d+)" data-texts="([^"]+)"'
)


@pytest.fixture(scope="module")
def record(module_database: str) -> Iterator[str]:
    with prepared(module_database):
        yield module_database


@pytest.fixture(scope="module")
def ward(record: str) -> Iterator[Site]:
    with open_ward(record) as site:
        site.state(*person("an"))
        yield site


@pytest.fixture
def client(ward: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ward.address, timeout=60) as client:
        yield client


@contextmanager
def events(client: httpx.Client, address: str, **headers: str) -> Iterator[Iterator[dict[str, str]]]:
    """The events of a stream, each as its fields."""
    with client.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"

        def read() -> Iterator[dict[str, str]]:
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                else:
                    yield event
                    event = {}

        yield read()


def news(stream: Iterator[dict[str, str]]) -> tuple[int, dict[str, int]]:
    """The next event that tells something: its id and its counts."""
    for event in stream:
        counts: dict[str, int] = json.loads(event.get("data", "{}"))
        if counts:
            assert set(event) == {"id", "event", "data"}
            return int(event["id"]), counts
    pytest.fail("the stream ended")


def told_on(client: httpx.Client, address: str = "/citizens/an") -> tuple[str, list[list[str]]]:
    """(address of the page's news, texts)."""
    found = HTML.search(client.get(address).text)
    assert found
    texts: list[list[str]] = json.loads(found[3].replace("&#34;", '"').replace("&amp;", "&"))
    return f"{found[1]}?after={found[2]}", texts


def test_a_fact_is_told_as_a_kind_and_a_number_and_nothing_else(ward: Site, client: httpx.Client) -> None:
    address, _ = told_on(client)
    with events(client, address) as stream:
        assert next(stream) == {"retry": "2000"}
        ward.state(result("an-1", "an", valueString="Hồ Văn Thử"), result("an-2", "an"))
        position, counts = news(stream)
        assert counts == {"results": 2}
        assert str(position) == told_on(client)[0].rpartition("=")[2]


def test_others_are_not_told(ward: Site, client: httpx.Client) -> None:
    ward.state(*person("other"))
    address, _ = told_on(client)
    with events(client, address) as stream:
        ward.state(result("other-1", "other"))
        ward.state(result("an-3", "an"))
        assert news(stream)[1] == {"results": 1}


def test_who_comes_back_misses_nothing(ward: Site, client: httpx.Client) -> None:
    address, _ = told_on(client)
    with events(client, address) as stream:
        ward.state(result("an-4", "an"))
        position, _ = news(stream)
    ward.state(result("an-5", "an"))
    with events(client, address, **{"Last-Event-ID": str(position)}) as stream:
        assert news(stream)[1] == {"results": 1}
    with events(client, address) as stream:
        assert news(stream)[1] == {"results": 2}


def test_a_silent_stream_says_that_it_lives(
    ward: Site, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "ALIVE", 0.05)
    address, _ = told_on(client)
    with events(client, address) as stream:
        assert [next(stream), next(stream)] == [{"retry": "2000"}, {":": ""}]
        ward.state(result("other-2", "other"))
        moved = next(event for event in stream if "id" in event)
        assert (moved["data"], int(moved["id"]) > int(address.rpartition("=")[2])) == ("{}", True)


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40])
def test_an_odd_position_is_none(client: httpx.Client, after: str) -> None:
    with events(client, f"/citizens/an/news?after={after}") as stream:
        assert next(stream) == {"retry": "2000"}


def test_a_page_says_what_the_kinds_are_called(client: httpx.Client) -> None:
    _, texts = told_on(client)
    assert [kind for kind, *_ in texts] == list(TOLD)
    assert texts[0] == ["results", "{count} kết quả mới", "{count} kết quả mới"]
    assert told_on(client, "/citizens/an?lang=en")[1][1] == [
        "visits",
        "{count} new visit",
        "{count} new visits",
    ]


def test_pages_without_a_record_are_told_nothing(record: str) -> None:
    with served(chart_app(record)) as address, httpx.Client(base_url=address) as client:
        assert "data-address" not in client.get("/citizens/an").text
        assert client.get("/citizens/an/news").status_code == 503


def test_too_many_are_refused_and_told_when_to_come_again(
    ward: Site, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ward.services.news, "_most", 1)
    with events(client, "/citizens/an/news") as stream:
        next(stream)
        refused = client.get("/citizens/an/news")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    while len(ward.services.news):
        client.get("/citizens/an")
    with events(client, "/citizens/an/news") as stream:
        assert next(stream) == {"retry": "2000"}


def test_a_server_that_is_to_stop_ends_its_streams(record: str) -> None:
    """``open_ward`` fails where it has to be waited for."""
    with httpx.Client(timeout=60) as client:
        with open_ward(record) as site:
            answer = client.send(client.build_request("GET", f"{site.address}/citizens/an/news"), stream=True)
            lines = answer.iter_lines()
            assert next(lines) == "retry: 2000"
        assert [line for line in lines if line] == []
        answer.close()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_are_told_nothing(client: httpx.Client, site: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
    assert client.get("/citizens/an/news", headers=headers).status_code == 403
