"""The JSON schema of all resource types, made from the element table.

It describes ``{resource type: resource}``, so the type is found by name and never by trying. Resources
within resources (contained, Bundle.entry, Parameters) are only objects here: validation.py hands each of
them in again under its own type. It is draft 4, in which 1.0 is not an integer.

There are two schemas. The plain one admits no ``_name`` beside a primitive and no null, which is nearly all
data; the full one admits both as https://hl7.org/fhir/R4/json.html#primitive has them.
"""

from collections.abc import Iterator

from ehr.definitions import RESOURCE_TYPES, Element, elements, required_codes, type_names
from ehr.definitions.tables import BARE, PRIMITIVES
from fhir_api.intake.formats import CODES_BY_FORM, FORMATS, Schema

DRAFT = "http://json-schema.org/draft-04/schema#"


def resource_schema(*, plain: bool) -> Schema:
    """The schema of ``{type: resource}`` for every resource type."""
    definitions: Schema = {f"primitive.{name}": schema for name, schema in FORMATS.items()}
    definitions |= {name: _object(name, plain) for name in sorted(type_names())}
    if not plain:
        nullable = [*(f"primitive.{name}" for name in FORMATS), "Element"]
        definitions |= {f"{name}.or-null": _or_null(definitions[name]) for name in nullable}
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": {name: _ref(name) for name in sorted(RESOURCE_TYPES)},
        "additionalProperties": False,
        "definitions": definitions,
    }


def _object(name: str, plain: bool) -> Schema:
    rows = elements(name)
    schema: Schema = {
        "type": "object",
        "properties": {key: value for row in rows for key, value in _properties(row, plain)},
        "additionalProperties": False,
        "minProperties": 1,
        "required": [row.name for row in rows if row.least and not _has_alternatives(row, plain)],
        "allOf": [_one_of(row, plain) for row in rows if row.least and _has_alternatives(row, plain)],
        "dependencies": {},
    }
    for row in rows:
        _exclude(schema, row, plain)
    if name in RESOURCE_TYPES:
        schema["properties"]["resourceType"] = {}
    if name == "Reference":
        schema["properties"]["reference"] = _ref("primitive.reference")
    if name == "Extension":
        _restrict_extension(schema, plain)
    return {keyword: value for keyword, value in schema.items() if value or keyword == "additionalProperties"}


# What may stand at a key.


def _properties(row: Element, plain: bool) -> Iterator[tuple[str, Schema]]:
    for key, type_ in row.types_by_key().items():
        one = _value(type_, row.codes)
        yield key, one if row.most == 1 else _list(one if plain else _item(type_, one))
        if type_ in PRIMITIVES - BARE and not plain:
            yield f"_{key}", _ref("Element") if row.most == 1 else _list(_ref("Element.or-null"))


def _value(type_: str, value_set: str | None) -> Schema:
    codes = required_codes(value_set) if value_set else None
    if type_ == "Resource":
        return {"type": "object", "required": ["resourceType"]}
    if type_ == "code" and codes:
        choices = sorted({code for found in codes.values() for code in found})
        return {"type": "string", "enum": choices, "title": value_set}
    if value_set in CODES_BY_FORM:
        return CODES_BY_FORM[value_set] | {"title": value_set}
    if type_ == "CodeableConcept" and codes:
        return {"allOf": [_ref(type_), _coded_from(codes) | {"title": value_set}]}
    return _ref(f"primitive.{type_}" if type_ in PRIMITIVES else type_)


def _item(type_: str, one: Schema) -> Schema:
    """In a list of primitives null stands for a value that is absent, with an extension in its place."""
    if type_ not in PRIMITIVES:
        return one
    return _or_null(one) if "enum" in one else _ref(f"primitive.{type_}.or-null")


def _coded_from(codes: dict[str, tuple[str, ...]]) -> Schema:
    """If a code or text is given, one coding is of the value set; not all are not, lacking ``contains``."""
    choices = [
        {"required": list(choice), "properties": {name: {"enum": values} for name, values in choice.items()}}
        for choice in ({"system": [system], "code": list(found)} for system, found in codes.items())
    ]
    codeless = {"coding": {"items": {"not": {"required": ["code"]}}}}
    unsaid = {"not": {"required": ["text"]}, "properties": codeless}
    coded = {
        "required": ["coding"],
        "properties": {"coding": {"not": {"items": {"not": {"anyOf": choices}}}}},
    }
    return _any_of([unsaid, coded])


# Which keys go together.


def _has_alternatives(row: Element, plain: bool) -> bool:
    return len(_names(row, plain)) > 1


def _one_of(row: Element, plain: bool) -> Schema:
    """A required choice, or a required primitive whose value may be absent with an extension in its place."""
    return _any_of([{"required": [name]} for name in _names(row, plain)]) | {"title": row.name}


def _names(row: Element, plain: bool) -> list[str]:
    return [name for variant in _variants(row, plain) for name in variant]


def _variants(row: Element, plain: bool) -> list[list[str]]:
    """For each type of the element the keys it can have: one, or with the ``_name`` beside it two."""
    has_sibling = {key: type_ in PRIMITIVES - BARE and not plain for key, type_ in row.types_by_key().items()}
    return [[key, f"_{key}"] if with_sibling else [key] for key, with_sibling in has_sibling.items()]


MANY = 12
"""From so many types on, naming for each the others that it excludes costs more memory than all the rest."""


def _exclude(schema: Schema, row: Element, plain: bool) -> None:
    """Of the types of a choice at most one is there."""
    variants = [[{"required": [name]} for name in names] for names in _variants(row, plain)]
    if len(variants) >= MANY:
        each = [{"anyOf": names} for names in variants]
        none = {"not": {"anyOf": each}}
        exclusion = {"not": {"not": {"oneOf": [*each, none]}}, "title": row.name}
        schema["allOf"].append({"allOf": [exclusion]})
        return
    for own in variants if len(variants) > 1 else ():
        others = [name for names in variants if names is not own for name in names]
        exclusion = {"not": {"anyOf": others}, "title": row.name}
        schema["dependencies"] |= {name["required"][0]: exclusion for name in own}


def _restrict_extension(schema: Schema, plain: bool) -> None:
    """ext-1: an extension has either extensions or a value. Plainly: a url and one thing more."""
    if plain:
        schema |= {"minProperties": 2, "maxProperties": 2, "allOf": []}
        return
    (value,) = [row for row in elements("Extension") if row.name == "value[x]"]
    values = [{"required": [name]} for name in _names(value, plain)]
    schema["allOf"].append(_any_of([{"required": ["extension"]}, *values]) | {"title": "value[x]"})
    schema["dependencies"]["extension"] = {"not": {"anyOf": values}, "title": "value[x]"}


# Parts of schemas.


def _any_of(schemas: list[Schema]) -> Schema:
    """Not ``anyOf``, whose error carries those of all its branches: 150 KB for one empty extension."""
    return {"not": {"allOf": [{"not": schema} for schema in schemas]}}


def _list(items: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": items}


def _or_null(schema: Schema) -> Schema:
    """Keywords other than ``type`` and ``enum`` apply to values of one kind, so null passes them."""
    either: Schema = schema | {"type": [schema["type"], "null"]}
    return either | {"enum": [*schema["enum"], None]} if "enum" in schema else either


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}
