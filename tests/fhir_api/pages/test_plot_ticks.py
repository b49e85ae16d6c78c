"""What the axis of a plot says: each date once, however close the values lie."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fhir_api.pages.chart_citizens import STATION, encounter, glucose, patient
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


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    people = [
        [
            patient(name, name=[{"text": name}]),
            encounter(f"e-{name}", name, times[0], "station", "Khám"),
            *(glucose(f"g-{name}-{n}", name, f"e-{name}", at, 5 + n) for n, at in enumerate(times)),
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
