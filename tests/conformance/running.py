"""Carries cases out against a server, whatever it is made of: over HTTP alone."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tests.conformance.expecting import differences, parsed
from tests.conformance.matching import select
from tests.conformance.names import Names, Unnamed
from tests.conformance.reading import Case, Json, Topic

RUN = "http://example.org/conformance/run"
"""System of the tag that every resource of a setup carries; searches are narrowed by it."""

MOST_PAGES = 50
_FHIR = "application/fhir+json"
_FORM = "application/x-www-form-urlencoded"


class NotSetUp(Exception):
    """The server did not take a resource that cases need."""


class Server:
    """A server under test. name: of its software, as its capability statement tells it."""

    def __init__(self, client: httpx.Client) -> None:
        """client: asks below the server's base, whose address ends with a slash."""
        self._client = client
        self.base = str(client.base_url).rstrip("/")
        told = parsed(client.get("metadata", headers={"Accept": _FHIR}))
        self.name = "".join(select(told, "software.name"))

    def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> httpx.Response:
        """One request, exactly as it stands."""
        return self._client.request(method, address, headers=dict(headers), content=body)


@contextmanager
def listening(base: str) -> Iterator[Server]:
    """The server at a base address such as ``http://localhost:8000/fhir``."""
    with httpx.Client(base_url=f"{base.rstrip('/')}/", timeout=60) as client:
        yield Server(client)


def set_up(server: Server, topic: Topic) -> Names:
    """States what the cases of a topic share. Raises NotSetUp."""
    names = Names({"run": f"r{secrets.token_hex(5)}", "base": server.base})
    _state(server, topic.setup, names, names.words["run"])
    return names


def failures(server: Server, case: Case, shared: Names) -> list[str]:
    """What is other than the case expects, told by the step; nothing when it holds."""
    word = f"c{secrets.token_hex(5)}"
    names = shared.within(case=word)
    try:
        _state(server, case.setup, names, word)
        for number, step in enumerate(case.steps, 1):
            found = list(_carry_out(server, step, names, word if case.setup else shared.words["run"]))
            if found:
                return [f"step {number}: {one}" if len(case.steps) > 1 else one for one in found]
    except (NotSetUp, Unnamed, httpx.HTTPError) as error:
        return [f"{type(error).__name__}: {error}"]
    return []


def judged(case: Case, server: Server, found: list[str]) -> tuple[str, list[str]]:
    """(passed, failed or expected, what to say of it): a case that is said to fail must not pass."""
    reason = case.fails.get(server.name)
    if reason is None:
        return ("failed" if found else "passed"), found
    return ("expected", found) if found else ("failed", [f"passes, though it is said to fail: {reason}"])


def _state(server: Server, setup: Mapping[str, Json], names: Names, tag: str) -> None:
    headers = {"Content-Type": _FHIR, "Accept": _FHIR, "Prefer": "return=representation"}
    for name, resource in setup.items():
        wanted = names.fill(tagged(resource, tag))
        answer = server.ask("POST", wanted["resourceType"], headers, _text(wanted).encode())
        if answer.status_code != 201:
            raise NotSetUp(f"{name}: {answer.status_code} {answer.text[:300]}")
        names.kept[name] = parsed(answer)


def tagged(resource: Json, tag: str) -> Json:
    """The resource with the tag of a run."""
    meta = resource.get("meta", {})
    return resource | {"meta": meta | {"tag": [*meta.get("tag", []), {"system": RUN, "code": tag}]}}


def _carry_out(server: Server, step: Json, names: Names, tag: str) -> Iterator[str]:
    pages = [_send(server, step, names, tag)]
    while "pages" in step and len(pages) < MOST_PAGES:
        following = select(parsed(pages[-1]), "link[relation=next].url")
        if not following:
            break
        pages.append(server.ask("GET", following[0], {"Accept": _FHIR}, None))
    if "keep" in step:
        names.kept[step["keep"]] = parsed(pages[0]) or {}
    yield from differences(step, pages, names)


def _send(server: Server, step: Json, names: Names, tag: str) -> httpx.Response:
    headers = {"Accept": _FHIR} | names.fill(step.get("headers", {}))
    if "request" in step:
        method, _, address = step["request"].partition(" ")
        body = _body(step, names)
        kind = {} if body is None else {"Content-Type": _FHIR}
        return server.ask(method, names.fill_address(address), kind | headers, body)
    address = names.fill_address(narrowed(step.get("search") or step["form"], tag))
    if "search" in step:
        return server.ask("GET", address, headers, None)
    path, _, query = address.partition("?")
    form = httpx.URL(f"?{query}").query
    return server.ask("POST", f"{path}/_search".lstrip("/"), {"Content-Type": _FORM} | headers, form)


def narrowed(search: str, tag: str) -> str:
    """The search, of resources with this tag alone."""
    return f"{search}{'&' if '?' in search else '?'}_tag={RUN}|{tag}"


def _body(step: Json, names: Names) -> bytes | None:
    body: Any = step.get("body")
    if body is None:
        return None
    filled = names.fill(body)
    return (filled if isinstance(filled, str) else _text(filled)).encode()


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
