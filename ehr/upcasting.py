"""Old facts lifted to the newest shape, one step a schema version, all in this place."""

from collections.abc import Callable
from typing import Any

from ehr.facts import SCHEMA_VERSION

Fields = dict[str, Any]

STEPS: dict[int, Callable[[Fields], Fields]] = {}
"""From schema version n: the function that gives the fields of version n + 1."""


def upcast(fields: Fields, version: int) -> Fields:
    """The fields of a fact of ``version`` in the newest shape. Raises KeyError when a step is missing."""
    for step in range(version, SCHEMA_VERSION):
        fields = STEPS[step](fields)
        fields["schema_version"] = step + 1
    return fields
