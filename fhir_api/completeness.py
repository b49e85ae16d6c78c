"""What is said when facts of parked citizens are stored and not shown (docs/consistency.md).

While nobody is parked nothing of this asks anything of anybody.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

import orjson

from ehr.appending import Condition
from ehr.values import Key
from fhir_api.call import Call
from fhir_api.errors import NotShownYet
from fhir_api.intake import Issue
from fhir_api.outcomes import outcome
from fhir_api.reading import Entry, outcome_entry
from projections.fhir_resources.found import Found


class Lack(StrEnum):
    """Why an answer may lack something."""

    PARKED = "parked"
    LINKS = "links"


_WAITS = "Facts about this Patient wait. With Prefer: handling=lenient, what is shown is told all the same."
_HEADER = "X-EHR-Incomplete"
INCOMPLETE = {_HEADER: Lack.PARKED.value}

_MESSAGES: Mapping[Lack, str] = MappingProxyType(
    {
        Lack.PARKED: "Incomplete: facts about some citizens are stored and not shown yet.",
        Lack.LINKS: "Incomplete: decisions about who is one person are stored and not shown yet.",
    }
)


def lacking(*, parked: bool, links: bool) -> list[Lack]:
    """What an answer lacks. parked: facts that wait with their citizen; links: decisions about pairs."""
    return [lack for lack, so in ((Lack.PARKED, parked), (Lack.LINKS, links)) if so]


def incomplete_headers(lacks: Sequence[Lack]) -> dict[str, str] | None:
    """Of an answer that lacks something."""
    return {_HEADER: ", ".join(lacks)} if lacks else None


def person_waits(call: Call, subjects: Collection[UUID], *, waiting: bool = False) -> bool:
    """Whether facts wait about one of a person's Patients. waiting: they do, in another view. Raises
    NotShownYet unless less is preferred."""
    parked = waiting or not call.services.visibility.parked.isdisjoint(subjects)
    if parked and call.prefers("handling") != "lenient":
        raise NotShownYet(_WAITS, headers={"Retry-After": "1"})
    return parked


async def waits(call: Call, shown: Mapping[Key, int]) -> bool:
    """Whether a later version of some resource waits with its citizen. shown: version, 0 for none."""
    parked = call.services.visibility.parked
    if not parked or not shown:
        return False
    heads = (await call.services.recorder.resolve(set(shown), set(), None)).heads
    return any(head.subject in parked and head.version > shown[key] for key, head in heads.items())


async def found_waits(
    call: Call,
    found: Sequence[Found],
    named: Sequence[Key],
    identified: Sequence[Condition],
) -> bool:
    """Whether what a search gives is out of date, or leaves out what waits and may match.

    named: resources that it is limited to; identified: identifiers. A search without limits may always match.
    """
    if not call.services.visibility.parked:
        return False
    if not named and not identified:
        return True
    matches = (await call.services.recorder.resolve(set(), set(identified), None)).matches
    keys = {*named, *(Key(condition.type, id_) for condition, ids in matches.items() for id_ in ids)}
    return await waits(call, dict.fromkeys(keys, 0) | versions_of(found))


def versions_of(found: Sequence[Found]) -> dict[Key, int]:
    """Which version of each is shown."""
    return {Key(one.type, one.id): one.version for one in found}


def incomplete_entries(call: Call, lacks: Sequence[Lack]) -> list[Entry]:
    """Say it in a searchset, for those who do not look at headers."""
    return [outcome_entry(_outcome(call, lack)) for lack in lacks]


def incomplete_version(call: Call, path: str) -> Entry:
    """Says it in a history, whose entries have a request and a response (Bundle, bdl-3 and bdl-4). path: of
    the history, below the base."""
    request = orjson.dumps({"method": "GET", "url": path})
    return (
        b'{"resource":',
        _outcome(call, Lack.PARKED),
        b',"request":%b,"response":{"status":"200 OK"}}' % request,
    )


def _outcome(call: Call, lack: Lack) -> bytes:
    issue = Issue("incomplete", "", _MESSAGES[lack], "warning")
    return orjson.dumps(outcome([issue], call.request_id))
