"""Who belongs to which group, and what is counted of it."""

from itertools import combinations, count

import orjson
import pytest

from simulation.apart.groups import EVERYBODY, GROUPS, NO_GROUP, figures, groups_of
from simulation.apart.ledger import Ledger
from simulation.apart.proof import Asked
from simulation.province import Province
from simulation.registering.patients import Shares
from simulation.systems import IDENTIFIER_CAPTURED, NATIONAL_ID

PROVINCE = Province(6, 60, months=16, shares=Shares(typed=0.15, absent=0.08, years=0.9, mother=0.25))


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """As if a server had answered."""
    ledger, ids = Ledger(), count(1)
    for sending in PROVINCE:
        types = [entry["resource"]["resourceType"] for entry in sending.bundle["entry"]]
        answers = [{"response": {"location": f"{type_}/{next(ids)}/_history/1"}} for type_ in types]
        ledger.note(sending, orjson.dumps({"entry": answers}))
    return ledger


@pytest.fixture(scope="module")
def groups(ledger: Ledger) -> dict[str, set[str]]:
    return groups_of(PROVINCE, ledger)


def test_each_group_has_some_and_not_all(ledger: Ledger, groups: dict[str, set[str]]) -> None:
    assert groups[EVERYBODY] == {id_ for id_, _ in ledger.patients}
    for name in (*GROUPS, NO_GROUP):
        assert 0 < len(groups[name]) < len(groups[EVERYBODY]), name


def test_who_is_in_no_group_was_scanned_and_has_a_number(ledger: Ledger, groups: dict[str, set[str]]) -> None:
    for id_ in groups[NO_GROUP]:
        citizen, patient = PROVINCE.citizens[int(ledger.who(id_) or "")], ledger.said[id_]
        (number,) = (one for one in patient["identifier"] if one["system"] == NATIONAL_ID)
        assert number["value"] == citizen.national_number
        assert number["extension"][0]["url"] == IDENTIFIER_CAPTURED
        assert len(patient["birthDate"]) > len("1950")
        assert id_ not in groups["twins"]


def test_newborns_are_no_question_of_scanning(ledger: Ledger, groups: dict[str, set[str]]) -> None:
    nameless = {id_ for id_, said in ledger.said.items() if "Con bà" in str(said["name"])}
    assert nameless
    assert nameless <= groups["newborns, unidentified"]
    assert not nameless & (groups["personal number not scanned"] | groups["without a personal number"])


def test_whose_mothers_card_was_scanned_has_her_number(ledger: Ledger, groups: dict[str, set[str]]) -> None:
    numbers = {one.national_number: one for one in PROVINCE.citizens}
    for id_ in groups["mother's card scanned"]:
        index = int(ledger.who(id_) or "")
        scanned = [one["value"] for one in ledger.said[id_]["identifier"] if one["system"] == NATIONAL_ID]
        assert [numbers[number] for number in scanned] == [PROVINCE.families[index].mother]


def test_a_proposal_counts_for_the_groups_of_either_patient(ledger: Ledger) -> None:
    two = [found for found in ledger.registered.values() if len(found) == 2]
    (one, other), (third, fourth) = (tuple(found.values()) for found in two[:2])
    alone = {id_: id_ for id_, _ in ledger.patients}
    joined = alone | {other: one}
    asked = Asked()
    asked.first[frozenset((one, other))] = frozenset((one, other))
    asked.first[frozenset((one, third))] = frozenset((one, third))
    asked.wrong.add(frozenset((one, third)))
    of = {"both": {one, other}, "one": {third}, "none": {fourth}}
    both, single, none = figures(ledger, of, alone, joined, asked)
    (neither,) = figures(ledger, {NO_GROUP: {one, other}}, alone, joined, asked)
    assert (neither.pairs, neither.proposals, neither.wrong) == (1, 1, 0)
    assert (both.pairs, both.linked, both.found, both.proposals, both.wrong) == (1, 0, 1, 2, 1)
    assert (single.pairs, single.found, single.proposals, single.wrong) == (1, 0, 1, 1)
    assert (none.registrations, none.pairs, none.proposals) == (1, 1, 0)
    assert both.row == "| both | 2 | 1 | 0.0000 | 1.0000 | 2 | 100.00 | 1 |"


def test_all_pairs_of_a_citizen_are_counted(ledger: Ledger, groups: dict[str, set[str]]) -> None:
    alone = {id_: id_ for id_, _ in ledger.patients}
    everybody, *_ = figures(ledger, groups, alone, alone, Asked())
    pairs = sum(len(list(combinations(found, 2))) for found in ledger.registered.values())
    assert (everybody.name, everybody.pairs, everybody.linked) == (EVERYBODY, pairs, 0)
