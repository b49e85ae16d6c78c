"""The source text of the function that walks the resources of one type."""

from collections.abc import Collection

from ehr.definitions.expressions import At, Field, IsDeceased, RefersTo, Step, Where
from projections.search.extraction.walk import Arrival, Composite, Part, Types, Value, Walk, walk_of

HEAD = "def extract(resource, entries):"


def source(resource_type: str, wanted: Collection[Types]) -> str:
    """A function ``extract(resource, entries)`` that calls `indexer_name` for what is wanted."""
    writer = _Writer()
    writer.walk(walk_of(resource_type, wanted), "resource", 1)
    places = [f"    place_{number} = 0" for number in writer.composites]
    return "\n".join([HEAD, *places, *(writer.lines or ["    pass"]), ""])


def indexer_name(types: Types) -> str:
    """The name under which the function looks for an indexer, e.g. ``token_CodeableConcept``."""
    return "_".join(types).replace("$", "_").replace(".", "_")


class _Writer:
    """Writes a walk down. Every value gets a variable of its own, so that it is read once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.composites: list[int] = []
        self.variables = 0

    def variable(self, stem: str = "v") -> str:
        self.variables += 1
        return f"{stem}{self.variables}"

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def walk(self, walk: Walk, value: str, depth: int, parts: str = "") -> None:
        """What happens with a value. parts: the variable that holds the values of a component."""
        for arrival in walk.arrivals:
            self.arrive(arrival, value, depth, parts)
        for step, onward in walk.onward.items():
            self.step(step, onward, value, depth, parts)

    def arrive(self, arrival: Arrival, value: str, depth: int, parts: str) -> None:
        match arrival:
            case Value(number, types):
                self.line(depth, f"{indexer_name(types)}(entries, {number}, {value})")
            case Part(type_):
                self.line(depth, f"{parts}.append(({type_!r}, {value}))")
            case Composite():
                self.composite(arrival, value, depth)

    def composite(self, composite: Composite, value: str, depth: int) -> None:
        components = []
        for half in composite.halves:
            components.append(self.variable("parts"))
            self.line(depth, f"{components[-1]} = []")
            self.walk(half.walk, "resource" if half.from_resource else value, depth, components[-1])
        place = f"place_{composite.number}"
        if composite.number not in self.composites:
            self.composites.append(composite.number)
        arguments = f"entries, {composite.number}, {place}, {', '.join(components)}"
        self.line(depth, f"if {' and '.join(components)}:")
        self.line(depth + 1, f"{indexer_name(composite.types)}({arguments})")
        self.line(depth, f"{place} += 1")

    def step(self, step: Step, onward: Walk, value: str, depth: int, parts: str) -> None:
        match step:
            case Field(key, many):
                found = self.variable()
                self.line(depth, f"{found} = {value}.get({key!r})")
                self.line(depth, f"if {found} is not None:")
                into = self.items if many else self.walk
                into(onward, found, depth + 1, parts)
            case Where(key, text):
                self.line(depth, f"if {value}.get({key!r}) == {text!r}:")
                self.walk(onward, value, depth + 1, parts)
            case RefersTo(type_):
                self.line(depth, f"if refers_to({value}, {type_!r}):")
                self.walk(onward, value, depth + 1, parts)
            case IsDeceased(keys):
                stated = " or ".join(f"{value}.get({key!r})" for key in keys)
                self.walk(onward, f"bool({stated})", depth, parts)

    def items(self, walk: Walk, values: str, depth: int, parts: str) -> None:
        """What happens with the values of a list; a null stands for a primitive without a value."""
        each = Walk(walk.arrivals)
        for step, onward in walk.onward.items():
            if isinstance(step, At):
                self.line(depth, f"for {self.variable()} in {values}[{step.index}:{step.index + 1}]:")
                self.walk(onward, f"v{self.variables}", depth + 1, parts)
            else:
                each.onward[step] = onward
        if each != Walk():
            item = self.variable()
            self.line(depth, f"for {item} in {values}:")
            self.line(depth + 1, f"if {item} is not None:")
            self.walk(each, item, depth + 2, parts)
