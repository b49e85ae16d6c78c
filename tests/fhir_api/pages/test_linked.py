"""What the pages show of a person that several Patients are: the chart, and the list of those found."""

from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from ehr.linking import Act, pair_of
from projections.citizens.view import Citizens
from projections.facilities.view import Facilities
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.fhir_api.pages.chart_serving import chart_app
from tests.fhir_api.pages.test_lookup import found, look_up
from tests.pairing import CAPTURED, judge_all, judgement
from tests.projections.citizens.people import encounter, organization, patient
from tests.projections.citizens.stating import Record, follow, put, run
from tests.serving import served

NUMBER = "045090000017"
PLACE = [
    ("45901", organization("o1", "45901", "Trạm Y tế xã Hướng Lập")),
    ("45902", organization("o2", "45902", "Trung tâm Y tế khu vực Hướng Hóa")),
    ("45901", patient("a", "Hồ Văn Thử", "1990-05-15", cccd=NUMBER, gender="male")),
    ("45902", patient("b", "Hồ Văn Thừ", "1990", gender="male")),
    ("45902", patient("c", "Hồ Văn Thư", "1991", gender="male")),
    ("45901", encounter("va", "a", "2026-10-01")),
    ("45902", encounter("vb", "b", "2026-10-02")),
]
VIEWS = (Citizens(), Facilities(), HealthRecord(), Links())


@pytest.fixture(scope="module")
def database(module_database: str) -> str:
    """Two Patients are linked, a third one may be the same person."""

    async def state() -> None:
        async with Record(module_database) as record:
            for facility, resource in PLACE:
                await record.state(put(resource), facility=facility)

    run(state())
    judge_all(
        module_database,
        judgement(Act.LINK, "a", "b", *CAPTURED, reason="cùng người, đã hỏi trạm"),
        judgement(Act.PROPOSE, "a", "c", *CAPTURED, rule="1"),
    )
    follow(module_database, *VIEWS)
    return module_database


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[httpx.Client]:
    with served(chart_app(database)) as address, httpx.Client(base_url=address) as client:
        yield client


def page(client: httpx.Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return unescape(answer.text)


@pytest.mark.parametrize("id_", ["a", "b"])
def test_a_chart_shows_the_patients_and_the_way_back(client: httpx.Client, id_: str) -> None:
    html = page(client, f"/citizens/{id_}")
    assert "Gồm 2 hồ sơ hành chính đã liên kết là một người" in html
    assert html.count("hồ sơ 1<") >= 2
    assert html.count("hồ sơ 2<") >= 2
    assert 'title="Patient/a"' in html
    assert 'title="Patient/b"' in html
    assert "nurse liên kết lúc" in html
    assert "cùng người, đã hỏi trạm" in html
    assert "Hồ sơ 1, 2: nurse" in html
    assert "Họ tên giống hệt, cả dấu" in html
    linked, proposed = pair_of("a", "b"), pair_of("a", "c")
    assert f'href="/review/{linked.patient}/{linked.other_patient}"' in html
    assert f'href="/review/{proposed.patient}/{proposed.other_patient}"' in html
    assert "1 đề nghị liên kết đang chờ xem xét" in html
    assert ">Hồ Văn Thừ<" in html
    assert NUMBER not in html.partition('id="people"')[2].partition("</details>")[0]
    for facility in ("Trạm Y tế xã Hướng Lập", "Trung tâm Y tế khu vực Hướng Hóa"):
        assert facility in html


def test_the_one_that_was_asked_for_gives_its_name(client: httpx.Client) -> None:
    for id_, name in (("a", "Hồ Văn Thử"), ("b", "Hồ Văn Thừ")):
        assert f"<h1>{name}</h1>" in page(client, f"/citizens/{id_}")


def test_every_entry_says_of_which_patient_it_is(client: httpx.Client) -> None:
    visits = page(client, "/citizens/a/panels/visits")
    own, other = (visits.partition(f'id="visit-{id_}"')[2].partition("</li>")[0] for id_ in ("va", "vb"))
    assert "hồ sơ 1" in own
    assert "hồ sơ 2" in other
    assert "hồ sơ 2" in page(client, "/citizens/a/encounters/vb")


def test_one_who_stands_alone_has_no_such_marks(client: httpx.Client) -> None:
    html = page(client, "/citizens/c")
    assert "hồ sơ 1" not in html
    assert 'id="people"' not in html
    assert "1 đề nghị liên kết đang chờ xem xét" in html


def test_a_person_is_told_by_all_patients(client: httpx.Client) -> None:
    """The one with the number was seen on the day before the other was, elsewhere."""
    here = {"X-EHR-Facility": "45902"}
    [one] = look_up(client, NUMBER, Accept="application/json", **here).json()["exact"]
    told = (one["id"], one["seen_here"], one["last_facility"], one["last_started"])
    assert told == ("a", True, "45902", "2026-10-02")
    assert one["last_facility_name"] == "Trung tâm Y tế khu vực Hướng Hóa"
    assert "likeness" not in one


def test_a_person_is_listed_once(client: httpx.Client) -> None:
    html = unescape(look_up(client, "ho van thu").text)
    assert [id_ for id_ in found(html) if id_ in "ab"] in (["a"], ["b"])
    assert "c" in found(html)
    assert "2 hồ sơ hành chính đã liên kết: Hồ Văn" in html
    by_number = unescape(look_up(client, NUMBER).text)
    assert found(by_number) == ["a"]
    assert "2 hồ sơ hành chính đã liên kết" in by_number


def test_a_program_is_told_which_patients_are_one(client: httpx.Client) -> None:
    answer = look_up(client, "ho van thu", Accept="application/json").json()
    people = {tuple(one["patients"]): [other["id"] for other in one["others"]] for one in answer["exact"]}
    assert people.keys() == {("a", "b"), ("c",)}
    assert len(people["a", "b"]) == 1


def test_taken_back_there_is_no_trace(client: httpx.Client, database: str) -> None:
    judge_all(database, judgement(Act.UNLINK, "a", "b"))
    follow(database, *VIEWS)
    for id_, visit, other in (("a", "va", "vb"), ("b", "vb", "va")):
        html = page(client, f"/citizens/{id_}")
        assert 'id="people"' not in html
        assert f'id="visit-{visit}"' in html
        assert f'id="visit-{other}"' not in html
        assert "hồ sơ 2" not in html
    assert {"a", "b"} <= set(found(look_up(client, "ho van thu").text))
