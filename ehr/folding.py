"""What the record knows of its facts: heads, claims and answers, as they follow from the facts alone.

Deciding keeps them beside the facts as it states them; whoever has nothing but the facts folds them here.
Both give the same.
"""

from collections.abc import Iterable
from typing import NamedTuple

import orjson
import zstandard

from ehr.appending import Claim, Head
from ehr.bodies import Body, digest_of
from ehr.compression import decompress
from ehr.facts import MOVE, Answer, AnyFact, ResourceVersion
from ehr.identifiers import claims_of
from ehr.values import Key


class Folded(NamedTuple):
    """What some facts that follow each other leave behind.

    heads: of every resource of which they state a version, the last one. claims: all that those resources
    make now. answers: with the position of the fact that carries each, the last one of a key. unreadable:
    positions of facts with a resource whose body cannot be unpacked or is no resource; its head and claims
    are left out.
    """

    heads: dict[Key, Head]
    claims: list[Claim]
    answers: dict[tuple[str, str], tuple[Answer, int]]
    unreadable: list[int]


def fold(facts: Iterable[tuple[int, AnyFact]]) -> Folded:
    """Folds facts with their positions, in order."""
    folded = Folded({}, [], {}, [])
    last: dict[Key, tuple[int, AnyFact, ResourceVersion]] = {}
    for position, fact in facts:
        for version in fact.resources:
            if version.action != MOVE:
                last[Key(version.type, version.id)] = position, fact, version
        if fact.answer:
            folded.answers[fact.answer.client, fact.answer.key] = fact.answer, position
    for key, (position, fact, version) in last.items():
        try:
            body = decompress(version.body) if version.body else b""
            claims = list(claims_of(key, orjson.loads(body))) if body else []
            head = _head(fact, version, body)
        except (zstandard.ZstdError, ValueError, TypeError, AttributeError):  # the last two: other JSON
            folded.unreadable.append(position)
        else:
            folded.claims.extend(claims)
            folded.heads[key] = head
    return folded


def _head(fact: AnyFact, version: ResourceVersion, body: bytes) -> Head:
    deleted = version.action == "delete"
    digest = b"" if deleted else digest_of(Body(body, version.splice))
    return Head(fact.stream, fact.subject, version.version, deleted, digest)
