"""The FHIR API's interactions, as one table."""

from fhir_api.endpoint import Route
from fhir_api.interactions.read import read, vread

ROUTES = (
    Route("GET", "{type}/{id}", read, "read"),
    Route("GET", "{type}/{id}/_history/{version}", vread, "vread"),
)
