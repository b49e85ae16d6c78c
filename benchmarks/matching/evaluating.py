"""The figures of matching: who is linked, who is proposed, and who is missed, group by group.

A proposal is counted once for two persons, not for each pair of their Patients, and is answered at once, and
rightly. Recall: of all pairs of Patients of one person, the share that ends as one person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from benchmarks.matching.matching import Components, candidates, counted, prepared
from benchmarks.matching.registrations import Registration
from ehr.matching.blocking import block_keys
from ehr.matching.judging import LINK, NONE, judge

ALL = "all"
GROUPS = (ALL, "Hồ communes", "twins", "year only", "newborn")


@dataclass
class Figures:
    """Of one group: counts of registrations, links, proposals and pairs."""

    registrations: int = 0
    links: int = 0
    wrong_links: int = 0
    proposals: int = 0
    wrong_proposals: int = 0
    pairs: int = 0
    linked_pairs: int = 0
    found_pairs: int = 0

    @property
    def row(self) -> str:
        """A line of the table."""
        links = f"{self.registrations:,} | {self.links:,} | {self.wrong_links} | {self.precision}"
        pairs = f"{self.pairs:,} | {self.linked} | {self.found}"
        return f"{links} | {pairs} | {self.asked} | {self.asked_wrong}"

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
    said: Sequence[Registration]
    linked: Components
    found: Components
    figures: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    kept_apart: set[frozenset[int]] = field(default_factory=set)

    def same(self, one: int, other: int) -> bool:
        return self.said[one].person == self.said[other].person

    def of(self, *indices: int) -> Iterator[Figures]:
        """Of the groups to which any of the registrations belongs."""
        for group in {ALL}.union(*(self.said[index].groups for index in indices)):
            yield self.figures[group]


def evaluate(said: Sequence[Registration]) -> dict[str, Figures]:
    """Figures by group."""
    people = prepared(said)
    frequencies = counted(people)
    run = _Run(said, Components(len(said)), Components(len(said)))
    for index, others in candidates(people):
        for figures in run.of(index):
            figures.registrations += 1
        judged = [(judge(people[index], people[other], frequencies), other) for other in others]
        decided = sorted((one for one in judged if one[0].decision != NONE), key=lambda one: -one[0].weight)
        _link(run, index, [other for verdict, other in decided if verdict.decision == LINK])
        _ask(run, index, [other for verdict, other in decided if verdict.decision != LINK])
    _count_pairs(run)
    return {group: run.figures[group] for group in GROUPS}


def _link(run: _Run, index: int, others: Iterable[int]) -> None:
    for other in others:
        for figures in run.of(index, other):
            figures.links += 1
            figures.wrong_links += not run.same(index, other)
        run.linked.join(index, other)
        run.found.join(index, other)


def _ask(run: _Run, index: int, others: Iterable[int]) -> None:
    """The likeliest first. Whoever was told apart from one Patient is told apart from all of that person."""
    for other in others:
        two = frozenset((run.found.of(index), run.found.of(other)))
        if len(two) == 1 or two in run.kept_apart:
            continue
        for figures in run.of(index, other):
            figures.proposals += 1
            figures.wrong_proposals += not run.same(index, other)
        if run.same(index, other):
            run.found.join(index, other)
        else:
            run.kept_apart.add(two)


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
