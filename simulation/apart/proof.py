"""Holds what a server tells against the truth: whom it has linked, what it asks, and what its charts tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from simulation.apart.ledger import EVERYBODY, Ledger
from simulation.apart.server import Server

RECALL: Final = 0.97
"""Of links and proposals together, as `docs/matching.md` wants it."""

_MOST_ROUNDS: Final = 50
Tell = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much."""


def silent(_what: str, _done: int, _all: int) -> None:
    """Nobody is told."""


@dataclass(slots=True)
class Linked:
    """Pairs of Patients at one moment. pairs: of one citizen; linked: of these, those that are one person;
    wrong: pairs that are one person and are not one citizen, as far as is known."""

    pairs: int = 0
    linked: int = 0
    wrong: int = 0

    @property
    def precision(self) -> float:
        """Of the pairs that are one person, the share that is one citizen."""
        told = self.linked + self.wrong
        return self.linked / told if told else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs of one citizen, the share that is one person."""
        return self.linked / self.pairs if self.pairs else 1.0


@dataclass(slots=True)
class Charts:
    """What $everything and the charts tell, opened from each Patient of each citizen.

    facts: all that was stated about the citizens, once for each Patient from which it is looked for. missing:
    of these, those that are not told; lost: of the missing, those whose own Patient is told, so that no link
    excuses it. foreign: what is told and was not stated about the citizen; on_pages: such on charts, of
    what these show on their first pages (shown).
    """

    citizens: int = 0
    facts: int = 0
    missing: int = 0
    lost: int = 0
    shown: int = 0
    foreign: set[tuple[str, str]] = field(default_factory=set)
    on_pages: set[tuple[str, str]] = field(default_factory=set)

    @property
    def all_foreign(self) -> int:
        """Wherever they were told."""
        return len(self.foreign | self.on_pages)

    @property
    def hold(self) -> bool:
        """Nothing foreign, nothing lost, and no more missing than matching may miss."""
        return not self.all_foreign and not self.lost and self.missing <= (1 - RECALL) * self.facts

    @property
    def line(self) -> str:
        """In one line."""
        told = f"{self.citizens} citizens, {self.all_foreign} foreign facts"
        return f"{told}, {self.missing} missing of {self.facts}"


def linked(server: Server, ledger: Ledger, tell: Tell = silent) -> tuple[Linked, dict[str, str]]:
    """Who is one person by now, and for each Patient the first one of its person."""
    persons: dict[str, set[str]] = {}
    patients = dict(ledger.patients)
    for done, id_ in enumerate(patients, start=1):
        persons[id_] = {key.removeprefix("Patient/") for key in server.everything(id_, only="Patient")}
        tell("persons", done, len(patients))
    figures = Linked()
    for facilities in ledger.registered.values():
        for one, other in combinations(facilities.values(), 2):
            figures.pairs += 1
            figures.linked += other in persons[one]
    told = {frozenset((id_, one)) for id_, found in persons.items() for one in found if one != id_}
    figures.wrong = sum(len({ledger.who(id_) for id_ in pair}) > 1 for pair in told)
    return figures, {id_: min(told) for id_, told in persons.items()}


@dataclass(slots=True)
class Asked:
    """Pairs that were proposed: paths of their pages. persons: pairs of persons, as they were linked when the
    first was asked for; first: for each of these the Patients of that pair; wrong: of these, those who are
    two citizens. left: pairs that stay undecided."""

    answered: set[str] = field(default_factory=set)
    first: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    wrong: set[frozenset[str]] = field(default_factory=set)
    left: int = 0

    @property
    def persons(self) -> set[frozenset[str]]:
        """Pairs of persons."""
        return set(self.first)


def answer(server: Server, ledger: Ledger, persons: dict[str, str], tell: Tell = silent) -> Asked:
    """Answer all proposals about these citizens, and those that follow from the answers, by the truth."""
    asked = Asked()
    for _ in range(_MOST_ROUNDS):
        server.settle()
        waiting = [
            path for path in server.waiting() if path not in asked.answered and _is_known(ledger, path)
        ]
        asked.left = len(waiting)
        if not waiting:
            break
        for done, path in enumerate(waiting, start=1):
            _answer_one(server, ledger, persons, asked, path)
            tell("proposals", done, len(waiting))
    return asked


def _is_known(ledger: Ledger, path: str) -> bool:
    return all(ledger.who(id_) for id_ in _pair(path))


def _pair(path: str) -> list[str]:
    """Ids of both Patients, from ``/review/{id}/{id}``."""
    return path.split("/")[-2:]


def _answer_one(server: Server, ledger: Ledger, persons: dict[str, str], asked: Asked, path: str) -> None:
    one, other = _pair(path)
    same = ledger.who(one) == ledger.who(other)
    if not server.decide(path, _same if same else _different):
        return
    asked.answered.add(path)
    pair = frozenset((persons[one], persons[other]))
    asked.first.setdefault(pair, frozenset((one, other)))
    asked.wrong |= set() if same else {pair}


def _same(_: list[str]) -> str:
    return "link"


def _different(offered: list[str]) -> str:
    return "judge-different" if "judge-different" in offered else "unlink"


def charts(server: Server, ledger: Ledger, tell: Tell = silent) -> Charts:
    """Open the chart of everybody, from each of their Patients."""
    found = Charts(citizens=len(ledger.registered))
    for done, (id_, citizen) in enumerate(ledger.patients, start=1):
        known, told = ledger.of(citizen), server.everything(id_)
        missing = known - told
        found.facts += len(known)
        found.missing += len(missing)
        found.lost += len(missing & set().union(*_stated_at(ledger, told)))
        found.foreign |= {(id_, key) for key in _foreign(ledger, citizen, told)}
        shown = server.chart(id_)
        found.shown += len(shown)
        found.on_pages |= {(id_, key) for key in _foreign(ledger, citizen, shown)}
        tell("charts", done, len(ledger.stated))
    return found


def _stated_at(ledger: Ledger, told: set[str]) -> Iterator[set[str]]:
    """What was stated at the Patients that are told."""
    return (
        ledger.stated.get(key.removeprefix("Patient/"), set()) for key in told if key.startswith("Patient/")
    )


def _foreign(ledger: Ledger, citizen: str, told: set[str]) -> set[str]:
    """What was not stated about the citizen, nor about facilities."""
    return {key for key in told if ledger.owners.get(key) not in (citizen, EVERYBODY)}
