"""Rows of each panel, and of the summary, that say when they were recorded as well as when they happened."""

import re
from collections.abc import Iterator

import pytest
from httpx import Client

from projections.health_record.view import HealthRecord
from projections.links.view import Links
from simulation.apart.page import Element, parse
from tests.fhir_api.pages.chart_citizens import HOSPITAL, STATION, Json, encounter, of, patient
from tests.fhir_api.pages.chart_serving import chart_app
from tests.projections.citizens.stating import Record, follow, put, run
from tests.serving import served

LATE, AFTER = "ghi nhận muộn, 20/09/2026 09:00", "ghi nhận 26/09/2026 09:00"
SAID = {
    "late": LATE,
    "after": AFTER,
    "old": "nhập từ hồ sơ cũ, ghi nhận 26/09/2026",
    "prompt": None,
}
"""What is said of what was recorded so."""


def stated(how: str, day: str) -> list[Json]:
    """One resource for each panel, done on a day, without an encounter."""
    about: Json = {"code": {"text": f"{how} code"}, "status": "active", "intent": "order"}
    number: Json = {"value": len(how), "unit": "1", "code": "1"}
    provenance = {
        "resourceType": "Provenance",
        "id": f"v-{how}",
        "target": [{"reference": "Patient/who"}, {"reference": f"Procedure/p-{how}"}],
        "occurredDateTime": day,
        "recorded": f"{day}T08:00:00+07:00",
        "reason": [{"text": f"{how} reason"}],
        "activity": {"coding": [{"code": "UPDATE"}]},
        "agent": [{"who": {"display": "Bác sĩ"}}],
    }
    medicine: Json = {"medicationCodeableConcept": {"text": f"{how} medicine"}, "intent": "order"}
    forbidden: Json = {"doNotPerform": True, "status": "active", "authoredOn": day}
    return [
        of("Condition", f"c-{how}", "who", code={"text": how}, recordedDate=day, onsetDateTime="2010"),
        of("MedicationRequest", f"m-{how}", "who", status="active", authoredOn=day, **medicine),
        of("MedicationRequest", f"n-{how}", "who", **forbidden, **medicine),
        of("MedicationRequest", f"s-{how}", "who", status="stopped", authoredOn=day, **medicine),
        of("AllergyIntolerance", f"a-{how}", "who",
           code={"text": how}, recordedDate=day, onsetDateTime="2010"),
        of("DiagnosticReport", f"d-{how}", "who", status="final", code={"text": "CT"}, effectiveDateTime=day,
           conclusion=f"{how} conclusion"),
        of("ServiceRequest", f"o-{how}", "who", authoredOn=day, **about),
        of("Procedure", f"p-{how}", "who", status="completed", code={"text": how}, performedDateTime=day),
        of("Observation", f"r-{how}", "who", status="final", code={"text": "INR"}, effectiveDateTime=day,
           valueQuantity=number),
        provenance,
    ]  # fmt: skip


def twice(id_: str, hour: int) -> Json:
    """One of several measurements of a day."""
    at, value = f"2026-09-10T0{hour}:00:00+07:00", {"value": hour * 10}
    return of("Observation", id_, "who", code={"text": "CRP"}, effectiveDateTime=at, valueQuantity=value)


SENT: list[tuple[str, str, list[Json]]] = [
    (
        "45901",
        "2026-09-01T01:00:00.000Z",
        [STATION, HOSPITAL, patient("who", name=[{"text": "Hồ Thị Muộn"}])],
    ),
    ("45901", "2026-09-12T02:00:00.000Z", stated("prompt", "2026-09-12")),
    ("45902", "2026-09-15T02:00:00.000Z", [encounter("e", "who", "2026-09-15", "hospital", "Sốt cao")]),
    ("45901", "2026-09-20T02:00:00.000Z", [*stated("late", "2026-09-10"), twice("x", 7), twice("y", 8)]),
    ("45901", "2026-09-26T02:00:00.000Z", [*stated("after", "2026-09-18"), *stated("old", "2026-05-02")]),
]
"""Facility, time of recording, resources: one transaction each, in order."""

ROWS = {
    "problems": "Condition/c",
    "medicines": "MedicationRequest/m",
    "medicines of the past": "MedicationRequest/s",
    "medicines not to be given": "MedicationRequest/n",
    "allergies": "AllergyIntolerance/a",
    "documents": "DiagnosticReport/d",
    "orders": "ServiceRequest/o",
    "acts": "Procedure/p",
    "notes": "Provenance/v",
}
"""Of each panel, or part of it, the resources that it must tell of."""


@pytest.fixture(scope="module")
def client(module_database: str) -> Iterator[Client]:
    async def state() -> None:
        async with Record(module_database) as record:
            for facility, at, resources in SENT:
                changes = [put(resource, index) for index, resource in enumerate(resources)]
                await record.state(*changes, facility=facility, at=at)

    run(state())
    follow(module_database, HealthRecord(), Links())
    with served(chart_app(module_database)) as address, Client(base_url=address, timeout=60) as client:
        yield client


def tree(client: Client, address: str) -> Element:
    html = client.get(address).text
    return parse(html[html.index("<main") : html.index("</main>") + len("</main>")])


def told(row: Element) -> list[tuple[str, str]]:
    """(class, text) of what a row says about when it was recorded."""
    return [
        (one.said["class"], one.text)
        for one in row.find("span")
        if {"late", "recorded"} & set(one.said.get("class", "").split())
    ]


def expected(how: str) -> list[tuple[str, str]]:
    said = SAID[how]
    return [("mark late" if how == "late" else "quiet recorded", said)] if said else []


def row_of(page: Element, reference: str) -> Element:
    """The smallest row that tells of it."""
    rows = [one for one in page if one.tag in ("li", "tr") and reference in one.references]
    return min(rows, key=lambda one: len(one.text))


@pytest.mark.parametrize("how", SAID)
@pytest.mark.parametrize("part", ROWS)
def test_each_row_says_when_it_was_recorded_unless_it_was_prompt(client: Client, part: str, how: str) -> None:
    panel = part.split()[0]
    page = tree(client, f"/citizens/who/panels/{panel}")
    assert told(row_of(page, f"{ROWS[part]}-{how}")) == expected(how)


def test_the_values_of_a_series_say_it(client: Client) -> None:
    grid = client.get("/citizens/who/panels/results").text
    (address,) = re.findall(r'href="(/citizens/who/series/\w+)"[^>]*>INR<', grid)
    page = tree(client, address)
    for how in SAID:
        assert told(row_of(page, f"Observation/r-{how}")) == expected(how)


def test_the_grid_of_results_has_a_sign_that_opens(client: Client) -> None:
    page = tree(client, "/citizens/who/panels/results")
    (table,) = page.find("table", class_="grid")
    (line,) = (one for one in table.find("tr") if one.text.startswith("INR"))
    cells = list(line.find("td"))[1:]
    signs = [list(one.find("details", class_="times")) for one in cells]
    says = [[(told(sign), next(sign.find("summary")).text) for sign in ones] for ones in signs]
    assert says == [
        [(expected("after"), "◷ghi nhận sau")],
        [],
        [(expected("late"), "◷ghi nhận muộn")],
        [(expected("old"), "◷nhập từ hồ sơ cũ")],
    ]
    assert [cell.text[0] for cell in cells] == ["5", "6", "4", "3"]


def test_of_several_values_of_a_day_the_signs_say_which(client: Client) -> None:
    page = tree(client, "/citizens/who/panels/results")
    (line,) = (one for one in page.find("tr") if one.text.startswith("CRP"))
    signs = [one.text for one in line.find("details", class_="times")]
    assert signs == [f"◷ghi nhận muộn {value}: {LATE}" for value in (80, 70)]


def test_the_summary_says_what_others_could_not_know(client: Client) -> None:
    page = tree(client, "/citizens/who/summary")
    rows = [
        (next(row.find("th")).text, next(row.find("td")).text)
        for row in page.find("tr")
        if any(row.find("th", scope="row")) and not any(row.find("h2"))
    ]
    assert sorted(what for what, more in rows if LATE in more) == [
        *(
            "CRP",
            "CT",
            "INR",
            "KHÔNG dùng: late medicine",
            "late",
            "late",
            "late",
            "late code",
            "late medicine",
        )
    ]
    values = "5 1; 12/09/2026: 6 1; 10/09/2026: 4 1 (ghi nhận muộn, 20/09/2026 09:00)"
    assert ("INR", values) in rows
    assert AFTER not in page.text


def test_in_english(client: Client) -> None:
    page = tree(client, "/citizens/who/panels/acts?lang=en")
    assert "recorded late, 20/09/2026 09:00" in row_of(page, "Procedure/p-late").text
