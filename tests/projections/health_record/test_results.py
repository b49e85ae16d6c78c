"""What an Observation says: its values with their digits, its components, its reference range."""

import pytest

from projections.health_record.entry import Coded
from projections.health_record.kinds import Measure, Result
from tests.projections.health_record.kinds_reading import read


def observation(body: str) -> list[Measure]:
    result = read(f'{{"resourceType":"Observation","code":{{"text":"x"}},{body}}}')
    assert isinstance(result, Result)
    return result.measures


@pytest.mark.parametrize(
    "digits", ["72.50", "0.10", "1.0E-3", "-0", "1e2", "100", "123456789012345678901234"]
)
def test_numbers_keep_their_digits(digits: str) -> None:
    (measure,) = observation(f'"valueQuantity":{{"value":{digits},"unit":"mg","code":"mg"}}')
    assert (measure.value, measure.numeric) == (digits, True)
    assert (measure.unit, measure.unit_code) == ("mg", "mg")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"valueCodeableConcept":{"coding":[{"code":"+","display":"Dương tính"}]}', "Dương tính"),
        ('"valueString":" trong "', "trong"),
        ('"valueBoolean":false', "false"),
        ('"valueRange":{"low":{"value":1.0},"high":{"value":5,"unit":"cm"}}', "1.0–5 cm"),
        ('"valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}', "1 : 128"),
        ('"valueTime":"08:30:00"', "08:30:00"),
        ('"valueDateTime":"2026-10"', "2026-10"),
        ('"valuePeriod":{"start":"2026","end":"2027"}', "2026–2027"),
        ('"valueSampledData":{"origin":{"value":0},"period":1,"dimensions":1,"data":"1 2 3"}', "1 2 3"),
    ],
)
def test_values_in_words(value: str, said: str) -> None:
    (measure,) = observation(value)
    assert (measure.value, measure.numeric) == (said, False)


def test_integer_value_is_a_number_without_unit() -> None:
    (measure,) = observation('"valueInteger":7')
    assert (measure.value, measure.numeric, measure.unit) == ("7", True, None)


def test_reference_range_interpretation_and_comparator() -> None:
    (measure,) = observation(
        '"valueQuantity":{"value":0.10,"comparator":"<","unit":"mg/L","code":"mg/L"},'
        '"interpretation":[{"coding":[{"code":"N"}]}],'
        '"referenceRange":[{"type":{"coding":[{"code":"therapeutic"}]},"high":{"value":9}},'
        '{"low":{"value":1.50,"unit":"mg/L","code":"mg/L"},"high":{"value":2}}]'
    )
    assert (measure.comparator, measure.flag) == ("<", "N")
    assert (measure.low, measure.high, measure.usual) == ("1.50", "2", "1.50–2")
    assert measure.by_ends


def test_a_range_in_words_is_not_one_by_its_ends() -> None:
    (measure,) = observation('"valueInteger":7,"referenceRange":[{"low":{"value":1.5},"text":"từ 1.500"}]')
    assert (measure.low, measure.usual, measure.by_ends) == ("1.5", "từ 1.500", False)


def test_a_range_in_another_unit_is_only_printed() -> None:
    (measure,) = observation(
        '"valueQuantity":{"value":5,"unit":"mmol/L","code":"mmol/L"},'
        '"referenceRange":[{"high":{"value":126,"unit":"mg/dL","code":"mg/dL"}}]'
    )
    assert (measure.low, measure.high, measure.usual) == (None, None, "≤ 126 mg/dL")


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [
        ('"unit":"mmol/l","code":"mmol/L","system":"http://unitsofmeasure.org"', "mmol/L"),
        ('"unit":"mmol/l","code":"mmol/L"', "mmol/L"),
        ('"unit":"mmol/l"', "mmol/l"),
        ('"unit":"mmol/l","code":"7","system":"http://local"', "http://local|7"),
        ('"unit":"%"', "%"),
        ('"code":""', None),
    ],
)
def test_what_tells_a_unit_from_others(quantity: str, unit: str | None) -> None:
    (measure,) = observation(f'"valueQuantity":{{"value":5,{quantity}}}')
    assert measure.unit_code == unit


def test_a_value_without_unit_is_not_judged_by_a_range_with_one() -> None:
    (measure,) = observation(
        '"valueQuantity":{"value":131},"referenceRange":[{"high":{"value":126,"unit":"mg/dL"}}]'
    )
    assert (measure.high, measure.usual) == (None, "≤ 126 mg/dL")


def test_components_are_measures_of_their_own() -> None:
    measures = observation(
        '"component":[{"code":{"coding":[{"system":"http://x","code":"s"},'
        '{"system":"http://loinc.org","code":"8480-6"}],"text":"Tâm thu"},"valueQuantity":{"value":120}},'
        '{"code":{"text":"Tâm trương"},"dataAbsentReason":{"text":"không đo"}}]'
    )
    assert [(m.code, m.value, m.absent) for m in measures] == [
        (Coded("Tâm thu", "http://loinc.org", "8480-6"), "120", None),
        (Coded("Tâm trương"), None, "không đo"),
    ]
