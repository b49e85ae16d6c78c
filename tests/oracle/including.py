"""_include and _revinclude (https://hl7.org/fhir/R4/search.html#include)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.oracle.conditions import parameter_of, targets
from tests.oracle.corpus import Corpus
from tests.oracle.definitions import definitions
from tests.oracle.values import Refused


class Directive(NamedTuple):
    """One ``_include`` or ``_revinclude``. type, code: None: all. target: only of this type."""

    reverse: bool
    iterate: bool
    type: str | None
    code: str | None
    target: str | None


def directive(name: str, text: str) -> Directive:
    """One parameter taken apart."""
    base, _, modifier = name.partition(":")
    if modifier not in ("", "iterate"):
        raise Refused("only :iterate")
    reverse, iterate = base == "_revinclude", bool(modifier)
    if text == "*":
        return Directive(reverse, iterate, None, None, None)
    type_, _, rest = text.partition(":")
    code, _, target = rest.partition(":")
    parameter = parameter_of(type_, code) if code != "*" else None
    if parameter and parameter.type != "reference":
        raise Refused(f"{code} is no reference")
    if parameter and target and target not in parameter.targets:
        raise Refused(f"{code} does not refer to {target}")
    return Directive(reverse, iterate, type_, None if code == "*" else code, target or None)


def included(corpus: Corpus, matches: Iterable[str], directives: list[Directive]) -> set[str]:
    """What the directives add to the matches."""
    matches = set(matches)
    found = {key for one in directives for key in _reached(corpus, matches, one)}
    repeated = [one for one in directives if one.iterate]
    while True:
        more = {key for one in repeated for key in _reached(corpus, matches | found, one)} - found
        if not more:
            return found - matches
        found |= more


def _reached(corpus: Corpus, start: set[str], one: Directive) -> Iterator[str]:
    for source, reached in _links(corpus, one):
        if not one.reverse and source in start:
            yield from (key for key in reached if _is_of(key, one.target))
        if one.reverse and any(key in start and _is_of(key, one.target) for key in reached):
            yield source


def _links(corpus: Corpus, one: Directive) -> Iterator[tuple[str, set[str]]]:
    for type_ in [one.type] if one.type else list(corpus.of_type):
        for code, parameter in definitions().parameters[type_].items():
            if parameter.type == "reference" and one.code in (None, code):
                yield from targets(corpus, type_, code).items()


def _is_of(key: str, type_: str | None) -> bool:
    return type_ is None or key.startswith(f"{type_}/")
