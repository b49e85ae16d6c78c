"""One resource that comes by itself."""

from dataclasses import replace

from ehr.health_record import HealthRecord, Receipt
from ehr.requests import Change
from fhir_api.bundles import BundleLimits, read_resource
from fhir_api.writing import Envelope, hash_of_change, state_change


async def state_resource(
    record: HealthRecord, raw: bytes, limits: BundleLimits, envelope: Envelope, change: Change
) -> Receipt:
    """Carries out a create or update. raw: the body, not yet read. Raises what it is refused for."""
    resource = read_resource(raw, limits, change, change.type)
    whole = replace(change, raw=raw, json=resource)
    return await state_change(record, whole, envelope, hash_of_change(whole))
