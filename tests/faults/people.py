"""Who is one person, looked at as a whole: whether it follows from the decisions, and from them alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import combinations, groupby, product
from uuid import UUID

from ehr.event_store.connections import connect
from ehr.evidence import LEAST_TO_LINK
from ehr.facts import AnyPairFact, LinkProposed, PairFact, RecordsLinked
from ehr.linking import LINKS, STATES, Pair, State
from ehr.matching.judging import NONE, judge
from ehr.matching.numbers import KEYS
from ehr.matching.person import person_of
from ehr.matching.weights import SHARED
from ehr.values import subject_of
from projections.citizens.view import Citizens
from projections.database import Reader
from projections.digests import differences, digest
from projections.generations import add_generation, serving
from projections.health_record.view import HealthRecord
from projections.linking.bearers import Bearers
from projections.links.people import Link, members
from projections.links.person import people_of
from projections.links.view import Links
from projections.matching.candidates import Candidate, people
from projections.matching.view import Matching
from projections.projector import Projector
from projections.view import View
from streams.notification_log import NotificationLog
from streams.recorded_fact import RecordedFact
from tests.backbone.waiting import until
from tests.ehr.test_linking import apart, is_new
from tests.linking import end_of
from tests.pairing import recorded
from tests.projections.citizens.stating import project
from tests.projections.linking.reading import read
from tests.stating import value

MOMENTS = 12
"""Positions at which people are compared with the decisions until then."""

Pairs = dict[Pair, list[AnyPairFact]]


def wrong_with(url: str) -> list[str]:
    """What is wrong with a record at rest and with its views, which are served and followed."""
    _catch_up(url)
    facts = recorded(url)
    pairs = _pairs(facts)
    found = [
        *_differs_from_replay(url),
        *_is_no_component(url, facts),
        *_is_keyed_anew(facts),
        *_leaves_traces(url, facts),
        *_breaks_rules(pairs),
        *_was_passed_over(url, pairs),
    ]
    return [f"{what} ({number})" for what, number in Counter(found).items()]


def _catch_up(url: str) -> None:
    behind = "select min(position) from views.generations where state = 'serving'"
    until(lambda: value(url, behind) == end_of(url), "the views show all")


def _pairs(facts: Sequence[RecordedFact]) -> Pairs:
    pairs: Pairs = {}
    for one in facts:
        if isinstance(one.fact, PairFact):
            pairs.setdefault(Pair(one.fact.patient, one.fact.other_patient), []).append(one.fact)
    return pairs


def _differs_from_replay(url: str) -> Iterator[str]:
    for view in (Links(), Matching()):
        with connect(url) as connection, closing(NotificationLog(url)) as log:
            new = add_generation(connection, view)
            with closing(Projector(view, log, url, new)) as projector:
                while projector.step():
                    pass
            served = serving(connection, view.name)
            assert served
            yield from (
                f"{one.table} differs from a replay" for one in differences(connection, view, served, new)
            )


def _is_no_component(url: str, facts: Sequence[RecordedFact]) -> Iterator[str]:
    subjects = {subject for one in facts for subject in _subjects(one)}
    for at in {*range(0, len(facts), max(1, len(facts) // MOMENTS)), len(facts)}:

        async def shown(connection: Reader, at: int = at) -> set[frozenset[UUID]]:
            found = await people_of(connection, subjects, at)
            return {frozenset(others) for others in found.values() if others}

        if read(url, shown) != components(facts[:at]):
            yield "a person is no component"


def _subjects(one: RecordedFact) -> set[UUID]:
    return {one.subject, one.fact.other} if isinstance(one.fact, PairFact) else {one.subject}


def components(facts: Sequence[RecordedFact]) -> set[frozenset[UUID]]:
    """Who is one person by how each pair stands after its last fact; without those who stand alone."""
    states = {frozenset(_subjects(one)): STATES.get(one.fact.name) for one in facts}
    groups: dict[UUID, frozenset[UUID]] = {}
    for pair, state in states.items():
        if state in LINKS:
            joined = pair.union(*(groups.get(subject, ()) for subject in pair))
            groups |= dict.fromkeys(joined, joined)
    return set(groups.values())


def _is_keyed_anew(facts: Sequence[RecordedFact]) -> Iterator[str]:
    for one in facts:
        for resource in one.resources:
            about = resource.json.get("subject", {}).get("reference", f"Patient/{resource.version.id}")
            if resource.json and subject_of(about) != one.subject:
                yield "a fact is another one's"


def _leaves_traces(url: str, facts: Sequence[RecordedFact]) -> Iterator[str]:
    """Of links in other views, and of those that were taken back in who is one person."""
    others = [one for one in facts if not isinstance(one.fact, PairFact)]
    for view in (Citizens(), HealthRecord()):
        if _digest(url, view, facts) != _digest(url, view, others):
            yield f"{view.name} is another one with links"
    decided = [one for one in facts if isinstance(one.fact, PairFact)]
    parted = {one.fact.stream for one in decided if _pair_state(one, decided) is State.UNLINKED}
    if _present(decided) != _present([one for one in decided if one.stream not in parted]):
        yield "a link that was taken back leaves something"


def _digest(url: str, view: View, facts: Sequence[RecordedFact]) -> dict[str, tuple[int, int]]:
    """But for how far the view is, which links are part of."""
    with connect(url) as connection:
        found = digest(connection, view, project(connection, view, [facts]))
    return {table: rows for table, rows in found.items() if table != "progress"}


def _pair_state(one: RecordedFact, decided: Sequence[RecordedFact]) -> State:
    return STATES[[other.fact.name for other in decided if other.stream == one.stream][-1]]


def _present(decided: Sequence[RecordedFact]) -> set[tuple[UUID, UUID]]:
    """(subject, person) now, as the view folds decisions."""
    links = (_link(one) for one in decided if STATES[one.fact.name] is not State.DOUBTED)
    return {(one.subject, one.person) for one in members(links) if one.to_position is None}


def _link(one: RecordedFact) -> Link:
    fact = one.fact
    assert isinstance(fact, PairFact)
    return Link(
        one.position,
        fact.subject,
        fact.other,
        fact.patient,
        fact.other_patient,
        STATES[fact.name] is State.LINKED,
    )


def _breaks_rules(pairs: Pairs) -> Iterator[str]:
    for facts in pairs.values():
        names = [fact.op_id for fact in facts if fact.op_id]
        if len(names) != len(set(names)):
            yield "something is stated twice"
        for n, fact in enumerate(facts):
            if fact.rule and isinstance(fact, RecordsLinked | LinkProposed) and not _is_allowed(facts, n):
                yield f"{fact.name} over a judgement without anything new"


def _is_allowed(facts: Sequence[AnyPairFact], n: int) -> bool:
    """Whether a program may have linked or proposed two on this evidence."""
    links = isinstance(facts[n], RecordsLinked)
    looked_at = apart(facts[:n])
    return (n == 0 and not links) or is_new(facts[n], looked_at, LEAST_TO_LINK if links else 1)


def _was_passed_over(url: str, pairs: Pairs) -> Iterator[str]:
    """Two who share a number that may link are one person, or something was said of the two, unless the
    number was ever nobody's."""
    known, together = read(url, _everybody), read(url, _together)
    bearers = _ever_borne(url, known)
    said = {frozenset(both) for both in map(_both, pairs) if known.keys() >= both}
    for one, other in _of_one_history(known.values()):
        if other.subject in together.get(one.subject, ()) or _is_said(one, other, together, said):
            continue
        verdict = judge(one.person, other.person)
        if bearers.say_nothing(one.subject, other.subject, verdict):
            continue
        if verdict.decision != NONE and any(e.field in KEYS and e.level in SHARED for e in verdict.evidence):
            yield f"two were passed over whom the rules {verdict.decision}"


def _ever_borne(url: str, known: Mapping[UUID, Candidate]) -> Bearers:
    """As any version of a Patient had it."""
    stated = (resource.json for one in recorded(url) for resource in one.resources)
    versions = (person_of(json) for json in stated if json and json["resourceType"] == "Patient")
    ever = {UUID(int=number): person for number, person in enumerate(versions)}
    return Bearers(ever | {subject: one.person for subject, one in known.items()})


def _both(pair: Pair) -> set[UUID]:
    return {pair.subject, pair.other}


def _is_said(
    one: Candidate, other: Candidate, together: dict[UUID, dict[UUID, str]], said: set[frozenset[UUID]]
) -> bool:
    """Whether something was said of the two people."""
    some, others = ({who.subject, *together.get(who.subject, ())} for who in (one, other))
    return any(frozenset(pair) in said for pair in product(some, others))


def _of_one_history(known: Iterable[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    ordered = sorted(known, key=_history)
    for _, some in groupby(ordered, key=_history):
        yield from combinations(some, 2)


def _history(one: Candidate) -> str:
    return one.patient.partition("-")[0]


async def _everybody(connection: Reader) -> dict[UUID, Candidate]:
    cursor = await connection.execute("select subject from matching.person")
    return await people(connection, [subject for (subject,) in await cursor.fetchall()])


async def _together(connection: Reader) -> dict[UUID, dict[UUID, str]]:
    return await people_of(connection, await _everybody(connection))
