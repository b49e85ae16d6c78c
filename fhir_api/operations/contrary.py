"""What somebody has decided and a merge would go against without saying so."""

from ehr.linking import Pair
from fhir_api.call import Call
from fhir_api.errors import OthersKeptApart
from fhir_api.interactions.spanning import wait_for_links
from projections.links.apart import against

_MOST_NAMED = 5


async def refuse_contrary(call: Call, pair: Pair) -> None:
    """Raises OthersKeptApart where two whom somebody keeps apart would be one person by the merge, as far as
    the links are shown: who is judged different meanwhile is listed as contradicted."""
    await wait_for_links(call)
    async with call.services.views.snapshot() as connection:
        found = await against(connection, pair)
    if found:
        named = [f"Patient/{one.pair.patient} and Patient/{one.pair.other_patient}" for one in found]
        raise OthersKeptApart("; ".join(named[:_MOST_NAMED]) + ".")
