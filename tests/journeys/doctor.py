"""A doctor in front of the pages, who knows them from what the screen shows alone; each action is counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.fhir_api.pages.review_serving import Site


class Doctor:
    """actions: clicks, choices, and texts typed with Enter behind them, so far."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def look_up(self, text: str) -> None:
        """In the search box, until there is an answer."""
        self.type("searchbox", "Tra cứu người dân", text)
        expect(self.page.get_by_role("status").first).to_be_visible()

    def type(self, role: Any, name: str, text: str) -> None:
        """Into a field that is in sight; Enter."""
        field = self._seen(role, name)
        field.fill(text)
        field.press("Enter")

    def choose(self, name: str, option: str) -> None:
        """One of a list, by how it is called."""
        self._seen("combobox", name).select_option(label=option)

    def click(self, role: Any, name: str) -> None:
        """What is called so, or begins so."""
        self._seen(role, name).click()

    def open(self, text: str) -> None:
        """What is folded away below these words."""
        self.actions += 1
        self.page.get_by_text(text).first.click()

    def panel(self, name: str) -> Locator:
        """A part of the chart under its heading."""
        return self.page.get_by_role("region", name=name)

    def _seen(self, role: Any, name: str) -> Locator:
        self.actions += 1
        found = self.page.get_by_role(role, name=name)
        expect(found.first).to_be_visible()
        return found.first


@contextmanager
def before(browser: Browser, site: Site, **settings: Any) -> Iterator[Page]:
    """A fresh browser before the first page; whatever it complains about fails the test, but for answers
    that refuse: those stand on the page."""
    complaints: list[str] = []
    settings = {"viewport": {"width": 1280, "height": 800}, "locale": "vi-VN"} | settings
    context = browser.new_context(base_url=site.address, **settings)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto("/")
    yield page
    context.close()
    assert [one for one in complaints if "status of 412" not in one] == []
