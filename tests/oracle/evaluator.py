"""Whole searches: which resources, in which order, and what is included."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

from tests.oracle import including, sorting
from tests.oracle.conditions import satisfying, targets
from tests.oracle.corpus import Corpus
from tests.oracle.definitions import definitions
from tests.oracle.values import Refused, parted

Pairs = Sequence[tuple[str, str]]
"""The parameters of a search, names and values without percent signs."""

OF_THE_ANSWER = frozenset({"_count", "_total", "_summary", "_elements", "_format", "_pretty"})
"""These say how the answer looks, not what is found."""


class Answer(NamedTuple):
    """groups: the matches in order. included: what else ``_include`` and ``_revinclude`` bring."""

    groups: sorting.Groups
    included: set[str]


def search(corpus: Corpus, type_: str, pairs: Pairs) -> sorting.Groups:
    """The matches of ``GET type_?pairs``, in order; equal ones in one list."""
    return answer(corpus, type_, pairs).groups


def answer(corpus: Corpus, path: str, pairs: Pairs) -> Answer:
    """path: ``Observation``, ``Patient/1/Observation``, ``Patient/1/*``, or "" for all types."""
    directives = directives_of(pairs)
    conditions = [pair for pair in pairs if not _is_apart(pair[0])]
    types = list(_types(corpus, path, pairs))
    found = {key for type_ in types for key in _of_type(corpus, type_, conditions)}
    sort = dict(pairs).get("_sort")
    groups = sorting.in_order(corpus, types, found & _within(corpus, path), sort)
    matches = [key for group in groups for key in group]
    return Answer(groups, including.included(corpus, matches, directives))


def directives_of(pairs: Pairs) -> list[including.Directive]:
    """The parameters that include something."""
    return [including.directive(*pair) for pair in pairs if _is_include(pair[0])]


def _is_include(name: str) -> bool:
    return name.partition(":")[0] in ("_include", "_revinclude")


def _is_apart(name: str) -> bool:
    return name in OF_THE_ANSWER or name in ("_sort", "_type") or _is_include(name)


def _types(corpus: Corpus, path: str, pairs: Pairs) -> Iterator[str]:
    """The types that are searched."""
    last = path.rpartition("/")[2]
    asked = [set(parted(text, ",")) for name, text in pairs if name == "_type"]
    if last not in ("", "*"):
        yield last
    elif asked:
        common = set.intersection(*asked)
        if not common:
            raise Refused("no type is named each time")
        yield from sorted(common)
    else:
        yield from definitions().parameters


def _of_type(corpus: Corpus, type_: str, conditions: Pairs) -> set[str]:
    if type_ not in definitions().parameters:
        raise Refused("no such type")
    found = set(corpus.keys(type_))
    for name, text in conditions:
        found &= satisfying(corpus, type_, name, text)
    return found


def _within(corpus: Corpus, path: str) -> set[str]:
    """What the path leaves: everything, or one compartment."""
    compartment, _, rest = path.partition("/")
    if not rest:
        return set(corpus.resources)
    owner = f"{compartment}/{rest.partition('/')[0]}"
    of_types = definitions().compartments[compartment]
    members = {
        key
        for type_, codes in of_types.items()
        for code in codes
        for key in _members(corpus, owner, type_, code)
    }
    return members | {owner}


def _members(corpus: Corpus, owner: str, type_: str, code: str) -> Iterator[str]:
    """https://hl7.org/fhir/R4/compartmentdefinition.html: ``{def}`` is the owner itself."""
    if code in definitions().parameters[type_]:
        yield from (key for key, found in targets(corpus, type_, code).items() if owner in found)


def parse(url: str) -> tuple[str, Pairs]:
    """``Patient?name=an`` as path and pairs."""
    path, _, query = url.partition("?")
    return path.strip("/"), parse_qsl(query, keep_blank_values=True)
