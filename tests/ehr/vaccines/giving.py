"""What the tests of vaccinations say: days, doses, and what they are for somebody on a day."""

from collections.abc import Sequence
from datetime import date

from ehr.vaccines.assigning import Assigned, Given, assign
from ehr.vaccines.days import Days, days_of
from ehr.vaccines.judging import Judged, judge
from ehr.vaccines.schedule import Dose, schedule


def days(text: str) -> Days:
    found = days_of(text)
    assert found
    return found


def doses(antigen: str) -> Sequence[Dose]:
    (found,) = (one.doses for one in schedule().antigens if one.key == antigen)
    return found


def given(*texts: str, vaccine: str = "any") -> list[Given]:
    """A dose at each FHIR date; ``2026-03#2`` is stated to be the second."""
    parts = (text.partition("#") for text in texts)
    return [
        Given(f"Immunization/{number}", days(at), vaccine, int(stated) if stated else None)
        for number, (at, _, stated) in enumerate(parts)
    ]


def assigned(antigen: str, birth: str, *texts: str) -> Assigned:
    return assign(doses(antigen), given(*texts), days(birth))


def judged(antigen: str, birth: str, on: str, *texts: str) -> list[Judged]:
    return judge(doses(antigen), assigned(antigen, birth, *texts), days(birth), date.fromisoformat(on))
