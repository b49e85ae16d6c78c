"""Tasks as a new user does them on the simulated province, in Vietnamese, from what the screen shows alone:
in four actions at most, with the answer that was sent."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from simulation.feed import feed
from simulation.province import Province, Sending
from tests.fhir_api.pages.review_serving import Site
from tests.fhir_api.pages.ward import open_ward, prepared
from tests.journeys.doctor import Doctor, before
from tests.projections.citizens.stating import run
from tests.stating import looking

Json = dict[str, Any]
CITIZENS = 60
MOST = 4
THEN = datetime.fromisoformat("2026-03-03T23:59:59+07:00")
SENT = list(Province(1, CITIZENS))
EARLY = [sending for sending in SENT if sending.sent_at <= THEN]
LATE = [sending for sending in SENT if sending.sent_at > THEN]


@pytest.fixture(scope="module")
def province(module_database: str) -> Iterator[Site]:
    """The pages of a small province, of which the first part was recorded until THEN."""
    with prepared(module_database), open_ward(module_database) as site:
        for sendings, recorded in ((EARLY, THEN), (LATE, None)):
            counts = run(feed(f"{site.address}/fhir", sendings))
            assert (counts.accepted, counts.refused) == (len(sendings), [])
            if recorded:
                with looking(module_database) as connection:
                    connection.execute("update record.facts set last_updated = %s", (recorded,))
        site.wait()
        yield site


@pytest.fixture
def doctor(browser: Browser, province: Site) -> Iterator[Doctor]:
    """A new user before the first page, who has four actions."""
    with before(browser, province) as page:
        doctor = Doctor(page)
        yield doctor
        assert 1 < doctor.actions <= MOST


def sent(type_: str, sendings: list[Sending] = SENT) -> list[tuple[str, Json]]:
    """Citizen and resource of a type, in the order of sending."""
    entries = [(one.citizen, entry["resource"]) for one in sendings for entry in one.bundle["entry"]]
    return [(citizen, resource) for citizen, resource in entries if resource["resourceType"] == type_]


PEOPLE = dict(sent("Patient"))


def wanted(citizen: str) -> str:
    """What somebody types who wants this one: name and year of birth."""
    return f"{PEOPLE[citizen]['name'][0]['text']} {PEOPLE[citizen]['birthDate'][:4]}"


def day(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%d/%m/%Y")


def open_chart(doctor: Doctor, citizen: str) -> None:
    doctor.look_up(wanted(citizen))
    doctor.click("link", PEOPLE[citizen]["name"][0]["text"])


HBA1C = {citizen: one for citizen, one in sent("Observation") if one["code"]["coding"][0]["code"] == "4548-4"}


@pytest.mark.parametrize("citizen", HBA1C)
def test_find_the_last_hba1c(doctor: Doctor, citizen: str) -> None:
    last = HBA1C[citizen]
    open_chart(doctor, citizen)
    doctor.click("link", "HbA1c")
    rows = doctor.page.get_by_role("table", name="Mọi giá trị, gần nhất trước").get_by_role("row")
    expect(rows.nth(1)).to_contain_text(day(last["effectiveDateTime"]))
    expect(rows.nth(1)).to_contain_text(str(last["valueQuantity"]["value"]).replace(".", ","))
    expect(rows.nth(1)).to_contain_text("%")


PRESCRIBED = dict(sent("MedicationRequest"))
"""The last prescription of each."""


@pytest.mark.parametrize("citizen", HBA1C)
def test_who_prescribed_a_medicine_and_until_when(doctor: Doctor, citizen: str) -> None:
    last = PRESCRIBED[citizen]
    open_chart(doctor, citizen)
    doctor.click("link", "Thuốc")
    name = last["medicationCodeableConcept"]["text"]
    line = doctor.panel("Thuốc").get_by_role("listitem").filter(has_text=name).first
    if not line.is_visible():
        doctor.open("Đã dùng trước đây")
    expect(line).to_contain_text(f"kê đơn {day(last['authoredOn'])}")
    expect(line).to_contain_text(f"đến {day(last['dispenseRequest']['validityPeriod']['end'])}")
    expect(line).to_contain_text(f"người kê đơn: {last['requester']['display']}")


def test_is_the_second_measles_dose_due(doctor: Doctor) -> None:
    given = [citizen for citizen, one in sent("Immunization") if "Sởi" in one["vaccineCode"]["text"]]
    toddlers = [one for one in given if PEOPLE[one]["birthDate"] > "2024" and given.count(one) == 1]
    (citizen,) = set(toddlers)
    born = datetime.fromisoformat(PEOPLE[citizen]["birthDate"])
    due = born.replace(year=born.year + (born.month + 17) // 12, month=(born.month + 17) % 12 + 1)
    open_chart(doctor, citizen)
    doctor.click("link", "Tiêm chủng")
    calls = doctor.page.get_by_role("list", name="Mũi cần tiêm").get_by_role("listitem")
    call = calls.filter(has_text="Sởi – mũi 2")
    expect(call).to_contain_text(f"đến hạn {due:%d/%m/%Y}")


def test_what_had_the_station_recorded_by_the_third_of_march(doctor: Doctor) -> None:
    citizen = next(iter(HBA1C))
    visits = {(one.citizen, one.facility) for one in LATE}
    station = next(
        one.facility for one in EARLY if one.citizen == citizen and (citizen, one.facility) in visits
    )
    name = next(one["name"] for _, one in sent("Organization") if one["identifier"][0]["value"] == station)
    seen = [one for one in EARLY if (one.citizen, one.facility) == (citizen, station)]
    open_chart(doctor, citizen)
    doctor.choose("theo ghi nhận của", f"{name} ({station})")
    doctor.type("textbox", "Xem hồ sơ như lúc", f"{THEN:%d/%m/%Y}")
    expect(doctor.page.get_by_text("NHƯ LÚC hết ngày 03/03/2026")).to_be_visible()
    expect(doctor.page.get_by_text(f"chỉ những gì {name} đã ghi")).to_be_visible()
    heading = doctor.panel("Lượt khám").get_by_role("heading")
    expect(heading).to_contain_text(str(len(sent("Encounter", seen))))
