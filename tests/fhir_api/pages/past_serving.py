"""A person whose record was amended, retracted, linked and parted, each on a day of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from ehr.linking import Act
from ehr.requests import Change
from projections.fhir_resources.view import FhirResources
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from tests.fhir_api.pages.chart_citizens import HOSTILE, Json, condition, encounter, glucose, of
from tests.pairing import CAPTURED, judge_all, judgement
from tests.projections.citizens.people import organization, patient
from tests.projections.citizens.stating import Record, delete, follow, put
from tests.stating import looking

STATION, ODD = "45901", "Trạm/2 %"
"""Of the second one the code has characters that mean something in addresses."""

ALLERGY: Json = of("AllergyIntolerance", "al", "b", code={"text": "Penicillin"})


def visit(id_: str, whose: str, day: str) -> Json:
    return encounter(id_, whose, f"{day}T08:00:00+07:00", "o1", "Khám")


STORY: list[tuple[str, list[Change]]] = [
    (STATION, [put(organization("o1", STATION, "Trạm cũ"))]),  # 1
    (STATION, [put(patient("a", "Hồ Văn Thử", "2020-03-01", gender="male"))]),  # 2
    (
        STATION,
        [
            put(visit("va", "a", "2024-03-03")),
            put(condition("c1", "a", "va", "J00", "Sốt"), 1),
            put(glucose("g1", "a", "va", "2024-03-03T08:10:00+07:00", 5.10), 2),
            put(glucose("g2", "a", "va", "2024-03-03T09:10:00+07:00", 6.2), 3),
        ],
    ),  # 3
    (ODD, [put(patient("b", f"Hồ {HOSTILE}", "2020", gender="male"))]),  # 4
    (ODD, [put(visit("vb", "b", "2024-03-05")), put(ALLERGY, 1)]),  # 5, 6
    # 7: linked
    (STATION, [put(organization("o1", STATION, "Trạm mới"))]),  # 8
    (STATION, [put(condition("c1", "a", "va", "A90", "Sốt xuất huyết"))]),  # 9
    (ODD, [delete("AllergyIntolerance", "al")]),  # 10
    # 11: unlinked
]
LINKED, PARTED = 7, 11

DAYS = """update record.facts
    set last_updated = timestamptz '2024-03-01 08:00+07' + (notification_id - 1) * interval '1 day'"""
"""The fact at position n is recorded on 2024-03-n, at 08:00 in Vietnam."""


def load_story(url: str) -> None:
    """States the story, and projects it."""
    before, after = STORY[:5], STORY[5:]
    # In a thread of its own: a browser driven by this thread already has its event loop here.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _state(url, before)).result()
        thread.submit(judge_all, url, judgement(Act.LINK, "a", "b", *CAPTURED)).result()
        thread.submit(asyncio.run, _state(url, after)).result()
        thread.submit(judge_all, url, judgement(Act.UNLINK, "a", "b")).result()
    with looking(url) as connection:
        connection.execute(DAYS)
    follow(url, HealthRecord(), Links(), FhirResources())


async def _state(url: str, story: list[tuple[str, list[Change]]]) -> None:
    async with Record(url) as record:
        for facility, changes in story:
            await record.state(*changes, facility=facility)
