"""The FHIR API's interactions, as one table."""

from fhir_api.endpoint import Route
from fhir_api.interactions.bundle import bundle
from fhir_api.interactions.histories import histories, histories_asked
from fhir_api.interactions.history import PARAMETERS as OF_HISTORY
from fhir_api.interactions.history import history, history_asked
from fhir_api.interactions.metadata import metadata_asked, metadata_of
from fhir_api.interactions.read import part_asked, read, vread
from fhir_api.interactions.search import search, search_asked, search_by_form
from fhir_api.interactions.write import conditional_delete, conditional_update, create, delete, update
from fhir_api.operations.everything import PARAMETERS as OF_EVERYTHING
from fhir_api.operations.everything import everything, everything_asked
from fhir_api.operations.match import match
from fhir_api.operations.merge import merge, unmerge
from fhir_api.operations.summary import summary, summary_asked
from fhir_api.subsetting import PARAMETERS as OF_PARTS

_INTERACTIONS = (
    Route("POST", "", bundle, "transaction"),
    Route("GET", "_history", histories, "history-system", histories_asked, OF_HISTORY),
    Route("GET", "", search, "search-system", search_asked),
    Route("POST", "_search", search_by_form, "search-system"),
    Route("GET", "{type}", search, "search-type", search_asked),
    Route("POST", "{type}/_search", search_by_form, "search-type"),
    Route("POST", "{type}", create, "create"),
    Route("PUT", "{type}", conditional_update, "update"),
    Route("DELETE", "{type}", conditional_delete, "delete"),
    Route("GET", "{type}/_history", histories, "history-type", histories_asked, OF_HISTORY),
    Route("GET", "{type}/{id}", read, "read", part_asked, OF_PARTS),
    Route("PUT", "{type}/{id}", update, "update"),
    Route("DELETE", "{type}/{id}", delete, "delete"),
    Route("GET", "{type}/{id}/_history", history, "history-instance", history_asked, OF_HISTORY),
    Route("GET", "{type}/{id}/_history/{version}", vread, "vread", part_asked, OF_PARTS),
    Route("GET", "Patient/{id}/$everything", everything, "$everything", everything_asked, OF_EVERYTHING),
    Route("GET", "Patient/{id}/$summary", summary, "$summary", summary_asked),
    Route("POST", "Patient/{id}/$summary", summary, "$summary"),
    Route("POST", "Patient/$match", match, "$match"),
    Route("POST", "Patient/$merge", merge, "$merge"),
    Route("POST", "Patient/$unmerge", unmerge, "$unmerge"),
    Route("GET", "{compartment}/{id}/{member}", search, "search-compartment", search_asked),
    Route("POST", "{compartment}/{id}/{member}/_search", search_by_form, "search-compartment"),
)

ROUTES = (
    Route("GET", "metadata", metadata_of(_INTERACTIONS), "capabilities", metadata_asked),
    *_INTERACTIONS,
)
