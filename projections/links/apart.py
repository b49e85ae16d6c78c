"""Judgements that keep people apart, and that linking two others would go against."""

from ehr.linking import Pair
from projections.database import Reader
from projections.links.person import People, people_of
from projections.links.queries import Decision, kept_apart


async def against(connection: Reader, pair: Pair, people: People | None = None) -> list[Decision]:
    """Those about two others who would be one person if this pair were linked; none where the pair is one
    person already. people: who is one person with each of the two, where that was read."""
    people = await people_of(connection, [pair.subject, pair.other]) if people is None else people
    ones, others = ({subject, *people[subject]} for subject in (pair.subject, pair.other))
    if ones == others:
        return []
    apart = await kept_apart(connection, [*ones, *others])
    ends = ((one, {one.subject, one.other}) for one in apart if one.pair != pair)
    return [one for one, both in ends if both & ones and both & others]
