"""A citizen's chart: banner, timeline of visits, and what a clinician looks for, each in a panel; now, or as
it was, down to each resource and the facts that it came from."""

from fhir_api.pages.chart import pages, past, resource
from fhir_api.pages.chart.past import CannotTell, tell

__all__ = ["CannotTell", "routes", "tell"]

routes = [*past.routes, *pages.routes, *resource.routes]
