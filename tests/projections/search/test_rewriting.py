"""Every pass makes of a tree another one that means the same."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from random import Random

import orjson
import pytest

from ehr.appending import Condition
from ehr.dates import Span
from ehr.values import Key
from projections.search.identifiers import Identified, Named, Updated
from projections.search.reading import EVERYTHING, NOTHING, Reading, find, parameters_of
from projections.search.rewriting import PASSES, flatten, rewritten
from projections.search.strings import Beginning
from projections.search.terms import Terms
from projections.search.tree import And, Node, Not, OfType, Or, ReferredToBy, Refers
from tests.fhir_api.intake.examples import KNOWN_INVALID, kept
from tests.fhir_api.searching.wording import Said
from tests.projections.search.deciding import of_itself

TYPES = ("Observation", "Patient", "Encounter", "Location", "ValueSet", "RiskAssessment", "MedicationRequest")
TREES = 300
DEEPEST = 4


class Sample:
    """Entries of HL7's examples of a type, and conditions that hold of some of them."""

    def __init__(self, type_: str) -> None:
        found = [orjson.loads(bytes(one.resource)) for one in kept() if one.file not in KNOWN_INVALID]
        resources = [one for one in found if one["resourceType"] == type_]
        self.entries = [of_itself(resource) for resource in resources]
        self.conditions = [
            Reading().condition(type_, code, text)
            for resource in resources
            for code in parameters_of(type_)
            if code != "_lastUpdated"  # No resource says this by itself.
            for text in Said(resource).wording(code) or ()
        ]


@cache
def sample(type_: str) -> Sample:
    return Sample(type_)


def tree(chance: Random, conditions: Sequence[Node], deep: int = 0) -> Node:
    """A random one; the same node may be in it twice, and an AND or OR of nothing too."""
    kind = chance.choice(("condition", "and", "or", "not")) if deep < DEEPEST else "condition"
    if kind == "condition":
        return chance.choice(conditions)
    if kind == "not":
        return Not(tree(chance, conditions, deep + 1))
    nodes = tuple(tree(chance, conditions, deep + 1) for _ in range(chance.randrange(4)))
    nodes += nodes[: chance.randrange(2)]
    return And(nodes) if kind == "and" else Or(nodes)


@pytest.mark.parametrize("step", [*PASSES, rewritten], ids=lambda step: step.__name__)
def test_what_holds_is_the_same_after_it(step: Callable[[Node], Node]) -> None:
    chance, held = Random(step.__name__), Counter[bool]()
    for type_ in TYPES:
        known = sample(type_)
        for _ in range(TREES):
            # Few conditions, so that they meet their like.
            node = tree(chance, chance.sample(known.conditions, 6))
            after = step(node)
            for entries in chance.sample(known.entries, min(5, len(known.entries))):
                held[node.holds(entries)] += 1
                assert after.holds(entries) == node.holds(entries), (node, after)
    assert min(held.values()) > 1000


@pytest.mark.parametrize("type_", TYPES)
def test_once_is_enough(type_: str) -> None:
    chance = Random(type_)
    for _ in range(TREES):
        node = rewritten(tree(chance, sample(type_).conditions))
        assert rewritten(node) == node


A, B, C = Terms((1,)), Terms((2,)), Beginning(3, "x")
YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
SINCE, UNTIL = Updated((("ge", YEAR),)), Updated((("lt", YEAR),))
SUBJECT = Refers(find("Observation", "subject").number, "Patient", C)
ASSERTER = Refers(find("Condition", "asserter").number, "Patient", C)
TO_GROUP = Refers(find("Condition", "subject").number, "Group", C)
P1, G1 = Key("Patient", "1"), Key("Group", "1")
ONE, TWO = Identified((Condition("Patient", None, "1"),)), Identified((Condition("Patient", "s", "2"),))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (And((A, And((B, C)))), And((A, B, C))),
        (And((And((A,)),)), A),
        (And((A, A)), A),
        (Or((A, Or((B,)))), Terms((1, 2))),
        (Or((A, Or((C, B, A)))), Or((Terms((1, 2)), C))),
        (Or((ONE, Or((TWO,)))), Identified((*ONE.any_of, *TWO.any_of))),
        (Not(And((A,))), Not(A)),
        (Refers(1, "Patient", Or((A, B))), Refers(1, "Patient", Terms((1, 2)))),
        (ReferredToBy("Patient", 1, Or((A, B))), ReferredToBy("Patient", 1, Terms((1, 2)))),
        (OfType("Patient", Or((A, B))), OfType("Patient", Terms((1, 2)))),
        (Or((SINCE, A, UNTIL)), Or((A, Updated((*SINCE.any_of, *UNTIL.any_of))))),
        (Or((OfType("Patient", Named((P1,))), OfType("Group", Named((G1,))))), Named((P1, G1))),
        (OfType("Patient", Not(Named((P1,)))), OfType("Patient", Not(Named((P1,))))),
        (OfType("Observation", SUBJECT), SUBJECT),
        (OfType("Condition", SUBJECT), OfType("Condition", SUBJECT)),
        (OfType("Observation", Or((SUBJECT, A))), OfType("Observation", Or((A, SUBJECT)))),
        (
            Or((OfType("Observation", SUBJECT), OfType("Condition", Or((ASSERTER, TO_GROUP))))),
            Or((SUBJECT, ASSERTER, TO_GROUP)),
        ),
        (OfType("Patient", And((Named((P1,)), A))), OfType("Patient", And((Named((P1,)), A)))),
        (EVERYTHING, EVERYTHING),
        (NOTHING, NOTHING),
        (Or((And((A, B)), C)), Or((And((A, B)), C))),
    ],
)
def test_what_becomes_of_it(before: Node, after: Node) -> None:
    assert rewritten(before) == after


def test_an_and_is_not_taken_out_of_an_or() -> None:
    node = Or((And((A, B)), And((B, C))))
    assert flatten(node) == node
