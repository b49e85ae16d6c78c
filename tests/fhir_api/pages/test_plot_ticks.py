"""What the axes of a plot say: each date once, however close the values lie; decimals as they are read."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fhir_api.pages.chart_citizens import STATION, Json, encounter, glucose, patient
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.serving import served

TIMES = {
    "hours": [f"2026-10-01T{hour:02}:00:00+07:00" for hour in (6, 9, 15)],
    "nights": ["2026-10-01T22:00:00+07:00", "2026-10-02T06:00:00+07:00", "2026-10-02T20:00:00+07:00"],
    "years": ["2019-03-01T08:00:00+07:00", "2026-10-02T20:00:00+07:00"],
}
RECORD_TEXTS = """
window.told = [];
const fill = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  window.told.push(text);
  return fill.call(this, text, ...rest);
};
const clear = CanvasRenderingContext2D.prototype.clearRect;
CanvasRenderingContext2D.prototype.clearRect = function (...rest) {
  window.told = [];
  return clear.apply(this, rest);
};
"""


def unjudged(id_: str, citizen: str, at: str, value: float) -> Json:
    """Without a reference range, which would be drawn, too."""
    result = glucose(id_, citizen, f"e-{citizen}", at, value)
    return {name: stated for name, stated in result.items() if name != "referenceRange"}


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    people = [
        [
            patient(name, name=[{"text": name}]),
            encounter(f"e-{name}", name, times[0], "station", "Khám"),
            *(unjudged(f"g-{name}-{n}", name, at, 5 + n / 10) for n, at in enumerate(times)),
        ]
        for name, times in TIMES.items()
    ]
    load(module_database, [[STATION], *people])
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture(params=["Asia/Ho_Chi_Minh", "America/New_York"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(
        base_url=address, viewport={"width": 1280, "height": 800}, timezone_id=request.param
    )
    context.add_init_script(RECORD_TEXTS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("citizen", TIMES)
def test_each_date_stands_once(page: Page, citizen: str) -> None:
    page.goto(f"/citizens/{citizen}")
    page.locator("#results .grid tbody a").click()
    expect(page.locator("#series figure canvas")).to_be_visible()
    page.wait_for_function("window.told.some(text => /^\\d\\d\\/\\d\\d\\/\\d{4}$/.test(text))")
    dates = [text for text in page.evaluate("window.told") if text.count("/") == 2]
    assert len(set(dates)) == len(dates)


@pytest.mark.parametrize(("language", "mark", "other"), [("vi", ",", "."), ("en", ".", ",")])
def test_decimals_are_those_of_the_language(page: Page, language: str, mark: str, other: str) -> None:
    page.goto(f"/citizens/hours?lang={language}")
    page.locator("#results .grid tbody a").click()
    expect(page.locator("#series figure canvas")).to_be_visible()
    told = "\n".join(page.evaluate("window.told"))
    assert re.search(rf"(?m)^[0-9]+\{mark}[0-9]+$", told)
    assert not re.search(rf"(?m)^[0-9]+\{other}[0-9]+$", told)
