"""Whatever intake accepts can be asked for subject, encounter, date and links."""

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.definitions import (
    RESOURCE_TYPES,
    elements,
    encounter_references,
    link_texts,
    main_date,
    main_period,
    patient_references,
    references,
    string_kinds,
)
from ehr.definitions.tables import PRIMITIVES
from fhir_api.intake import Limits, scan, validate
from tests.fhir_api.intake.valid_resources import resources

LIMITS = Limits(size=1 << 20)


@given(resources())
@settings(max_examples=600, deadline=None)
def test_odd_but_valid_resources_are_accepted(resource: dict[str, Any]) -> None:
    assert validate(resource, resource["resourceType"]) == []


@given(resources())
@settings(max_examples=400, deadline=None)
def test_what_is_accepted_can_be_projected(resource: dict[str, Any]) -> None:
    again = scan(orjson.dumps(resource), LIMITS)
    assert again == resource
    assert patient_references(again) <= {"Patient/1", "Patient/2", f"Patient/{again.get('id')}"}
    assert encounter_references(again) <= {"Encounter/1"}
    start, end = main_period(again)
    assert main_date(again) == (start or end)
    assert all(isinstance(text, str) for text in link_texts(again))


@given(resources())
@settings(max_examples=400, deadline=None)
def test_references_are_found_as_by_the_element_table(resource: dict[str, Any]) -> None:
    assert references(resource) == list(_references(resource["resourceType"], resource))


@given(resources())
@settings(max_examples=200, deadline=None)
def test_every_string_has_a_kind(resource: dict[str, Any]) -> None:
    kinds = list(string_kinds(resource))
    assert len(kinds) == _count_strings(resource)
    assert kinds.count("link") + kinds.count("reference") == len(list(link_texts(resource)))
    assert kinds.count("reference") == len(references(resource))


NAMES = st.sampled_from(sorted({element.name for element in elements("Patient")})) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, JSON, max_size=6))
@settings(max_examples=300, deadline=None)
def test_random_json_is_accepted_or_refused(content: dict[str, Any]) -> None:
    for issue in validate({**content, "resourceType": "Patient"}, "Patient"):
        assert issue.expression.startswith("Patient")


@given(JSON, st.sampled_from(sorted(RESOURCE_TYPES)), st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_resource_is_accepted_or_refused(junk: Any, kind: str, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    key = data.draw(st.sampled_from(sorted(resource)))
    validate({**resource, key: junk}, kind)


def _references(kind: str, node: dict[str, Any]) -> list[str]:
    """An independent way: by the types of the elements."""
    keys = {key: type_ for element in elements(kind) for key, type_ in element.types_by_key().items()}
    found: list[str] = []
    for key, value in node.items():
        type_ = "Element" if key.startswith("_") else keys.get(key, "code")
        for item in value if isinstance(value, list) else [value]:
            if (kind, key) == ("Reference", "reference"):
                found.append(item)
            elif isinstance(item, dict) and type_ not in PRIMITIVES:
                found += _references(item["resourceType"] if type_ == "Resource" else type_, item)
    return found


def _count_strings(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_count_strings, value.values()))
    return sum(map(_count_strings, value)) if isinstance(value, list) else int(isinstance(value, str))
