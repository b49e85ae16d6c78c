"""Counts that are known beforehand, put to a server as searches.

    python -m tests.oracle.counts BASE_URL oracle-small.json

The files count what is in Synthea's bundles (tests/data/README.md). ``everything_in_bundle`` and ``file`` are
no searches: tests/journeys/oracle.py has them.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import msgspec

from tests.oracle.compare import opened
from tests.oracle.corpus import Page

IDENTIFIER = "https://github.com/synthetichealth/synthea"
NO_SEARCH = ("everything_in_bundle", "file")
UCUM = "http://unitsofmeasure.org"

Total = Callable[[str], int]
"""How many resources a search finds. The search: below the FHIR base."""


class Count(NamedTuple):
    """A search and how many resources it must find."""

    url: str
    number: int


def _equal(parameter: str) -> Callable[[str], str]:
    return lambda label: f"{parameter}={_escaped(label)}"


def _in_year(parameter: str) -> Callable[[str], str]:
    """What starts in the year, in UTC: the files say the year of the text, and Synthea writes ``+00:00``."""

    def search(year: str) -> str:
        before, after = f"{int(year) - 1}-12-31T23:59:59.999Z", f"{int(year) + 1}-01-01T00:00:00Z"
        return f"{parameter}=sa{before}&{parameter}=lt{after}"

    return search


def _either(first: str, second: str) -> Callable[[str], str]:
    """The label is one of two kinds."""
    return lambda label: first if label in ("deceased", "concept") else second


SEARCHES: dict[str, Callable[[str], str]] = {
    "Patient.gender": _equal("gender"),
    "Patient.family_first_letter": _equal("family"),
    "Patient.family_prefix3_top20": _equal("family"),
    "Patient.family_exact_top10": _equal("family"),
    "Patient.given_top10": _equal("given"),
    "Patient.deceased": _either("deceased=true", "deceased=false"),
    "Patient.birthdate_year": _equal("birthdate"),
    "Patient.address-city_top10": _equal("address-city:exact"),
    "Observation.code_top10": _equal("code"),
    "Observation.category": _equal("category"),
    "Observation.status": _equal("status"),
    "Observation.component-code_top10": _equal("component-code"),
    "Observation.date_year": _in_year("date"),
    "Observation.value-quantity_unitcode_top10": lambda unit: (
        f"value-quantity=gt-1e9|{UCUM}|{_escaped(unit)}"
    ),
    "Encounter.class": _equal("class"),
    "Encounter.status": _equal("status"),
    "Encounter.type_top10": _equal("type"),
    "Encounter.period_start_year": _in_year("date"),
    "Condition.code_top10": _equal("code"),
    "Condition.clinical-status": _equal("clinical-status"),
    "Condition.category": _equal("category"),
    "Condition.onset_year": _in_year("onset-date"),
    "MedicationRequest.code_top10": _equal("code"),
    "MedicationRequest.status": _equal("status"),
    "MedicationRequest.medication_kind": _either("code:missing=false", "medication:missing=false"),
    "Immunization.vaccine-code_top10": _equal("vaccine-code"),
    "Procedure.code_top10": _equal("code"),
    "DiagnosticReport.code_top10": _equal("code"),
}
"""What each label of a table means as a search of the table's type."""


def _escaped(label: str) -> str:
    return quote(label, safe="|:/")


def counts(known: dict[str, Any]) -> Iterator[Count]:
    """Every count of a file as a search; fails on a table that it does not know."""
    for table, entries in known.items():
        for label, number in entries.items() if isinstance(entries, dict) else ():
            yield from _of(table, label, number)


def _of(table: str, label: str, number: Any) -> Iterator[Count]:
    if table == "resources_by_type":
        yield Count(label, number)
    elif table == "Observation.quantity_queries":
        yield Count(quote(label, safe="|:/?&=$"), number)
    elif table == "by_patient":
        owner = f"patient.identifier={IDENTIFIER}|{label}"
        yield Count(f"Patient?identifier={IDENTIFIER}|{label}", 1)
        yield from (Count(f"{type_}?{owner}", n) for type_, n in number.items() if type_ not in NO_SEARCH)
    else:
        yield Count(f"{table.partition('.')[0]}?{SEARCHES[table](label)}", number)


def disagreements(total: Total, file: Path) -> list[str]:
    """The searches of the file that find another number."""
    found = ((count, total(count.url)) for count in counts(json.loads(file.read_text())))
    return [f"{count.url} finds {n} instead of {count.number}" for count, n in found if n != count.number]


def totals(client: httpx.Client) -> Total:
    """As a server counts: with a page of nothing, whose total is exact."""

    def total(url: str) -> int:
        asked = f"{url}{'&' if '?' in url else '?'}_summary=count"
        content = client.get(asked).raise_for_status().content
        number = msgspec.json.decode(content, type=Page).total
        assert number is not None, "no total"
        return number

    return total


def main() -> int:
    """The command: 0 when every count holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("base_url", help="the server's address, without /fhir")
    parser.add_argument("file", type=Path, help="the counts: oracle-*.json")
    given = parser.parse_args()
    with opened(given.base_url) as client:
        found = disagreements(totals(client), given.file)
    for line in found:
        sys.stdout.write(f"{line}\n")
    number = len(list(counts(json.loads(given.file.read_text()))))
    sys.stdout.write(f"{number} counts, {len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
