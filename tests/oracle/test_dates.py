"""https://hl7.org/fhir/R4/search.html#date: the rows of its tables, and the rules for ranges.

Stored values stand for themselves: a moment or day as it is, ``a..b`` a Period, with open ends left out.
"""

from typing import Any

import pytest

from tests.oracle.asking import found, resource
from tests.oracle.values import Refused


def stored(text: str) -> Any:
    """An ``effective[x]``."""
    if ".." not in text:
        return {"effectiveDateTime": text}
    start, _, end = text.partition("..")
    return {"effectivePeriod": {name: one for name, one in (("start", start), ("end", end)) if one}}


def search(searched: str, texts: str) -> str:
    written = texts.split()
    observations = [resource("Observation", str(n), **stored(text)) for n, text in enumerate(written)]
    return " ".join(written[int(n)] for n in found(observations, f"Observation?date={searched}").split())


ROWS = [
    ("eq2013-01-14", "2013-01-14T00:00:00+07:00 2013-01-14T10:00:00+07:00 2013-01-15T00:00:00+07:00",
     "2013-01-14T00:00:00+07:00 2013-01-14T10:00:00+07:00"),
    ("2013-01-14", "2013-01-14T00:00:00+07:00 2013-01-15T00:00:00+07:00", "2013-01-14T00:00:00+07:00"),
    ("ne2013-01-14", "2013-01-15T00:00:00+07:00 2013-01-14T00:00:00+07:00 2013-01-14T10:00:00+07:00",
     "2013-01-15T00:00:00+07:00"),
    ("lt2013-01-14T10:00", "2013-01-14", "2013-01-14"),
    ("gt2013-01-14T10:00", "2013-01-14", "2013-01-14"),
    ("ge2013-03-14", "2013-01-21..", "2013-01-21.."),
    ("le2013-03-14", "2013-01-21..", "2013-01-21.."),
    ("sa2013-03-14", "2013-03-15.. 2013-01-21.. ..2013-01-21", "2013-03-15.."),
    ("eb2013-03-14", "2013-03-15.. 2013-01-21.. ..2013-01-21", "..2013-01-21"),
    ("ap2013-03-14", "2013-03-14 2013-01-21 2015-06-15", "2013-03-14"),
]  # fmt: skip

PARTIAL = [
    ("2000", "1999-12-31 2000 2000-01-01 2000-12 2000-12-31T23:59:59+07:00 2001-01-01",
     "2000 2000-01-01 2000-12 2000-12-31T23:59:59+07:00"),
    ("2000-04", "2000-03-31 2000-04 2000-04-30 2000-05-01 2000", "2000-04 2000-04-30"),
    ("2000-04-30", "2000-04 2000-04-30 2000", "2000-04-30"),
    ("ne2000-04", "2000 2000-04 2000-04-30 2000-05", "2000 2000-05"),
    ("2000-02", "2000-02-29 2000-03-01", "2000-02-29"),
    ("2000-12", "2000-12-31 2001-01-01", "2000-12-31"),
    ("2020-05-01T10:00", "2020-05-01T10:00:59+07:00 2020-05-01T10:01:00+07:00", "2020-05-01T10:00:59+07:00"),
    ("2020-05-01T10:00:00", "2020-05-01T10:00:00.999+07:00 2020-05-01T10:00:01+07:00",
     "2020-05-01T10:00:00.999+07:00"),
    ("2020-05-01T10:00:00.5", "2020-05-01T10:00:00.59+07:00 2020-05-01T10:00:00+07:00",
     "2020-05-01T10:00:00.59+07:00"),
]  # fmt: skip

ORDER = [
    ("gt2013", "2012 2013 2013-12-31 2014 2013.. ..2013 2013..2014", "2014 2013.. 2013..2014"),
    ("ge2013", "2012 2013 2013-06 2014 2012..2014 ..2013", "2013 2013-06 2014 2012..2014"),
    ("lt2013", "2012 2013 2014 ..2014 2012..2014 2013..", "2012 ..2014 2012..2014"),
    ("le2013", "2012 2013 2013-06 2014 2012.. ..2014", "2012 2013 2013-06 2012.. ..2014"),
    ("gt2013-06", "2013 2013-06 2013-07", "2013 2013-07"),
    ("lt2013-06", "2013 2013-06 2013-05", "2013 2013-05"),
    ("ge2013-06", "2013 2013-06-15 2013-05", "2013 2013-06-15"),
    ("le2013-06", "2013 2013-06-15 2013-07", "2013 2013-06-15"),
    ("sa2013", "2013-12-31 2014 2013.. 2014-01-01.. 2012..2014", "2014 2014-01-01.."),
    ("eb2013", "2012-12-31 2013 ..2012 ..2013 2012", "2012-12-31 ..2012 2012"),
    ("eq2013", "2013-01-01..2013-12-31 2013-01-01..2014 2013.. ..2013", "2013-01-01..2013-12-31"),
    ("ne2013", "2013-01-01..2013-12-31 2013.. ..2013", "2013.. ..2013"),
    ("ap2013", "2011 2012 2013 2014 2015 2011..2012-01 2010..2011-12", "2012 2013 2014 2011..2012-01"),
    ("ap2013-03-14", "2013-03-12 2013-03-13 2013-03-15 2013-03-16 2013", "2013-03-13 2013-03-15 2013"),
]  # fmt: skip

ZONES = [
    ("2013-01-14", "2013-01-13T17:00:00Z 2013-01-14T16:59:59Z 2013-01-14T17:00:00Z",
     "2013-01-13T17:00:00Z 2013-01-14T16:59:59Z"),
    ("2013-01-14T10:00:00", "2013-01-14T03:00:00Z 2013-01-14T10:00:00Z", "2013-01-14T03:00:00Z"),
    ("2013-01-14T10:00:00Z", "2013-01-14T17:00:00+07:00 2013-01-14T05:00:00-05:00 2013-01-14T10:00:00+01:00",
     "2013-01-14T17:00:00+07:00 2013-01-14T05:00:00-05:00"),
    ("2013-01-14T10:00:00-05:30", "2013-01-14T15:30:00Z", "2013-01-14T15:30:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(("searched", "texts", "expected"), ROWS + PARTIAL + ORDER)
def test_date(searched: str, texts: str, expected: str) -> None:
    assert search(searched, texts) == expected


@pytest.mark.parametrize(("searched", "texts", "expected"), ZONES)
def test_dates_without_zone_are_of_the_configured_one(searched: str, texts: str, expected: str) -> None:
    assert search(searched, texts) == expected


def test_a_zone_in_a_search() -> None:
    assert search("2013-01-14T10:00:00%2B07:00", "2013-01-14T03:00:00Z") == "2013-01-14T03:00:00Z"


def test_two_years_of_procedures() -> None:
    procedures = [
        resource("Procedure", day[2:], performedDateTime=day)
        for day in ("2009-12-31", "2010-01-01", "2011-12-31", "2012-01-01")
    ]
    assert found(procedures, "Procedure?date=ge2010-01-01&date=le2011-12-31") == "10-01-01 11-12-31"


TIMINGS = [
    ({"event": ["2013-01-31", "2013-03-24"]}, "2013-02", False),
    ({"event": ["2013-01-31", "2013-03-24"]}, "2013", True),
    ({"event": ["2013-01-31", "2013-03-24"]}, "gt2013-03-01", True),
    ({"event": ["2013-01-31", "2013-03-24"]}, "sa2013-01-30", True),
    ({"event": ["2013-01-31", "2013-03-24"]}, "sa2013-01-31", False),
    ({"repeat": {"boundsPeriod": {"start": "2013-01-31", "end": "2013-03-24"}}}, "eb2013-03-25", True),
    ({"repeat": {"boundsPeriod": {"start": "2013-01-31"}}}, "gt2100", True),
    ({"event": ["2012-01-01"], "repeat": {"boundsPeriod": {"end": "2013"}}}, "lt0500", True),
    ({"repeat": {"frequency": 1}}, "ne2013", False),
]


@pytest.mark.parametrize(("timing", "searched", "matches"), TIMINGS)
def test_timing(timing: Any, searched: str, matches: bool) -> None:
    asked = resource("ServiceRequest", "1", occurrenceTiming=timing)
    assert found([asked], f"ServiceRequest?occurrence={searched}") == ("1" if matches else "")


def test_last_updated_is_a_millisecond() -> None:
    times = ("2020-05-01T10:00:00.123Z", "2020-05-01T10:00:00.124Z")
    patients = [resource("Patient", str(n), meta={"lastUpdated": time}) for n, time in enumerate(times)]
    assert found(patients, "Patient?_lastUpdated=2020-05-01T10:00:00.123Z") == "0"
    assert found(patients, "Patient?_lastUpdated=gt2020-05-01T10:00:00.123Z") == "1"
    assert found(patients, "Patient?_lastUpdated=ge2020-05-01T10:00:00.123Z") == "0 1"
    assert found(patients, "Patient?_lastUpdated=2020-05-01T10:00:00Z") == "0 1"


def test_a_period_with_no_end_says_nothing() -> None:
    silent = resource("Observation", "1", effectivePeriod={"id": "x"})
    assert found([silent], "Observation?date=ne2013") == ""
    assert found([silent], "Observation?date:missing=true") == "1"


@pytest.mark.parametrize(
    "searched",
    ["", "2013-13", "2013-02-30", "2013-1-1", "13", "2013-01-14T10", "2013-01-14T", "23 May 2009", "xx2013",
     "2013-01-14T25:00", "2013-01-14T10:00:61", "gt", "today"],
)  # fmt: skip
def test_what_is_no_date_is_refused(searched: str) -> None:
    with pytest.raises(Refused):
        search(searched, "2013")
