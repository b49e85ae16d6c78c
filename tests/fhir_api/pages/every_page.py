"""Every page that a browser may be on, over a place with full, empty and hostile lives: what holds of all
pages is held against each of these."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from playwright.sync_api import Page, expect
from starlette.routing import BaseRoute, Route

from ehr.dates import ZONE
from fhir_api.pages.routes import ROUTES
from fhir_api.pages.static_files import routes as static_routes
from tests.fhir_api.pages.chart_citizens import everybody
from tests.fhir_api.pages.review_serving import Site, reviewing, settle

DAY = datetime.now(ZONE).date().isoformat()
WHENEVER = {"": "", "/at/{moment}": f"/at/{DAY}", "/at/{moment}/by/{facility}": f"/at/{DAY}/by/45901"}
"""Parts of routes -> parts of addresses: now, as it was, as one facility had it."""


def whenever(route: str, *parts: str) -> dict[str, list[str]]:
    """A route with each of WHENEVER in its middle, and where it is looked at: * stands for that part."""
    return {
        route.replace("*", when): [part.replace("*", at) for part in parts] for when, at in WHENEVER.items()
    }


PAGES: Mapping[str, Sequence[str]] = {
    "/": ["/"],
    "/facilities": ["/facilities"],
    "/facilities/coverage": ["/facilities/coverage"],
    "/facilities/trend": ["/facilities/trend"],
    "/report": ["/report"],
    "/ops": ["/ops"],
    **whenever("/citizens/{patient_id}*", "/citizens/full*", "/citizens/hostile*"),
    **whenever(
        "/citizens/{patient_id}*/panels/{panel}",
        *(
            f"/citizens/hostile*/panels/{panel}"
            for panel in ("visits", "medicines", "immunisations", "documents")
        ),
    ),
    **whenever("/citizens/{patient_id}*/encounters/{encounter_id}", "/citizens/hostile*/encounters/he"),
    **whenever(
        "/citizens/{patient_id}*/series/{token}", "/citizens/full*/panels/results #results .grid tbody a"
    ),
    **whenever("/resources/{type}/{id}*", "/resources/Observation/g-e1*", "/resources/Condition/hc*"),
    "/resources/{type}/{id}/correction": [
        "/resources/Observation/g-e1/correction",
        "/resources/Observation/ho/correction",
    ],
    "/citizens/{patient_id}/summary": ["/citizens/full/summary", "/citizens/hostile/summary"],
    "/citizens/{patient_id}/at": ["/citizens/full/at?when=once"],
    "/review": ["/review"],
    "/review/postponed": ["/review/postponed"],
    "/review/doubted": ["/review/doubted"],
    "/review/contradicted": ["/review/contradicted"],
    "/review/decisions": ["/review/decisions"],
    "/review/{patient}/{other}": ["/review/binh-1/binh-2", "/review/hostile-1/hostile-2"],
}
"""Route -> where it is looked at: an address, then perhaps what is chosen there."""

LOOKED_UP = ("ho van thu", "ho img", "nobody at all")
"""Texts to look up, whose answers have no address."""

NO_PAGES: Mapping[str, str] = {
    "/lookup": "leads to the first page",
    "/citizens/{patient_id}/news": "events, as they come",
    "/citizens/{patient_id}/summary.pdf": "a document",
    "/report/{table}.csv": "a table for other programs",
}
"""Other routes that answer GET, and what they answer."""

PLACES = [
    *(place for places in PAGES.values() for place in places),
    *(f"? {text}" for text in LOOKED_UP),
    "/citizens/bare",
    "/citizens/nobody",
    "/nowhere",
]


def routes_to_look_at(routes: Sequence[BaseRoute] = ROUTES) -> set[str]:
    """Paths of all routes that answer GET with something else than a static file."""
    return {
        route.path
        for route in routes
        if isinstance(route, Route) and "GET" in (route.methods or {"GET"}) and route not in static_routes
    }


@contextmanager
def everyone(url: str) -> Iterator[Site]:
    """The pages over all of them."""
    with reviewing(url) as site:
        settle(site)
        for resources in everybody():
            site.state(*resources)
        yield site


def look_at(page: Page, place: str) -> None:
    """Opens one of PLACES."""
    where, _, what = place.partition(" ")
    if where == "?":
        page.goto("/")
        page.locator("#search").fill(what)
        page.locator("#search").press("Enter")
        expect(page.get_by_role("status")).to_be_visible()
        return
    page.goto(where)
    if what:
        address = page.locator(what).first.get_attribute("href")
        assert address
        page.goto(address)
