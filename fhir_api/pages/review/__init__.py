"""Review: whether two Patients are one person, as somebody decides it."""

from fhir_api.pages.review import lists, pair

routes = (*lists.routes, *pair.routes)

__all__ = ["routes"]
