"""What is recorded and not shown, because somebody's facts wait in a view (docs/consistency.md).

Until they are shown the pages tell former versions, and decisions on them are refused.
"""

from starlette.requests import Request

from ehr.linking import Pair
from fhir_api.services import Services


def leaves_out_links(request: Request) -> bool:
    """Whether decisions are missing, whosever they are."""
    services: Services = request.app.state.services
    return bool(services.links.parked)


def leaves_out(request: Request, pair: Pair) -> bool:
    """Whether a decision may be missing, or something about one of the two."""
    services: Services = request.app.state.services
    return bool(services.links.parked or services.visibility.parked & {pair.subject, pair.other})
