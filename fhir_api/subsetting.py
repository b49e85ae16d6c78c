"""Parts of resources: summaries and chosen elements (https://hl7.org/fhir/R4/search.html#summary, #elements).

What stays keeps its bytes (``72.50`` stays ``72.50``). The id, meta, elements that must be there, and what
can turn the meaning of the rest (implicitRules, modifier extensions) always stay; so do contained resources
to which something refers that stays. A part is tagged as such, so that nobody takes it for the whole.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import msgspec

from ehr.definitions import elements
from ehr.definitions.tables import BARE, PRIMITIVES
from fhir_api.errors import BadRequest
from fhir_api.parameters import alternatives, unsupported

PARAMETERS = ("_summary", "_elements")

WHOLE, SUMMARY, TEXT, DATA, COUNT = "false", "true", "text", "data", "count"
"""Values of ``_summary``; the last is for searches alone."""

TAG = b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}'
"""https://terminology.hl7.org/CodeSystem-v3-ObservationValue.html"""

_ALWAYS = frozenset(("resourceType", "id", "meta", "implicitRules", "_implicitRules", "modifierExtension"))
_UNCUT = PRIMITIVES | {"Extension", "Narrative", "Resource"}
"""Types that stay or go as a whole."""

_LEFT_OUT = re.compile(rb'"id"|"extension"|\\u')
"""What summaries leave out of most data types, however it is written."""

_INWARDS = re.compile(rb'"reference"\s*:\s*"#([^"]+)"')
"""A reference to a contained resource."""

_Kept = Mapping[str, str]
"""Key of a JSON object -> the type by which its value is cut in turn; empty for what stays whole."""


class Subset(NamedTuple):
    """Which part of resources is wanted: a summary, or elements by name."""

    summary: str = WHOLE
    elements: tuple[str, ...] = ()


class _Named(msgspec.Struct):
    id: str = ""


class _Tag(msgspec.Struct):
    system: str = ""
    code: str = ""


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_tag = msgspec.json.Decoder(_Tag)
_named = msgspec.json.Decoder(_Named)


def read_subset(given: Mapping[str, str], types: Sequence[str]) -> Subset | None:
    """What ``_summary`` and ``_elements`` among the parameters ask for of resources of these types; None for
    whole resources. A search looks for ``COUNT`` itself, before. Raises BadRequest."""
    summary = given.get("_summary", WHOLE)
    if summary not in (WHOLE, SUMMARY, TEXT, DATA):
        only = " (count: of searches alone)" if summary == COUNT else ""
        raise BadRequest(f"_summary must be {SUMMARY}, {TEXT}, {DATA} or {WHOLE}{only}.")
    if "_elements" not in given:
        return None if summary == WHOLE else Subset(summary)
    if summary != WHOLE:
        raise BadRequest("_summary and _elements do not go together.")
    return Subset(elements=_known(alternatives("_elements", given["_elements"]), types))


def subset(body: bytes, type_: str, how: Subset | None) -> bytes:
    """The part of a resource, tagged; None for all of it. body: valid JSON of that type."""
    if how is None:
        return body
    found = _members.decode(body)
    if how.summary == DATA:
        kept: _Kept = {name: "" for name in found if name != "text"}
    else:
        kept = _kept(type_, how)
    told = {name: _cut(bytes(value), kept[name]) for name, value in found.items() if name in kept}
    told["meta"] = _tagged(told.get("meta", b"{}"))
    if "contained" in found and "contained" not in told:
        told |= _contained(found["contained"], b" ".join(told.values()))
    return _joined({name: told[name] for name in (*found, *told) if name in told})


def _known(names: Iterable[str], types: Sequence[str]) -> tuple[str, ...]:
    """The names, in order, once each. Raises BadRequest for those that no type has."""
    known = sorted({name for type_ in types for name in _keys_by_name(type_)})
    refused = unsupported(names, known)
    if refused:
        # Those of all types are some thousand.
        told = refused if len(types) == 1 else refused.partition(" Supported:")[0]
        raise BadRequest(f"_elements takes names of elements, without what is in them. {told}")
    return tuple(sorted(set(names)))


@cache
def _keys_by_name(type_: str) -> dict[str, tuple[str, ...]]:
    """A choice is known by the name of its element (``value``) and by each key (``valueQuantity``).

    ``resourceType``, which clients name though it is no element, may be named.
    """
    found: dict[str, tuple[str, ...]] = {"resourceType": ("resourceType",)}
    for element in elements(type_):
        keys = tuple(element.types_by_key())
        found |= {element.name.removesuffix("[x]"): keys} | {key: (key,) for key in keys}
    return found


@lru_cache(maxsize=1024)
def _kept(type_: str, how: Subset) -> _Kept:
    """Of a resource."""
    if how.summary == SUMMARY:
        return _summary(type_) | dict.fromkeys(_ALWAYS, "")
    mandatory = [key for element in elements(type_) if element.least for key in element.types_by_key()]
    asked = [key for name in how.elements for key in _keys_by_name(type_).get(name, ())]
    keys = [*mandatory, *asked, *(["text"] if how.summary == TEXT else ())]
    return dict.fromkeys([*_ALWAYS, *keys, *(f"_{key}" for key in keys)], "")


@cache
def _summary(type_: str) -> dict[str, str]:
    """Of a resource, a data type or a nested element."""
    return {
        key: "" if of in _UNCUT else of
        for element in elements(type_)
        if element.summary or element.least or element.name == "modifierExtension"
        for name, of in element.types_by_key().items()
        for key in ((name, f"_{name}") if of in PRIMITIVES - BARE else (name,))
    }


@cache
def _is_nearly_whole(type_: str, of: frozenset[str] = frozenset()) -> bool:
    """Whether summaries leave nothing out of a type but ids and extensions. of: types that it is looked at
    for, since some hold themselves."""
    own = [element for element in elements(type_) if element.name not in ("id", "extension")]
    inner = {name for element in own for name in element.types} - _UNCUT - of
    kept = _summary(type_)
    return all(key in kept for element in own for key in element.types_by_key()) and all(
        _is_nearly_whole(name, of | {type_, name}) for name in inner
    )


def _cut(text: bytes, type_: str) -> bytes:
    """A value. type_: empty when it stays whole."""
    if not type_ or (_is_nearly_whole(type_) and not _LEFT_OUT.search(text)):
        return text
    if text[:1] == b"[":
        return b"[" + b",".join([_cut(bytes(item), type_) for item in _items.decode(text)]) + b"]"
    kept = _summary(type_)
    found = _members.decode(text)
    told = {name: _cut(bytes(value), kept[name]) for name, value in found.items() if name in kept}
    # There are no empty elements (https://hl7.org/fhir/R4/json.html): one that would be is told as it is.
    return _joined(told) if told else text


def _contained(text: msgspec.Raw, said: bytes) -> dict[str, bytes]:
    """The contained resources, of all, to which ``said`` refers, and those to which they do."""
    left = {_named.decode(item).id: bytes(item) for item in _items.decode(text)}
    told: dict[str, bytes] = {}
    while wanted := {name.decode() for name in _INWARDS.findall(said)} & left.keys():
        told |= {name: left.pop(name) for name in wanted}
        said = b" ".join(told.values())
    kept = [bytes(item) for item in _items.decode(text) if _named.decode(item).id in told]
    return {"contained": b"[" + b",".join(kept) + b"]"} if kept else {}


def _tagged(meta: bytes) -> bytes:
    found = _members.decode(meta)
    tags = _items.decode(found.get("tag", b"[]"))
    if any(_tag.decode(tag) == _tag.decode(TAG) for tag in tags):
        return meta
    members = {name: bytes(value) for name, value in found.items()}
    return _joined(members | {"tag": b"[" + b",".join([*map(bytes, tags), TAG]) + b"]"})


def _joined(members: Mapping[str, bytes]) -> bytes:
    return b"{" + b",".join([b'"%b":%b' % (name.encode(), value) for name, value in members.items()]) + b"}"
