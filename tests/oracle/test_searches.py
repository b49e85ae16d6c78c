"""https://hl7.org/fhir/R4/search.html: #chaining, #has, #sort, #include, #_type; compartments; escapes."""

import pytest

from tests.oracle.asking import corpus, found, included, resource
from tests.oracle.evaluator import search
from tests.oracle.values import Refused, parted, plain


def to(key: str) -> dict[str, str]:
    return {"reference": key}


RECORD = corpus(
    [
        resource("Organization", "hanoi", name="Bệnh viện Hà Nội"),
        resource("Organization", "ward", name="Khoa Nhi", partOf=to("Organization/hanoi")),
        resource("Practitioner", "joe", name=[{"given": ["Joe"]}], address=[{"state": "CA"}]),
        resource("Practitioner", "jane", name=[{"given": ["Jane"]}], address=[{"state": "MN"}]),
        resource(
            "Patient",
            "peter",
            name=[{"given": ["Peter"]}],
            birthDate="1980-05",
            gender="male",
            generalPractitioner=[to("Practitioner/joe"), to("Practitioner/jane")],
        ),
        resource(
            "Patient",
            "anna",
            name=[{"given": ["Anna", "Zoe"]}],
            birthDate="1980-05-02",
            gender="female",
            managingOrganization=to("Organization/ward"),
        ),
        resource(
            "Patient",
            "binh",
            name=[{"text": "Bình"}],
            link=[{"other": to("Patient/anna"), "type": "seealso"}],
        ),
        resource("Group", "village", characteristic=[], member=[{"entity": to("Patient/peter")}]),
        resource(
            "Observation",
            "o1",
            subject=to("Patient/peter"),
            code={"coding": [{"code": "1234-5"}]},
            effectiveDateTime="2020-01-02",
            performer=[to("Practitioner/joe")],
        ),
        resource(
            "Observation",
            "o2",
            subject=to("Patient/anna"),
            code={"coding": [{"code": "456"}]},
            effectiveDateTime="2020-01-01",
            hasMember=[to("Observation/o1")],
        ),
        resource(
            "Observation",
            "o3",
            subject=to("Group/village"),
            code={"coding": [{"code": "1234-5"}]},
            hasMember=[to("Observation/o2")],
            performer=[to("Patient/anna")],
        ),
        resource(
            "AuditEvent",
            "a1",
            entity=[{"what": to("Observation/o2")}],
            agent=[{"who": to("Practitioner/joe")}],
        ),
        resource("DiagnosticReport", "r1", subject=to("Patient/peter"), result=[to("Observation/o1")]),
        resource("Encounter", "e1", subject=to("Patient/anna"), status="finished"),
    ]
)

GP = "general-practitioner:Practitioner"
CHAINS = [
    ("DiagnosticReport?subject.name=peter", "r1"),
    ("DiagnosticReport?subject:Patient.name=peter", "r1"),
    ("DiagnosticReport?subject:Patient.name=anna", ""),
    ("Observation?subject:Patient.name=peter", "o1"),
    ("Observation?patient.gender:not=male", "o2"),
    ("Observation?patient.birthdate:missing=false", "o1 o2"),
    ("Observation?subject:Group.member:Patient.name=peter", "o3"),
    ("Observation?subject:Group.member.name=peter", "o3"),
    ("Observation?patient.organization.name=khoa", "o2"),
    ("Observation?patient.organization.partof.name=benh", "o2"),
    ("Observation?patient.organization.partof.name:exact=Bệnh viện Hà Nội", "o2"),
    ("DiagnosticReport?result.patient.name=pet", "r1"),
    ("DiagnosticReport?result.subject:Patient._id=peter", "r1"),
    ("Observation?patient._id=anna,peter", "o1 o2"),
    (f"Patient?{GP}.name=Joe&{GP}.address-state=MN", "peter"),
    ("Patient?general-practitioner.name=Jane", "peter"),
    ("Observation?subject.name=peter", "o1"),
]

REVERSE = [
    ("Patient?_has:Observation:patient:code=1234-5", "peter"),
    ("Patient?_has:Observation:patient:code=1234-5,456", "peter anna"),
    ("Patient?_has:Observation:patient:code=1234-5&_has:Observation:patient:code=456", ""),
    ("Patient?_has:Observation:subject:date=2020", "peter anna"),
    ("Patient?_has:Observation:patient:_has:AuditEvent:entity:agent=Practitioner/joe", "anna"),
    ("Patient?_has:Observation:patient:_has:AuditEvent:entity:agent=Practitioner/jane", ""),
    ("Group?_has:Observation:subject:code=1234-5", "village"),
    ("Observation?patient._has:Encounter:patient:status=finished", "o2"),
    ("Patient?_has:Observation:patient:performer:Practitioner.name=joe", "peter"),
    ("Patient?_has:Group:member:_id=village", "peter"),
    ("Patient?_has:Encounter:patient:status=finished&gender=female", "anna"),
]

SORTS = [
    ("Patient?_sort=birthdate", "peter anna binh"),
    ("Patient?_sort=-birthdate", "anna peter binh"),
    ("Patient?_sort=given", "anna peter binh"),
    ("Patient?_sort=-given", "anna peter binh"),
    ("Patient?_sort=name", "anna binh peter"),
    ("Patient?_sort=-name", "anna peter binh"),
    ("Patient?_sort=_id", "anna binh peter"),
    ("Patient?_sort=-_id", "peter binh anna"),
    ("Observation?_sort=date", "o2 o1 o3"),
    ("Observation?_sort=-date", "o1 o2 o3"),
    ("Patient?_sort=-birthdate,name", "anna peter binh"),
    ("Patient", "peter anna binh"),
    ("Organization?_sort=_lastUpdated", "hanoi ward"),
    ("Organization?_sort=-_lastUpdated", "ward hanoi"),
    ("Organization?_sort=_lastUpdated,-_id", "ward hanoi"),
]

PLACES = [
    ("Patient/peter/Observation", "o1"),
    ("Patient/anna/Observation", "o2 o3"),
    ("Patient/anna/Observation?code=456", "o2"),
    ("Patient/anna/*", "anna binh o2 o3 e1"),
    ("Patient/anna/Patient", "anna binh"),
    ("Patient/nobody/*", ""),
    ("Practitioner/joe/Observation", "o1"),
    ("Practitioner/joe/Practitioner", "joe"),
    ("Encounter/e1/Encounter", "e1"),
    ("Patient/peter/Group", "village"),
    ("?_type=Encounter,AuditEvent", "a1 e1"),
    ("?_type=Patient,Practitioner&gender:missing=true", "joe jane binh"),
    ("?_id=peter,joe", "joe peter"),
]


@pytest.mark.parametrize(("url", "expected"), CHAINS + REVERSE + SORTS + PLACES)
def test_search(url: str, expected: str) -> None:
    assert found(RECORD, url) == expected


O2_PATIENT = "Observation?_id=o2&_include=Observation:patient"
INCLUDES = [
    ("Observation?_id=o1&_include=Observation:subject", "Patient/peter"),
    ("Observation?_id=o3&_include=Observation:subject", "Group/village"),
    ("Observation?_id=o3&_include=Observation:subject:Patient", ""),
    ("Observation?_id=o3&_include=Observation:patient", ""),
    (
        "Observation?_id=o1&_include=Observation:subject&_include=Observation:performer",
        "Patient/peter Practitioner/joe",
    ),
    ("Observation?_id=o3&_include=Observation:has-member", "Observation/o2"),
    ("Observation?_id=o3&_include:iterate=Observation:has-member", "Observation/o2 Observation/o1"),
    ("Observation?_include=Observation:has-member", ""),
    (f"{O2_PATIENT}&_include:iterate=Patient:organization", "Patient/anna Organization/ward"),
    (f"{O2_PATIENT}&_include=Patient:organization", "Patient/anna"),
    ("Observation?_id=o1&_include=*", "Patient/peter Practitioner/joe"),
    ("Observation?_id=o1&_include=Observation:*", "Patient/peter Practitioner/joe"),
    ("Patient?_id=peter&_revinclude=Observation:patient", "Observation/o1"),
    ("Patient?_id=peter&_revinclude=*", "Observation/o1 DiagnosticReport/r1 Group/village"),
    (
        "Patient?_id=peter&_revinclude=Observation:patient&_revinclude=DiagnosticReport:patient",
        "Observation/o1 DiagnosticReport/r1",
    ),
    ("Patient?_id=anna&_revinclude=Observation:*", "Observation/o2 Observation/o3"),
    ("Observation?_id=o1&_revinclude:iterate=Observation:has-member", "Observation/o2 Observation/o3"),
    ("Observation?_id=o2&_revinclude=*", "Observation/o3 AuditEvent/a1"),
    ("Patient?_id=nobody&_include=*", ""),
    ("Patient?_id=peter&_revinclude=Observation:subject:Group", ""),
]


@pytest.mark.parametrize(("url", "expected"), INCLUDES)
def test_include(url: str, expected: str) -> None:
    assert included(RECORD, url) == set(expected.split())


def test_ties_are_told() -> None:
    assert search(RECORD, "Patient", []) == [["Patient/peter", "Patient/anna", "Patient/binh"]]
    groups = search(RECORD, "Observation", [("_sort", "date")])
    assert groups == [["Observation/o2"], ["Observation/o1"], ["Observation/o3"]]
    assert search(RECORD, "Organization", [("_sort", "_lastUpdated")]) == [
        ["Organization/hanoi", "Organization/ward"]
    ]


REFUSED = """Patient?nothing=1 Patient?_text=x Observation?subject.nothing=1 Observation?code.name=x
Patient?_has:Observation:code:code=1 Patient?_has:Observation:patient=1 Patient?_has:Nothing:patient:code=1
Observation?subject:Practitioner.name=x Patient?_sort=gender Patient?_sort=nothing Nothing?_id=1
Observation?_include=Observation:code Observation?_include=Observation:nothing Observation?_include:all=*
Observation?_include=Observation:patient:Group
?name=x ?_type=Patient,Observation&name=x Location?near=1|2 Patient?phonetic=x
Patient?name=a&_has:Group:member:code="""


@pytest.mark.parametrize("url", REFUSED.split())
def test_refused(url: str) -> None:
    with pytest.raises(Refused):
        found(RECORD, url)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("a\\,b", ["a\\,b"]),
        ("a\\\\,b", ["a\\\\", "b"]),
        ("", [""]),
        ("a,", ["a", ""]),
        ("a\\\\\\,b", ["a\\\\\\,b"]),
    ],
)
def test_parted(text: str, parts: list[str]) -> None:
    assert parted(text, ",") == parts


def test_escapes() -> None:
    assert plain("xx\\$xx") == "xx$xx"
    assert plain("xx\\\\xx") == "xx\\xx"
    assert plain("a\\,b\\|c") == "a,b|c"
    for wrong in ("xx\\xx", "xx\\"):
        with pytest.raises(Refused):
            plain(wrong)
