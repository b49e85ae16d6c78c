"""Projects decisions about pairs of Patients to how they stand, and to who is one person by them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from ehr.dates import ZONE
from ehr.facts import AnyPairFact, PairFact
from ehr.linking import STATES
from ehr.sql import load_queries
from projections.links.people import Link, Member, members
from projections.view import Connection, Digested
from streams.recorded_fact import RecordedFact

_sql = load_queries(Path(__file__).with_name("projecting.sql"))


class Links:
    """See ``projections.view.View``.

    Rows follow from the set of decisions, whenever each comes: those of a parked citizen come late.
    """

    name = "links"
    code_version = 3
    schema = Path(__file__).with_name("schema.sql")
    tables: Mapping[str, Digested] = MappingProxyType(
        {
            "decision": Digested(
                "subject::text",
                "position, subject, other, patient, other_patient, version, state, evidence, rule, reason,"
                " program, decided_by, facility, recorded_at",
            ),
            "pair": Digested(
                "subject::text",
                "subject, other, patient, other_patient, position, version, state, was_linked, weight,"
                " apart, together",
            ),
            "member": Digested("subject::text", "subject, patient, person, from_position, to_position"),
            "made": Digested("''", "day, state, by_program, decisions"),
            "gathered": Digested("''", "patients, people", outside={"one": "it can only be true"}),
        }
    )

    def project(self, connection: Connection, facts: Sequence[RecordedFact]) -> None:
        """Adds the decisions, and makes anew whom they concern."""
        decisions = [
            _decision(recorded, recorded.fact) for recorded in facts if isinstance(recorded.fact, PairFact)
        ]
        if not decisions:
            return
        _run(connection, "add_decisions", _DECISION, decisions)
        made = Counter(
            (one.recorded_at.astimezone(ZONE).date(), one.state, one.rule is not None) for one in decisions
        )
        _run(connection, "add_made", _MADE, [(*key, number) for key, number in made.items()])
        positions: dict[str, list[Any]] = {"positions": [one.position for one in decisions]}
        connection.execute(_sql["state_pairs"], positions)
        subjects = [row[0] for row in connection.execute(_sql["connected"], positions)]
        gathered = _state_members(connection, subjects) if subjects else _Gathered(0, 0)
        connection.execute(_sql["add_gathered"], gathered._asdict())
        connection.execute(_sql["tell_together"], positions | {"subjects": subjects})


class _Decision(NamedTuple):
    """A row of the table of that name."""

    position: int
    subject: UUID
    other: UUID
    patient: str
    other_patient: str
    version: int
    state: str
    evidence: str
    rule: str | None
    reason: str | None
    program: str
    decided_by: str | None
    facility: str | None
    recorded_at: datetime


def _decision(recorded: RecordedFact, fact: AnyPairFact) -> _Decision:
    evidence = [(_kept(one.field), _kept(one.level), one.bits) for one in fact.evidence]
    return _Decision(
        recorded.position,
        recorded.subject,
        fact.other,
        _kept(fact.patient),
        _kept(fact.other_patient),
        recorded.stream_version,
        STATES[fact.name],
        orjson.dumps(evidence).decode(),
        _said(fact.rule),
        _said(fact.reason),
        _kept(fact.actor),
        _said(fact.user),
        _said(fact.facility),
        datetime.fromisoformat(fact.recorded_at),
    )


def _kept(text: str) -> str:
    return text.replace("\0", " ")


def _said(text: str | None) -> str | None:
    return None if text is None else _kept(text)


class _Gathered(NamedTuple):
    """By how much it changes how many Patients are one with others, and how many people that makes."""

    patients: int
    people: int


def _state_members(connection: Connection, subjects: list[UUID]) -> _Gathered:
    """Of subjects that were ever linked with each other, all of them, but not with others."""
    asked = {"subjects": subjects}
    links = [Link(*row) for row in connection.execute(_sql["links"], asked)]
    former = {Member(*row) for row in connection.execute(_sql["members"], asked)}
    found = set(members(links))
    gone = [(one.subject, one.from_position) for one in former - found]
    _run(connection, "forget_members", ("subjects", "from"), gone)
    _run(connection, "add_members", _MEMBER, found - former)
    now, before = ([one for one in some if one.to_position is None] for some in (found, former))
    people = len({one.person for one in now}) - len({one.person for one in before})
    return _Gathered(len(now) - len(before), people)


_DECISION = (
    "positions", "subjects", "others", "patients", "other_patients", "versions", "states", "evidence",
    "rules", "reasons", "programs", "deciders", "facilities", "recorded",
)  # fmt: skip
_MADE = ("days", "states", "programs", "numbers")
_MEMBER = ("subjects", "patients", "persons", "from", "to")


def _run(connection: Connection, query: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """A statement that takes the rows as one array for each column."""
    arrays = [list(column) for column in zip(*rows, strict=True)]
    if arrays:
        connection.execute(_sql[query], dict(zip(columns, arrays, strict=True)))
