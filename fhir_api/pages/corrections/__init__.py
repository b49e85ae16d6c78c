"""Corrections: an entry of a chart stated anew, by somebody, for a reason."""

from fhir_api.pages.corrections.pages import routes

__all__ = ["routes"]
