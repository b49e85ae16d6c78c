"""From the names and values of a query to a tree."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from types import MappingProxyType

from ehr.definitions import RESOURCE_TYPES, required_codes
from ehr.definitions.search_parameters import SearchParameter, main_date_code, search_parameters
from ehr.identifiers import identifier_condition
from ehr.values import Key
from projections.search import dates, quantities, references, strings, tokens, uris
from projections.search.composites import SomePart, Together
from projections.search.errors import BadValue, TooMuchAsked, UnknownName
from projections.search.identifiers import Identified, Named, SomeIdentifier, Updated
from projections.search.indexing import is_claimed, is_subject_matter
from projections.search.naming import EACH_ALONE, PATIENT, Naming, People
from projections.search.terms import SomeTerm, Terms
from projections.search.tokens import TokenForm
from projections.search.tree import And, Node, Not, Or, ReferredToBy, Refers
from projections.search.values import alternatives, split, unescaped

EVERYTHING = And(())
NOTHING = Or(())

NOT_SEARCHABLE = frozenset({"phonetic"})
"""Official parameters that are refused: spelling, not sound, is compared."""

MOST_VALUES = 1000
"""Values of a query, each as often as there are types that are searched, and to which its chain may go."""

ADDRESSES = frozenset({"canonical", "uri"})
"""FHIR types of references that are addresses."""

MODIFIERS = MappingProxyType(
    {
        "token": tokens.MODIFIERS,
        "string": strings.MODIFIERS,
        "reference": references.MODIFIERS,
        "date": dates.MODIFIERS,
        "number": quantities.MODIFIERS,
        "quantity": quantities.MODIFIERS,
        "uri": uris.MODIFIERS,
        "composite": ("missing",),
    }
)

MOST_STEPS = 12
"""Of a chain, by references and ``_has``: far more than anybody can read."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,63}")


@cache
def parameters_of(type_: str) -> MappingProxyType[str, SearchParameter]:
    """Code -> parameter by which resources of a type are found."""
    found = search_parameters(type_)
    return MappingProxyType({code: one for code, one in found.items() if code not in NOT_SEARCHABLE})


def modifiers_of(parameter: SearchParameter) -> tuple[str, ...]:
    """The modifiers that the parameter may have."""
    if parameter.code == "_id":
        return ("missing", "not")
    own = MODIFIERS[parameter.type]
    if "Identifier" in parameter.types:
        own = (*own, tokens.OF_TYPE)
    return (*own, *parameter.targets) if parameter.type == "reference" else own


class Reading:
    """Reads the conditions of one query."""

    def __init__(self, base: str = "", people: People = EACH_ALONE) -> None:
        """base: the server's own address, to tell references to its own resources. people: whom a reference
        to a Patient takes as well."""
        self._naming = Naming(base, people)
        self._values = 0

    @property
    def patients(self) -> frozenset[str]:
        """Ids of the Patients that were named so far, but for those that are searched for themselves."""
        return frozenset(self._naming.patients)

    def condition(self, type_: str, name: str, text: str) -> Node:
        """The condition of ``name=text`` on resources of a type. Raises Unsearchable."""
        return self._condition(type_, name, text)

    def _condition(self, type_: str, name: str, text: str, *, chained: bool = False) -> Node:
        """chained: whether the resources are those of a chain, and not those that are searched for."""
        if name.count(".") + name.count("_has:") > MOST_STEPS:
            raise UnknownName(f"A chain has at most {MOST_STEPS} steps.")
        if name.startswith("_has:"):
            return self._has(type_, name, text)
        head, dot, rest = name.partition(".")
        if dot:
            return self._chain(type_, head, rest, text)
        code, colon, modifier = name.partition(":")
        parameter = find(type_, code)
        if colon and modifier not in modifiers_of(parameter):
            raise UnknownName(_no_modifier(parameter, modifier))
        if parameter.code == "_id" and modifier != "missing":
            return self._named(type_, modifier, text, chained=chained)
        return self._of_parameter(parameter, modifier, text)

    def spend(self, name: str, text: str, times: int = 1) -> None:
        """Counts the values of a parameter, once more than chains do. times: how many types have a condition
        of their own. Raises TooMuchAsked."""
        self._values += times * (text.count(",") + 1)
        if self._values > MOST_VALUES:
            raise TooMuchAsked(
                f"With {_told(name)} it has more than {MOST_VALUES} values, each counted for every type that "
                "is searched or to which its chain may go. Name fewer types, as in subject:Patient.name, or "
                "fewer values."
            )

    def naming(self, type_: str, code: str, key: Key) -> Node:
        """The condition that a reference parameter names a resource of this server."""
        parameter = find(type_, code)
        origin = origin_of(parameter)
        return references.names(origin.number, key, self._naming)

    def within(self, key: Key) -> Named:
        """The condition to be this resource, or another Patient of the same person."""
        return Named(tuple(self._naming.all_of(key)))

    def _named(self, type_: str, modifier: str, text: str, *, chained: bool) -> Node:
        keys = [Key(type_, unescaped(one)) for one in alternatives("_id", text)]
        if chained and type_ == PATIENT:
            keys = [each for key in keys for each in self._naming.all_of(key)]
        named = Named(tuple(keys))
        return Not(named) if modifier == "not" else named

    def _has(self, of: str, name: str, text: str) -> Node:
        _, type_, code, rest = [*name.split(":", 3), "", "", ""][:4]
        if type_ not in RESOURCE_TYPES or not rest:
            raise UnknownName("_has is _has:Type:reference:parameter.")
        parameter = find(type_, code)
        if parameter.type != "reference":
            raise UnknownName(f"{type_}.{code} is no reference.")
        node = self._condition(type_, rest, text, chained=True)
        if parameter.restricts and parameter.restricts[1] and of not in parameter.restricts[1]:
            return NOTHING
        return ReferredToBy(type_, origin_of(parameter).number, node)

    def _chain(self, type_: str, head: str, rest: str, text: str) -> Node:
        code, colon, target = head.partition(":")
        parameter = find(type_, code)
        if parameter.type != "reference":
            raise UnknownName(f"{type_}.{code} is no reference.")
        if colon and target not in parameter.targets:
            raise UnknownName(_no_modifier(parameter, target))
        ways = list(self._ways_of(code, (target,) if colon else parameter.targets, rest, text))
        if not ways:
            raise UnknownName(f"{type_}.{code} refers to no type that has a parameter {_told(rest)}.")
        return Or(tuple(Refers(origin_of(parameter).number, to, node) for to, node in ways))

    def _ways_of(self, code: str, targets: Sequence[str], rest: str, text: str) -> Iterable[tuple[str, Node]]:
        for target in targets:
            self.spend(code, text)
            try:
                yield target, self._condition(target, rest, text, chained=True)
            except UnknownName:
                if len(targets) == 1:
                    raise

    def _of_parameter(self, parameter: SearchParameter, modifier: str, text: str) -> Node:
        name = parameter.code
        if modifier == "missing":
            if text not in ("true", "false"):
                raise BadValue(f"{name}:missing must be true or false.")
            return Not(_some(parameter)) if text == "true" else _some(parameter)
        found = Or(tuple(self._value(parameter, modifier, one) for one in alternatives(name, text)))
        return Not(found) if modifier == "not" else found

    def _value(self, parameter: SearchParameter, modifier: str, text: str) -> Node:
        if parameter.union_of:
            others = (find(parameter.resource_type, code) for code in parameter.union_of)
            return Or(tuple(self._value(other, modifier, text) for other in others))
        if parameter.restricts and not parameter.restricts[1]:
            return self._value(origin_of(parameter), modifier, text)
        if parameter.code == "_lastUpdated":
            return Updated((dates.read_prefixed(parameter.code, text),))
        return self._of_type(parameter, modifier, text)

    def _of_type(self, parameter: SearchParameter, modifier: str, text: str) -> Node:
        number, name = parameter.number, parameter.code
        match parameter.type:
            case "token":
                return _token(parameter, modifier, text)
            case "string":
                return strings.read_string(number, name, modifier, text)
            case "date":
                return dates.read_date(number, name, text, main=is_main(parameter))
            case "number" | "quantity" as kind:
                return quantities.read_quantity(number, name, text, with_unit=kind == "quantity")
            case "uri":
                return self._uri(parameter, modifier, text)
            case "composite":
                return self._composite(parameter, text)
        return self._reference(parameter, modifier, text)

    def _reference(self, parameter: SearchParameter, modifier: str, text: str) -> Terms:
        number, name, narrow = origin_of(parameter).number, parameter.code, parameter.restricts is not None
        if modifier == "identifier":
            return references.read_reference_identifier(
                number, name, text, parameter.targets if narrow else ()
            )
        if modifier:
            return references.read_reference_to(number, name, modifier, text, self._naming)
        written = not ADDRESSES.isdisjoint(parameter.types)
        return references.read_reference(
            number, name, parameter.targets, text, self._naming, narrow=narrow, written=written
        )

    def _uri(self, parameter: SearchParameter, modifier: str, text: str) -> Node:
        *address, version = split(text, "|")
        versions = parameters_of(parameter.resource_type).get("version") if parameter.code == "url" else None
        if address and versions and not modifier:
            found = uris.read_uri(parameter.number, parameter.code, "", "|".join(address))
            return And((found, _token(versions, "", version)))
        return uris.read_uri(parameter.number, parameter.code, modifier, text)

    def _composite(self, parameter: SearchParameter, text: str) -> Node:
        halves = split(text, "$")
        if len(halves) != len(parameter.components) or not all(halves):
            codes = "$".join(component.code for component in parameter.components)
            raise BadValue(f"{parameter.code} must be {codes}.")
        own = [find(parameter.resource_type, component.code) for component in parameter.components]
        nodes = tuple(self._value(one, "", half) for one, half in zip(own, halves, strict=True))
        if parameter.root_composite:
            return And(nodes)
        return Together(parameter.number, nodes)


def find(type_: str, code: str) -> SearchParameter:
    """The parameter. Raises UnknownName."""
    found = parameters_of(type_).get(code)
    if found is None:
        known = ", ".join(parameters_of(type_))
        raise UnknownName(f"{type_} has no parameter {_told(code)}. It has: {known}.")
    return found


def _told(name: str) -> str:
    """A name as errors tell it: what is none may be anything, a citizen's number say."""
    code = name.partition(":")[0].partition(".")[0]
    return code if _NAME.fullmatch(code) else "of this name"


def _no_modifier(parameter: SearchParameter, modifier: str) -> str:
    known = ", ".join(modifiers_of(parameter))
    named = f":{modifier}" if _NAME.fullmatch(modifier) else "this modifier"
    return f"{parameter.code} does not take {named}. It takes: {known}."


def origin_of(parameter: SearchParameter) -> SearchParameter:
    """The parameter in whose name the values are indexed."""
    if parameter.restricts is None:
        return parameter
    return search_parameters(parameter.resource_type)[parameter.restricts[0]]


def is_main(parameter: SearchParameter) -> bool:
    """Whether its values are the main dates of their resources."""
    type_ = parameter.resource_type
    return type_ in RESOURCE_TYPES and main_date_code(type_) == parameter.code


_OF_THE_TABLE = ("_id", "_lastUpdated")


def _token(parameter: SearchParameter, modifier: str, text: str) -> Node:
    number, name = parameter.number, parameter.code
    if modifier == "text":
        return tokens.read_text(number, name, text)
    if modifier == tokens.OF_TYPE:
        return tokens.read_of_type(number, name, text)
    parts = split(text, "|")
    if is_claimed(parameter) and len(parts) <= 2 and parts[-1]:
        return Identified((identifier_condition(parameter.resource_type, text),))
    return tokens.read_token(number, name, form_of(parameter), text)


@cache
def form_of(parameter: SearchParameter) -> TokenForm:
    """How values of a token parameter are compared."""
    codes = required_codes(parameter.codes) if parameter.codes else None
    return TokenForm(frozenset(parameter.types), codes, is_subject_matter(parameter))


def _some(parameter: SearchParameter) -> Node:
    """The condition that the parameter has any value."""
    others = _others(parameter)
    if others:
        some = tuple(_some(search_parameters(parameter.resource_type)[code]) for code in others)
        return And(some) if parameter.root_composite else Or(some)
    number = parameter.number
    if parameter.code in _OF_THE_TABLE:
        return EVERYTHING
    if parameter.restricts:
        return references.of_targets(origin_of(parameter).number, parameter.restricts[1])
    match parameter.type:
        case "string":
            return strings.SomeString(number)
        case "date":
            return (dates.SomeMainDate if is_main(parameter) else dates.SomeDate)(number)
        case "number" | "quantity":
            return quantities.SomeQuantity(number)
        case "composite":
            return SomePart(number)
    some_term = SomeTerm((number,))
    return Or((SomeIdentifier(), some_term)) if is_claimed(parameter) else some_term


def _others(parameter: SearchParameter) -> tuple[str, ...]:
    """The parameters of which it consists, or the one that it equals."""
    if parameter.restricts and not parameter.restricts[1]:
        return (parameter.restricts[0],)
    if parameter.root_composite:
        return tuple(component.code for component in parameter.components)
    return parameter.union_of


def names_of(types: Iterable[str]) -> list[str]:
    """The parameters that all of the types have."""
    return sorted(set.intersection(*(set(parameters_of(type_)) for type_ in types)))
