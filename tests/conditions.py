"""Conditions in tests: a slow, obviously right searcher that compares elements; and kinds of conditions."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import orjson

from ehr.appending import Criteria
from ehr.compression import decompress
from ehr.conditional import condition_of
from ehr.encoding import decode_fact
from ehr.errors import Undecidable
from ehr.event_store.connections import AsyncConnection, connect_async
from ehr.facts import MOVE
from ehr.searching import Search, Shown
from ehr.values import Key
from projections.fhir_resources.view import FhirResources
from projections.seen import seen
from tests.stating import looking

Json = dict[str, Any]
CURRENT = "select id, body from fhir_resources.current where type = %s and not deleted order by pk"


def at(path: str) -> Callable[[Json], Iterator[str]]:
    """The texts at a path of elements, through lists."""

    def texts(resource: Json) -> Iterator[str]:
        found: Iterable[Any] = [resource]
        for name in path.split("."):
            found = [one for value in found for one in _each(value.get(name, []))]
        return map(str, found)

    return texts


def tokens(path: str) -> Callable[[Json], Iterator[str]]:
    """``code`` and ``system|code`` of the Codings or Identifiers at a path."""

    def texts(resource: Json) -> Iterator[str]:
        found: Iterable[Any] = [resource]
        for name in path.split("."):
            found = [one for value in found for one in _each(value.get(name, []))]
        for one in found:
            code = one.get("code", one.get("value"))
            yield code
            yield f"{one.get('system', '')}|{code}"

    return texts


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


PARAMETERS: dict[str, Callable[[Json], Iterator[str]]] = {
    "_id": at("id"),
    "identifier": tokens("identifier"),
    "birthdate": at("birthDate"),
    "gender": at("gender"),
    "family:exact": at("name.family"),
    "given:exact": at("name.given"),
    "name:exact": at("name"),
    "telecom": at("telecom.value"),
    "address-city:exact": at("address.city"),
    "code": tokens("code.coding"),
    "class": tokens("class"),
    "status": at("status"),
    "date": lambda one: chain(at("effectiveDateTime")(one), at("period.start")(one)),
    "subject": at("subject.reference"),
    "patient": at("patient.reference"),
}


class Elements:
    """See ``ehr.searching.Searcher``: a value equals one at the parameter's element, commas mean or."""

    def __init__(self, conninfo: str = "") -> None:
        self._conninfo = conninfo
        self._connection: AsyncConnection | None = None
        self._one_at_a_time = asyncio.Lock()

    def read(self, search: Search) -> Search:
        pairs = parse_qsl(search.query, keep_blank_values=True)
        unknown = sorted({name for name, value in pairs if name not in PARAMETERS or not value})
        if unknown:
            raise Undecidable(f"Parameters: {', '.join(unknown)}.")
        return Search(search.type, urlencode(sorted(pairs)))

    async def matches(self, search: Search, most: int) -> Shown:
        async def find() -> list[str]:
            connection = await self._connected()
            rows = await (await connection.execute(CURRENT, [search.type])).fetchall()
            return [id_ for id_, body in rows if self.met({search}, orjson.loads(decompress(body)))][:most]

        async with self._one_at_a_time:
            view, connection = FhirResources.name, await self._connected()
            ids, position = await seen(connection, view, {search.type}, find)
        return Shown(tuple(ids), position)

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect_async(self._conninfo)
        return self._connection

    async def close(self) -> None:
        if self._connection:
            await self._connection.close()

    def met(self, searches: Collection[Search], resource: Json) -> Collection[Search]:
        return {search for search in searches if meets(resource, search.query)}


def meets(resource: Json, query: str) -> bool:
    return all(not values.isdisjoint(texts(resource)) for texts, values in _read(query))


@lru_cache(maxsize=10_000)
def _read(query: str) -> list[tuple[Callable[[Json], Iterator[str]], frozenset[str]]]:
    return [(PARAMETERS[name], frozenset(value.split(","))) for name, value in parse_qsl(query)]


def versions(url: str) -> Iterator[tuple[int, Key, Json]]:
    """(flush, resource, what it became) of all that was stated, in order; empty where it was deleted."""
    with looking(url) as connection:
        facts = connection.execute("select transaction, state from record.facts order by notification_id")
        for flush, state in facts:
            for one in decode_fact(state).resources:
                if one.action != MOVE:
                    resource = orjson.loads(decompress(one.body)) if one.body else {}
                    yield flush, Key(one.type, one.id), resource


def standing(url: str, type_: str) -> dict[str, Json]:
    """id -> the last version of each resource of a type that is there."""
    last = {key.id: resource for _, key, resource in versions(url) if key.type == type_}
    return {id_: resource for id_, resource in last.items() if resource}


class Kind(NamedTuple):
    """A kind of condition. query: with ``{n}`` for a number and ``{day}`` for a day. resource: meets it."""

    type: str
    query: str
    resource: str

    def condition(self, n: int) -> Criteria:
        """The condition of one number."""
        return condition_of(self.type, self.asked(n))

    def asked(self, n: int) -> str:
        return self.query.replace("{n}", f"k{n}").replace("{day}", _day(n))

    def stated(self, n: int) -> Json:
        """The resource that meets it."""
        text = self.resource.replace("{n}", f"k{n}").replace("{day}", _day(n))
        return {
            "resourceType": self.type,
            **orjson.loads(re.sub(r"(\w+):", r'"\1":', text).replace("'", '"')),
        }


def _day(n: int) -> str:
    return f"{1900 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}"


_RESULT = "{status: 'final', code: {coding: [{system: 'loinc', code: '{n}'}]}, "
_STAY = "{status: 'finished', class: {system: 'act', code: 'AMB'}, subject: {reference: 'Patient/{n}'}, "

KINDS = [
    Kind("Patient", "birthdate={day}", "{birthDate: '{day}'}"),
    Kind("Patient", "family:exact={n}", "{name: [{family: '{n}'}]}"),
    Kind("Patient", "given:exact={n}&gender=female", "{name: [{given: ['A', '{n}']}], gender: 'female'}"),
    Kind("Patient", "telecom={n}", "{telecom: [{value: '{n}'}]}"),
    Kind("Patient", "address-city:exact={n}&gender=male", "{address: [{city: '{n}'}], gender: 'male'}"),
    Kind("Patient", "identifier=a|{n},b|{n}", "{identifier: [{system: 'b', value: '{n}'}]}"),
    Kind(
        "Patient",
        "identifier=c|{n}&identifier=d|{n}",
        "{identifier: [{system: 'c', value: '{n}'}, {system: 'd', value: '{n}'}]}",
    ),
    Kind(
        "Patient",
        "identifier=e|{n}&gender=other",
        "{identifier: [{system: 'e', value: '{n}'}], gender: 'other'}",
    ),
    Kind("Practitioner", "family:exact={n}", "{name: [{family: '{n}'}]}"),
    Kind("Practitioner", "telecom={n}", "{telecom: [{value: '{n}'}]}"),
    Kind("Organization", "name:exact={n}", "{name: '{n}'}"),
    Kind("Organization", "name:exact=H&address-city:exact={n}", "{name: 'H', address: [{city: '{n}'}]}"),
    Kind("Location", "name:exact={n}&status=active", "{name: '{n}', status: 'active'}"),
    Kind("Medication", "code=atc|{n}", "{code: {coding: [{system: 'atc', code: '{n}'}]}}"),
    Kind("Observation", "code=loinc|{n}", _RESULT + "subject: {reference: 'Patient/1'}}"),
    Kind(
        "Observation",
        "code=loinc|k&date={day}&subject=Patient/{n}",
        _RESULT.replace("{n}", "k") + "effectiveDateTime: '{day}', subject: {reference: 'Patient/{n}'}}",
    ),
    Kind(
        "Encounter",
        "class=AMB&date={day}&subject=Patient/{n}",
        _STAY + "period: {start: '{day}', end: '{day}'}}",
    ),
    Kind(
        "Condition",
        "code={n}&subject=Patient/1",
        "{code: {coding: [{code: '{n}'}]}, subject: {reference: 'Patient/1'}}",
    ),
    Kind("AllergyIntolerance", "patient=Patient/{n}", "{patient: {reference: 'Patient/{n}'}}"),
    Kind(
        "Immunization",
        "patient=Patient/{n}&status=completed",
        "{status: 'completed', vaccineCode: {text: 'x'}, occurrenceString: 'x', "
        "patient: {reference: 'Patient/{n}'}}",
    ),
]
"""Twenty kinds; a resource that meets one condition meets no other."""
