"""Which search parameters find what others of the same resource type find."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ehr.definitions.expressions import Path, RefersTo
from ehr.definitions.search_parameters import SearchParameter

Typed = tuple[SearchParameter, tuple[Path, ...]]
"""A parameter and what its expression means."""


class Relation(NamedTuple):
    """How a parameter follows from others, see `SearchParameter`."""

    restricts: tuple[str, tuple[str, ...]] | None
    union_of: tuple[str, ...]


def relations(typed: Iterable[Typed]) -> dict[tuple[str, str], Relation]:
    """(resource type, code) -> how it follows from others that have rows of their own."""
    by_type: dict[str, list[Typed]] = defaultdict(list)
    for row, of in typed:
        by_type[row.resource_type].append((row, of))
    return {
        (name, code): relation for name, rows in by_type.items() for code, relation in _within(rows).items()
    }


def _within(rows: Sequence[Typed]) -> dict[str, Relation]:
    restricts = {row.code: _restricted(row, of, rows) for row, of in rows}
    own = [(row, of) for row, of in rows if restricts[row.code] is None]
    unions = {row.code: _parts(row, of, own) for row, of in own}
    return {row.code: Relation(restricts[row.code], unions.get(row.code, ())) for row, _ in rows}


def _restricted(
    row: SearchParameter, of: tuple[Path, ...], rows: Sequence[Typed]
) -> tuple[str, tuple[str, ...]] | None:
    """The first other with the same paths, else the one whose references to some type these are."""
    same = _first_with(set(of), row, rows)
    if same is not None and same.code != row.code:
        return same.code, () if set(row.targets) >= set(same.targets) else row.targets
    targets = {_target(path) for path in of}
    if len(targets) > 1 or None in targets:
        return None
    wider = _first_with({_any_target(path) for path in of}, row, rows)
    return (wider.code, tuple(filter(None, targets))) if wider else None


def _first_with(of: set[Path], like: SearchParameter, rows: Sequence[Typed]) -> SearchParameter | None:
    for row, paths in rows:
        if set(paths) == of and (row.type, row.components) == (like.type, like.components):
            return row
    return None


def _target(path: Path) -> str | None:
    last = path.steps[-1] if path.steps else None
    return last.type if isinstance(last, RefersTo) else None


def _any_target(path: Path) -> Path:
    return msgspec.structs.replace(path, steps=path.steps[:-1])


def _parts(row: SearchParameter, of: tuple[Path, ...], own: Sequence[Typed]) -> tuple[str, ...]:
    """The fewest others, found greedily, that together have these paths; none if they have not all."""
    parts = {other.code: set(paths) for other, paths in own if set(paths) < set(of) and _alike(row, other)}
    return _cover(set(of), parts)


def _alike(row: SearchParameter, other: SearchParameter) -> bool:
    """Of one type, and if composite of components with the same expressions."""
    expressions = [[component.expression for component in of.components] for of in (row, other)]
    return row.type == other.type and expressions[0] == expressions[1]


def _cover(whole: set[Path], parts: Mapping[str, set[Path]]) -> tuple[str, ...]:
    chosen: list[str] = []
    while whole:
        best = max(parts, key=lambda code: len(parts[code] & whole), default=None)
        if best is None or not parts[best] & whole:
            return ()
        chosen.append(best)
        whole = whole - parts[best]
    return tuple(sorted(chosen))
