"""The figures of matching: who is linked, who is proposed, and who is missed, group by group.

Each registration is judged as ``ehr link`` does (projections/linking/acts.py): by those before it, by who is
one person already and who is kept apart. Every proposal is answered at once, and rightly; so a person is
found by links and answers together. Recall: of all pairs of Patients of one person, the share that ends so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from uuid import UUID

from benchmarks.matching.judging_damage import FILLED_IN, MIXED_UP
from benchmarks.matching.matching import Components, candidates, counted, prepared
from benchmarks.matching.registrations import Registration
from ehr.evidence import known_by
from ehr.linking import State
from ehr.matching.blocking import block_keys
from ehr.matching.frequencies import Frequencies
from ehr.matching.judging import NONE, Verdict, judge
from ehr.matching.person import Person
from projections.linking.acts import Together
from projections.linking.sight import Said, Sight
from projections.matching.candidates import Candidate, Judged

ALL = "all"
HO = "Hồ communes"
PLAIN = "of none, or of Hồ communes alone"
GROUPS = (ALL, PLAIN, HO, "twins", "year only", "newborn", MIXED_UP, FILLED_IN)


@dataclass
class Figures:
    """Of one group: counts of registrations, links, proposals and pairs.

    people: as links alone make them, of two Patients at least. mixed: of those, that are several in truth.
    """

    registrations: int = 0
    links: int = 0
    wrong_links: int = 0
    people: int = 0
    mixed: int = 0
    proposals: int = 0
    wrong_proposals: int = 0
    pairs: int = 0
    linked_pairs: int = 0
    found_pairs: int = 0

    @property
    def row(self) -> str:
        """A line of the table."""
        links = f"{self.registrations:,} | {self.links:,} | {self.wrong_links} | {self.precision}"
        people = f"{self.people:,} | {self.mixed}"
        pairs = f"{self.pairs:,} | {self.linked} | {self.found}"
        return f"{links} | {people} | {pairs} | {self.asked} | {self.asked_wrong}"

    @property
    def precision(self) -> str:
        """Of links."""
        return f"{1 - self.wrong_links / self.links:.5f}" if self.links else "–"

    @property
    def linked(self) -> str:
        """Recall of links alone."""
        return f"{self.linked_pairs / self.pairs:.4f}" if self.pairs else "–"

    @property
    def found(self) -> str:
        """Recall of links and proposals."""
        return f"{self.found_pairs / self.pairs:.4f}" if self.pairs else "–"

    @property
    def asked(self) -> str:
        """Proposals per 100 registrations."""
        return f"{100 * self.proposals / max(1, self.registrations):.2f}"

    @property
    def asked_wrong(self) -> str:
        """Of those, about two people."""
        return f"{100 * self.wrong_proposals / max(1, self.registrations):.2f}"


@dataclass
class _Run:
    """linked: by links alone. found: by answers as well."""

    said: Sequence[Registration]
    people: Sequence[Person]
    frequencies: Frequencies
    linked: Components
    found: Components
    apart: dict[frozenset[UUID], Said] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))

    def same(self, one: int, other: int) -> bool:
        return self.said[one].person == self.said[other].person

    def of(self, *indices: int) -> Iterator[Figures]:
        """Of the groups to which any of the registrations belongs."""
        groups = set[str]().union(*(self.said[index].groups for index in indices))
        for group in {ALL} | groups | (set() if groups - {HO} else {PLAIN}):
            yield self.figures[group]


def evaluate(said: Sequence[Registration]) -> dict[str, Figures]:
    """Figures by group."""
    people = prepared(said)
    run = _Run(said, people, counted(people), Components(len(said)), Components(len(said)))
    for index, others in candidates(people):
        for figures in run.of(index):
            figures.registrations += 1
        sight = _sight(run, index, others)
        together = Together(sight)
        for one in sight.others:
            if together.may_link(one):
                together.join(one.candidate.subject)
                _link(run, index, one.candidate.subject.int)
        for one in together.proposals():
            _ask(run, index, one)
    _count_people(run)
    _count_pairs(run)
    return {group: run.figures[group] for group in GROUPS}


def _sight(run: _Run, index: int, others: Sequence[int]) -> Sight:
    """What ``ehr link`` would see."""
    judged = [Judged(_candidate(run, other), _verdict(run, index, other)) for other in others]
    weighty = sorted(
        (one for one in judged if one.verdict.decision != NONE), key=lambda one: -one.verdict.weight
    )
    groups = {
        one: _subjects(run, one.int)
        for one in (UUID(int=index), *(judged.candidate.subject for judged in weighty))
    }
    everyone = sorted(frozenset[UUID]().union(*groups.values()))
    persons = {one: _candidate(run, one.int) for one in {*everyone, *(UUID(int=other) for other in others)}}
    return Sight(_candidate(run, index), weighty, groups, _kept_apart(run, everyone), frozenset(), persons)


def _verdict(run: _Run, index: int, other: int) -> Verdict:
    return judge(run.people[index], run.people[other], run.frequencies)


def _candidate(run: _Run, index: int) -> Candidate:
    return Candidate(UUID(int=index), str(index), 1, run.people[index])


def _subjects(run: _Run, index: int) -> frozenset[UUID]:
    return frozenset(UUID(int=member) for member in run.found.members(index))


def _kept_apart(run: _Run, everyone: Sequence[UUID]) -> Mapping[frozenset[UUID], Said]:
    pairs = map(frozenset, combinations(everyone, 2))
    return {pair: run.apart[pair] for pair in pairs if pair in run.apart}


def _link(run: _Run, index: int, other: int) -> None:
    for figures in run.of(index, other):
        figures.links += 1
        figures.wrong_links += not run.same(index, other)
    run.linked.join(index, other)
    run.found.join(index, other)


def _ask(run: _Run, index: int, one: Judged) -> None:
    other = one.candidate.subject.int
    for figures in run.of(index, other):
        figures.proposals += 1
        figures.wrong_proposals += not run.same(index, other)
    if run.same(index, other):
        run.found.join(index, other)
    else:
        known = known_by(one.verdict.evidence)
        pair = frozenset((UUID(int=index), one.candidate.subject))
        run.apart[pair] = Said(State.DIFFERENT, known, there=True, apart=True)


def _count_people(run: _Run) -> None:
    for root in {run.linked.of(index) for index in range(len(run.said))}:
        members = run.linked.members(root)
        if len(members) > 1:
            for figures in run.of(*members):
                figures.people += 1
                figures.mixed += len({run.said[member].person for member in members}) > 1


def _count_pairs(run: _Run) -> None:
    of_person: dict[int, list[int]] = defaultdict(list)
    for index, registration in enumerate(run.said):
        of_person[registration.person].append(index)
    for indices in of_person.values():
        for one, other in combinations(indices, 2):
            for figures in run.of(one, other):
                figures.pairs += 1
                figures.linked_pairs += run.linked.of(one) == run.linked.of(other)
                figures.found_pairs += run.found.of(one) == run.found.of(other)


@dataclass(frozen=True)
class Blocked:
    """How well keys find: shares of pairs of one person that share a key, candidates per registration."""

    registrations: int
    recall: float
    mean: float
    most: int
    keys: float


def blocked(said: Sequence[Registration]) -> Blocked:
    """What ``block_keys`` does to these registrations."""
    people = prepared(said)
    sizes: list[int] = []
    found = 0
    persons: Counter[int] = Counter()
    for index, others in candidates(people):
        sizes.append(len(others))
        found += sum(said[other].person == said[index].person for other in others)
        persons[said[index].person] += 1
    pairs = sum(number * (number - 1) // 2 for number in persons.values())
    keys = sum(len(block_keys(one)) for one in people) / len(people)
    return Blocked(len(said), found / pairs, sum(sizes) / len(sizes), max(sizes), keys)
