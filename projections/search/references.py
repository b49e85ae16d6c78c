"""Parameters of type reference (https://hl7.org/fhir/R4/search.html#reference)."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from ehr.definitions import RESOURCE_TYPES
from ehr.values import ID, Key
from projections.search.entries import Entries, Indexer
from projections.search.errors import BadValue
from projections.search.extraction.compiler import named_type
from projections.search.naming import Naming
from projections.search.terms import REMEMBERED_VALUE, Terms, of_values, term
from projections.search.values import split, unescaped

MODIFIERS = ("missing", "identifier")
"""Besides the types that the parameter may name."""

_LOCAL = re.compile(rf"([A-Z][A-Za-z]+)/({ID.pattern})(?:/_history/{ID.pattern})?")
_VERSION = re.compile(rf"/_history/{ID.pattern}\Z")

# What a term says: Type/id as it is, so that a resource's own name gives its hash; u an address, v an address
# with a version; e, x an identifier without and with its system, y a system; t a type, or a type with what
# else is said.


def _of(number: int, reference: dict[str, Any]) -> Iterator[int]:
    yield from (term(number, one) for one in _said(reference))


def _of_marked(number: int, reference: dict[str, Any]) -> Iterator[int]:
    said, type_ = _said(reference), named_type(reference)
    yield from (term(number, one) for one in said)
    if said and type_ in RESOURCE_TYPES:
        yield term(number, f"t{type_}")
        yield from (term(number, f"t{type_}\0{one}") for one in said)


_TELLING = frozenset({"identifier", "type"})
"""What a Reference may say besides its text."""


def _indexer(terms_of: Callable[[int, dict[str, Any]], Iterator[int]]) -> Indexer:
    """Adds these terms, and remembers those of texts: a patient's and a visit's come again and again."""

    @lru_cache(maxsize=1 << 15)
    def of_text(number: int, text: str) -> tuple[int, ...]:
        return tuple(terms_of(number, {"reference": text}))

    def index(entries: Entries, number: int, value: Any) -> None:
        text = value.get("reference") or ""
        alone = len(text) <= REMEMBERED_VALUE and _TELLING.isdisjoint(value)
        entries.terms.update(of_text(number, text) if alone else terms_of(number, value))

    return index


index_reference = _indexer(_of)
"""A Reference: what it names, and the identifier by which it names it."""

index_marked_reference = _indexer(_of_marked)
"""The same, and of which type the resource is that it names: other parameters take some types alone."""


def index_canonical(entries: Entries, number: int, value: Any) -> None:
    """A canonical or a uri: an address, perhaps of one version."""
    if value.__class__ is not str or not value or value[0] == "#":
        return
    address, bar, _ = value.partition("|")
    if address:
        entries.terms.add(term(number, _link(address)))
    if bar:
        entries.terms.add(term(number, "v" + value))


def index_resource(entries: Entries, number: int, value: Any) -> None:
    """A resource that stands within another one: its own name."""
    if value.get("id") and value.get("resourceType"):
        entries.terms.add(term(number, f"{value['resourceType']}/{value['id']}"))


def index_marked_resource(entries: Entries, number: int, value: Any) -> None:
    """The same, and its type."""
    index_resource(entries, number, value)
    if value.get("id") and value.get("resourceType"):
        entries.terms.add(term(number, "t" + value["resourceType"]))


def _said(reference: dict[str, Any]) -> list[str]:
    """What a Reference says, by its text and by its identifier."""
    text, identifier = reference.get("reference"), reference.get("identifier")
    said = [_link(text)] if text and text[0] != "#" else []
    return [*said, *_identified(identifier)] if identifier else said


def _link(text: str) -> str:
    """What is said by an address, relative or absolute."""
    local = _LOCAL.fullmatch(text)
    if local and local[1] in RESOURCE_TYPES:
        return f"{local[1]}/{local[2]}"
    return "u" + _VERSION.sub("", text)


def _identified(identifier: dict[str, Any]) -> list[str]:
    """What is said by an identifier."""
    system, value = identifier.get("system") or "", identifier.get("value")
    found = [f"e{value}", f"x{system}\0{value}"] if value else []
    return [*found, f"y{system}"] if system else found


def is_id(text: str) -> bool:
    """Whether it can be a resource's id."""
    return ID.fullmatch(text) is not None


def names(number: int, key: Key, naming: Naming) -> Terms:
    """The condition that it names a resource of this server, or another Patient of the same person."""
    return of_values(number, _written(naming.all_of(key), naming.base))


def _written(keys: Sequence[Key], base: str) -> list[str]:
    """The ways to name these resources."""
    places = [key.reference for key in keys]
    return [*places, *(f"u{base}/{place}" for place in places)]


def of_targets(number: int, types: Sequence[str]) -> Terms:
    """The condition that it names a resource of one of the types; of marked references only."""
    return of_values(number, ["t" + type_ for type_ in types])


def read_reference(
    number: int, name: str, targets: Sequence[str], text: str, naming: Naming, *, narrow: bool, written: bool
) -> Terms:
    """The condition of ``Type/id``, ``id`` or an address.

    targets: what it may name; narrow: and nothing else, of marked references only. written: whether values
    are addresses in any form (canonical, uri), even a bare word. Raises BadValue.
    """
    link = unescaped(text)
    key = local_key(link, naming.base)
    if key:
        return Terms(()) if narrow and key.type not in targets else names(number, key, naming)
    if is_id(link):
        keys = [one for target in targets for one in naming.all_of(Key(target, link))]
        as_written = [f"u{link}"] if written else []
        return of_values(number, [*_written(keys, naming.base), *as_written])
    if ":" not in link and not written:
        raise BadValue(f"{name} must be an id, Type/id or an address.")
    address = "v" + link if "|" in link else "u" + _VERSION.sub("", link)
    return of_values(number, [f"t{target}\0{address}" for target in targets] if narrow else [address])


def read_reference_to(number: int, name: str, type_: str, text: str, naming: Naming) -> Terms:
    """The condition of ``:Type=id`` or ``:Type=Type/id``; of an address elsewhere it is not known what it is
    to. Raises BadValue."""
    link = unescaped(text)
    key = Key(type_, link) if is_id(link) else local_key(link, naming.base)
    if key is None or key.type != type_:
        raise BadValue(f"{name}:{type_} must be an id or {type_}/id.")
    return names(number, key, naming)


def local_key(text: str, base: str) -> Key | None:
    """The resource of this server that a reference names, without its version. base: the server's address."""
    local = _LOCAL.fullmatch(text.removeprefix(f"{base}/") if base else text)
    return Key(local[1], local[2]) if local and local[1] in RESOURCE_TYPES else None


def read_reference_identifier(number: int, name: str, text: str, targets: Sequence[str] = ()) -> Terms:
    """The condition of ``:identifier=``, with or without a system. targets: what the reference must be to, if
    not any; of marked references only. Raises BadValue."""
    found = _read_identified(name, text)
    return of_values(number, [f"t{target}\0{found}" for target in targets] or [found])


def _read_identified(name: str, text: str) -> str:
    parts = [unescaped(part) for part in split(text, "|")]
    if len(parts) > 2 or not any(parts):
        raise BadValue(f"{name} must be value, system|value, |value or system|.")
    if len(parts) == 1:
        return f"e{parts[0]}"
    system, value = parts
    return f"x{system}\0{value}" if value else f"y{system}"
