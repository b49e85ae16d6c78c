"""https://hl7.org/fhir/R4/search.html#number, #quantity, #prefix: the rows of their tables.

``1e2`` is where the page contradicts itself: one significant figure of 100 is 50 to 150, not 95 to 105.
With ``sa`` and ``eb`` the precision counts, as in the table of prefixes, whatever the note below it says.
"""

from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.asking import corpus, found, resource
from tests.oracle.corpus import Corpus
from tests.oracle.values import Refused

UCUM = "http://unitsofmeasure.org"


def risks(*probabilities: str) -> Corpus:
    """Risk assessments with these probabilities, as they are written, which are their ids too."""
    template = '{"resourceType":"RiskAssessment","id":"%s","prediction":[{"probabilityDecimal":%s}]}'
    return corpus((template % (one, one)).encode() for one in probabilities)


NUMBERS = [
    ("100", "99.4 99.5 100 100.4 100.49 100.5", "99.5 100 100.4 100.49"),
    ("eq100", "99.4 99.5 100 100.5", "99.5 100"),
    ("100.00", "99.99 99.995 100 100.004 100.005 100.4", "99.995 100 100.004"),
    ("1e2", "49.9 50 100 149.9 150", "50 100 149.9"),
    ("1.00e2", "99.4 99.5 100.4 100.5", "99.5 100.4"),
    ("1E2", "49 50", "50"),
    ("lt100", "99.9 100 100.1", "99.9"),
    ("le100", "99.9 100 100.1", "99.9 100"),
    ("gt100", "99.9 100 100.1", "100.1"),
    ("ge100", "99.9 100 100.1", "100 100.1"),
    ("ge100", "99.999 100.000 100.001", "100.000 100.001"),
    ("ne100", "99.4 99.5 100 100.4 100.5", "99.4 100.5"),
    ("sa100", "100.1 100.5 101", "100.5 101"),
    ("eb100", "99 99.4 99.5 100", "99 99.4"),
    ("ap100", "89.9 90 100 110 110.1", "90 100 110"),
    ("ap-10", "-11.1 -11 -10 -9 -8.9", "-11 -10 -9"),
    ("gt0.8", "0.7 0.8 0.81", "0.81"),
    ("gt8e-1", "0.7 0.8 0.81", "0.81"),
    ("2.0", "1.94 1.95 2 2.04 2.05", "1.95 2 2.04"),
    ("0", "-0.5 0 0.4 0.5", "-0.5 0 0.4"),
    ("-2", "-2.5 -2 -1.6 -1.5", "-2.5 -2 -1.6"),
    ("1,3", "1 2 3", "1 3"),
    ("lt1,gt2", "0 1 2 3", "0 3"),
    ("0.30", "0.3 0.300 0.31", "0.3 0.300"),
    ("0.100000000000000000000", "0.1 0.1000000000000000000000000000000001 0.11",
     "0.1 0.1000000000000000000000000000000001"),
]  # fmt: skip


@pytest.mark.parametrize(("searched", "stored", "expected"), NUMBERS)
def test_number(searched: str, stored: str, expected: str) -> None:
    assert found(risks(*stored.split()), f"RiskAssessment?probability={searched}") == expected


@pytest.mark.parametrize(
    ("searched", "expected"), [("2", "2"), ("2.0", "2"), ("2.5", ""), ("gt1", "2 3"), ("ne2", "1 3")]
)
def test_integer(searched: str, expected: str) -> None:
    windows = [resource("MolecularSequence", str(n), referenceSeq={"windowStart": n}) for n in (1, 2, 3)]
    assert found(windows, f"MolecularSequence?window-start={searched}") == expected


def weights(*quantities: Any) -> list[bytes]:
    return [resource("Observation", str(n), valueQuantity=one) for n, one in enumerate(quantities, 1)]


MG = {"value": 5.4, "system": UCUM, "code": "mg", "unit": "milligram"}
QUANTITIES = [
    (f"5.4|{UCUM}|mg", [MG, MG | {"code": "g"}, MG | {"system": "http://x"}], "1"),
    (f"5.4|{UCUM}|mg", [MG | {"value": v} for v in (5.34, 5.35, 5.449, 5.45)], "2 3"),
    (f"5.40e-3|{UCUM}|mg", [MG | {"value": v} for v in (0.005394, 0.005395, 0.0054, 0.005405)], "2 3"),
    ("5.4||mg", [MG, {"value": 5.4, "unit": "mg"}, {"value": 5.4}, MG | {"code": "MG"}], "1 2"),
    ("5.4||milligram", [MG, {"value": 5.4, "unit": "mg"}], "1"),
    ("5.4", [MG, {"value": 5.4}, {"value": 5.5}, {"code": "mg"}], "1 2"),
    (f"le5.4|{UCUM}|mg", [MG | {"value": v} for v in (5.3, 5.4, 5.41)], "1 2"),
    (f"ap5.4|{UCUM}|mg", [MG | {"value": v} for v in (4.8, 4.86, 5.4, 5.94, 5.95)], "2 3 4"),
    ("gt5", [MG | {"comparator": "<"}], "1"),
    ("ne5.4", [MG, {"value": 6}, {"code": "mg"}], "2"),
    ("sa5", [{"value": v} for v in (5, 5.4, 5.5)], "3"),
    ("eb5", [{"value": v} for v in (4.4, 4.5, 5)], "1"),
]  # fmt: skip


@pytest.mark.parametrize(("searched", "stored", "expected"), QUANTITIES)
def test_quantity(searched: str, stored: list[Any], expected: str) -> None:
    assert found(weights(*stored), f"Observation?value-quantity={searched}") == expected


RANGES = [
    ("lt5", "below across open-low"),
    ("le5", "below across open-low"),
    ("gt5", "across above open-high"),
    ("ge7", "across above open-high"),
    ("eq5", ""),
    ("eq5e0", ""),
    ("eq1e1", "above"),
    ("ne1e1", "below across open-low open-high"),
    ("sa5", "above open-high"),
    ("eb5", "below open-low"),
    ("ap5", "across"),
    ("ap3", "below open-low"),
]


@pytest.mark.parametrize(("searched", "expected"), RANGES)
def test_range(searched: str, expected: str) -> None:
    ends = {
        "below": (1, 3),
        "across": (4.9, 7),
        "above": (6, 14.9),
        "open-low": (None, 3),
        "open-high": (6, None),
    }
    conditions = [
        resource(
            "Condition",
            id_,
            onsetRange={
                side: {"value": v} for side, v in zip(("low", "high"), pair, strict=True) if v is not None
            },
        )
        for id_, pair in ends.items()
    ]
    assert found(conditions, f"Condition?onset-age={searched}") == expected


@pytest.mark.parametrize(
    ("searched", "expected"),
    [("5", "usd vnd"), ("5|urn:iso:std:iso:4217|USD", "usd"), ("5||VND", "vnd"), ("5|http://x|USD", "")],
)
def test_money(searched: str, expected: str) -> None:
    invoices = [
        resource("Invoice", id_, totalNet={"value": 5, "currency": id_.upper()}) for id_ in ("usd", "vnd")
    ]
    assert found(invoices, f"Invoice?totalnet={searched}") == expected


@pytest.mark.parametrize(
    "searched", ["", "x", "gt", "5x", "5|mg", "xx5", "5,", "1.", ".5", "5||", f"5|{UCUM}|", "a|b|c|d"]
)
def test_what_is_no_quantity_is_refused(searched: str) -> None:
    with pytest.raises(Refused):
        found(weights(MG), f"Observation?value-quantity={searched}")


def test_numbers_are_decimals() -> None:
    resource = corpus([b'{"resourceType":"X","id":"1","v":72.10,"w":0.1234567890123456}']).resources["X/1"]
    assert (resource["v"], resource["w"]) == (Decimal("72.1"), Decimal("0.1234567890123456"))
