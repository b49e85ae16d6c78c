"""``python -m tests.pictures``: makes the pictures of docs/images anew, of a simulated province in a browser.

The people are the same each time. It takes some minutes.
"""

import asyncio
import re
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, expect, sync_playwright

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.connections import connect_async
from ehr.systems import NATIONAL_ID
from projections.standing import facts_missing
from simulation.feed import feed
from simulation.province import Province, Sending
from simulation.shapes.elements import Json
from tests.conftest import BROWSERS, CHROMIUM_FLAGS, fresh_database
from tests.fhir_api.pages.review_serving import reviewing, views
from tests.pictures.packing import packed

FOLDER = Path(__file__).parents[2] / "docs" / "images"
CITIZENS, HALF_WAY = 400, 2_000
"""People, and a position in the middle of what is stated about them."""

PATIENCE = 600
DESK, TELEPHONE = (1280, 800), (390, 780)


class Cast(NamedTuple):
    """Who is shown. number: of whoever has most to show; name: that most bear; child: number of the youngest
    who was vaccinated."""

    number: str
    name: str
    child: str


class Scene(NamedTuple):
    """A picture: what is done before it is taken, at what size, in which colours."""

    act: Callable[[Page, Cast], None]
    size: tuple[int, int] = DESK
    dark: bool = False


def look_up(page: Page, text: str) -> None:
    page.goto("/")
    page.locator("#search").fill(text)
    page.locator("#search").press("Enter")
    expect(page.get_by_role("status")).to_be_visible()


def open_chart(page: Page, cast: Cast) -> None:
    open_chart_of(page, cast.number)


def open_chart_of(page: Page, number: str) -> None:
    look_up(page, number)
    page.locator("[data-row] a").first.click()
    expect(page.locator(".banner")).to_be_visible()


def open_result(page: Page, cast: Cast) -> None:
    """The measurement with most values."""
    open_chart(page, cast)
    rows = page.locator("#results .grid tbody tr:not(.category)")
    filled = rows.evaluate_all(
        "rows => rows.map(row => [...row.cells].filter(cell => cell.innerText.trim()).length)"
    )
    rows.nth(filled.index(max(filled))).locator("a").click()
    expect(page.locator("#series figure canvas")).to_be_visible()


def open_past(page: Page, cast: Cast) -> None:
    """The chart half-way through what was recorded."""
    open_chart(page, cast)
    page.goto(f"{page.url}/at/{HALF_WAY}")
    expect(page.locator(".then")).to_be_visible()


def open_vaccinations(page: Page, cast: Cast) -> None:
    open_chart_of(page, cast.child)
    page.locator("nav.panels a[href='#immunisations']").click()
    expect(page.locator("#immunisations h2")).to_be_in_viewport()


def open_summary(page: Page, cast: Cast) -> None:
    open_chart(page, cast)
    page.get_by_role("link", name="Tóm tắt để in").click()
    expect(page).to_have_url(re.compile("/summary$"))


def correct_at_once(page: Page, cast: Cast) -> None:
    """Two correct the newest value of a measurement; the page is that of whoever comes second."""
    open_result(page, cast)
    page.locator("#series .source").first.click()
    page.get_by_role("link", name="Sửa cho đúng").click()
    page.wait_for_url("**/correction")
    assert page.context.browser
    with page.context.browser.new_page() as first:
        first.goto(page.url)
        correct(first, "72", "Gõ nhầm", "BS Lan")
        expect(first.locator("#notes")).to_contain_text("Gõ nhầm")
    correct(page, "76", "Đếm lại trong một phút", "BS Minh")
    expect(page.locator(".clashes")).to_be_visible()


def correct(page: Page, value: str, reason: str, by: str) -> None:
    page.get_by_label("Giá trị").fill(value)
    page.get_by_label("Lý do sửa").fill(reason)
    page.get_by_label("Người ghi").fill(by)
    page.get_by_role("button", name="Lưu phần sửa").click()


SCENES = {
    "search": Scene(lambda page, _: look_up(page, "nguyen thi")),
    "namesakes": Scene(lambda page, cast: look_up(page, cast.name)),
    "chart": Scene(open_chart),
    "result": Scene(open_result),
    "vaccinations": Scene(open_vaccinations),
    "summary": Scene(open_summary),
    "past": Scene(open_past),
    "dark": Scene(open_chart, dark=True),
    "telephone": Scene(open_chart, size=TELEPHONE),
    "clash": Scene(correct_at_once),
}
"""The last one changes what it shows."""


def main() -> None:
    sendings = list(Province(1, CITIZENS))
    with tempfile.TemporaryDirectory(prefix="ehr-pictures-") as place:
        Path(place).chmod(0o711)
        with (
            EmbeddedPostgres(Path(place) / "postgres") as server,
            fresh_database(server) as url,
            reviewing(url) as site,
        ):
            refused = asyncio.run(feed(f"{site.address}/fhir", sendings)).refused
            assert not refused, refused[0]
            asyncio.run(caught_up(url))
            take(site.address, cast_of(sendings))


async def caught_up(url: str) -> None:
    """Until the views show all of it."""
    async with await connect_async(url) as connection:
        for view in views():
            assert not await facts_missing(connection, view.name, patience=PATIENCE)


def cast_of(sendings: Sequence[Sending]) -> Cast:
    resources: dict[str, list[Json]] = defaultdict(list)
    places: dict[str, set[str]] = defaultdict(set)
    for sending in sendings:
        resources[sending.citizen] += [entry["resource"] for entry in sending.bundle["entry"]]
        places[sending.citizen].add(sending.facility)
    people = {who: one for who, stated in resources.items() for one in stated if is_registered(one)}
    names = Counter(one["name"][0]["text"] for one in people.values())

    def much(who: str) -> tuple[bool, int, int, int]:
        types = Counter(one["resourceType"] for one in resources[who])
        allergic = any(
            "reaction" in one for one in resources[who] if one["resourceType"] == "AllergyIntolerance"
        )
        return allergic, min(len(places[who]), 3), types["Observation"], types["Encounter"]

    def vaccinated(who: str) -> tuple[bool, str]:
        given = any(one["resourceType"] == "Immunization" for one in resources[who])
        return given, people[who].get("birthDate", "")

    richest, child = (people[max(people, key=most)] for most in (much, vaccinated))
    number, of_child = (one["identifier"][0]["value"] for one in (richest, child))
    return Cast(number, names.most_common(1)[0][0], of_child)


def is_registered(one: Json) -> bool:
    """Whether it is a Patient with a name, and a personal number before all others."""
    first = one.get("identifier", [{}])[0]
    return one["resourceType"] == "Patient" and first.get("system") == NATIONAL_ID and "name" in one


def take(address: str, cast: Cast) -> None:
    executable = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        for name, scene in SCENES.items():
            picture = packed(taken(browser, address, cast, scene))
            (FOLDER / f"page-{name}.png").write_bytes(picture)
            print(f"page-{name}.png: {len(picture):,} bytes", flush=True)
        browser.close()


def taken(browser: Browser, address: str, cast: Cast, scene: Scene) -> bytes:
    width, height = scene.size
    page = browser.new_page(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scene.dark else "light",
        locale="vi-VN",
    )
    scene.act(page, cast)
    picture = page.screenshot()
    page.close()
    return picture


if __name__ == "__main__":
    main()
