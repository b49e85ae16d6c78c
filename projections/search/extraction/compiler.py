"""From the search parameters of a resource type to the function that hands their values to indexers."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from ehr.definitions.search_parameters import all_search_parameters, left_out
from ehr.values import ID
from projections.search.extraction.source import indexer_name, source
from projections.search.extraction.walk import Types, types_of

Entries = TypeVar("Entries")

Indexer = Callable[..., None]
"""``indexer(entries, number, value)``: one value of the parameter with this number, as JSON; never None.

Of a composite ``indexer(entries, number, place, first, second, …)``, once for each base element that has
every component: place is that of the base element among those of the parameter in this resource (0, 1, …),
and each component is a list of (FHIR type, value) with at least one. The FHIR types are those that have an
indexer of their own under the search type of the component. What is to be indexed are the pairs (or triples)
of one value of each component.
"""

Indexers = Mapping[Types, Indexer]
"""(search type, FHIR type), or ("composite", search types of the components joined by ``$``) -> its indexer.

What has none is not extracted.
"""


def compile_type(resource_type: str, indexers: Indexers) -> Callable[[dict[str, Any], Entries], None]:
    """A function of a resource that intake has accepted, as JSON values, and of what the indexers fill.

    Made from the official definitions when it is called, in some milliseconds: keep it.
    """
    names: dict[str, Any] = {indexer_name(types): indexer for types, indexer in indexers.items()}
    names["refers_to"] = refers_to
    # The text is made of names and constants of the shipped tables alone.
    exec(compile(source(resource_type, indexers), f"<search parameters of {resource_type}>", "exec"), names)  # noqa: S102
    extract: Callable[[dict[str, Any], Entries], None] = names["extract"]
    return extract


def refers_to(reference: dict[str, Any], type_: str) -> bool:
    """Whether a Reference is to a resource of a type, by its text or else by its element ``type``.

    Stands for ``resolve() is Type``: an index cannot depend on what another resource is.
    """
    return named_type(reference) == type_


def named_type(reference: dict[str, Any]) -> str | None:
    """The type of what a Reference is to, by its text or else by its element ``type``."""
    match = _LITERAL.search(reference.get("reference") or "")
    return match[1] if match else reference.get("type")


_LITERAL = re.compile(rf"(?:^|/)([A-Z][A-Za-z]+)/{ID.pattern}(?:/_history/{ID.pattern})?$")


def uncompiled(indexers: Indexers) -> Mapping[tuple[str, str], str]:
    """(resource type, code) of each official search parameter that nothing is extracted for -> why."""
    found = dict(left_out())
    for parameter in all_search_parameters():
        if not parameter.derived and types_of(parameter).isdisjoint(indexers):
            found[parameter.resource_type, parameter.code] = f"no index of {parameter.type} for its values"
    return MappingProxyType(dict(sorted(found.items())))
