"""Conditional references: links that name their target by a search."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl

from ehr.appending import Condition
from ehr.definitions import RESOURCE_TYPES
from ehr.errors import Undecidable
from ehr.identifiers import can_be_identified, identifier_condition
from ehr.links import CONDITIONAL

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-]{0,63}")
_SEVERAL = re.compile(r"(?:[^\\,]|\\.)*+,", re.DOTALL)
"""Values with a comma between them; one that is escaped is part of a value."""


def repeatable(parameters: Iterable[str]) -> list[str]:
    """Those that look like names of parameters, once each and sorted.

    What else stands before a ``=`` may be anything, a citizen's number say, and is never told back.
    """
    return sorted({name for name in parameters if _NAME.fullmatch(name)})


def condition_of(type_: str, query: str) -> Condition:
    """The condition of ``identifier=system|value``. Raises Undecidable for any other search."""
    parameters = parse_qsl(query, keep_blank_values=True)
    if len(parameters) != 1 or parameters[0][0] != "identifier" or _SEVERAL.match(parameters[0][1]):
        names = repeatable(name for name, _ in parameters)
        raise Undecidable(f"Parameters: {', '.join(names) or 'none'}.")
    if "\0" in parameters[0][1]:
        raise Undecidable("The identifier contains a NUL character.")
    if type_ not in RESOURCE_TYPES or not can_be_identified(type_):
        raise Undecidable(f"{type_ if type_ in RESOURCE_TYPES else 'What it names'} has no identifiers.")
    try:
        return identifier_condition(type_, parameters[0][1])
    except ValueError:
        raise Undecidable("The identifier has no value.") from None


@lru_cache(maxsize=4096)
def conditional_reference(link: str) -> Condition | None:
    """The condition of ``Practitioner?identifier=…``; None for any other link. Raises Undecidable."""
    match = CONDITIONAL.match(link)
    return condition_of(match.group(1), match.group(2)) if match else None
