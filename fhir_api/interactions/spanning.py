"""Waiting until it is known who is one person, before reads that go across the Patients of one.

What they read then, they read in one snapshot with the links (projections/links/showing.py).
"""

from fhir_api.call import Call
from fhir_api.errors import NotShownYet
from fhir_api.interactions.read import asked_position
from projections.fhir_resources.view import FhirResources
from projections.links.view import Links
from projections.standing import PATIENCE, position_of, shown

_BEHIND = "It is not known yet who is one person at the position that it names."


async def wait_for_links(call: Call, walked: int | None = None) -> None:
    """As far as ``fhir_resources`` is shown, if that takes no longer than a moment. walked: as of when a walk
    has begun.

    Raises BadRequest, and NotShownYet where they do not come to what a client has named or seen.
    """
    links, wait = call.services.links, call.services.visibility_wait
    named = max(asked_position(call), walked or 0)
    if named and not await links.wait(named, wait):
        raise NotShownYet(_BEHIND, headers={"Retry-After": "1"})
    if walked is not None:
        return
    patience = min(wait, PATIENCE)
    if links.position and call.services.visibility.position:
        await links.wait(call.services.visibility.position, patience)
    else:
        await _ask(call, patience)


async def _ask(call: Call, patience: float) -> None:
    """The same by asking the database, for a server that has lost sight of it."""
    async with call.services.views.connection() as connection:
        position = await position_of(connection, FhirResources.name)
        await shown(connection, Links.name, position, patience)
