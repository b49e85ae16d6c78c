"""What matters most of a citizen, with the content of an International Patient Summary: a page, and a PDF."""

from fhir_api.pages.summary.pages import routes

__all__ = ["routes"]
