"""Parts of resources, tried on HL7's own examples.

https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.definitions import elements
from ehr.definitions.tables import PRIMITIVES
from fhir_api.errors import BadRequest
from fhir_api.intake import validate
from fhir_api.subsetting import TAG, Subset, read_subset, subset
from tests.fhir_api.intake.examples import KNOWN_INVALID, Example, kept, type_of
from tests.fhir_api.running import Json

SUMMARY, TEXT, DATA = (Subset(summary) for summary in ("true", "text", "data"))
ALWAYS = {"resourceType", "id", "meta", "implicitRules", "_implicitRules", "modifierExtension"}
VALID = [example for example in kept() if example.file not in KNOWN_INVALID]
Members = dict[str, msgspec.Raw]


def members(text: bytes) -> dict[str, bytes]:
    return {name: bytes(raw) for name, raw in msgspec.json.decode(text, type=Members).items()}


def is_tagged(resource: Json) -> bool:
    return [tag.get("code") for tag in resource["meta"]["tag"]].count("SUBSETTED") == 1


def key_of(name: str, type_: str) -> Any:
    """The element behind a JSON key."""
    keys = {key: element for element in elements(type_) for key in element.types_by_key()}
    return keys[name.removeprefix("_")]


def mandatory(type_: str) -> set[str]:
    keys = {key for element in elements(type_) if element.least for key in element.types_by_key()}
    return keys | {f"_{key}" for key in keys}


@cache
def everything_is_kept_of(type_: str) -> bool:
    return type_ in (PRIMITIVES | {"Extension", "Narrative", "Resource"})


def outside_summary(whole: Any, part: Any, type_: str, at: str = "") -> Iterator[str]:
    """What is in the part and should not be, or is not and should be, by a walk through the whole."""
    if isinstance(whole, list):
        for n, (one, other) in enumerate(zip(whole, part, strict=True)):
            yield from outside_summary(one, other, type_, f"{at}[{n}]")
    elif everything_is_kept_of(type_) or not isinstance(whole, dict):
        if whole != part:
            yield at
    else:
        yield from _members_outside(whole, part, type_, at)


def _members_outside(whole: Json, part: Json, type_: str, at: str) -> Iterator[str]:
    expected = {name for name in whole if _is_in_summary(name, type_)}
    if not at:
        expected |= ({"meta"} | ALWAYS & whole.keys()) | (part.keys() & {"contained"})
    if (expected or whole.keys()) != part.keys():
        yield at or type_
    for name in expected - {"meta", "resourceType", "contained"}:
        of = key_of(name, type_).types_by_key().get(name, "string")
        yield from outside_summary(whole[name], part[name], of, f"{at}.{name}")


def _is_in_summary(name: str, type_: str) -> bool:
    if name == "resourceType":
        return False
    element = key_of(name, type_)
    return bool(element.summary or element.least or element.name == "modifierExtension")


def test_a_summary_has_what_the_definitions_say() -> None:
    for example in VALID:
        type_, whole = type_of(example), orjson.loads(bytes(example.resource))
        part = orjson.loads(subset(bytes(example.resource), type_, SUMMARY))
        assert list(outside_summary(whole, part, type_)) == [], example.file
        assert is_tagged(part)


@pytest.mark.parametrize("how", [SUMMARY, TEXT, DATA, Subset(elements=())], ids=repr)
def test_parts_of_the_official_examples_are_valid(how: Subset) -> None:
    for example in VALID:
        part = orjson.loads(subset(bytes(example.resource), type_of(example), how))
        assert validate(part, type_of(example)) == [], example.file


def test_contained_resources_stay_to_which_something_refers_that_stays() -> None:
    raw = (
        b'{"resourceType":"Basic","contained":[{"resourceType":"Organization","id":"of-it"},'
        b'{"resourceType":"Patient","id":"p", "managingOrganization":{"reference":"#of-it"}},'
        b'{"resourceType":"Practitioner","id":"q"}],"code":{"text":"x"},'
        b'"subject":{"reference" : "#p"},"author":{"reference":"#q"}}'
    )
    for name, stay in (("subject", ["of-it", "p"]), ("author", ["q"]), ("created", [])):
        part = orjson.loads(subset(raw, "Basic", Subset(elements=(name,))))
        assert [one["id"] for one in part.get("contained", [])] == stay
    asked = members(subset(raw, "Basic", Subset(elements=("contained",))))
    assert asked["contained"] == members(raw)["contained"]
    assert list(asked) == ["resourceType", "contained", "code", "meta"]


@given(st.sampled_from(VALID), st.data())
def test_elements_that_are_asked_for_are_there_as_they_were(example: Example, data: st.DataObject) -> None:
    type_, whole = type_of(example), members(bytes(example.resource))
    names = [element.name for element in elements(type_)]
    asked = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    how = read_subset({"_elements": ",".join(name.removesuffix("[x]") for name in asked)}, [type_])
    assert how is not None
    part = members(subset(bytes(example.resource), type_, how))
    wanted = {key for name in asked for key in _keys(type_, name)} | ALWAYS | mandatory(type_)
    assert part.keys() - {"contained"} == (whole.keys() & wanted - {"contained"}) | {"meta"}
    own = part.keys() - {"meta", *({"contained"} - wanted)}
    assert all(part[name] == whole[name] for name in own)


def _keys(type_: str, name: str) -> set[str]:
    (keys,) = [set(e.types_by_key()) for e in elements(type_) if e.name == name]
    return keys | {f"_{key}" for key in keys}


def test_the_text_comes_with_what_must_be_there() -> None:
    for example in VALID:
        type_, whole = type_of(example), members(bytes(example.resource))
        part = members(subset(bytes(example.resource), type_, TEXT))
        wanted = {"text"} | ALWAYS | mandatory(type_)
        assert part.keys() - {"contained"} == (whole.keys() & wanted) | {"meta"}
        assert all(part[name] == whole[name] for name in part.keys() - {"meta", "contained"})


def test_the_data_are_all_but_the_text() -> None:
    for example in VALID:
        whole = members(bytes(example.resource))
        part = members(subset(bytes(example.resource), type_of(example), DATA))
        assert part.keys() == (whole.keys() - {"text"}) | {"meta"}
        assert all(part[name] == whole[name] for name in part.keys() - {"meta"})


OBSERVATION = b"""{ "resourceType" : "Observation", "id":"o",
 "meta": {"versionId":"1", "tag" : [ {"code" :"mine"}]},
 "status":"final", "code":{"id":"c","text":"weight","extension":[{"url":"urn:x","valueDecimal":1.0}]},
 "valueQuantity" : {"value": 72.50, "unit":"kg"}, "note":[{"text":"n"}],
 "modifierExtension":[{"url":"urn:y", "valueDecimal": 1.10}],
 "component":[{"code":{"text":"a"},"valueQuantity":{"value":1e1},"interpretation":[{"text":"b"}]}]}"""


def test_what_stays_keeps_its_digits() -> None:
    part = subset(OBSERVATION, "Observation", SUMMARY)
    assert part == (
        b'{"resourceType":"Observation","id":"o",'
        b'"meta":{"versionId":"1","tag":[{"code" :"mine"},' + TAG + b"]},"
        b'"status":"final","code":{"text":"weight"},"valueQuantity":{"value": 72.50, "unit":"kg"},'
        b'"modifierExtension":[{"url":"urn:y", "valueDecimal": 1.10}],'
        b'"component":[{"code":{"text":"a"},"valueQuantity":{"value":1e1}}]}'
    )
    asked = read_subset({"_elements": "value"}, ["Observation"])
    assert asked is not None
    assert b'"valueQuantity":{"value": 72.50, "unit":"kg"}' in subset(OBSERVATION, "Observation", asked)
    assert b'{"value": 72.50, "unit":"kg"}' in subset(OBSERVATION, "Observation", DATA)


def test_a_part_of_a_part_is_tagged_once() -> None:
    for how in (SUMMARY, TEXT, DATA):
        part = subset(OBSERVATION, "Observation", how)
        assert subset(part, "Observation", how) == part


def test_a_body_without_meta_gets_one_for_the_tag() -> None:
    assert subset(b'{"resourceType":"Patient"}', "Patient", SUMMARY) == (
        b'{"resourceType":"Patient","meta":{"tag":[' + TAG + b"]}}"
    )


def test_data_of_an_attachment_is_in_no_summary() -> None:
    raw = (
        b'{"resourceType":"DocumentReference","status":"current","content":[{"attachment":'
        b'{"contentType":"text/plain","data":"eA==","title":"t"}}]}'
    )
    assert b'{"attachment":{"contentType":"text/plain","title":"t"}}' in subset(
        raw, "DocumentReference", SUMMARY
    )


def test_what_would_be_empty_is_told_as_it_is() -> None:
    name = b'"name":[{"extension":[{"url":"urn:x","valueCode":"unknown"}]}]'
    part = subset(b'{"resourceType":"Patient",%b}' % name, "Patient", SUMMARY)
    assert name in part


@pytest.mark.parametrize(
    ("asked", "types", "expected"),
    [
        ({}, ["Patient"], None),
        ({"_summary": "false"}, ["Patient"], None),
        ({"_summary": "true"}, ["Patient"], SUMMARY),
        ({"_summary": "text"}, ["Patient"], TEXT),
        ({"_summary": "data"}, [], DATA),
        ({"_elements": "name"}, ["Patient"], Subset(elements=("name",))),
        (
            {"_elements": "name,active,name", "_summary": "false"},
            ["Patient"],
            Subset(elements=("active", "name")),
        ),
        ({"_elements": "deceased"}, ["Patient"], Subset(elements=("deceased",))),
        ({"_elements": "deceasedBoolean"}, ["Patient"], Subset(elements=("deceasedBoolean",))),
        ({"_elements": "name,code"}, ["Patient", "Basic"], Subset(elements=("code", "name"))),
    ],
)
def test_what_is_asked_for(asked: dict[str, str], types: Sequence[str], expected: Subset | None) -> None:
    assert read_subset(asked, types) == expected


@pytest.mark.parametrize(
    ("asked", "types", "named"),
    [
        ({"_summary": "yes"}, ["Patient"], "_summary must be true, text, data or false"),
        ({"_summary": ""}, ["Patient"], "_summary must be"),
        ({"_summary": "count"}, ["Patient"], "searches alone"),
        ({"_summary": "true", "_elements": "name"}, ["Patient"], "together"),
        ({"_elements": ""}, ["Patient"], "empty"),
        ({"_elements": "name,"}, ["Patient"], "empty"),
        ({"_elements": "code"}, ["Patient"], "Not supported: code. Supported: active, "),
        ({"_elements": "name.family"}, ["Patient"], "without what is in them"),
        ({"_elements": "value"}, ["Patient", "Basic"], r"Not supported: value\.$"),
    ],
)
def test_what_cannot_be_done_is_named(asked: dict[str, str], types: Sequence[str], named: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_subset(asked, types)
    assert re.search(named, refused.value.message)
