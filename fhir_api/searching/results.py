"""The parameters that say how matches are told (https://hl7.org/fhir/R4/search.html#Summary)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from ehr.definitions import RESOURCE_TYPES
from fhir_api.errors import BadRequest
from fhir_api.parameters import MOST_COUNT, USUAL_COUNT, read_count
from fhir_api.subsetting import COUNT, Subset, read_subset
from projections.fhir_resources.including import Step
from projections.search.errors import UnknownName
from projections.search.reading import find
from projections.search.referring import ALL
from projections.search.sorting import SORTED, Key, read_sort


@dataclass
class Results:
    """How matches are told.

    total: one of TOTALS; None when nothing was said. subset: which part of every resource, elements: which of
    matches alone. steps: to what is included. exact: whether pages are those of one moment.
    only_counted: whether the total alone is told, whatever the count.
    """

    keys: tuple[Key, ...] = ()
    count: int = USUAL_COUNT
    total: str | None = None
    subset: Subset | None = None
    elements: Subset | None = None
    steps: list[Step] = field(default_factory=list)
    exact: bool = False
    only_counted: bool = False
    explain: bool = False


class Control(NamedTuple):
    """One parameter. read: raises BadRequest, UnknownName. repeats: whether it may be there several times."""

    documentation: str
    read: Callable[[Results, tuple[str, ...], str], None]
    repeats: bool = False


def _read_sort(results: Results, types: tuple[str, ...], text: str) -> None:
    keys = [read_sort(type_, text) for type_ in types]
    if any(key.numbers for key in keys[0]) and len(types) > 1:
        raise UnknownName("Across types, _sort is by _id and _lastUpdated.")
    results.keys = keys[0]


def _read_count(results: Results, _: tuple[str, ...], text: str) -> None:
    results.count = read_count(text)


def _read_total(results: Results, _: tuple[str, ...], text: str) -> None:
    _say_total(results, _one_of("_total", text, TOTALS))


def _read_total_method(results: Results, _: tuple[str, ...], text: str) -> None:
    _one_of("_totalMethod", text, ("count",))
    _say_total(results, "accurate")


def _say_total(results: Results, total: str) -> None:
    if results.total not in (None, total):
        raise BadRequest("_total and _totalMethod contradict each other.")
    results.total = total


def _read_summary(results: Results, types: tuple[str, ...], text: str) -> None:
    if text == COUNT:
        results.only_counted = True
    else:
        results.subset = read_subset({"_summary": text}, types)


def _read_elements(results: Results, types: tuple[str, ...], text: str) -> None:
    results.elements = read_subset({"_elements": text}, types)


def _include(name: str, *, backward: bool, again: bool) -> Callable[[Results, tuple[str, ...], str], None]:
    """What reads an inclusion."""

    def read(results: Results, _: tuple[str, ...], text: str) -> None:
        results.steps.append(_step(name, text)._replace(backward=backward, again=again))

    return read


def _read_snapshot(results: Results, _: tuple[str, ...], text: str) -> None:
    results.exact = _one_of("_snapshot", text, BOOLEANS) == "true"


def _read_explain(results: Results, _: tuple[str, ...], text: str) -> None:
    results.explain = _one_of("_explain", text, BOOLEANS) == "true"


TOTALS = ("none", "estimate", "accurate")
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
        "_elements": Control("Names of elements at the top of the resource.", _read_elements),
        "_include": Control(
            "`Type:parameter`, `Type:parameter:Target`, `Type:*` or `*`; once each, outside the count.",
            _include("_include", backward=False, again=False),
            repeats=True,
        ),
        "_include:iterate": Control(
            "The same, also for what was included already.",
            _include("_include:iterate", backward=False, again=True),
            repeats=True,
        ),
        "_revinclude": Control(
            "What refers to a match: `Type:parameter`, `Type:parameter:Target` or `Type:*`.",
            _include("_revinclude", backward=True, again=False),
            repeats=True,
        ),
        "_revinclude:iterate": Control(
            "The same, also for what was included already.",
            _include("_revinclude:iterate", backward=True, again=True),
            repeats=True,
        ),
        "_snapshot": Control(
            "`true`: pages are of what matches now; it is kept for an hour.", _read_snapshot
        ),
        "_explain": Control(
            "`true`: how the search is carried out, where `EHR_EXPLAIN` allows it.", _read_explain
        ),
    }
)
"""Name -> parameter, but for ``_format`` and ``_pretty``, which every interaction takes."""


def _one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise BadRequest(f"{name} must be one of {', '.join(known)}.")
    return text


def _step(name: str, text: str) -> Step:
    if text == ALL and name.startswith("_include"):
        return Step(ALL, ALL)
    source, _, rest = text.partition(":")
    code, _, target = rest.partition(":")
    if source not in RESOURCE_TYPES or not code or (target and target not in RESOURCE_TYPES):
        raise BadRequest(f"{name} must be Type:parameter, Type:parameter:Target or Type:*.")
    if code != ALL:
        _check_reference(source, code, target)
    return Step(source, code, target or None)


def _check_reference(source: str, code: str, target: str) -> None:
    parameter = find(source, code)
    if parameter.type != "reference":
        raise BadRequest(f"{source}.{code} is no reference.")
    if target and target not in parameter.targets:
        raise BadRequest(f"{source}.{code} does not refer to {target}.")
