"""Whatever a value is, the answer is what was found or a refusal."""

from urllib.parse import quote

import pytest

from tests.fhir_api.running import Door, Json

NUMBERS = [
    "1e999",
    "-1e-999",
    "1e400",
    "0" * 40,
    "1" * 40,
    "-0",
    "+5",
    "1e+3",
    "lt1e999",
    "ap0",
    "ap1e999",
    "1e9999",
]
DATES = [
    *("0001", "9999", "0000", "ge9999-12-31", "ap9999-12-31", "ap0001", "lt0001-01-01", "2024-05-10T08:00Z"),
    *("gt9999-12-31T23:59:59.999Z", "2024-02-29T23:59:60Z", "sa0001-01-01T00:00:00+14:00", "2024-02-30"),
]
TEXTS = [
    *(
        "\x01",
        "\x7f",
        "\ud7ff",
        "\U0010ffff",
        "a" * 3000,
        "%",
        "_",
        "\\",
        r"\,",
        r"a\\",
        "'",
        '"',
        "$$",
        "||",
        "a|b|",
    ),
    *(
        "\U0001f9ec",
        "İ",
        "ß",
        "ﬃ",
        "\u0345",
        "a b  c",
        "Đ",
        "Æ",
        "*",
        "(",
        "[",
        "?",
        "#a",
        "urn:",
        "http://",
        "//",
        "http://x/\x01",
        "a|b|\x7f",
    ),
]
NAMES = {
    "Observation?value-quantity": NUMBERS,
    "Observation?code-value-quantity": [f"a${number}" for number in NUMBERS],
    "RiskAssessment?probability": NUMBERS,
    **dict.fromkeys(("Patient?birthdate", "Observation?date", "Patient?_lastUpdated"), DATES),
    **{
        f"Patient?{name}": TEXTS
        for name in (
            *(
                "name",
                "name:exact",
                "name:contains",
                "address",
                "identifier",
                "identifier:text",
                "_tag",
                "_id",
            ),
            *("identifier:of-type", "_profile", "_profile:below", "_profile:above", "general-practitioner"),
            *("general-practitioner:identifier", "organization.name", "_has:Observation:subject:code"),
        )
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_the_server_never_fails(door: Door, name: str) -> None:
    type_ = name.partition("?")[0]
    door.put(RESOURCES[type_])
    answers = {
        value: door.client.get(f"{name}={quote(value)}&_sort=-_lastUpdated").status_code
        for value in NAMES[name]
    }
    assert {value: status for value, status in answers.items() if status not in (200, 400)} == {}
    assert 200 in answers.values()


RESOURCES: dict[str, Json] = {
    "Patient": {
        "resourceType": "Patient",
        "id": "a",
        "birthDate": "1000",
        "name": [{"text": "\x7f" * 3000 + "x"}],
    },
    "Observation": {
        "resourceType": "Observation",
        "id": "a",
        "status": "final",
        "code": {"coding": [{"code": "a"}]},
        "effectivePeriod": {"end": "9999-12-31T23:59:59-14:00"},
        "valueQuantity": {"value": 1e300},
    },
    "RiskAssessment": {
        "resourceType": "RiskAssessment",
        "id": "a",
        "status": "final",
        "subject": {"reference": "Patient/a"},
        "prediction": [{"probabilityRange": {"high": {"value": -1e-300}}}],
    },
}
"""As odd as intake takes them."""
