"""A person's chart over a real record with its views: where notes are written and news is told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx

from fhir_api.pages.routes import pages
from streams.recorded_fact import RecordedFact
from tests.fhir_api.pages.chart_citizens import LOINC, UCUM, glucose, of, patient
from tests.fhir_api.pages.review_serving import PLACES, Site, projecting_all, state, views
from tests.fhir_api.running import app_of, prepare, services_of
from tests.projections.citizens.stating import facts_of, follow, run
from tests.serving import served

Json = dict[str, Any]


def person(id_: str) -> list[Json]:
    """A Patient with a visit and a result."""
    period = {"start": "2026-10-01T08:00:00+07:00", "end": "2026-10-01T08:20:00+07:00"}
    return [
        patient(id_, name=[{"text": "Hồ Văn Thử"}], birthDate="1952", gender="male"),
        of("Encounter", f"{id_}-e", id_, status="finished", class_={"code": "AMB"}, period=period),
        glucose(f"{id_}-g", id_, f"{id_}-e", "2026-10-01T08:00:00+07:00", 7.1),
    ]


def result(id_: str, citizen: str, **elements: Any) -> Json:
    """A result that belongs to no visit."""
    stated: Json = {
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "4548-4"}], "text": "HbA1c"},
        "effectiveDateTime": "2026-10-02",
        "valueQuantity": {"value": 8.1, "unit": "%", "system": UCUM, "code": "%"},
    }
    return of("Observation", id_, citizen, **stated | elements)


@contextmanager
def prepared(url: str) -> Iterator[None]:
    """A record with facilities, and projectors of all views."""
    prepare(url)
    state(url, *PLACES)
    follow(url, *views())
    with projecting_all(url):
        yield


@contextmanager
def open_ward(url: str, port: int = 0, **changes: Any) -> Iterator[Site]:
    """The pages of a prepared record. It ends by itself, whoever is told news at that time."""
    services = services_of(url, **changes)
    with served(app_of(services, [pages()]), services.news.end, port) as address:
        yield Site(address, url, services)


def facts(site: Site) -> list[RecordedFact]:
    """All that is recorded."""

    async def read() -> list[RecordedFact]:
        return facts_of(site.url)

    return run(read())


def fields(answer: httpx.Response, action: str) -> dict[str, str]:
    """What a form of the page sends as it is."""
    form = re.search(rf'<form[^>]* action="{re.escape(action)}".*?</form>', answer.text, re.DOTALL)
    assert form, answer.text
    named = re.findall(r'<input type="(?:hidden|text)"[^>]* name="([^"]+)" value="([^"]*)"', form[0])
    named += re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form[0], re.DOTALL)
    return {name: unescape(value) for name, value in named}
