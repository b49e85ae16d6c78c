"""The server as anybody sees it: $everything, charts, the review, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any, Final

import httpx
import orjson

from simulation.apart.page import Element, parse

PATIENCE: Final = 120.0
"""Seconds without any progress of views and linking, after which they are given up."""

_PAUSE: Final = 0.2
_BEHIND: Final = ("ehr_linking_lag_facts", "ehr_linking_waiting_citizens", "ehr_view_lag_facts")
_USER: Final = {"X-EHR-User": "province"}


class NotJudged(Exception):
    """The server has not judged everybody: it has no linking process, or does not get on."""


class Incomplete(Exception):
    """The server says itself that it leaves something out."""


class Server:
    """One server. `address`: of its root."""

    def __init__(self, client: httpx.Client, address: str, patience: float = PATIENCE) -> None:
        self._client, self._root, self._patience = client, address.rstrip("/"), patience
        self._headers: dict[str, str] = {}

    def settle(self) -> None:
        """Wait until everybody is judged and shown; what is read from then on shows it. Raises NotJudged."""
        least, gives_up = float("inf"), time.monotonic() + self._patience
        while True:
            figures = self._figures()
            behind = sum(value for name, value in figures.items() if name.startswith(_BEHIND))
            # Figures of views are read before those of linking: what is stated in between is in these alone.
            end = figures.get("ehr_record_position")
            if not behind and end is not None and figures.get("ehr_linking_position") == end:
                self._headers = {"X-EHR-Position": f"{end:.0f}"}
                return
            if behind < least:
                least, gives_up = behind, time.monotonic() + self._patience
            if time.monotonic() > gives_up:
                raise NotJudged(f"{behind:.0f} facts or citizens wait: is `ehr link` at work?")
            time.sleep(_PAUSE)

    def _figures(self) -> dict[str, float]:
        lines = self._get(f"{self._root}/metrics").text.splitlines()
        apart = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in apart}

    def everything(self, patient: str, only: str = "") -> set[str]:
        """``Type/id`` of all that $everything tells of a Patient. only: a type. Raises Incomplete."""
        found: set[str] = set()
        asked = f"?_type={only}" if only else ""
        url: str | None = f"{self._root}/fhir/Patient/{patient}/$everything{asked}"
        while url:
            answer = self._get(url)
            if "X-EHR-Incomplete" in answer.headers:
                raise Incomplete(answer.headers["X-EHR-Incomplete"])
            page = orjson.loads(answer.content)
            found.update(_told(page))
            url = next((one["url"] for one in page["link"] if one["relation"] == "next"), None)
        return found

    def chart(self, patient: str) -> set[str]:
        """``Type/id`` of all that the first page of a chart tells of."""
        return set(self.page(f"/citizens/{patient}").references)

    def page(self, path: str) -> Element:
        """A page as a tree."""
        return parse(self._get(f"{self._root}{path}").text)

    def waiting(self) -> list[str]:
        """Paths of the pairs about which somebody shall decide, and of links that are doubted."""
        found: dict[str, None] = {}
        for start in ("/review", "/review/doubted"):
            path: str | None = start
            while path:
                page = _read(self._get(f"{self._root}{path}").text)
                found |= dict.fromkeys(page.pairs)
                path = f"{start}{page.next}" if page.next else None
        return list(found)

    def decide(self, path: str, choose: Callable[[list[str]], str]) -> bool:
        """Answer as somebody does who has the papers at hand. choose: one of what the page offers.

        Whether it is stored: not when somebody else was faster, or the page could not be shown.
        """
        page = _read(self._get(f"{self._root}{path}").text)
        sent = page.hidden | {"act": choose(page.offered), "ground": "papers", "note": ""}
        answer = self._client.post(f"{self._root}{path}", data=sent, headers=_USER, follow_redirects=False)
        return answer.status_code == 303

    def _get(self, url: str) -> httpx.Response:
        return self._client.get(url, headers=self._headers).raise_for_status()


def _told(page: dict[str, Any]) -> Iterator[str]:
    for entry in page.get("entry", ()):
        if entry["search"]["mode"] != "outcome":
            yield f"{entry['resource']['resourceType']}/{entry['resource']['id']}"


class _Page(HTMLParser):
    """A page of the review. pairs: of a list; next: the query of its next page. hidden: fields of a form that
    are not shown; offered: decisions to choose from."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[str] = []
        self.next = ""
        self.hidden: dict[str, str] = {}
        self.offered: list[str] = []
        self._in_row = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        said = {name: value or "" for name, value in attrs}
        kind = said.get("type") if tag == "input" else ""
        if kind == "hidden":
            self.hidden[said["name"]] = said["value"]
        elif kind == "radio" and said["name"] == "act":
            self.offered.append(said["value"])
        elif tag == "a" and said.get("rel") == "next":
            self.next = said["href"]
        elif tag == "a" and self._in_row:
            self.pairs.append(said["href"])
        self._in_row = tag == "li" and "data-row" in said


def _read(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    return page
