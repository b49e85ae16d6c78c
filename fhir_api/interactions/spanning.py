"""As of when it is known who is one person, for reads that go across the Patients of one.

A read shows links at least as far as what it reads itself (docs/consistency.md). A walk keeps the position of
its first page: a link that is made or taken back meanwhile changes nothing in it.
"""

from typing import NamedTuple

from fhir_api.call import Call
from fhir_api.errors import NotShownYet
from fhir_api.interactions.read import asked_position
from projections.fhir_resources.view import FhirResources
from projections.links.view import Links
from projections.standing import PATIENCE, position_of, shown

_BEHIND = "It is not known yet who is one person at the position that it names."


class Linked(NamedTuple):
    """at: position as of which it is known who is one person. whole: whether nothing can be missing in it."""

    at: int
    whole: bool


async def linked(call: Call, walked: int | None = None) -> Linked:
    """Waits for the links, as far as ``fhir_resources`` is shown. walked: as of when a walk has begun.

    Raises BadRequest, and NotShownYet where they do not come to what a client has named or seen.
    """
    links, wait = call.services.links, call.services.visibility_wait
    named = max(asked_position(call), walked or 0)
    if named and not await links.wait(named, wait):
        raise NotShownYet(_BEHIND, headers={"Retry-After": "1"})
    if walked is not None:
        return Linked(walked, not links.parked)
    patience = min(wait, PATIENCE)
    if not (links.position and call.services.visibility.position):
        return await _asked(call, patience)
    whole = await links.wait(call.services.visibility.position, patience)
    return Linked(links.position, whole and not links.parked)


async def _asked(call: Call, patience: float) -> Linked:
    """The same from the database, for a server that has lost sight of it."""
    async with call.services.views.connection() as connection:
        position = await position_of(connection, FhirResources.name)
        await shown(connection, Links.name, position, patience)
        linked = await position_of(connection, Links.name)
    return Linked(linked, linked >= position and not call.services.links.parked)
