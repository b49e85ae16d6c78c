"""Business identifiers of resources: what they claim, and conditions on them."""

from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from itertools import chain
from typing import Any

from ehr.appending import Claim, Condition
from ehr.definitions import elements
from ehr.values import Key

LONGEST = 300
"""Bytes of a system or value that are kept as they are; b-tree entries of PostgreSQL end near 2,700."""


ELEMENTS = ("identifier", "masterIdentifier")
"""Where identifiers stand; the second is of DocumentReference and DocumentManifest alone
(https://hl7.org/fhir/R4/documentreference.html#search)."""


@cache
def can_be_identified(type_: str) -> bool:
    """Whether resources of this type have identifiers."""
    return any(element.name in ELEMENTS for element in elements(type_))


def claims_of(key: Key, resource: dict[str, Any]) -> Iterator[Claim]:
    """One claim for each identifier of the resource that has a value."""
    stated = [resource[element] for element in ELEMENTS if element in resource]
    for identifier in chain.from_iterable([one] if isinstance(one, dict) else one for one in stated):
        if isinstance(identifier.get("value"), str):
            yield Claim(key, shortened(identifier.get("system") or ""), shortened(identifier["value"]))


def identifier_condition(type_: str, token: str) -> Condition:
    """The condition ``identifier=token`` (https://hl7.org/fhir/R4/search.html#token).

    Raises ValueError for a token without a value.
    """
    system, bar, value = _split(token)
    if not value:
        raise ValueError("an identifier needs a value")
    return Condition(type_, shortened(system) if bar else None, shortened(value))


def shortened(text: str) -> str:
    """``text``, or a name made of its hash when it is too long for an index."""
    encoded = text.encode()
    if len(encoded) <= LONGEST:
        return text
    return "blake2b:" + blake2b(encoded, digest_size=32).hexdigest()


def _split(token: str) -> tuple[str, bool, str]:
    """(system, whether there was a bar, value), with ``\\|``, ``\\,``, ``\\$`` and ``\\\\`` unescaped."""
    parts: list[list[str]] = [[]]
    characters = iter(token)
    for character in characters:
        if character == "|" and len(parts) == 1:
            parts.append([])
        else:
            parts[-1].append(next(characters, "\\") if character == "\\" else character)
    system, *value = ("".join(part) for part in parts)
    return (system, True, value[0]) if value else ("", False, system)
