"""https://hl7.org/fhir/R4/search.html#uri: its four examples, and the version of a canonical resource."""

import pytest

from tests.oracle.asking import corpus, found, resource
from tests.oracle.values import Refused

URLS = {
    "fhir": "http://acme.org/fhir",
    "set": "http://acme.org/fhir/ValueSet/123",
    "history": "http://acme.org/fhir/ValueSet/123/_history/5",
    "beside": "http://acme.org/fhir/ValueSet/1234",
    "upper": "http://ACME.org/fhir/ValueSet/123",
    "oid": "urn:oid:1.2.3.4.5",
    "longer-oid": "urn:oid:1.2.3.4.5.6",
    "comma": "http://acme.org/fhir/ValueSet/124,125",
}
SETS = corpus(
    [resource("ValueSet", id_, url=url, version="2") for id_, url in URLS.items()]
    + [resource("ValueSet", "none")]
)
CASES = [
    ("url=http://acme.org/fhir/ValueSet/123", "set"),
    ("url:below=http://acme.org/fhir/", "set history beside comma"),
    ("url:below=http://acme.org/fhir", "fhir set history beside comma"),
    ("url:below=http://acme.org/fhir/ValueSet/123", "set history"),
    ("url:above=http://acme.org/fhir/ValueSet/123/_history/5", "fhir set history"),
    ("url:above=http://acme.org/fhir/ValueSet/1234", "fhir beside"),
    ("url=urn:oid:1.2.3.4.5", "oid"),
    ("url=http://acme.org/fhir/ValueSet/124\\,125", "comma"),
    ("url=http://acme.org/fhir/ValueSet/123,http://acme.org/fhir/ValueSet/1234", "set beside"),
    ("url=http%3A%2F%2Facme.org%2Ffhir%2FValueSet%2F124%5C%2C125", "comma"),
    ("url=http://acme.org/fhir/ValueSet", ""),
    ("url=http://acme.org/fhir/ValueSet/123|2", "set"),
    ("url=http://acme.org/fhir/ValueSet/123|1", ""),
    ("url=http://acme.org/fhir/ValueSet/123|1,urn:oid:1.2.3.4.5", "oid"),
    ("url:missing=true", "none"),
]


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_uri(query: str, expected: str) -> None:
    assert found(SETS, f"ValueSet?{query}") == expected


@pytest.mark.parametrize(
    "query",
    [
        "url=",
        "url:below=urn:oid:1.2",
        "url:above=urn:oid:1.2",
        "url:below=llp:10.11.12.13",
        "url:exact=x",
        "url:contains=x",
    ],
)
def test_refused(query: str) -> None:
    with pytest.raises(Refused):
        found(SETS, f"ValueSet?{query}")


def test_source_and_profile() -> None:
    meta = {"source": "urn:a#b", "profile": ["http://hl7.org/fhir/StructureDefinition/lipid|4"]}
    report = resource("DiagnosticReport", "1", meta=meta)
    assert found([report], "DiagnosticReport?_profile=http://hl7.org/fhir/StructureDefinition/lipid") == "1"
    assert found([report], "DiagnosticReport?_profile=http://hl7.org/fhir/StructureDefinition/lipid|4") == "1"
    assert found([report], "DiagnosticReport?_profile=http://hl7.org/fhir/StructureDefinition/lipid|3") == ""
    assert found([report], "DiagnosticReport?_profile:below=http://hl7.org/fhir") == "1"
    assert found([report], "DiagnosticReport?_source=urn:a%23b") == "1"
    assert found([report], "DiagnosticReport?_source=urn:a") == ""
