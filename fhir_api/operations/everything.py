"""Patient/$everything (https://hl7.org/fhir/R4/patient-operation-everything.html).

The Patient, its compartment, and what these refer to outside of it; so of every other Patient that is one
person with it. Each page is one snapshot. A member of the compartments comes exactly once; so does what is
referred to, up to MOST_SEEN different resources.

A page ends where it would become too long. Where what a single member refers to is too long by itself, the
next page goes on with that.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from starlette.responses import Response

from ehr.definitions import RESOURCE_TYPES
from ehr.values import Key
from fhir_api.call import Call
from fhir_api.completeness import (
    incomplete_entries,
    incomplete_headers,
    lacking,
    person_waits,
    versions_of,
    waits,
)
from fhir_api.errors import BadRequest, UnknownParameter
from fhir_api.interactions.read import absent, wait_for_position
from fhir_api.interactions.spanning import wait_for_links
from fhir_api.paging import PAGE, next_page, turn_page
from fhir_api.parameters import MOST_COUNT, alternatives, read_count, read_span, unsupported
from fhir_api.reading import Entry, Links, address, base_of, bundle, entry
from projections.database import Reader
from projections.fhir_resources.everything import (
    Member,
    Wanted,
    has_strangers,
    outside_references,
    read_outside,
    read_page,
)
from projections.fhir_resources.found import MOST_BYTES, Found, bodies_of, fitting
from projections.fhir_resources.view import FhirResources
from projections.links.person import patients_of
from projections.links.showing import linked

PARAMETERS = ("_count", "_since", "_type", "start", "end")

MOST_SEEN = 400
"""Resources outside the compartment that a page token remembers, 8 bytes each, so that an address stays below
8 KiB."""

_SEEN_BYTES = 8


class _Begun(NamedTuple):
    """A member that was told, and the first, by name, of what it refers to that was not."""

    member: Key
    rest: Key


class _Walk(msgspec.Struct, frozen=True, array_like=True):
    """parameters: as the first page was asked for. after: the last member read, None before the Patient is.
    seen: names of what was told from outside the compartment, hashed. begun: the next member, where it was
    told but not all that it refers to. linked: position as of which it is known who is one person; None
    before the first page is told."""

    parameters: dict[str, str]
    after: Member | None = None
    seen: frozenset[bytes] = frozenset()
    begun: _Begun | None = None
    linked: int | None = None


class _Page(NamedTuple):
    """told: the Patient and members of its compartment, with their bodies. referred: what these refer to, and
    what those do that were read and are not told."""

    told: Sequence[tuple[Found, bytes]]
    referred: Sequence[Found]
    next: _Walk | None

    @property
    def found(self) -> list[Found]:
        """All that is told."""
        return [*(member for member, _ in self.told), *self.referred]


async def everything(call: Call) -> Response:
    """A page of all that is known of a Patient, and of those that are one person with it."""
    wanted, walk = everything_asked(call)
    await wait_for_position(call)
    await wait_for_links(call, walk.linked)
    key, left_out = wanted.patient, call.services.visibility.parked
    async with call.services.views.snapshot() as connection:
        people = await linked(connection, FhirResources.name, walk.linked)
        walk = msgspec.structs.replace(walk, linked=people.at)
        patients = await patients_of(connection, key.id, people.at)
        wanted = wanted._replace(others=[id_ for id_ in patients if id_ != key.id])
        parked = person_waits(call, wanted.subjects)
        page = await _read(connection, wanted, walk)
        parked = parked or (bool(left_out) and await has_strangers(connection, left_out))
    if page is None:
        raise await absent(call, key)
    parked = parked or await waits(call, versions_of(page.found))
    lacks = lacking(parked=parked, links=not people.whole)
    entries = [*_entries(base_of(call), page), *incomplete_entries(call, lacks)]
    body = bundle("searchset", entries, _links(call, key, page))
    return call.answer(body, headers=incomplete_headers(lacks))


def everything_asked(call: Call) -> tuple[Wanted, _Walk]:
    """What is asked for, and as of where. Raises BadRequest, UnknownParameter."""
    key = Key("Patient", call.places["id"])
    walk = _walk(call, key)
    _limit(walk.parameters)
    return _wanted(key, walk.parameters), walk


def _walk(call: Call, key: Key) -> _Walk:
    names = [name for name, _ in call.parameters]
    given = dict(call.parameters)
    if names == [PAGE]:
        return turn_page(call, given[PAGE], _Walk, "everything", key.id)
    message = unsupported(names, PARAMETERS)
    if message:
        raise UnknownParameter(message)
    types = [value for name, value in call.parameters if name == "_type"]
    if len(names) > len(given) + max(0, len(types) - 1):
        raise BadRequest("Only _type may be there more than once.")
    return _Walk({**given, "_type": ",".join(types)} if types else given)


def _wanted(key: Key, given: dict[str, str]) -> Wanted:
    types = alternatives("_type", given["_type"]) if "_type" in given else None
    if types and not RESOURCE_TYPES.issuperset(types):
        raise BadRequest("_type names what is no FHIR R4 resource type.")
    spans = {name: read_span(name, given[name]) for name in ("_since", "start", "end") if name in given}
    return Wanted(
        key,
        types,
        spans["_since"].start if "_since" in spans else None,
        spans["start"].start if "start" in spans else None,
        spans["end"].end if "end" in spans else None,
    )


def _limit(given: dict[str, str]) -> int:
    limit = read_count(given.get("_count", str(MOST_COUNT)))
    if not limit:
        raise BadRequest("_count must be 1 or more.")
    return limit


async def _read(connection: Reader, wanted: Wanted, walk: _Walk) -> _Page | None:
    """None when the Patient is not there."""
    limit = _limit(walk.parameters)
    window = MOST_COUNT if wanted.by_way_of_others else limit
    members = await read_page(connection, wanted, walk.after, window + 1)
    patient = next((found for found in members if _key(found) == wanted.patient), None)
    if patient is None:
        return None
    members.remove(patient)
    if walk.after is None:
        members.insert(0, patient)
    return await _followed(connection, wanted, walk, members, _up_to(wanted, members[:window], limit))


def _up_to(wanted: Wanted, members: Sequence[Found], limit: int) -> Sequence[Found]:
    """The members before the first one that is wanted beyond the limit, as far as a page takes them; at least
    one."""
    if wanted.chooses:
        places = [place for place, member in enumerate(members) if wanted.includes(member)]
        limit = places[limit] if len(places) > limit else len(members)
    return members[: min(limit, max(1, fitting(members, MOST_BYTES)))]


async def _followed(
    connection: Reader, wanted: Wanted, walk: _Walk, members: Sequence[Found], read: Sequence[Found]
) -> _Page:
    """The page of those that were read, or of the first of them, as far as what they refer to has room."""
    bodies = bodies_of(read)
    references, done = outside_references(bodies)
    begun = _begun(walk, read)
    keys = (key for key, place in references.items() if _is_new(key, place, walk.seen, begun))
    referred, rest = await read_outside(connection, wanted, keys)
    done = references[rest] if rest else done
    told = list(zip(read, bodies, strict=True))[1 if begun else 0 : max(1, done)]
    if wanted.chooses:
        told = [(member, body) for member, body in told if wanted.includes(member)]
    referred = [one for one in referred if references[_key(one)] < max(1, done)]
    if rest and not done:
        begun = _Begun(_key(read[0]), rest)
        return _Page(told, referred, _next(walk, _before(wanted, read[0]), referred, begun))
    more = len(members) > done
    return _Page(told, referred, _next(walk, _place(wanted, read[done - 1]), referred) if more else None)


def _begun(walk: _Walk, read: Sequence[Found]) -> _Begun | None:
    """What was told already of the first member, if it is still there."""
    return walk.begun if walk.begun and read and _key(read[0]) == walk.begun.member else None


def _is_new(key: Key, place: int, seen: frozenset[bytes], begun: _Begun | None) -> bool:
    told = begun is not None and not place and key < begun.rest
    return not told and _hash(key) not in seen


def _key(found: Found) -> Key:
    return Key(found.type, found.id)


def _place(wanted: Wanted, member: Found) -> Member:
    if _key(member) == wanted.patient:
        return Member("", 0)
    return Member("" if member.type == "Patient" else member.type, member.pk)


def _before(wanted: Wanted, member: Found) -> Member | None:
    """A place after which this member is the next."""
    if _key(member) == wanted.patient:
        return None
    place = _place(wanted, member)
    return place._replace(pk=place.pk - 1)


def _next(walk: _Walk, after: Member | None, referred: Sequence[Found], begun: _Begun | None = None) -> _Walk:
    seen = [*walk.seen, *(_hash(_key(found)) for found in referred)]
    return _Walk(walk.parameters, after, frozenset(seen[:MOST_SEEN]), begun, walk.linked)


def _hash(key: Key) -> bytes:
    return blake2b(key.reference.encode(), digest_size=_SEEN_BYTES).digest()


def _entries(base: bytes, page: _Page) -> Iterator[Entry]:
    for found, body in page.told:
        yield entry(base, found, body)
    for found, body in zip(page.referred, bodies_of(page.referred), strict=True):
        yield entry(base, found, body, "include")


def _links(call: Call, key: Key, page: _Page) -> Links:
    path = f"{key.reference}/$everything"
    links = {"self": address(call, path, call.parameters)}
    if page.next:
        position = max((one.position for one in page.found), default=0)
        links["next"] = next_page(call, path, page.next, position, "everything", key.id)
    return links
