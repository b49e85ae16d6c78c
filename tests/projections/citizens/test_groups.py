"""A person of several Patients is told, and ranked, by all of them."""

from collections.abc import Sequence
from typing import Any

from ehr.values import subject_of
from projections.citizens.people import Groups, groups_of
from projections.citizens.queries import Found, Lookup


def found(id_: str, **known: Any) -> Found:
    """A Patient of whom little is known."""
    nothing: dict[str, Any] = dict.fromkeys(Found._fields)
    flags = dict.fromkeys(("deceased", "seen_here", "same_commune", "former"), False)
    said = {
        "subject": subject_of(f"Patient/{id_}"),
        "id": id_,
        "name": "Hồ Văn Thử",
        "active": True,
        "likeness": 0,
    }
    return Found(**nothing | flags | said | known)


def grouped(exact: Sequence[Found], *linked: Found, person: str) -> Groups:
    """person: ids that are one."""
    members = {subject_of(f"Patient/{id_}"): id_ for id_ in person}
    people = {one.subject: members if one.subject in members else {} for one in exact}
    return groups_of(Lookup(list(exact), [], more=False), people, linked)


def test_what_holds_of_any_patient_holds_of_the_person() -> None:
    first = found("a", active=False, last_facility="45901", last_started="2026-09")
    other = found("b", deceased=True, deceased_on="2026-11", seen_here=True)
    unfound = found("c", same_commune=True, last_facility="45902", last_started="2026-10-02")
    [person] = grouped([first, other], unfound, person="abc").exact
    assert (person.first.id, [one.id for one in person.others], person.patients) == (
        "a",
        ["b"],
        ["a", "b", "c"],
    )
    assert person.first == first._replace(
        deceased=True, deceased_on="2026-11", active=True, seen_here=True, same_commune=True,
        last_facility="45902", last_started="2026-10-02",
    )  # fmt: skip
    assert person.others == [other]


def test_a_visit_that_nobody_dated_is_better_than_none() -> None:
    [person] = grouped([found("a")], found("b", last_facility="45902"), person="ab").exact
    assert person.first.last_facility == "45902"


def test_a_person_stands_where_all_of_its_patients_put_it() -> None:
    namesakes = [found("z", same_commune=True), found("a"), found("y", likeness=-1)]
    linked = found("b", seen_here=True)
    assert [one.first.id for one in grouped(namesakes, linked, person="ab").exact] == ["a", "z", "y"]
    assert [one.first.id for one in grouped(namesakes, person="a").exact] == ["z", "a", "y"]
