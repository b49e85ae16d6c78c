"""All resources that are searched, and the values that their parameters have."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

import httpx
import msgspec

from tests.oracle import references
from tests.oracle.definitions import Parameter, definitions
from tests.oracle.expressions import Json, Value, nodes, values

ZONE = "Asia/Ho_Chi_Minh"
PAGE = 1000

Group = list[list[Value]]
"""What a composite parameter finds in one base element: the values of each component."""


class Link(msgspec.Struct):
    """One link of a page."""

    relation: str
    url: str


class Mode(msgspec.Struct, frozen=True):
    """Why an entry is there: match, include or outcome."""

    mode: str = "match"


class Entry(msgspec.Struct):
    """One resource of a page, as it was sent."""

    resource: msgspec.Raw
    search: Mode = Mode()


class Page(msgspec.Struct):
    """A Bundle of matches (https://hl7.org/fhir/R4/bundle.html)."""

    total: int | None = None
    link: list[Link] = []
    entry: list[Entry] = []


class Corpus:
    """resources: by ``Type/id``, in the order in which they were first stated.

    bases: addresses of the FHIR interface, below which references are local. zone: where dates are meant that
    name none. Values are found when they are first asked for.
    """

    def __init__(self, contents: Iterable[bytes], bases: Iterable[str] = (), zone: str = ZONE) -> None:
        self.resources = {key_of(resource): resource for resource in map(parsed, contents)}
        self.bases = tuple(base.rstrip("/") for base in bases)
        self.zone = zone
        self.place = {key: place for place, key in enumerate(self.resources)}
        self.of_type: dict[str, list[str]] = defaultdict(list)
        for key in self.resources:
            self.of_type[key.partition("/")[0]].append(key)
        self._values: dict[tuple[str, ...], dict[str, list[Value]]] = {}
        self._groups: dict[tuple[str, str], dict[str, list[Group]]] = {}
        self._targets: dict[tuple[str, str], dict[str, set[str]]] = {}

    def keys(self, type_: str) -> list[str]:
        """Of all resources of the type."""
        return self.of_type.get(type_, [])

    def values(self, type_: str, parameter: Parameter) -> dict[str, list[Value]]:
        """The parameter's values by resource, for all of the type."""
        known = (type_, *parameter.branches)
        if known not in self._values:
            self._values[known] = {
                key: values(parameter.branches, self.resources[key]) for key in self.keys(type_)
            }
        return self._values[known]

    def groups(self, type_: str, parameter: Parameter) -> dict[str, list[Group]]:
        """The same of a composite parameter."""
        known = (type_, parameter.code)
        if known not in self._groups:
            self._groups[known] = {
                key: list(_groups(type_, parameter, self.resources[key])) for key in self.keys(type_)
            }
        return self._groups[known]

    def targets(self, type_: str, parameter: Parameter) -> dict[str, set[str]]:
        """Where a reference parameter leads from each resource of the type, within the corpus."""
        known = (type_, parameter.code)
        if known not in self._targets:
            self._targets[known] = {
                key: set(self._local(found)) for key, found in self.values(type_, parameter).items()
            }
        return self._targets[known]

    def _local(self, found: Iterable[Value]) -> Iterator[str]:
        for value in found:
            target = references.target(value, self.bases)
            if target and target.text in self.resources:
                yield target.text


def _groups(type_: str, parameter: Parameter, resource: Json) -> Iterator[Group]:
    if parameter.of_the_whole:
        own = [definitions().parameters[type_][component.code] for component in parameter.components]
        yield [values(one.branches, resource) for one in own]
        return
    for base in nodes(parameter.branches, resource):
        yield [values(component.branches, resource, base.node) for component in parameter.components]


def parsed(content: bytes) -> Json:
    """A resource with its numbers as they are written, to the precision of a binary float of 64 bits."""
    resource: Json = json.loads(content, parse_float=_decimal)
    return resource


def _decimal(text: str) -> Decimal:
    return Decimal(repr(float(text)))


def key_of(resource: Json) -> str:
    """``Type/id``."""
    return f"{resource['resourceType']}/{resource['id']}"


def read(client: httpx.Client, zone: str = ZONE) -> Corpus:
    """Everything that a server shows. client: with the address of the FHIR interface as its base."""
    types = sorted(definitions().parameters)
    contents = (entry.resource for type_ in types for entry in walk(client, f"{type_}?_count={PAGE}"))
    return Corpus(map(bytes, contents), [str(client.base_url)], zone)


def walk(client: httpx.Client, url: str) -> Iterator[Entry]:
    """Every entry of a search, page by page."""
    for page in pages(client, url):
        yield from page.entry


def pages(client: httpx.Client, url: str) -> Iterator[Page]:
    """Every page of a search, by its next links."""
    following: str | None = url
    while following:
        content = client.get(following).raise_for_status().content
        page = msgspec.json.decode(content, type=Page)
        yield page
        following = next((link.url for link in page.link if link.relation == "next"), None)
