"""How names of parameters are written (https://hl7.org/fhir/R4/search.html#chaining, #has, #modifiers)."""

from typing import NamedTuple

from tests.oracle.values import Refused


class Plain(NamedTuple):
    """``name:exact``: a parameter of the searched type itself."""

    code: str
    modifier: str | None


class Chain(NamedTuple):
    """``subject:Patient.name``: what is said of the resources that a reference leads to."""

    code: str
    type: str | None
    rest: "Name"


class Reverse(NamedTuple):
    """``_has:Observation:patient:code``: what is said of the resources that refer to it."""

    type: str
    code: str
    rest: "Name"


Name = Plain | Chain | Reverse


def parse(name: str) -> Name:
    """The name of a parameter, taken apart."""
    if name.startswith("_has:"):
        _, *parts = name.split(":", 3)
        if len(parts) != 3:
            raise Refused("_has:Type:reference:parameter")
        return Reverse(parts[0], parts[1], parse(parts[2]))
    first, chained, rest = name.partition(".")
    code, modified, modifier = first.partition(":")
    if chained:
        return Chain(code, modifier or None, parse(rest))
    return Plain(code, modifier if modified else None)
