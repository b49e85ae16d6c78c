"""Which vaccine a code or a name means."""

import csv
from pathlib import Path

import pytest

import simulation
from ehr.vaccines.recognising import ATC, CVX, Contradictory, name_key, vaccine_of

SIMULATED = Path(simulation.__file__).parent / "lists" / "vaccine_doses.csv"


def against(*codings: tuple[str | None, str | None], name: str | None = None) -> set[str] | None:
    vaccine = vaccine_of(codings, name)
    return set(vaccine.antigens) if vaccine else None


@pytest.mark.parametrize(
    ("coding", "antigens"),
    [
        ((ATC, "J07CA11"), {"diphtheria", "pertussis", "tetanus", "hepatitis_b", "hib"}),
        ((CVX, "102"), {"diphtheria", "pertussis", "tetanus", "hepatitis_b", "hib"}),
        ((ATC, "J07BD53"), {"measles", "rubella"}),
        ((CVX, "03"), {"measles", "rubella"}),
        ((CVX, "05"), {"measles"}),
        ((CVX, "178"), {"polio_oral"}),
        ((CVX, "10"), {"polio_injected"}),
        ((ATC, "J07AM51"), {"diphtheria", "tetanus"}),
        ((ATC, "J07BG01"), set()),
        ((CVX, "5"), None),
        ((ATC, "05"), None),
        (("http://example.org", "J07BD01"), None),
        ((None, None), None),
    ],
)
def test_codes(coding: tuple[str | None, str | None], antigens: set[str] | None) -> None:
    assert against(coding) == antigens


@pytest.mark.parametrize(
    ("name", "antigens"),
    [
        ("Sởi đơn", {"measles"}),
        ("  SỞI - RUBELLA (MR) ", {"measles", "rubella"}),
        ("Soi rubella mr", {"measles", "rubella"}),
        ("Lao (BCG)", {"tuberculosis"}),
        ("Sởi và gì nữa", None),
        ("", None),
        ("()", None),
    ],
)
def test_names_as_they_are_written(name: str, antigens: set[str] | None) -> None:
    assert against(name=name) == antigens


def test_a_known_code_outweighs_the_name_and_an_unknown_one_does_not() -> None:
    assert against((CVX, "05"), name="BCG") == {"measles"}
    assert against(("http://example.org", "7"), (ATC, "J07BD01")) == {"measles"}
    assert against(("http://example.org", "7"), name="BCG") == {"tuberculosis"}


def test_codes_of_different_vaccines_are_not_believed() -> None:
    assert against((CVX, "05"), (ATC, "J07BD01")) == {"measles"}
    with pytest.raises(Contradictory):
        vaccine_of([(CVX, "05"), (ATC, "J07BD53")], None)


def test_all_that_the_simulated_province_gives_is_recognised() -> None:
    with SIMULATED.open(encoding="utf8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 20
    for row in rows:
        assert against((ATC, row["atc"])) is not None, row["atc"]
        assert against(name=row["name"]) == against((ATC, row["atc"])), row["name"]


def test_keys_of_names() -> None:
    assert name_key("Sởi - Rubella (MR)") == name_key("SỞI-RUBELLA, mr") == "soi rubella mr"
