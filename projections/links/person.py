"""Who is one person: the one place that everything goes through that reads about several subjects as one.

``at`` is a position of the log: the answer is as it was after that fact. None: as it is now. The view must
have come so far; whoever reads another view at a position waits for this one to show it as well.
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from uuid import UUID

from ehr.sql import load_queries
from ehr.values import subject_of
from projections.database import Reader

_sql = load_queries(Path(__file__).with_name("queries.sql"))

People = dict[UUID, dict[UUID, str]]
"""For each subject that was asked for: the id of each Patient that is the same person, by its subject. Empty
where nothing is linked: the subject stands for itself then."""


async def patients_of(connection: Reader, patient: str, at: int | None = None) -> list[str]:
    """Ids of all Patients that are one person with the one of this id, itself among them, in order."""
    subject = subject_of(f"Patient/{patient}")
    people = await people_of(connection, [subject], at)
    return sorted({patient, *people[subject].values()})


async def patients_of_each(
    connection: Reader, patients: Collection[str], at: int | None = None
) -> dict[str, list[str]]:
    """The same for many in one statement, by the id that was asked for; without those that stand alone."""
    subjects = {subject_of(f"Patient/{patient}"): patient for patient in patients}
    people = await people_of(connection, subjects, at)
    return {
        subjects[subject]: sorted({subjects[subject], *others.values()})
        for subject, others in people.items()
        if others
    }


async def people_of(connection: Reader, subjects: Collection[UUID], at: int | None = None) -> People:
    """The same for many subjects in one statement."""
    people: People = {subject: {} for subject in subjects}
    if people:
        cursor = await connection.execute(_sql["people"], {"subjects": list(people), "at": at}, binary=True)
        for mine, subject, patient in await cursor.fetchall():
            people[mine][subject] = patient
    return people


async def people_between(
    connection: Reader, subjects: Collection[UUID], since: int, until: int | None
) -> People:
    """The same with everybody who was one person with them at any position from since on and before until
    (None: to this day)."""
    people: People = {subject: {} for subject in subjects}
    asked = {"subjects": list(people), "since": since, "until": until}
    cursor = await connection.execute(_sql["people_between"], asked, binary=True)
    for mine, subject, patient in await cursor.fetchall():
        people[mine][subject] = patient
    return people


def grouped(people: People, subjects: Iterable[UUID]) -> list[list[UUID]]:
    """The subjects, those of one person together, each person where its first one stood."""
    groups: dict[UUID, list[UUID]] = {}
    for subject in subjects:
        groups.setdefault(min({subject, *people.get(subject, ())}), []).append(subject)
    return list(groups.values())
