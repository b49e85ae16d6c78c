"""Conditions: what conditional requests, and links that name their target by a search, go by."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from ehr.appending import Criteria
from ehr.definitions import RESOURCE_TYPES
from ehr.errors import Undecidable
from ehr.identifiers import can_be_identified, identifier_condition
from ehr.links import CONDITIONAL
from ehr.remembering import remembered
from ehr.searching import Search, Searcher

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-]{0,63}")
_SEVERAL = re.compile(r"(?:[^\\,]|\\.)*+,", re.DOTALL)
"""Values with a comma between them; one that is escaped is part of a value."""

_ANY_OF_SYSTEM = re.compile(r"(?:[^\\|]|\\.)++\|", re.DOTALL)
"""``system|``: any identifier of a system."""


def repeatable(parameters: Iterable[str]) -> list[str]:
    """Those that look like names of parameters, once each and sorted.

    What else stands before a ``=`` may be anything, a citizen's number say, and is never told back.
    """
    return sorted({name for name in parameters if _NAME.fullmatch(name)})


def condition_of(type_: str, query: str) -> Criteria:
    """The condition of ``identifier=system|value``, or else the search, which is still to be read.

    Raises Undecidable for what is neither.
    """
    parameters = parse_qsl(query, keep_blank_values=True)
    if not parameters:
        raise Undecidable("Parameters: none.")
    if any("\0" in name or "\0" in value for name, value in parameters):
        raise Undecidable("It contains a NUL character.")
    if type_ not in RESOURCE_TYPES:
        raise Undecidable("What it names is no type of resources.")
    name, value = parameters[0]
    if (
        len(parameters) > 1
        or name != "identifier"
        or _SEVERAL.match(value)
        or _ANY_OF_SYSTEM.fullmatch(value)
    ):
        return Search(type_, query)
    if not can_be_identified(type_):
        raise Undecidable(f"{type_} has no identifiers.")
    try:
        return identifier_condition(type_, value)
    except ValueError:
        raise Undecidable("The identifier has no value.") from None


REMEMBERED_LINK = 500
"""Characters of links whose conditions are remembered; longer ones would fill the memory."""


@remembered(4096, REMEMBERED_LINK)
def conditional_reference(link: str) -> Criteria | None:
    """The condition of ``Practitioner?identifier=…``; None for any other link. Raises Undecidable."""
    match = CONDITIONAL.match(link)
    return condition_of(match.group(1), match.group(2)) if match else None


def read_criteria(criteria: Criteria, searcher: Searcher | None) -> Criteria:
    """The condition with its search read. Raises Undecidable for what no condition can be.

    Chains and ``_has`` are none: what they match changes with other resources than those of the type.
    """
    if not isinstance(criteria, Search):
        return criteria
    names = [name for name, _ in parse_qsl(criteria.query, keep_blank_values=True)]
    if searcher is None:
        raise Undecidable(
            f"It must name exactly one identifier. Parameters: {', '.join(repeatable(names)) or 'none'}."
        )
    chains = [name for name in names if "." in name or name.partition(":")[0] == "_has"]
    if chains:
        raise Undecidable(f"Chains and _has are no conditions: {', '.join(repeatable(chains)) or 'a chain'}.")
    return searcher.read(criteria)
