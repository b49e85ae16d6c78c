"""What resources refer to, by search parameter: for what is included with matches."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from ehr.values import Key
from projections.search.extraction import compile_type
from projections.search.reading import origin_of, parameters_of
from projections.search.references import local_key

Targets = dict[int, set[Key]]
"""Number of a reference parameter -> local resources that it names."""


class Link(NamedTuple):
    """A reference parameter of a type, and which of its targets count; none for all."""

    type: str
    number: int
    targets: tuple[str, ...]

    def takes(self, key: Key) -> bool:
        """Whether a resource is of a type that counts."""
        return not self.targets or key.type in self.targets


ALL = "*"
"""Stands for every parameter, or every type."""


@cache
def links_of(type_: str, code: str, target: str | None) -> tuple[Link, ...]:
    """The links that ``Type:code`` and ``Type:*`` mean. code: of a reference parameter, or ALL."""
    links: list[Link] = []
    for parameter in parameters_of(type_).values():
        if parameter.type != "reference" or code not in (ALL, parameter.code):
            continue
        restricted = parameter.restricts[1] if parameter.restricts else ()
        if target is None:
            links.append(Link(type_, origin_of(parameter).number, restricted))
        elif not restricted or target in restricted:
            links.append(Link(type_, origin_of(parameter).number, (target,)))
    return tuple(links)


def targets_of(resource: dict[str, Any], base: str) -> Targets:
    """What a resource refers to. base: the server's own address."""
    found: Targets = defaultdict(set)
    _extractor(resource["resourceType"])(resource, _Found(found, base))
    return found


class _Found(NamedTuple):
    targets: Targets
    base: str


def _note_reference(found: _Found, number: int, value: dict[str, Any]) -> None:
    _note(found, number, value.get("reference"))


def _note(found: _Found, number: int, text: object) -> None:
    key = local_key(text, found.base) if isinstance(text, str) else None
    if key:
        found.targets[number].add(key)


@cache
def _extractor(type_: str) -> Callable[[dict[str, Any], _Found], None]:
    return compile_type(type_, {("reference", "Reference"): _note_reference, ("reference", "uri"): _note})


def reached(links: Sequence[Link], resource: dict[str, Any], base: str) -> Iterator[Key]:
    """The resources to which the links of its type lead from this one."""
    if links:
        targets = targets_of(resource, base)
        for link in links:
            yield from (key for key in targets.get(link.number, ()) if link.takes(key))
