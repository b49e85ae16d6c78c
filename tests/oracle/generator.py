"""Random searches that mostly find something.

Each search is made around one resource of the corpus: all its conditions are drawn from what this resource
holds, or what it refers to, or what refers to it.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, urlencode

from tests.oracle.conditions import searchable
from tests.oracle.corpus import Corpus
from tests.oracle.definitions import Parameter, definitions
from tests.oracle.sorting import SORTABLE
from tests.oracle.writing import Writing, Written

Pair = tuple[str, str]
SPOILING: tuple[Pair, ...] = (
    ("_id", ""),
    ("_id", "1,"),
    ("_id:exact", "1"),
    ("_tag", "a|b|c"),
    ("_tag", "a\\b"),
    ("_lastUpdated", "2020-13"),
    ("_lastUpdated", "gt"),
    ("_lastUpdated", "xx2020"),
    ("_lastUpdated:missing", "perhaps"),
    ("_profile:below", "urn:oid:1.2"),
    ("_sort", "_tag"),
    ("_sort", "-nothing"),
    ("_text", "x"),
    ("_content", "x"),
    ("nothing", "x"),
    ("nothing.name", "x"),
    ("_has:Provenance:target", "x"),
    ("_has:Provenance:nothing:_id", "x"),
    ("_include", "Provenance:nothing"),
    ("_include:never", "Provenance:target"),
)
"""What no type understands."""

DEEPEST = 3
"""Chains and ``_has`` in each other."""


class Search(NamedTuple):
    """path: as evaluator.py has it. pairs: names and values, without percent signs."""

    path: str
    pairs: tuple[Pair, ...]

    def url(self, *more: Pair) -> str:
        """Below the FHIR base, as it is sent."""
        query = urlencode([*self.pairs, *more], quote_via=quote, safe="|$:,/")
        return f"{self.path}?{query}" if query else self.path


class Link(NamedTuple):
    """A resource that refers to another one by a parameter."""

    type: str
    code: str
    source: str


class Generator:
    """Draws searches of one corpus; the same seed gives the same ones."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self._corpus = corpus
        self._chance = random.Random(seed)
        self._writing = Writing(corpus, self._chance)
        self._types = sorted(type_ for type_, keys in corpus.of_type.items() if keys)

    def searches(self, number: int) -> Iterator[Search]:
        """That many."""
        for _ in range(number):
            search = self._search()
            yield self._spoiled(search) if self._chance.random() < 0.02 else search

    def condition(self, type_: str, parameter: Parameter) -> Pair | None:
        """One on this parameter alone. None: no resource of the type has anything for it."""
        able = [key for key in self._corpus.keys(type_) if self._has(key, parameter)]
        return self._pair(self._chance.choice(able), parameter) if able else None

    def _search(self) -> Search:
        kind = self._chance.random()
        if kind < 0.05:
            return self._of_several_types()
        type_ = self._chance.choice(self._types)
        key = self._chance.choice(self._corpus.keys(type_))
        conditions = self._conditions(key)
        place = self._compartment(key) if kind < 0.12 else None
        if place and kind < 0.06:
            return Search(f"{place}/*", tuple(self._sorted([])))
        if place:
            return Search(f"{place}/{type_}", (*conditions[:1], *self._sorted([type_])))
        return Search(type_, (*conditions, *self._sorted([type_]), *self._includes(type_)))

    def _spoiled(self, search: Search) -> Search:
        """One that must be refused."""
        kept = [pair for pair in search.pairs[:1] if pair[0] != "_sort"]
        return Search(search.path, (*kept, self._chance.choice(SPOILING)))

    def _conditions(self, key: str) -> list[Pair]:
        wanted = self._chance.choice((0, 1, 1, 1, 1, 2, 2, 2, 3))
        drawn = (self._condition(key, 0) for _ in range(wanted))
        return [pair for pair in drawn if pair]

    def _of_several_types(self) -> Search:
        types = self._chance.sample(self._types, self._chance.randint(1, 4))
        key = self._chance.choice(self._corpus.keys(types[0]))
        shared = set.intersection(*(set(definitions().parameters[type_]) for type_ in types))
        able = [
            parameter for parameter in self._present(key) if parameter.code in shared and not parameter.codes
        ]
        pairs = [self._pair(key, parameter) for parameter in self._chance.sample(able, min(1, len(able)))]
        asked = ("_type", ",".join(types))
        if self._chance.random() < 0.3:
            return Search("", (*self._by_id(key), *self._sorted([])))
        return Search("", (asked, *(pair for pair in pairs if pair), *self._sorted(types)))

    def _by_id(self, key: str) -> list[Pair]:
        others = self._chance.sample(list(self._corpus.resources), 3)
        return [("_id", ",".join(one.partition("/")[2] for one in (key, *others)))]

    def _compartment(self, key: str) -> str | None:
        """A compartment that the resource is in, if any."""
        compartments = definitions().compartments
        owners = [owner for owner in self._referred(key) if owner.partition("/")[0] in compartments]
        owners = [owner for owner in owners if key.partition("/")[0] in compartments[owner.partition("/")[0]]]
        return self._chance.choice(owners) if owners else None

    def _referred(self, key: str) -> list[str]:
        found = {target for parameter in self._references(key) for target in self._targets(key, parameter)}
        return sorted(found)

    def _parameters(self, key: str) -> list[Parameter]:
        return list(definitions().parameters[key.partition("/")[0]].values())

    def _present(self, key: str) -> list[Parameter]:
        """Parameters for which the resource holds something."""
        return [parameter for parameter in self._parameters(key) if self._has(key, parameter)]

    def _has(self, key: str, parameter: Parameter) -> bool:
        type_ = key.partition("/")[0]
        if parameter.type == "composite":
            return bool(self._corpus.groups(type_, parameter)[key])
        found = self._corpus.values(type_, parameter)[key] if parameter.type != "special" else []
        return any(searchable(self._corpus, parameter.type, value) for value in found)

    def _references(self, key: str) -> list[Parameter]:
        return [parameter for parameter in self._parameters(key) if parameter.type == "reference"]

    def _targets(self, key: str, parameter: Parameter) -> list[str]:
        return sorted(self._corpus.targets(key.partition("/")[0], parameter)[key])

    def _condition(self, key: str, depth: int) -> Pair | None:
        """Something that holds of the resource, more or less."""
        turn = self._chance.random()
        if depth < DEEPEST and turn < 0.18:
            chained = self._chain(key, depth)
            if chained:
                return chained
        if depth < DEEPEST and turn > 0.85:
            reverse = self._reverse(key, depth)
            if reverse:
                return reverse
        if self._chance.random() < 0.06:
            return self._missing(key)
        present = self._present(key)
        return self._pair(key, self._chance.choice(present)) if present else None

    def _missing(self, key: str) -> Pair:
        able = [parameter for parameter in self._parameters(key) if parameter.type != "special"]
        return f"{self._chance.choice(able).code}:missing", self._chance.choice(("true", "false"))

    def _pair(self, key: str, parameter: Parameter) -> Pair | None:
        first = self._written(key, parameter)
        if not first:
            return None
        texts = [first.text]
        while self._chance.random() < 0.15:
            other = self._written(self._chance.choice(self._corpus.keys(key.partition("/")[0])), parameter)
            texts += [other.text] if other and other.modifier == first.modifier else []
        name = f"{parameter.code}:{first.modifier}" if first.modifier else parameter.code
        return name, ",".join(texts)

    def _written(self, key: str, parameter: Parameter) -> Written | None:
        type_ = key.partition("/")[0]
        if parameter.type == "composite":
            return self._composite(key, parameter)
        found = self._corpus.values(type_, parameter)[key]
        return self._writing.written(parameter.type, self._chance.choice(found)) if found else None

    def _composite(self, key: str, parameter: Parameter) -> Written | None:
        groups = [group for group in self._corpus.groups(key.partition("/")[0], parameter)[key] if all(group)]
        if not groups:
            return None
        parts = [
            self._writing.written(component.type, self._chance.choice(values), plainly=True)
            for component, values in zip(parameter.components, self._chance.choice(groups), strict=True)
        ]
        return Written(None, "$".join(part.text for part in parts if part)) if all(parts) else None

    def _chain(self, key: str, depth: int) -> Pair | None:
        able = [parameter for parameter in self._references(key) if self._targets(key, parameter)]
        if not able:
            return None
        parameter = self._chance.choice(able)
        target = self._chance.choice(self._targets(key, parameter))
        rest = self._condition(target, depth + 1)
        if not rest or target.partition("/")[0] not in parameter.targets:
            return None
        typed = not self._is_clear(parameter, rest[0]) or self._chance.random() < 0.5
        code = f"{parameter.code}:{target.partition('/')[0]}" if typed else parameter.code
        return f"{code}.{rest[0]}", rest[1]

    def _is_clear(self, parameter: Parameter, rest: str) -> bool:
        """Whether the chain means one thing without a type."""
        code = rest.partition(".")[0].partition(":")[0]
        known = [definitions().parameters[target].get(code) for target in parameter.targets]
        able = [one for one in known if one]
        return len(able) == 1 or (bool(able) and not any(one.type != "string" for one in able))

    @cached_property
    def _referrers(self) -> dict[str, list[Link]]:
        found: dict[str, list[Link]] = defaultdict(list)
        for type_ in self._types:
            for parameter in definitions().parameters[type_].values():
                if parameter.type == "reference":
                    for source, targets in self._corpus.targets(type_, parameter).items():
                        for target in sorted(targets):
                            found[target].append(Link(type_, parameter.code, source))
        return found

    def _reverse(self, key: str, depth: int) -> Pair | None:
        links = self._referrers[key]
        if not links:
            return None
        type_, code = self._chance.choice(sorted({(link.type, link.code) for link in links}))
        source = self._chance.choice(
            [link.source for link in links if (link.type, link.code) == (type_, code)]
        )
        rest = self._condition(source, depth + 1)
        return (f"_has:{type_}:{code}:{rest[0]}", rest[1]) if rest else None

    def _sorted(self, types: list[str]) -> list[Pair]:
        """Perhaps a ``_sort``. types: which share the parameters; none: all types."""
        if self._chance.random() < 0.6:
            return []
        able = sorted({"_id", "_lastUpdated", *(self._sortable(types[0]) if len(types) == 1 else [])})
        keys = self._chance.sample(able, min(len(able), self._chance.choice((1, 1, 1, 2, 3))))
        return [("_sort", ",".join(self._chance.choice(("", "-")) + key for key in keys))]

    def _sortable(self, type_: str) -> list[str]:
        parameters = definitions().parameters[type_].values()
        return [
            parameter.code
            for parameter in parameters
            if parameter.type in SORTABLE and any(self._corpus.values(type_, parameter).values())
        ]

    def _includes(self, type_: str) -> list[Pair]:
        """Perhaps some ``_include`` or ``_revinclude``."""
        if self._chance.random() < 0.8:
            return []
        wanted = self._chance.choice((1, 1, 2))
        return [pair for _ in range(wanted) for pair in self._include(type_)]

    def _include(self, type_: str) -> list[Pair]:
        key = self._chance.choice(self._corpus.keys(type_))
        if self._chance.random() < 0.1:
            return [("_include", self._chance.choice(("*", f"{type_}:*")))]
        if self._chance.random() < 0.4:
            links = sorted({(link.type, link.code) for link in self._referrers[key]})
            if not links:
                return []
            source, code = self._chance.choice(links)
            return [(self._iterated("_revinclude"), f"{source}:{code}{self._target(type_)}")]
        able = [parameter for parameter in self._references(key) if self._targets(key, parameter)]
        if not able:
            return []
        parameter = self._chance.choice(able)
        reached = self._targets(key, parameter)[0].partition("/")[0]
        first = (self._iterated("_include"), f"{type_}:{parameter.code}{self._target(reached)}")
        further = [("_include:iterate", value) for _, value in self._include(reached)[:1]]
        return [first, *(further if self._chance.random() < 0.3 else [])]

    def _iterated(self, name: str) -> str:
        return f"{name}:iterate" if self._chance.random() < 0.1 else name

    def _target(self, type_: str) -> str:
        return f":{type_}" if self._chance.random() < 0.2 else ""
