"""A citizen's chart: banner, timeline of visits, and what a clinician looks for, each in a panel."""

from fhir_api.pages.chart.pages import routes

__all__ = ["routes"]
