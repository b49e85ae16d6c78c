"""Searches as conditions of requests: the same query asked of the index, and of one resource."""

from collections.abc import Collection, Sequence
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ehr.conditional import repeatable
from ehr.errors import AsksTooMuch, TooCostly, Undecidable
from ehr.event_store.connections import connect_async
from ehr.identifiers import claims_of
from ehr.micro_batch import MicroBatch
from ehr.remembering import remembered
from ehr.searching import LONGEST_SECONDS, Search, Shown
from ehr.values import Key
from projections.database import DatabaseTrouble, Reader, configure, is_too_costly
from projections.fhir_resources.finding import Wanted, find_ids
from projections.search.errors import TooMuchAsked, Unsearchable
from projections.search.indexing import IN_THE_TABLE, entries_of
from projections.search.reading import Reading, parameters_of
from projections.search.rewriting import rewritten
from projections.search.tree import And, Node
from projections.seen import seen

VIEW = "fhir_resources"

DECIDABLE = "_id"
"""Of the parameters that stand in the table of resources, the one that a resource says of itself."""

_Asked = tuple[Search, int]


class IndexSearcher:
    """See ``ehr.searching.Searcher``. It connects when it is first asked, in the loop of whoever asks."""

    def __init__(self, conninfo: str) -> None:
        """conninfo: of the database of the views."""
        self._conninfo = conninfo
        self._connection: Reader | None = None
        self._batch: MicroBatch[_Asked, Shown] = MicroBatch(self._find_all, DatabaseTrouble)

    def read(self, search: Search) -> Search:
        """See ``Searcher``."""
        pairs = parse_qsl(search.query, keep_blank_values=True)
        refused = [name for name, _ in pairs if not _is_decidable(search.type, name)]
        if refused or not pairs:
            raise Undecidable(f"Parameters: {', '.join(repeatable(refused)) or 'none'}.")
        found = Search(search.type, urlencode(sorted(pairs)))
        try:
            _node(found)
        except TooMuchAsked as error:
            raise AsksTooMuch(str(error)) from None
        except Unsearchable as error:
            raise Undecidable(str(error)) from None
        return found

    async def matches(self, search: Search, most: int) -> Shown:
        """See ``Searcher``."""
        return await self._batch.ask((search, most))

    def met(self, searches: Collection[Search], resource: dict[str, Any]) -> Collection[Search]:
        """See ``Searcher``."""
        key = Key(resource["resourceType"], resource["id"])
        entries = entries_of(key, resource)
        entries.identifiers += [(claim.system, claim.value) for claim in claims_of(key, resource)]
        return [search for search in searches if _node(search).holds(entries)]

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection:
            await self._connection.close()

    async def _find_all(self, asked: Sequence[_Asked]) -> list[Shown | Exception]:
        """One after the other, each once, and what is seen is asked once for all of them."""
        connection, different = await self._connected(), dict.fromkeys(asked)

        async def find() -> dict[_Asked, Shown | None]:
            return {one: await _find(connection, *one) for one in different}

        found, position = await seen(connection, VIEW, {search.type for search, _ in asked}, find)
        shown = (found[one] for one in asked)
        return [one._replace(position=position) if one else TooCostly() for one in shown]

    async def _connected(self) -> Reader:
        if self._connection is None or self._connection.closed:
            self._connection = await connect_async(self._conninfo)
            await configure(self._connection, LONGEST_SECONDS)
        return self._connection


async def _find(connection: Reader, search: Search, most: int) -> Shown | None:
    """What matches, at no position yet; None where it is too costly, which is nobody else's fault."""
    begun = monotonic()
    try:
        ids = await find_ids(connection, Wanted((search.type,), _node(search)), most)
        return Shown(tuple(ids), 0, monotonic() - begun)
    except DatabaseTrouble as error:
        if is_too_costly(error):
            return None
        raise


def _is_decidable(type_: str, name: str) -> bool:
    """Whether a parameter is about the resource alone, as it is stored: no chain, and not when it changed."""
    code = name.partition(":")[0]
    return "." not in name and code in parameters_of(type_) and code not in {*IN_THE_TABLE} - {DECIDABLE}


REMEMBERED_QUERY = 500
"""Characters of searches whose trees are remembered; longer ones would fill the memory."""


def _node(search: Search) -> Node:
    return _tree(f"{search.type}?{search.query}")


@remembered(4096, REMEMBERED_QUERY)
def _tree(search: str) -> Node:
    type_, _, query = search.partition("?")
    reading, pairs = Reading(), parse_qsl(query, keep_blank_values=True)
    for name, value in pairs:
        reading.spend(name, value)
    return rewritten(And(tuple(reading.condition(type_, name, value) for name, value in pairs)))
