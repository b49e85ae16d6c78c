"""How those are listed to whom resources refer."""

from typing import Any

import orjson
import pytest

from projections.health_record.directory import LISTED, Listing


@pytest.mark.parametrize(
    ("stated", "listing"),
    [
        (
            {
                "resourceType": "Organization",
                "name": "Trạm Y tế xã Lìa",
                "identifier": [
                    {"system": "http://x", "value": "1"},
                    {"system": "http://fhir.ehealth.gov.vn/core/sid/provider-code", "value": "45901"},
                ],
            },
            Listing("Trạm Y tế xã Lìa", "45901"),
        ),
        ({"resourceType": "Practitioner", "name": [{"text": "Lan"}]}, Listing("Lan")),
        ({"resourceType": "Location", "name": "Phòng 2"}, Listing("Phòng 2")),
        (
            {"resourceType": "Medication", "code": {"coding": [{"code": "1", "display": "Amoxicillin"}]}},
            Listing("Amoxicillin"),
        ),
        (
            {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/p1"}},
            Listing(None, None, "Practitioner/p1"),
        ),
        ({"resourceType": "HealthcareService"}, Listing(None)),
    ],
)
def test_listings(stated: dict[str, Any], listing: Listing) -> None:
    assert LISTED[stated["resourceType"]](orjson.dumps(stated)) == listing
