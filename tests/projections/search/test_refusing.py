"""What cannot be asked, and that no error tells a value: it may be a citizen's number.

https://hl7.org/fhir/R4/search.html#errors
"""

import pytest

from projections.search.errors import BadValue, UnknownName, Unsearchable
from projections.search.reading import Reading

BASE = "http://localhost/fhir"
CANARY = "045090000017"

REFUSED = [
    ("Patient", f"x{CANARY}", "1", UnknownName, "Patient has no parameter"),
    ("Patient", f"{CANARY}", "1", UnknownName, "no parameter of this name"),
    ("Patient", "", "1", UnknownName, "no parameter of this name"),
    ("Patient", "phonetic", CANARY, UnknownName, "no parameter phonetic"),
    ("Location", "near", CANARY, UnknownName, "no parameter near"),
    (
        "Patient",
        "name:above",
        CANARY,
        UnknownName,
        "name does not take :above. It takes: missing, exact, contains.",
    ),
    ("Patient", f"name:{CANARY} ", "1", UnknownName, "name does not take this modifier."),
    ("Patient", "name:", CANARY, UnknownName, "name does not take"),
    ("Patient", "gender:of-type", CANARY, UnknownName, "gender does not take :of-type"),
    ("Patient", "birthdate:text", CANARY, UnknownName, "birthdate does not take :text"),
    ("Observation", "patient:Group", CANARY, UnknownName, "patient does not take :Group"),
    ("Observation", "patient:Group._id", CANARY, UnknownName, "patient does not take :Group"),
    ("Patient", "link:Group", CANARY, UnknownName, "link does not take :Group"),
    ("Patient", "_id:text", CANARY, UnknownName, "_id does not take :text"),
    ("Patient", "name:missing", CANARY, BadValue, "name:missing must be true or false."),
    ("Patient", "name", f"{CANARY},", BadValue, "name has an empty value."),
    ("Patient", "name", "", BadValue, "name has an empty value."),
    ("Patient", "_id", "", BadValue, "_id has an empty value."),
    ("Patient", "_id", f"{CANARY}\\", BadValue, "_id has a backslash that is not written twice"),
    (
        "Observation",
        "subject:Patient.name",
        f"\\{CANARY}",
        BadValue,
        "name has a backslash that is not written",
    ),
    ("Patient", "name", "-", BadValue, "name has a value without any letter or digit."),
    ("Patient", "identifier:text", ".", BadValue, "identifier has a value without any letter or digit."),
    ("Patient", "name", ",".join([CANARY] * 101), BadValue, "name has more than 100 values."),
    (
        "Patient",
        "identifier",
        f"{CANARY}|a|b",
        BadValue,
        "identifier must be code, system|code, |code or system|.",
    ),
    ("Patient", "identifier", "|", BadValue, "identifier has an empty value."),
    ("Patient", "identifier:of-type", f"{CANARY}|b", BadValue, "identifier must be system|code|value."),
    ("Patient", "identifier:of-type", f"|b|{CANARY}", BadValue, "identifier must be system|code|value."),
    ("Patient", "active", CANARY, BadValue, "active must be true or false."),
    (
        "Patient",
        "gender",
        CANARY,
        BadValue,
        "gender has a code that its value set does not hold: male, female, other",
    ),
    ("Patient", "birthdate", CANARY, BadValue, "birthdate must be a date, like"),
    ("Patient", "birthdate", f"zz{CANARY}", BadValue, "birthdate has a prefix that there is not: eq ne gt"),
    ("Patient", "birthdate", "gt2024-02-30", BadValue, "birthdate must be a date, like"),
    ("Patient", "_lastUpdated", f"le{CANARY}", BadValue, "_lastUpdated must be a date, like"),
    ("Patient", "link", f"{CANARY}|", BadValue, "link must be an id, Type/id or an address."),
    ("Patient", "link:Patient", f"urn:{CANARY}", BadValue, "link:Patient must be an id or Patient/id."),
    (
        "Patient",
        "link:identifier",
        f"a|b|{CANARY}",
        BadValue,
        "link must be value, system|value, |value or system|.",
    ),
    ("Patient", "_profile:below", f"urn:{CANARY}", BadValue, "_profile:below takes addresses with a host"),
    ("Observation", "value-quantity", f"{CANARY}x", BadValue, "value-quantity must be a number, like"),
    (
        "Observation",
        "value-quantity",
        f"zz{CANARY}",
        BadValue,
        "value-quantity has a prefix that there is not: eq",
    ),
    (
        "Observation",
        "value-quantity",
        f"1|{CANARY}",
        BadValue,
        "value-quantity must be a number, number|system|code",
    ),
    (
        "Observation",
        "value-quantity",
        f"1|{CANARY}|",
        BadValue,
        "value-quantity must be a number, number|system|code",
    ),
    ("Observation", "value-quantity", "1" * 41, BadValue, "value-quantity must be a number, like"),
    ("Observation", "value-quantity", "٣", BadValue, "value-quantity must be a number, like"),
    (
        "RiskAssessment",
        "probability",
        f"1||{CANARY}",
        BadValue,
        "probability must be a number: it has no unit.",
    ),
    (
        "Observation",
        "code-value-quantity",
        CANARY,
        BadValue,
        "code-value-quantity must be code$value-quantity.",
    ),
    (
        "Observation",
        "code-value-quantity",
        f"{CANARY}$",
        BadValue,
        "code-value-quantity must be code$value-quantity.",
    ),
    ("Observation", "code-value-quantity", f"a${CANARY}x", BadValue, "value-quantity must be a number"),
    ("Observation", f"code.{CANARY}", "1", UnknownName, "Observation.code is no reference."),
    (
        "Observation",
        f"subject:Practitioner.{CANARY}",
        "1",
        UnknownName,
        "subject does not take :Practitioner",
    ),
    (
        "Observation",
        f"subject.{CANARY}",
        "1",
        UnknownName,
        "subject refers to no type that has a parameter of this name",
    ),
    ("Observation", "subject:Patient.nickname", CANARY, UnknownName, "Patient has no parameter nickname"),
    ("Patient", "_has:Observation:subject", CANARY, UnknownName, "_has is _has:Type:reference:parameter."),
    ("Patient", f"_has:{CANARY}:subject:code", "1", UnknownName, "_has is _has:Type:reference:parameter."),
    ("Patient", "_has:Observation:code:code", CANARY, UnknownName, "Observation.code is no reference."),
    (
        "Patient",
        f"_has:Observation:subject:{CANARY}",
        "1",
        UnknownName,
        "Observation has no parameter of this name",
    ),
]


@pytest.mark.parametrize(("type_", "name", "text", "kind", "said"), REFUSED)
def test_what_is_refused(type_: str, name: str, text: str, kind: type[Unsearchable], said: str) -> None:
    with pytest.raises(kind) as refused:
        Reading(BASE).condition(type_, name, text)
    assert said in str(refused.value)
    if f"x{CANARY}" != name:
        assert CANARY not in str(refused.value)
