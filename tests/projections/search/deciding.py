"""What a query asks of one resource by itself, as conditions of requests do."""

from typing import Any

from ehr.identifiers import claims_of
from ehr.values import Key
from projections.search.entries import Entries
from projections.search.indexing import entries_of


def of_itself(resource: dict[str, Any]) -> Entries:
    """The entries of a resource, those that views keep in other tables included."""
    key = Key(resource["resourceType"], resource["id"])
    entries = entries_of(key, resource)
    entries.identifiers += [(claim.system or "", claim.value) for claim in claims_of(key, resource)]
    return entries
