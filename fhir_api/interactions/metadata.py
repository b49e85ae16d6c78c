"""What this server can do (https://hl7.org/fhir/R4/http.html#capabilities)."""

from collections.abc import Sequence
from functools import lru_cache

import orjson
from starlette.responses import Response

from fhir_api.call import Call
from fhir_api.capability_statement import MODE, capability_statement
from fhir_api.endpoint import Handler, Route
from fhir_api.errors import UnknownParameter
from fhir_api.parameters import unsupported


def metadata_of(routes: Sequence[Route]) -> Handler:
    """A handler that tells about these routes."""

    @lru_cache(maxsize=16)
    def statement(base: str) -> bytes:
        return orjson.dumps(capability_statement(routes, base))

    async def metadata(call: Call) -> Response:
        """The CapabilityStatement, with the address under which the client knows the server."""
        metadata_asked(call)
        return call.answer(statement(call.base))

    return metadata


def metadata_asked(call: Call) -> None:
    """Raises UnknownParameter."""
    refused = unsupported([name for name, _ in call.parameters], [MODE])
    if refused:
        raise UnknownParameter(refused)
