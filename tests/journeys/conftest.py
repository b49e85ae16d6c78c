"""The journeys go through the same door as the API's tests."""

from tests.fhir_api.conftest import door

__all__ = ["door"]
