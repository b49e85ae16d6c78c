"""The data-linkage report of a province: who is registered, who is one person, who sends, who was seen."""

from fhir_api.pages.report.pages import routes

__all__ = ["routes"]
