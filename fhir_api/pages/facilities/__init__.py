"""Who sends: how regularly, how late and how much; and of whom."""

from fhir_api.pages.facilities import coverage, pages, trends

routes = (*pages.routes, *coverage.routes, *trends.routes)

__all__ = ["routes"]
