"""Whom a look-up has found, each person once: several Patients may be one (projections/links). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from ehr.dates import span
from projections.citizens.queries import Found, Lookup
from projections.links.person import People, grouped

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Group(NamedTuple):
    """A person. first: the likeliest of its Patients that were found, with what holds of all of them
    (``of_all``); others: the rest of these, likeliest first. patients: ids of all that are this person, found
    or not, in order."""

    first: Found
    others: Sequence[Found]
    patients: Sequence[str]


class Groups(NamedTuple):
    """As the lists of a ``Lookup``, each in order of what is known of the person."""

    exact: Sequence[Group]
    begun: Sequence[Group]
    similar: Sequence[Group]


def groups_of(found: Lookup, people: People, linked: Iterable[Found] = ()) -> Groups:
    """people: who is one person with each that was found. linked: what is shown of those of them that were
    not found."""
    by_subject = {one.subject: one for one in (*linked, *found.similar, *found.begun, *found.exact)}
    ordered = (one.subject for one in (*found.exact, *found.begun, *found.similar))
    groups = {group[0]: group for group in grouped(people, dict.fromkeys(ordered))}

    def listed(patients: Iterable[Found]) -> list[Group]:
        firsts = [one.subject for one in patients if one.subject in groups]
        told = [_group(groups[first], people.get(first, {}), by_subject) for first in firsts]
        return sorted(told, key=lambda group: group.first.rank)

    return Groups(listed(found.exact), listed(found.begun), listed(found.similar))


def of_all(first: Found, others: Iterable[Found]) -> Found:
    """The Patient, with what holds of the person: dead if any is; seen here, living here or in use if any is;
    and where the person was seen last."""
    everybody = [first, *others]
    last = max(everybody, key=_last_seen)
    deaths = [one.deceased_on for one in everybody if one.deceased_on]
    return first._replace(
        deceased=any(one.deceased for one in everybody),
        deceased_on=next(iter(deaths), None),
        active=any(one.active for one in everybody),
        last_facility=last.last_facility,
        last_started=last.last_started,
        seen_here=any(one.seen_here for one in everybody),
        same_commune=any(one.same_commune for one in everybody),
    )


def _group(found: Sequence[UUID], linked: Mapping[UUID, str], by_subject: Mapping[UUID, Found]) -> Group:
    first, *others = (by_subject[subject] for subject in found)
    rest = (by_subject[subject] for subject in linked if subject != first.subject and subject in by_subject)
    return Group(of_all(first, rest), others, sorted({first.id, *linked.values()}))


def _last_seen(one: Found) -> tuple[datetime, bool]:
    """A visit of which nobody says when it was is better than none."""
    started = span(one.last_started) if one.last_started else None
    return started.start if started else _LONG_AGO, one.last_facility is not None
