"""Pages of a search: where a walk stands, and what is read for it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec

from fhir_api.errors import NoMoreSnapshots, NotKept, TooMany, TooManyIncluded
from fhir_api.searching.asking import Asked, Parameters, Place
from fhir_api.services import Services
from projections.database import Reader
from projections.fhir_resources import including
from projections.fhir_resources.finding import count, estimate, explain, find, find_all
from projections.fhir_resources.found import MOST_BYTES, Found, fitting
from projections.fhir_resources.including import MOST_INCLUDED, included
from projections.fhir_resources.snapshots import MOST_KEPT, Snapshot, read_kept, read_numbered
from projections.fhir_resources.view import FhirResources
from projections.links.person import patients_of_each
from projections.links.showing import linked
from projections.search.frequency import Common
from projections.search.naming import People
from projections.search.sorting import After


class Walk(msgspec.Struct, frozen=True, array_like=True):
    """A search, and where it has come to.

    keys, pk: of the last resource. snapshot, offset: of one that is walked through as it was, else "" and 0.
    total: if it was told. linked: position as of which it is known who is one person; None where no Patient
    is named.
    """

    parameters: Parameters
    keys: list[str | None]
    pk: int
    total: int | None
    snapshot: str = ""
    offset: int = 0
    linked: int | None = None


class Step(NamedTuple):
    """One page of a search. walk: what brought here; None on the first page.

    again: reads the same search for Patients of which some are one person. linked: as in ``Walk``; known once
    the page is read.
    """

    place: Place
    asked: Asked
    walk: Walk | None
    again: Callable[[People], Asked]
    linked: int | None = None

    @property
    def spans(self) -> bool:
        """Whether it depends on who is one person; a snapshot was taken by that already."""
        return bool(self.asked.patients) and not (self.walk and self.walk.snapshot)

    @property
    def after(self) -> After | None:
        """Where the page begins."""
        if self.walk is None:
            return None
        keys = zip(self.asked.wanted.keys, self.walk.keys, strict=True)
        return After(tuple(key.read(text) for key, text in keys), self.walk.pk)


class Page(NamedTuple):
    """total: of all pages, if it is known. next: how to go on. included: beside the matches; whole: whether
    all that was to be is. snapshot: of which it is the first page, to be kept with ``keep_snapshot``. linked:
    whether nothing is missing in who is one person."""

    matches: Sequence[Found]
    total: int | None
    next: Walk | None
    included: Sequence[Found] = ()
    whole: bool = True
    snapshot: Snapshot | None = None
    linked: bool = True

    @property
    def found(self) -> list[Found]:
        """All that is told."""
        return [*self.matches, *self.included]


async def read_page(services: Services, step: Step, base: str) -> Page:
    """What the step is to show. base: the server's own address.

    Raises NotKept, TooMany, TooManyIncluded.
    """
    steps = step.asked.results.steps
    if not steps and not step.asked.results.total and not step.spans:
        async with services.views.connection() as connection:  # One statement sees one moment.
            return await _matches(services, connection, step)
    async with services.views.snapshot() as connection:
        step, whole = await _across_people(connection, step)
        page = (await _matches(services, connection, step))._replace(linked=whole)
        try:
            found, whole = await included(connection, page.matches, steps, base)
        except including.TooManyIncluded:
            raise TooManyIncluded(f"At most {MOST_INCLUDED} resources are included.") from None
        return page._replace(included=found, whole=whole)


async def keep_snapshot(services: Services, page: Page) -> None:
    """Keeps what its next pages are read from, if it is of a snapshot: once nothing else can fail, as what is
    not answered leaves none. Raises NoMoreSnapshots."""
    if page.snapshot and not await services.snapshots.keep(page.snapshot):
        raise NoMoreSnapshots


async def explain_page(services: Services, step: Step) -> list[tuple[str, list[str]]]:
    """How the matches are found: for each statement its way and the database's account of it."""
    async with services.views.snapshot() as connection:
        step, _ = await _across_people(connection, step)
        common = await services.frequent.known(connection)
        return await explain(connection, step.asked.wanted, step.after, step.asked.results.count + 1, common)


async def _across_people(connection: Reader, step: Step) -> tuple[Step, bool]:
    """The step whose conditions take, with a Patient, all that are one person with it; and whether nothing is
    missing in that."""
    if not step.spans:
        return step, True
    found = await linked(connection, FhirResources.name, step.walk.linked if step.walk else None)
    step = step._replace(linked=found.at)
    people = await patients_of_each(connection, step.asked.patients, found.at)
    return step._replace(asked=step.again(people)) if people else step, found.whole


async def _matches(services: Services, connection: Reader, step: Step) -> Page:
    if not step.asked.results.count:
        common = await services.frequent.known(connection)
        return Page([], await count(connection, step.asked.wanted, common), None)
    if step.walk and step.walk.snapshot:
        return await _kept(connection, step, step.walk)
    if step.asked.results.exact:
        return await _first(services, connection, step)
    return await _shown(services, connection, step)


async def _shown(services: Services, connection: Reader, step: Step) -> Page:
    """A page as it is now."""
    wanted, limit = step.asked.wanted, step.asked.results.count
    common = await services.frequent.known(connection)
    hits = await find(connection, wanted, step.after, limit + 1, common)
    total = await _total(connection, step, None if len(hits) > limit else len(hits), common)
    matches = _fitting([hit.found for hit in hits[:limit]])
    if len(matches) == len(hits):
        return Page(matches, total, None)
    last = hits[len(matches) - 1].place
    keys = [key.written(value) for key, value in zip(wanted.keys, last.values, strict=True)]
    return Page(matches, total, Walk(step.asked.used, keys, last.pk, total, linked=step.linked))


def _fitting(found: Sequence[Found]) -> Sequence[Found]:
    """So many as a page takes; at least one."""
    return found[: max(1, fitting(found, MOST_BYTES))]


async def _total(connection: Reader, step: Step, all_there_is: int | None, common: Common) -> int | None:
    """all_there_is: if this page shows it to the end."""
    if step.walk:
        return step.walk.total
    wish = step.asked.results.total
    if all_there_is is not None:
        return None if wish == "none" else all_there_is
    if wish == "accurate":
        return await count(connection, step.asked.wanted, common)
    return await estimate(connection, step.asked.wanted, common) if wish == "estimate" else None


async def _first(services: Services, connection: Reader, step: Step) -> Page:
    """The first page of a snapshot, which is to be kept if there are more."""
    limit = step.asked.results.count
    common = await services.frequent.known(connection)
    pks = await find_all(connection, step.asked.wanted, MOST_KEPT + 1, common)
    if len(pks) > MOST_KEPT:
        raise TooMany(f"A snapshot has at most {MOST_KEPT:,} resources.")
    matches, told = await _numbered(connection, pks[:limit])
    if told == len(pks):
        return Page(matches, len(pks), None)
    snapshot = Snapshot(uuid4(), pks)
    walk = Walk(step.asked.used, [], 0, len(pks), str(snapshot.id), told)
    return Page(matches, len(pks), walk, snapshot=snapshot)


async def _numbered(connection: Reader, pks: Sequence[int]) -> tuple[Sequence[Found], int]:
    """(resources that a page takes, how many of the numbers it is then past)."""
    found = await read_numbered(connection, pks)
    matches = _fitting(found)
    rest = found[len(matches) :]
    return matches, pks.index(rest[0].pk) if rest else len(pks)


async def _kept(connection: Reader, step: Step, walk: Walk) -> Page:
    """A further page of a snapshot."""
    limit = step.asked.results.count
    pks = await read_kept(connection, UUID(walk.snapshot), walk.offset, limit)
    if pks is None:
        raise NotKept
    matches, told = await _numbered(connection, pks)
    further = walk.offset + told
    more = further < (walk.total or 0)
    return Page(matches, walk.total, msgspec.structs.replace(walk, offset=further) if more else None)
