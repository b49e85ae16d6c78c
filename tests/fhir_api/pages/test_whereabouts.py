"""Two stations of one name on the pages: told apart by their codes, today and as it was."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from httpx import Client

from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.fhir_resources.view import FhirResources
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.fhir_api.pages.chart_citizens import Json, encounter, patient
from tests.fhir_api.pages.chart_serving import chart_app
from tests.fhir_api.pages.test_elsewhere import CARD, TODAY, part, prescription, referral, visit
from tests.projections.citizens.people import organization
from tests.projections.citizens.stating import Record, follow, put, run
from tests.serving import served

ONE, HOSPITAL = "Trạm Y tế phường số 1", "Bệnh viện Đa khoa"
SENT: list[tuple[str, list[Json]]] = [
    ("45000", [organization("h", "45000", HOSPITAL)]),  # 1
    ("45901", [organization("o1", "45901", ONE)]),  # 2
    ("45902", [organization("o2", "45902", ONE)]),  # 3
    ("45901", [patient("p", name=[{"text": "Hồ Thị Hai"}])]),  # 4
    (
        "45901",
        [
            visit("stay", "p", 3.5, 1, "o1") | {"class": {"code": "IMP"}},
            prescription("w", "p", "stay", "B01AA03", "Warfarin 2 mg"),
        ],
    ),  # 5
    (
        "45000",
        [
            visit("home", "p", 6, 5.9, "h"),
            referral("r1", "p", "home", performer=[{"reference": "Organization/o2"}]),
        ],
    ),  # 6
    (
        "45902",
        [visit("day", "p", 3, 2.9, "o2"), prescription("i", "p", "day", "M01AE01", "Ibuprofen 400 mg")],
    ),  # 7
    ("45901", [patient("q", name=[{"text": "Hồ Thị Ba"}], **CARD)]),
    ("45902", [patient("other", name=[{"text": "Hồ Thị Tư"}], **CARD)]),
    (
        "45902",
        [encounter(f"o{n}", "other", day.isoformat(), "o2", "Khám") for n, day in enumerate(TODAY)],
    ),
]


HUB = "45999"
TO_THE_OTHER = {"reference": "Organization/o2", "display": ONE}
SENT += [
    ("45000", [patient("t", name=[{"text": "Hồ Thị Bảy"}])]),
    (
        "45000",
        [visit("t1", "t", 6, 5.9, "h"), referral("tr", "t", "t1", performer=[TO_THE_OTHER])],
    ),
    ("45901", [visit("t2", "t", 2, 1.9, "o1")]),
    (
        "45000",
        [
            patient(
                "s",
                name=[{"text": "Hồ Thị Sáu"}],
                identifier=[{**CARD["identifier"][0], "value": "GD4454500000088"}],
            )
        ],
    ),
    (
        "45000",
        [
            visit(f"s{n}", "s", 0, 0, "", period={"start": day.isoformat()}, serviceProvider={"display": ONE})
            for n, day in enumerate(TODAY)
        ],
    ),
    (HUB, [patient("r", name=[{"text": "Hồ Thị Năm"}])]),
    (
        HUB,
        [
            visit(
                "r1", "r", 3.5, 3.4, "o1", serviceProvider={"reference": "Organization/o1", "display": ONE}
            ),
            visit(
                "r2", "r", 2.5, 2.4, "o2", serviceProvider={"reference": "Organization/o2", "display": ONE}
            ),
            prescription("rw", "r", "r1", "B01AA03", "Warfarin 2 mg"),
            prescription("ri", "r", "r2", "M01AE01", "Ibuprofen 400 mg"),
        ],
    ),
]
"""Somebody sends for both, and says beside each reference what it is called."""


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    async def state() -> None:
        async with Record(module_database) as record:
            for facility, resources in SENT:
                changes = (put(resource, index) for index, resource in enumerate(resources))
                await record.state(*changes, facility=facility)

    run(state())
    follow(module_database, Citizens(), Facilities(), FhirResources(), HealthRecord(), Links())
    with served(chart_app(module_database)) as address, Client(base_url=address) as client:
        yield client


def test_what_one_does_is_told_of_the_other(client: Client) -> None:
    text, _ = part(client, "p")
    assert "Thận trọng khi phối hợp Warfarin" in text
    assert f"Đợt điều trị trùng thời gian ở hai cơ sở {ONE} (45901)" in text
    assert f"{ONE} (45902)" in text


def test_what_one_sends_for_two_of_one_name_is_of_two(client: Client) -> None:
    text, _ = part(client, "r")
    assert "Thận trọng khi phối hợp Warfarin" in text
    assert f"{ONE} (45901)" in text
    assert f"{ONE} (45902)" in text


def test_a_referral_does_not_arrive_at_another_one_of_the_name(client: Client) -> None:
    text, _ = part(client, "t", "orders")
    assert "Đã đến" not in text
    assert f"đến {ONE} (45902)" in text


def test_a_referral_arrives_where_it_was_sent(client: Client) -> None:
    text, html = part(client, "p", "orders")
    assert f"Đã đến tại {ONE} (45902)" in text
    assert 'href="/citizens/p/encounters/day"' in html
    assert f"{HOSPITAL} đến {ONE} (45902)" in text


def test_only_those_of_one_name_have_their_codes_beside_them(client: Client) -> None:
    text, _ = part(client, "p", "visits")
    assert f"{HOSPITAL} 1" in text
    assert f"{ONE} (45901) 1" in text
    assert f"{ONE} (45902) 1" in text


def test_visits_are_chosen_by_the_one_or_the_other(client: Client) -> None:
    _, html = part(client, "p", "visits")
    chosen = {}
    for address, name in re.findall(r'<a href="([^"]+facility=[^"]+)"[^>]*>(.*?) <span class="count">', html):
        shown = client.get(unescape(address), headers={"HX-Request": "true"}).text
        chosen[unescape(name)] = re.findall(r'id="visit-(\w+)"', shown)
    assert chosen == {f"{ONE} (45902)": ["day"], f"{ONE} (45901)": ["stay"], HOSPITAL: ["home"]}


def test_who_is_silent_or_perhaps_so_is_told_apart(client: Client) -> None:
    page = " ".join(unescape(re.sub(r"<[^>]+>", " ", client.get("/citizens/p").text)).split())
    said = page.partition("Chưa rõ nhịp gửi của: ")[2].partition(". ")[0]
    assert sorted(said.split(", ")) == [HOSPITAL, f"{ONE} (45901)", f"{ONE} (45902)"]


def test_the_choice_of_facilities_has_both(client: Client) -> None:
    page = client.get("/citizens/p").text
    options = re.findall(r'<option value="(45\d+)">([^<]*)</option>', page)
    assert options == [
        ("45000", f"{HOSPITAL} (45000)"),
        ("45901", f"{ONE} (45901)"),
        ("45902", f"{ONE} (45902)"),
    ]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("5", {"stay": ONE}),
        ("6", {"home": HOSPITAL, "stay": f"{ONE} (45901)"}),
        ("7", {"home": HOSPITAL, "stay": f"{ONE} (45901)", "day": f"{ONE} (45902)"}),
        ("7/by/45902", {"day": f"{ONE} (45902)"}),
    ],
    ids=["before anybody told of the other one", "asked by a referral", "seen", "its own record"],
)
def test_as_it_was(client: Client, moment: str, shown: dict[str, str]) -> None:
    page = client.get(f"/citizens/p/at/{moment}").text
    found = re.findall(r'(?s)id="visit-(\w+)".*?<strong>(.*?)</strong>', page)
    assert {id_: unescape(name) for id_, name in found} == shown


def test_the_summary(client: Client) -> None:
    page = unescape(client.get("/citizens/p/summary").text)
    assert f"{ONE} (45901)" in page
    assert f"{ONE} (45902)" in page


@pytest.mark.parametrize(("workplace", "told"), [("45901", False), ("45000", True), (None, False)])
def test_the_card_at_one_of_which_words_alone_are_told(
    client: Client, workplace: str | None, told: bool
) -> None:
    """It may be the one that asks, of which the chart knows nothing otherwise."""
    cookies = {"workplace": workplace} if workplace else {}
    with Client(base_url=client.base_url, cookies=cookies) as other:
        text, _ = part(other, "s")
    assert ("được dùng ở cơ sở khác trong cùng ngày" in text) is told


@pytest.mark.parametrize(("workplace", "told"), [("45901", True), ("45902", False), (None, False)])
def test_the_card_at_the_other_one(client: Client, workplace: str | None, told: bool) -> None:
    cookies = {"workplace": workplace} if workplace else {}
    with Client(base_url=client.base_url, cookies=cookies) as other:
        text, _ = part(other, "q")
    assert ("được dùng ở cơ sở khác trong cùng ngày" in text) is told
    assert (f"{ONE} (45902)" in text) is told
