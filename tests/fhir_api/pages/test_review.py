"""What the review shows, without a browser: lists page by page, pairs field by field, the history."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any, LiteralString

import httpx
import pytest

from ehr.event_store.connections import connect
from ehr.facts import Evidence
from ehr.linking import Act
from ehr.values import Actor, subject_of
from fhir_api.pages.review import lists, pair
from fhir_api.pages.review.comparing import Row, rows_of
from projections.fhir_resources.statements import MOST_VERSIONS
from tests.fhir_api.pages.review_serving import (
    AT_STATION,
    BIRTH,
    NAME,
    RULE,
    TYPED,
    Site,
    Twins,
    client_of,
    number,
    pairs_on,
    person,
    reviewing,
    settle,
    shown,
    twins_in,
)
from tests.projections.citizens.people import encounter

BINH = "/review/binh-1/binh-2"


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    """The settled place; a test that changes something has people of its own."""
    with reviewing(module_database) as site:
        settle(site)
        yield site


@pytest.fixture
def twins(site: Site) -> Twins:
    return twins_in(site)


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with client_of(site) as client:
        yield client


def has_loop() -> bool:
    """Whether this thread serves requests."""
    try:
        return asyncio.get_running_loop() is not None
    except RuntimeError:
        return False


def test_two_are_compared_beside_the_loop(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large Patients keep nobody waiting who asks for something else."""
    in_loop = []

    def compared(*arguments: Any) -> list[Row]:
        in_loop.append(has_loop())
        return rows_of(*arguments)

    monkeypatch.setattr(pair, "rows_of", compared)
    assert client.get(BINH).status_code == 200
    assert in_loop == [False]


@contextmanager
def parked(site: Site, view: str, patient: str) -> Iterator[None]:
    """As if facts about a Patient waited in a view; those who read it have heard of it."""
    subject = subject_of(f"Patient/{patient}")
    heard = {"fhir_resources": site.services.visibility, "links": site.services.links}[view]

    def tell(statement: LiteralString, there: bool) -> None:
        with connect(site.url) as connection:
            connection.execute(statement, (view, subject))
            connection.execute("select pg_notify('views', %s)", (f"{view} parked",))
        until = time.monotonic() + 30
        while (subject in heard.parked) != there:
            assert time.monotonic() < until
            time.sleep(0.01)

    tell("insert into views.parked values (%s, 1, %s, 1, 'planted')", there=True)
    try:
        yield
    finally:
        tell("delete from views.parked where view = %s and subject = %s", there=False)


def walked(client: httpx.Client, address: str) -> list[list[str]]:
    """The pairs of every page, from this one on."""
    found, following = [], [address]
    while following:
        answer = client.get(following[0])
        found.append(pairs_on(answer))
        links = re.findall(r'<a href="(\?after=[^"]+)" rel="next"', answer.text)
        following = [f"{address.partition('?')[0]}{unescape(link)}" for link in links]
    return found


def people_on(answer: httpx.Response) -> list[str]:
    """Of each pair, the name by which its ids begin."""
    return [address.split("/")[2].partition("-")[0] for address in pairs_on(answer)]


class TestLists:
    def test_every_page_leads_there(self, client: httpx.Client) -> None:
        assert '<a href="/review">Hồ sơ nghi trùng</a>' in client.get("/facilities").text
        assert '<a href="/review" aria-current="page">' in client.get("/review").text

    def test_a_pair_tells_who_the_two_are(self, client: httpx.Client) -> None:
        told = shown(client.get("/review?order=newest"))
        assert "Hồ Văn Thử sinh 15/05/1990 · Nam · Xã Hướng Lập · Trạm Y tế xã Hướng Lập" in told
        assert "Ho Van Thu sinh 15/05/1990 · Nam · Xã Hướng Lập · Trung tâm Y tế khu vực Hướng Hóa" in told

    def test_the_likeliest_come_first_or_the_newest(self, site: Site, client: httpx.Client) -> None:
        site.propose("lan-1", "nam-1", Evidence("sex", "different", -5.8))
        strongest = people_on(client.get("/review?order=strongest"))
        newest = people_on(client.get("/review?order=newest"))
        assert (strongest[0], strongest[1]) == ("binh", "lan")
        assert strongest[-1] in ("lan", "nam")
        assert newest[0] in ("lan", "nam")
        assert sorted(strongest) == sorted(newest)

    @pytest.mark.parametrize("order", ["strongest", "newest"])
    def test_pages_follow_each_other_without_gap_or_double(
        self, site: Site, client: httpx.Client, order: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = [f"{order}-{n}" for n in range(8)]
        site.state(*(person(id_, "Thử", "1990") for id_ in ids))
        for n, id_ in enumerate(ids[1:]):
            site.propose(ids[0], id_, Evidence("name", "exact", (1.25, 1.2501, 1.25, -0.0001)[n % 4]))
        at_once = walked(client, f"/review?order={order}")
        monkeypatch.setattr(lists, "ROWS", 2)
        pages = walked(client, f"/review?order={order}")
        assert {len(page) for page in pages[:-1]} == {2}
        assert [one for page in pages for one in page] == [one for page in at_once for one in page]
        assert sum(f"/{order}-" in one for page in pages for one in page) == 7

    @pytest.mark.parametrize("after", ["x", "1_2_3", "1e9_2", "9" * 40, "<script>", "1.5_7"])
    def test_an_odd_place_is_a_page(self, client: httpx.Client, after: str) -> None:
        answer = client.get("/review", params={"after": after, "order": "newest"})
        assert answer.status_code == 200
        assert pairs_on(answer)

    def test_what_was_put_off_is_apart(self, site: Site, twins: Twins, client: httpx.Client) -> None:
        site.judge(Act.POSTPONE, *twins, NAME, reason="Chờ gọi lại")
        assert twins.one not in client.get("/review?order=newest").text
        postponed = client.get("/review/postponed?order=newest")
        assert twins.one in postponed.text
        assert "Chờ gọi lại" in shown(postponed)

    def test_what_waits_for_nobody_is_left_out(self, site: Site, twins: Twins, client: httpx.Client) -> None:
        """Two who are one person over a third, and a Patient that is not there any more."""

        def waits() -> set[bool]:
            lists = (client.get(f"/review?order={order}").text for order in ("newest", "strongest"))
            return {twins.one in told for told in lists}

        assert waits() == {True}
        third = person(f"third-{twins.one}", "Hồ Văn Ba", "1950-01-02")
        site.state(third)
        for id_ in twins:
            site.judge(Act.LINK, id_, third["id"])
        assert waits() == {False}
        site.judge(Act.UNLINK, twins.one, third["id"])
        assert waits() == {True}
        site.delete("Patient", twins.other)
        assert waits() == {False}

    def test_a_judgement_that_links_contradict_is_in_doubt(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        third = twins_in(site).one
        site.judge(Act.JUDGE_DIFFERENT, *twins, reason="Anh em")
        site.propose(*twins, Evidence("insurance_number", "typed", 9.0))
        site.judge(Act.LINK, twins.one, third)
        warned = shown(client.get(f"/review/{twins.other}/{third}"))
        assert "dù đã có người ghi là không phải" in warned
        assert twins.one not in client.get("/review/contradicted").text
        site.judge(Act.LINK, twins.other, third)
        assert twins.one in client.get("/review/contradicted").text
        told = client.get(twins.address)
        assert "đang là một người vì cùng liên kết với hồ sơ khác" in shown(told)
        assert {third in one for one in pairs_on(told)} == {True}
        assert len(pairs_on(told)) == 2

    def test_a_link_that_the_program_doubts_is_looked_at(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        scanned = Evidence("personal_number", "captured", 18.9)
        actor = Actor("ehr link")
        site.judge(Act.LINK, twins.one, twins.other, scanned, rule=RULE, actor=actor)
        site.state(encounter(f"while-{twins.one}", twins.other, "2026-11-20"))
        site.judge(Act.DOUBT, twins.one, twins.other, NAME, rule=RULE, actor=actor)
        assert twins.one in client.get("/review/doubted").text
        told = client.get(twins.address)
        assert re.findall(r'name="act" value="([^"]+)"', told.text) == ["link", "unlink"]
        assert re.findall(r"/fhir/Encounter/(\w+)-", told.text) == ["while"], (
            "since the link, not since the doubt"
        )
        site.judge(Act.LINK, *twins, reason="Vẫn là một người")
        assert twins.one not in client.get("/review/doubted").text

    def test_the_history_tells_who_when_why_and_by_which_rules(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        site.judge(Act.LINK, *twins, TYPED, reason="Đã xem CCCD")
        told = shown(client.get("/review/decisions"))
        assert re.search(
            r"26/11/2026 08:00 (Hồ Văn Thử|Ho Van Thu) – (Hồ Văn Thử|Ho Van Thu) Cùng một người Lan", told
        )
        assert "Trung tâm Y tế khu vực Hướng Hóa Đã xem CCCD" in told
        assert f"Máy, theo luật so sánh phiên bản luật {RULE}" in told
        assert "Cùng số CCCD, nhưng ít nhất một bên gõ tay" in told

    def test_the_history_is_read_page_by_page(
        self, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at_once = walked(client, "/review/decisions")
        monkeypatch.setattr(lists, "DECISIONS", 3)
        pages = walked(client, "/review/decisions")
        assert len(pages) > 1
        assert [one for page in pages for one in page] == [one for page in at_once for one in page]


class TestPair:
    def test_shows_both_side_by_side_with_sources(self, client: httpx.Client) -> None:
        told = shown(client.get(BINH))
        assert "Do Trạm Y tế xã Hướng Lập ghi lúc 05/10/2026 08:00" in told
        assert "Do Trung tâm Y tế khu vực Hướng Hóa ghi lúc 02/11/2026 09:30" in told
        assert "gõ tay" in told
        assert "quét mã QR" in told
        assert "Họ tên giống, một bên không dấu" in told
        assert re.search(r"Mẹ (Hồ Thị Mẫu chưa ghi|chưa ghi Hồ Thị Mẫu) – Chỉ một bên ghi", told)

    def test_is_the_same_whichever_is_named_first(self, client: httpx.Client) -> None:
        assert shown(client.get(BINH)) == shown(client.get("/review/binh-2/binh-1"))

    def test_a_number_is_whole_only_where_it_has_to_be_compared(self, client: httpx.Client) -> None:
        same, differing = client.get(BINH).text, client.get("/review/lan-1/lan-2").text
        assert "045090000017" not in same
        assert same.count("0450****0017") == 2
        assert "452000001<mark>7</mark>" in differing
        assert "452000007<mark>1</mark>" in differing

    def test_what_another_facility_stated_says_so(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        amended = {**AT_STATION[0], "id": twins.one, "birthDate": "1990-05-16"}
        site.state(amended, facility="45902", at="2026-11-20T03:00:00.000Z")
        told = shown(client.get(twins.address))
        assert "16/05/1990 Do Trung tâm Y tế khu vực Hướng Hóa ghi lúc 20/11/2026 10:00" in told
        assert "Do Trạm Y tế xã Hướng Lập ghi lúc 05/10/2026 08:00" in told, "who stated the rest"

    def test_a_number_tells_since_when_it_is_verified(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        amended = {**AT_STATION[0], "id": twins.one, "identifier": [number("045090000017", "verified")]}
        site.state(amended, at="2026-11-21T03:00:00.000Z")
        told = shown(client.get(twins.address))
        assert "đã xác thực Do Trạm Y tế xã Hướng Lập ghi lúc 21/11/2026 10:00" in told
        assert "Cùng số CCCD, cả hai bên đều quét hoặc đọc từ thẻ" in told

    def test_of_many_versions_the_newest_are_read(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        for n in range(MOST_VERSIONS + 2):
            more = {
                **AT_STATION[0],
                "id": twins.one,
                "telecom": [{"system": "phone", "value": f"09000001{n:02}"}],
            }
            site.state(more, at=f"2026-11-{n + 1:02}T01:00:00.000Z")
        told = shown(client.get(twins.address))
        assert "Do Trạm Y tế xã Hướng Lập ghi lúc 03/11/2026 08:00 hoặc sớm hơn" in told
        assert "0900000121 Do Trạm Y tế xã Hướng Lập ghi lúc 22/11/2026 08:00" in told

    def test_what_was_recorded_while_linked_is_listed(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        site.state(encounter(f"before-{twins.one}", twins.one, "2026-10-01T08:00:00+07:00"))
        site.judge(Act.LINK, *twins)
        assert "Không có gì được ghi trong thời gian này." in shown(client.get(twins.address))
        site.state(encounter(f"while-{twins.one}", twins.other, "2026-11-20"), facility="45902")
        told = shown(client.get(twins.address))
        assert "Hai hồ sơ này đang được liên kết là một người" in told
        assert re.search(
            r"Lượt khám 20/11/2026 FHIR Hồ sơ thứ (nhất|hai) Trung tâm Y tế khu vực Hướng Hóa", told
        )
        site.judge(Act.UNLINK, *twins)
        site.state(encounter(f"after-{twins.one}", twins.other, "2026-11-21"), facility="45902")
        answer = client.get(twins.address)
        assert "Đã ghi trong thời gian liên kết" in shown(answer)
        assert re.findall(r"/fhir/Encounter/(\w+)-", answer.text) == ["while"]

    def test_what_is_not_shown_is_told_of(self, site: Site, client: httpx.Client) -> None:
        for view, told_on in (("fhir_resources", [BINH]), ("links", [BINH, "/review", "/review/decisions"])):
            with parked(site, view, "binh-1"):
                for address in told_on:
                    assert "chưa hiển thị được" in shown(client.get(address)), (view, address)
                assert ("chưa hiển thị được" in shown(client.get("/review/lan-1/lan-2"))) == (view == "links")
        assert "chưa hiển thị được" not in shown(client.get(BINH))

    @pytest.mark.parametrize("address", ["/review/x/y", "/review/x/x", "/review/a%00/b", "/review/%3Cb%3E/b"])
    def test_nobody_is_a_page_too(self, client: httpx.Client, address: str) -> None:
        assert client.get(address).status_code == 404

    def test_english_says_the_same(self, client: httpx.Client) -> None:
        told = shown(client.get(f"{BINH}?lang=en"))
        assert "Are these two records of one person?" in told
        assert "Same CCCD number, but typed by hand on at least one side" in told

    def test_evidence_of_other_rules_is_told_all_the_same(
        self, site: Site, twins: Twins, client: httpx.Client
    ) -> None:
        odd = [
            Evidence("iris", "<b>", 3.0),
            Evidence("personal_number", "half", 2.0),
            Evidence("name", "x", 1.0),
        ]
        site.judge(Act.LINK, *twins, *odd, BIRTH)
        told = shown(client.get(twins.address))
        assert "Iris: đã được so sánh" in told
        assert "Số CCCD: đã được so sánh" in told
        assert "Họ tên: đã được so sánh" in told


def test_hostile_names_are_text(client: httpx.Client) -> None:
    for address in ("/review", "/review/hostile-1/hostile-2", "/review/decisions"):
        told = client.get(address).text
        assert "<img src=x" not in told
        assert "&lt;img src=x onerror=" in told


def test_an_empty_place_has_nothing_to_decide(database: str) -> None:
    with reviewing(database) as site, client_of(site) as client:
        assert "Không còn cặp hồ sơ nào chờ quyết định." in shown(client.get("/review"))
        assert "Không có cặp nào được để sau." in shown(client.get("/review/postponed"))
        assert "Không có liên kết nào đáng ngờ." in shown(client.get("/review/doubted"))
        assert "Không có quyết định nào mâu thuẫn nhau." in shown(client.get("/review/contradicted"))
        assert "Chưa có quyết định nào." in shown(client.get("/review/decisions"))
