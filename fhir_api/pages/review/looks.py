"""Everything that is known of a pair when somebody looks at it."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from ehr.linking import LINKS, Pair, State
from ehr.matching.judging import Verdict, judge
from fhir_api.pages.review.comparing import Side
from projections.citizens.summaries import Summary, summaries
from projections.database import Reader, ViewDatabase
from projections.facilities.queries import Organization, organizations
from projections.fhir_resources.meanwhile import Stated, Version, stated_since
from projections.fhir_resources.statements import relatives, statements
from projections.fhir_resources.view import FhirResources
from projections.links.apart import against
from projections.links.person import people_between, people_of
from projections.links.queries import Decision, decisions, pairs_of
from projections.links.view import Links
from projections.matching.candidates import frequencies, today
from projections.standing import PATIENCE, facts_missing

STATED = 50
"""Versions that were stated meanwhile, of a page."""


class Meanwhile(NamedTuple):
    """What was stated about a person while two Patients were linked, in order. more: whether more follows."""

    stated: Sequence[Stated]
    more: bool


class Look(NamedTuple):
    """history: decisions, the newest first. missing: facts that the views do not show yet.

    around: where the two are one person over others, links that make it so. contrary: judgements that keep
    others apart, who would be one person if these two were linked. patients: subject -> id of everybody who
    is one person with one of the two. names: of those. meanwhile: of a pair that is or was linked.
    """

    pair: Pair
    sides: tuple[Side, Side]
    history: Sequence[Decision]
    verdict: Verdict
    organizations: Mapping[str, Organization]
    around: Sequence[Decision]
    contrary: Sequence[Decision]
    patients: Mapping[UUID, str]
    names: Mapping[str, Summary]
    meanwhile: Meanwhile | None
    missing: int

    @property
    def state(self) -> State:
        """How it stands with the pair."""
        return self.history[0].state if self.history else State.UNKNOWN

    @property
    def version(self) -> int:
        """Of the pair: how many decisions there are."""
        return self.history[0].version if self.history else 0


async def look_at(
    views: ViewDatabase, pair: Pair, patience: float = PATIENCE, after: Version | None = None
) -> Look:
    """All of it at one moment. patience: seconds that it waits for the views. after: the version behind which
    to go on with what was stated meanwhile."""
    async with views.connection() as connection:
        missing = [
            await facts_missing(connection, view, patience=patience)
            for view in (Links.name, FhirResources.name)
        ]
        async with connection.transaction():
            return await _look(connection, pair, max(missing), after)


async def _look(connection: Reader, pair: Pair, missing: int, after: Version | None) -> Look:
    history = await decisions(connection, pair)
    sides = await _sides(connection, pair)
    people = await people_of(connection, [pair.subject, pair.other])
    patients = {pair.subject: pair.patient, pair.other: pair.other_patient}
    patients |= people[pair.subject] | people[pair.other]
    pairs = await pairs_of(connection, list(patients))
    meanwhile = await _meanwhile(connection, pair, history, after)
    facilities = {one.fact.facility for side in sides for one in side.versions if one.fact}
    facilities |= {one.facility for one in history}
    facilities |= {one.facility for one in meanwhile.stated} if meanwhile else set()
    return Look(
        pair,
        sides,
        history,
        await _verdict(connection, *sides),
        await organizations(connection, filter(None, facilities)),
        _around(pairs, pair, people[pair.subject]),
        await against(connection, pair, people),
        patients,
        await summaries(connection, patients.values()),
        meanwhile,
        missing,
    )


async def _sides(connection: Reader, pair: Pair) -> tuple[Side, Side]:
    versions = await statements(connection, pair.keys)
    related = await relatives(connection, [pair.subject, pair.other])
    first, second = pair.keys
    return (
        Side(first.id, versions[first], related[pair.subject]),
        Side(second.id, versions[second], related[pair.other]),
    )


async def _verdict(connection: Reader, one: Side, other: Side) -> Verdict:
    """As the rules judge them now, by how common names are where they live."""
    on = today()
    first, second = await asyncio.to_thread(lambda: (one.person(on), other.person(on)))
    return judge(first, second, await frequencies(connection, first, [second]))


def _around(pairs: Sequence[Decision], pair: Pair, person: Mapping[UUID, str]) -> list[Decision]:
    """Links of the person that both are, where they are that without a link of their own."""
    links = [one for one in pairs if one.state in LINKS]
    return links if pair.other in person and pair not in [one.pair for one in links] else []


async def _meanwhile(
    connection: Reader, pair: Pair, history: Sequence[Decision], after: Version | None
) -> Meanwhile | None:
    """Since the link that stands, or from the last one until it was taken back; about all who were one
    person with either meanwhile."""
    later = list(takewhile(lambda one: one.state not in LINKS, history))
    linked = list(takewhile(lambda one: one.state in LINKS, history[len(later) :]))
    if not linked:
        return None
    end = later[-1].position if later else None
    since, both = linked[-1].position, [pair.subject, pair.other]
    people = await people_between(connection, both, since, end)
    subjects = {subject for one in both for subject in (one, *people[one])}
    stated = await stated_since(connection, subjects, since, STATED + 1, after)
    within = list(takewhile(lambda one: end is None or one.version.position < end, stated))
    return Meanwhile(within[:STATED], len(within) > STATED)
