"""From the tree of an expression to paths through the JSON of a resource, typed by the element table.

A choice element becomes one path for each of its types: ``Observation.value`` is ``valueQuantity``,
``valueString``, ….
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from ehr.definitions.expressions.syntax import Call, Constant, Infix, Item, Name, Tree, parse
from ehr.definitions.tables import Element


class Untypable(Exception):
    """The expression names what the element table does not hold, or a function of no known result."""


class Field(msgspec.Struct, frozen=True):
    """The value or values at a JSON key."""

    key: str
    many: bool


class Where(msgspec.Struct, frozen=True):
    """Only those whose string at a key is this text: ``where(system='phone')``."""

    key: str
    equals: str


class RefersTo(msgspec.Struct, frozen=True):
    """Only references to a type: ``where(resolve() is Patient)``."""

    type: str


class At(msgspec.Struct, frozen=True):
    """Only the value at an index of a list: ``entry[0]``."""

    index: int


class IsDeceased(msgspec.Struct, frozen=True):
    """Whether something other than ``false`` stands at one of these keys.

    ``Patient.deceased.exists() and Patient.deceased != false``, the one expression that is no path. A date of
    which nothing but extensions is stated (``_deceasedDateTime``: the day is unknown) says that there is one;
    a boolean without a value says nothing.
    """

    keys: tuple[str, ...]


Step = Field | Where | RefersTo | At | IsDeceased


class Path(msgspec.Struct, frozen=True):
    """Steps from the resource, or from the base of a composite, to a value.

    ``type``: the FHIR type of the value, ``Quantity`` for a SimpleQuantity. ``within``: the data type whose
    element the value is, e.g. ``HumanName`` for ``Patient.name.family``, ``Patient`` for ``Patient.name``.
    ``passed``: the names of the elements on the way, e.g. ``("value[x]",)``; of the types of a choice element
    a resource has one. ``codes``: url of the required value set of the last element.
    """

    steps: tuple[Step, ...]
    type: str
    within: str
    passed: tuple[str, ...]
    codes: str | None = None

    @property
    def single(self) -> bool:
        """Whether a resource has at most one value there."""
        return not any(isinstance(step, Field) and step.many for step in self.steps)


Elements = Callable[[str], Sequence[Element]]
"""Type -> its elements, as `ehr.definitions.elements`."""

_SPELT = {"DateTime": "dateTime"}
"""How an expression of R4 spells a type, where it errs (Observation-code-value-date)."""

_ROOTS = ("Resource", "DomainResource")


def paths(expression: str, type_: str, elements: Elements) -> tuple[Path, ...]:
    """The paths that an expression means for a type; NotUnderstood or Untypable if it cannot be told.

    type_: what the path begins at, a resource type or a type such as ``Observation.component``.
    """
    return _Typing(type_, elements).of(parse(expression))


class _Typing:
    def __init__(self, type_: str, elements: Elements) -> None:
        self.root = Path((), type_, "", ())
        self.elements = elements

    def of(self, tree: Tree) -> tuple[Path, ...]:
        match tree:
            case Name(base, name):
                return self._named(base, name)
            case Infix("|", left, right):
                return tuple(dict.fromkeys((*self.of(left), *self.of(right))))
            case Infix("as", left, Name(None, name)):
                return _of_type(self.of(left), name)
            case Infix("and", left, right):
                return (self._deceased(left, right),)
            case Item(base, index):
                return _narrowed(self.of(base), At(index))
            case Call(base, function, argument) if base is not None and argument is not None:
                return self._called(self.of(base), function, argument)
        raise Untypable(f"{type(tree).__name__} of {self.root.type}")

    def _named(self, base: Tree | None, name: str) -> tuple[Path, ...]:
        if base is None and name in (self.root.type, *_ROOTS):
            return (self.root,)
        found = [path for before in self._before(base) for path in self._element(before, name)]
        if not found:
            raise Untypable(f"{self.root.type} has no {name}")
        return tuple(found)

    def _before(self, base: Tree | None) -> tuple[Path, ...]:
        return (self.root,) if base is None else self.of(base)

    def _element(self, before: Path, name: str) -> Iterable[Path]:
        for element in self.elements(before.type):
            if element.name in (name, f"{name}[x]"):
                for key, type_ in element.types_by_key().items():
                    yield Path(
                        (*before.steps, Field(key, element.most != 1)),
                        "Quantity" if type_ == "SimpleQuantity" else type_,
                        before.type,
                        (*before.passed, element.name),
                        element.codes,
                    )

    def _called(self, found: tuple[Path, ...], function: str, argument: Tree) -> tuple[Path, ...]:
        match function, argument:
            case (("as" | "ofType"), Name(None, name)):
                return _of_type(found, name)
            case "where", Infix("=", Name(None, key), Constant(str(text))):
                return _narrowed(found, Where(key, text))
            case "where", Infix("is", Call(None, "resolve", None), Name(None, name)):
                return _narrowed(tuple(path for path in found if path.type == "Reference"), RefersTo(name))
        raise Untypable(f"{function} on {self.root.type}")

    def _deceased(self, left: Tree, right: Tree) -> Path:
        match left, right:
            case Call(stated, "exists", None), Infix("!=", element, Constant(False)) if stated == element:
                found = self.of(element)
                if all(path.passed == found[0].passed and len(path.steps) == 1 for path in found):
                    keys = tuple(key for path in found for key in _stating(path))
                    return Path((IsDeceased(keys),), "boolean", self.root.type, ())
        raise Untypable(f"and on {self.root.type}")


def _of_type(found: tuple[Path, ...], name: str) -> tuple[Path, ...]:
    kept = tuple(path for path in found if path.type == _SPELT.get(name, name))
    if not kept:
        raise Untypable(f"nothing is a {name}")
    return kept


def _narrowed(found: tuple[Path, ...], step: Step) -> tuple[Path, ...]:
    return tuple(msgspec.structs.replace(path, steps=(*path.steps, step)) for path in found)


def _stating(path: Path) -> Iterable[str]:
    for step in path.steps:
        if isinstance(step, Field):
            yield from (step.key,) if path.type == "boolean" else (step.key, f"_{step.key}")
