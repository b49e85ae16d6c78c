"""Random queries: a shape (names, modifiers, prefixes, parts and number of values), and values for it.

The values of a shape may be drawn again and again. Texts among them begin with MARK, numbers have the digits
MARKED.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import NamedTuple

from ehr.definitions import RESOURCE_TYPES, required_codes
from ehr.definitions.search_parameters import SearchParameter
from projections.search.dates import PREFIXES
from projections.search.reading import modifiers_of, parameters_of

EPOCH = datetime(1950, 1, 1)  # The zone is written behind it.
MARK = "qzj"
MARKED = "31415"

Draw = Callable[[], str]
"""One value of a shape."""

TYPES = sorted(RESOURCE_TYPES)
MOST_DEEP = 3
_FORMS = {
    "token": ("{v}", "{u}|{v}", "|{v}", "{u}|"),
    "string": ("{v}",),
    "reference": ("{v}", "{t}/{v}", "{t}/{v}/_history/1", "{u}", "urn:uuid:{v}"),
    "date": ("{p}{d}",),
    "number": ("{p}{n}",),
    "quantity": ("{p}{n}", "{p}{n}|{u}|{v}", "{p}{n}||{v}"),
    "uri": ("{u}", "urn:oid:{v}"),
}
_OF_MODIFIERS = {
    "missing": ("true", "false"),
    "of-type": ("{u}|{v}|{v}",),
    "identifier": ("{v}", "{u}|{v}", "|{v}", "{u}|"),
    "text": ("{v} {v}",),
    "exact": ("{v}",),
    "contains": ("{v}",),
    "above": ("{u}",),
    "below": ("{u}",),
}

_OF_TYPES = ("{v}", "{t}/{v}", "{t}/{v}/_history/1")
"""With a type as the modifier."""


class Condition(NamedTuple):
    """One condition of a query. forms: of each alternative; what is in braces is drawn anew each time."""

    name: str
    forms: tuple[str, ...]


def condition(chance: Random, type_: str, deep: int = 0) -> Condition:
    """A condition on resources of a type."""
    if deep < MOST_DEEP and chance.random() < 0.15:
        reference = chance.choice(_references(type_) or _references("Observation"))
        if reference.resource_type in (type_, "Resource"):
            target = chance.choice(reference.targets)
            rest = condition(chance, target, deep + 1)
            return Condition(f"{reference.code}:{target}.{rest.name}", rest.forms)
        rest = condition(chance, "Observation", deep + 1)
        return Condition(f"_has:Observation:{reference.code}:{rest.name}", rest.forms)
    parameter = chance.choice(tuple(parameters_of(type_).values()))
    modifier = chance.choice(("", "", *modifiers_of(parameter)))
    return Condition(
        f"{parameter.code}:{modifier}" if modifier else parameter.code, _forms(chance, parameter, modifier)
    )


def values(chance: Random, shape: Condition) -> str:
    """The text of values of a condition."""
    return ",".join(_value(chance, form) for form in shape.forms)


def _forms(chance: Random, parameter: SearchParameter, modifier: str) -> tuple[str, ...]:
    if modifier == "missing":
        return (chance.choice(_OF_MODIFIERS["missing"]),)
    known = _known_codes(parameter)
    if known and modifier != "text":
        return tuple(chance.sample(known, min(len(known), chance.choice((1, 1, 2)))))
    number = chance.choice((1, 1, 1, 2, 3))
    return tuple(_form(chance, parameter, modifier) for _ in range(number))


def _form(chance: Random, parameter: SearchParameter, modifier: str) -> str:
    if parameter.code == "_id":
        return "{v}"
    if modifier in RESOURCE_TYPES:
        return chance.choice(_OF_TYPES).replace("{t}", modifier)
    if modifier in _OF_MODIFIERS:
        return chance.choice(_OF_MODIFIERS[modifier])
    if parameter.type == "composite":
        own = parameters_of(parameter.resource_type)
        halves = (own[component.code] for component in parameter.components)
        return "$".join(_one_form(chance, half) for half in halves)
    return _one_form(chance, parameter)


def _one_form(chance: Random, parameter: SearchParameter) -> str:
    known = _known_codes(parameter)
    if known:
        return chance.choice(known)
    form = chance.choice(_FORMS[parameter.type])
    target = chance.choice(parameter.targets) if parameter.targets else ""
    return form.replace("{p}", chance.choice(("", *PREFIXES))).replace("{t}", target)


@cache
def _known_codes(parameter: SearchParameter) -> tuple[str, ...]:
    """The only values that there are."""
    if parameter.types == ("boolean",):
        return ("true", "false")
    codes = required_codes(parameter.codes) if parameter.codes else None
    return tuple(sorted({code for found in (codes or {}).values() for code in found}))


@cache
def _references(type_: str) -> Sequence[SearchParameter]:
    return tuple(one for one in parameters_of(type_).values() if one.type == "reference")


def _value(chance: Random, form: str) -> str:
    """So many are possible that no two of a query are equal: equal alternatives would count as one."""
    drawn = chance.getrandbits(30)
    return form.format(
        v=f"{MARK}{drawn:x}",
        u=f"http://{MARK}{drawn:x}.org/{drawn % 7}",
        n=f"{drawn}{MARKED}.{drawn % 10}",
        d=f"{(EPOCH + timedelta(seconds=4 * drawn)).isoformat()}+07:00",
    )
