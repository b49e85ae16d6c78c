"""Whom a look-up has found, each person once: several Patients may be one (projections/links). Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from projections.citizens.queries import Found, Lookup
from projections.links.person import People, grouped


class Group(NamedTuple):
    """A person. first: the likeliest of its Patients that were found, others: the rest of these, likeliest
    first. patients: ids of all that are this person, found or not, in order."""

    first: Found
    others: Sequence[Found]
    patients: Sequence[str]


class Groups(NamedTuple):
    """As the lists of a ``Lookup``: a person stands where its first Patient does."""

    exact: Sequence[Group]
    begun: Sequence[Group]
    similar: Sequence[Group]


def groups_of(found: Lookup, people: People) -> Groups:
    """people: who is one person with each that was found."""
    by_subject = {one.subject: one for one in (*found.similar, *found.begun, *found.exact)}
    ordered = (one.subject for one in (*found.exact, *found.begun, *found.similar))
    groups = {group[0]: group for group in grouped(people, dict.fromkeys(ordered))}

    def listed(patients: Iterable[Found]) -> list[Group]:
        firsts = [one for one in patients if one.subject in groups]
        return [_group([by_subject[other] for other in groups[one.subject]], people) for one in firsts]

    return Groups(listed(found.exact), listed(found.begun), listed(found.similar))


def _group(found: Sequence[Found], people: People) -> Group:
    first, *others = found
    linked = people.get(first.subject, {}).values()
    return Group(first, others, sorted({first.id, *linked}))
