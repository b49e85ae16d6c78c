"""Numbers as they were stated, with a comma in Vietnamese: there a point groups thousands."""

import pytest

from fhir_api.pages.formats import amounts_text, digits_text


@pytest.mark.parametrize(
    ("stated", "vietnamese"),
    [("1.234", "1,234"), ("-7.10", "-7,10"), ("1.0E1", "1,0E1"), ("1234", "1234"), ("3.9–7.80", "3,9–7,80")],
)
def test_digits_stay_and_the_point_is_a_comma_in_vietnamese(stated: str, vietnamese: str) -> None:
    assert digits_text(stated, "vi") == vietnamese
    assert digits_text(stated, "en") == stated


@pytest.mark.parametrize(
    ("composed", "vietnamese"),
    [
        ("1.234 mg", "1,234 mg"),
        ("< 2.50 mg · 2 × / 0.5 d · uống", "< 2,50 mg · 2 × / 0,5 d · uống"),
        ("0.5–1.5 mL; 2.0 mL", "0,5–1,5 mL; 2,0 mL"),
        ("1 lọ 500.000 IU", "1 lọ 500.000 IU"),
        ("≥ 5 10.9/L", "≥ 5 10.9/L"),
    ],
)
def test_of_amounts_it_is_the_number_alone(composed: str, vietnamese: str) -> None:
    assert amounts_text(composed, "vi") == vietnamese
    assert amounts_text(composed, "en") == composed
