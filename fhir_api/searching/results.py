"""The parameters that say how matches are told (https://hl7.org/fhir/R4/search.html#Summary)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from ehr.definitions import RESOURCE_TYPES
from fhir_api.errors import BadRequest, UnknownParameter
from fhir_api.searching.parameters import MOST_COUNT, USUAL_COUNT, read_count
from projections.search.errors import UnknownName
from projections.search.reading import find
from projections.search.sorting import SORTED, Key, read_sort


class Inclusion(NamedTuple):
    """``_include`` or ``_revinclude``. source: type of what refers. code: of a reference parameter, ``*`` for
    every one. target: type of what is referred to, if it was said. iterate: also from what was included."""

    source: str
    code: str
    target: str | None
    iterate: bool


@dataclass
class Results:
    """How matches are told.

    total: one of TOTALS; None when nothing was said. exact: whether pages are those of one moment.
    """

    keys: tuple[Key, ...] = ()
    count: int = USUAL_COUNT
    total: str | None = None
    summary: str = "false"
    elements: tuple[str, ...] = ()
    includes: tuple[Inclusion, ...] = ()
    revincludes: tuple[Inclusion, ...] = ()
    exact: bool = False
    explain: bool = False


class Control(NamedTuple):
    """One parameter. repeats: whether it may be there several times."""

    documentation: str
    read: Callable[[Results, tuple[str, ...], str], None]
    repeats: bool = False


def _read_sort(results: Results, types: tuple[str, ...], text: str) -> None:
    try:
        keys = [read_sort(type_, text) for type_ in types]
    except UnknownName as error:
        raise UnknownParameter(str(error)) from None
    if any(key.number for key in keys[0]) and len(types) > 1:
        raise UnknownParameter("Across types, _sort is by _id and _lastUpdated.")
    results.keys = keys[0]


def _read_count(results: Results, _: tuple[str, ...], text: str) -> None:
    results.count = read_count(text)


def _read_total(results: Results, _: tuple[str, ...], text: str) -> None:
    results.total = _one_of("_total", text, TOTALS)


def _read_total_method(results: Results, _: tuple[str, ...], text: str) -> None:
    _one_of("_totalMethod", text, ("count",))
    results.total = "accurate"


def _read_summary(results: Results, _: tuple[str, ...], text: str) -> None:
    results.summary = _one_of("_summary", text, SUMMARIES)
    if text == "count":
        results.count = 0


def _read_elements(results: Results, _: tuple[str, ...], text: str) -> None:
    names = tuple(name.strip() for name in text.split(","))
    if not all(name.isidentifier() for name in names):
        raise BadRequest("_elements must be names of elements, commas between them.")
    results.elements = (*results.elements, *names)


def _read_include(results: Results, types: tuple[str, ...], text: str) -> None:
    results.includes = (*results.includes, _inclusion("_include", types, text, iterate=False))


def _read_include_iterate(results: Results, _: tuple[str, ...], text: str) -> None:
    results.includes = (*results.includes, _inclusion("_include:iterate", (), text, iterate=True))


def _read_revinclude(results: Results, _: tuple[str, ...], text: str) -> None:
    results.revincludes = (*results.revincludes, _inclusion("_revinclude", (), text, iterate=False))


def _read_revinclude_iterate(results: Results, _: tuple[str, ...], text: str) -> None:
    results.revincludes = (*results.revincludes, _inclusion("_revinclude:iterate", (), text, iterate=True))


def _read_snapshot(results: Results, _: tuple[str, ...], text: str) -> None:
    results.exact = _one_of("_snapshot", text, BOOLEANS) == "true"


def _read_explain(results: Results, _: tuple[str, ...], text: str) -> None:
    results.explain = _one_of("_explain", text, BOOLEANS) == "true"


TOTALS = ("none", "estimate", "accurate")
SUMMARIES = ("true", "text", "data", "count", "false")
BOOLEANS = ("true", "false")

CONTROLS: Mapping[str, Control] = MappingProxyType(
    {
        "_sort": Control(
            f"By `_id`, `_lastUpdated` and parameters of type {', '.join(SORTED)}, commas between them, each "
            "descending with a `-`. What has no value comes last. Else as resources were first stated.",
            _read_sort,
        ),
        "_count": Control(
            f"Resources on a page: {USUAL_COUNT} if nothing is said, at most {MOST_COUNT}; 0 for none.",
            _read_count,
        ),
        "_total": Control(
            "`none`, `estimate` or `accurate`. If nothing is said, it is told where it is known anyhow.",
            _read_total,
        ),
        "_totalMethod": Control(
            "`count`, which some clients send for `_total=accurate`.", _read_total_method
        ),
        "_summary": Control("`true`, `text`, `data`, `count` or `false`.", _read_summary),
        "_elements": Control("Names of elements at the top of the resource.", _read_elements, repeats=True),
        "_include": Control(
            "`Type:parameter`, `Type:parameter:Target`, `Type:*` or `*`; once each, outside the count.",
            _read_include,
            repeats=True,
        ),
        "_include:iterate": Control(
            "The same, also for what was included already.", _read_include_iterate, repeats=True
        ),
        "_revinclude": Control(
            "What refers to a match: `Type:parameter`, `Type:parameter:Target` or `Type:*`.",
            _read_revinclude,
            repeats=True,
        ),
        "_revinclude:iterate": Control(
            "The same, also for what was included already.", _read_revinclude_iterate, repeats=True
        ),
    }
)
"""Name -> parameter, but for ``_format`` and ``_pretty``, which every interaction takes."""


def _one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise BadRequest(f"{name} must be one of {', '.join(known)}.")
    return text


def _inclusion(name: str, types: tuple[str, ...], text: str, *, iterate: bool) -> Inclusion:
    """types: of the resources that are searched for, where only these can be included from."""
    source, _, rest = text.partition(":")
    code, _, target = rest.partition(":")
    if text == "*":
        return Inclusion("*", "*", None, iterate)
    if source not in RESOURCE_TYPES or not code or (target and target not in RESOURCE_TYPES):
        raise BadRequest(f"{name} must be Type:parameter, Type:parameter:Target or Type:*.")
    if types and source not in types:
        raise BadRequest(f"{name} must begin with a type that is searched for: {', '.join(types)}.")
    if code != "*":
        _check_reference(source, code, target)
    return Inclusion(source, code, target or None, iterate)


def _check_reference(source: str, code: str, target: str) -> None:
    try:
        parameter = find(source, code)
    except UnknownName as error:
        raise UnknownParameter(str(error)) from None
    if parameter.type != "reference":
        raise BadRequest(f"{source}.{code} is no reference.")
    if target and target not in parameter.targets:
        raise BadRequest(f"{source}.{code} does not refer to {target}.")
