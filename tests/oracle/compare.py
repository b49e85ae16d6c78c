"""The server against the oracle: every search is walked page by page, and must be what the oracle says."""

import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import httpx
import msgspec

from tests.oracle import including
from tests.oracle.corpus import Corpus, Entry, Page, pages, read
from tests.oracle.evaluator import Answer, answer, directives_of
from tests.oracle.generator import Generator, Search
from tests.oracle.values import Refused

MOST_PAGES = 6
SHOWN = 5
MOST_INCLUDED = 2_000
"""A server may refuse (413) to include more."""

TIMEOUT = 120.0


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str


class _Issue(msgspec.Struct):
    code: str


class _Outcome(msgspec.Struct):
    issue: list[_Issue]


class Walked(NamedTuple):
    """One page as ``Type/id``s. cut: whether the server says that it does not include all."""

    matches: list[str]
    includes: list[str]
    total: int | None
    cut: bool


class Difference(NamedTuple):
    """A search that server and oracle answer differently, and in what."""

    url: str
    faults: list[str]

    def __str__(self) -> str:
        return "\n    ".join([self.url, *self.faults])


class Comparison:
    """client: with the address of the FHIR interface as its base. corpus: all that this server holds."""

    def __init__(self, client: httpx.Client, corpus: Corpus, seed: int = 0) -> None:
        self._client = client
        self._base = str(client.base_url).rstrip("/")
        self.corpus = corpus
        self._chance = random.Random(seed)

    def differences(self, searches: Iterable[Search]) -> Iterator[Difference]:
        """Those of the searches that differ."""
        for search in searches:
            found = self.difference(search)
            if found:
                yield found

    def difference(self, search: Search) -> Difference | None:
        """In what the answers differ; None: in nothing."""
        try:
            expected = answer(self.corpus, search.path, search.pairs)
        except Refused as refused:
            return self._unless_refused(search, refused)
        size = sum(map(len, expected.groups))
        url = self._url(search, ("_count", str(self._count(size))), ("_total", "accurate"))
        try:
            walked = [_walked(page) for page in islice(pages(self._client, url), 2 * MOST_PAGES)]
        except (httpx.HTTPStatusError, httpx.TransportError) as error:
            return None if _may_refuse(error, expected) else Difference(url, [_told(error)])
        faults = [*self._of_matches(expected, walked), *self._of_includes(search, walked)]
        faults += [f"total {page.total} instead of {size}" for page in walked[:1] if page.total != size]
        return Difference(url, faults) if faults else None

    def _url(self, search: Search, *more: tuple[str, str]) -> str:
        return f"{self._base}{'/' if search.path else ''}{search.url(*more)}"

    def _count(self, size: int) -> int:
        """So many on a page that there are a few pages."""
        return max(2, -(-size // self._chance.randint(1, MOST_PAGES)))

    def _unless_refused(self, search: Search, refused: Refused) -> Difference | None:
        url = self._url(search)
        status = self._client.get(url).status_code
        told = [f"answered with {status}, though it must be refused: {refused}"]
        return None if status == httpx.codes.BAD_REQUEST else Difference(url, told)

    def _of_matches(self, expected: Answer, walked: list[Walked]) -> Iterator[str]:
        found = [key for page in walked for key in page.matches]
        known = [key for group in expected.groups for key in group]
        yield from _listed("lacks", set(known) - set(found))
        yield from _listed("has too many", set(found) - set(known))
        yield from _listed("repeats", {key for key, times in Counter(found).items() if times > 1})
        if Counter(found) == Counter(known):
            yield from _of_order(expected, found)

    def _of_includes(self, search: Search, walked: list[Walked]) -> Iterator[str]:
        """Each page stands alone (https://hl7.org/fhir/R4/search.html#Paging)."""
        directives = directives_of(search.pairs)
        for number, page in enumerate(walked, 1):
            expected = including.included(self.corpus, page.matches, directives)
            lacking = set() if page.cut else expected - set(page.includes)
            yield from _listed(f"page {number} does not include", lacking)
            yield from _listed(f"page {number} includes too much", set(page.includes) - expected)
            repeated = {key for key, times in Counter(page.includes).items() if times > 1}
            yield from _listed(f"page {number} includes more than once", repeated)


def _of_order(expected: Answer, found: list[str]) -> Iterator[str]:
    """Equal ones of a type as first stated; of several types in any order."""
    at = 0
    for group in expected.groups:
        part = found[at : at + len(group)]
        stated, given = _by_type(group), _by_type(part)
        if stated != given:
            yield f"order from match {at}: {part[:SHOWN]} instead of {group[:SHOWN]}"
            return
        at += len(group)


def _by_type(keys: list[str]) -> dict[str, list[str]]:
    types = sorted({key.partition("/")[0] for key in keys})
    return {type_: [key for key in keys if key.startswith(f"{type_}/")] for type_ in types}


def _listed(what: str, keys: set[str]) -> Iterator[str]:
    if keys:
        more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
        yield f"{what} {', '.join(sorted(keys)[:SHOWN])}{more}"


def _may_refuse(error: Exception, expected: Answer) -> bool:
    """A server need not include any number of resources (https://hl7.org/fhir/R4/search.html#include)."""
    status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
    return status == httpx.codes.REQUEST_ENTITY_TOO_LARGE and len(expected.included) > MOST_INCLUDED


def _told(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"answered with {error.response.status_code}: {error.response.text[:500]}"
    return f"no answer: {error!r}"


def _walked(page: Page) -> Walked:
    def keys(mode: str) -> list[str]:
        return [_key(entry) for entry in page.entry if entry.search.mode == mode]

    return Walked(keys("match"), keys("include"), page.total, _is_cut(page))


def _is_cut(page: Page) -> bool:
    told = [entry.resource for entry in page.entry if entry.search.mode == "outcome"]
    outcomes = [msgspec.json.decode(resource, type=_Outcome) for resource in told]
    return any(issue.code == "too-costly" for outcome in outcomes for issue in outcome.issue)


def _key(entry: Entry) -> str:
    resource = msgspec.json.decode(entry.resource, type=_Resource)
    return f"{resource.resource_type}/{resource.id}"


def opened(base_url: str) -> httpx.Client:
    """base_url: of the server, without ``/fhir``."""
    return httpx.Client(base_url=f"{base_url.rstrip('/')}/fhir", timeout=TIMEOUT, trust_env=False)


def compared(base_url: str, number: int, seed: int, every: int = 0) -> list[Difference]:
    """Random searches put to a server that nobody writes to meanwhile. every: so often progress is told."""
    with opened(base_url) as client:
        corpus = read(client)
        comparison = Comparison(client, corpus, seed)
        found: list[Difference] = []
        for done, search in enumerate(Generator(corpus, seed).searches(number), 1):
            difference = comparison.difference(search)
            found += [difference] if difference else []
            if every and (difference or done % every == 0):
                sys.stdout.write(f"{difference or f'{done} searches, {len(found)} differences'}\n")
        return found
