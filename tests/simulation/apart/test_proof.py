"""A province whose facilities register everybody for themselves: API, record, views, linking."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import httpx
import pytest

from fhir_api.monitoring import routes
from fhir_api.pages.routes import pages
from simulation.apart.__main__ import main
from simulation.apart.ledger import Ledger
from simulation.apart.proof import RECALL, Asked, Linked, answer, charts, linked
from simulation.apart.server import Server
from simulation.feed import Counts, feed
from simulation.province import Province
from simulation.registering.patients import Shares
from tests.fhir_api.pages.review_serving import projecting_all, views
from tests.fhir_api.running import app_of, prepare, services_of
from tests.linking import linking
from tests.serving import served

SHARES = Shares(typed=0.15, absent=0.08, mother=0.25)
"""Far worse than usual, so that few people make questions of every kind: newborn twins, mothers' cards."""


@dataclass
class Proof:
    """A province that was sent, judged, and asked about."""

    server: Server
    ledger: Ledger
    counts: Counts
    before: Linked
    asked: Asked
    after: Linked


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    """Of a server with all its processes."""
    prepare(module_database, *views())
    app = app_of(services_of(module_database), [*routes, pages()])
    with projecting_all(module_database), linking(module_database), served(app) as address:
        yield address


@pytest.fixture(scope="module")
def proof(address: str) -> Iterator[Proof]:
    ledger = Ledger()
    province = Province(6, 60, months=16, shares=SHARES)
    counts = asyncio.run(feed(f"{address}/fhir", province, answered=ledger.note))
    with httpx.Client(timeout=60.0) as client:
        server = Server(client, address)
        server.settle()
        before, persons = linked(server, ledger)
        asked = answer(server, ledger, persons)
        yield Proof(server, ledger, counts, before, asked, linked(server, ledger)[0])


def test_nobody_is_linked_with_another_by_himself(proof: Proof) -> None:
    assert not proof.counts.refused
    assert proof.before.linked > 10
    assert proof.before.wrong == 0


def test_the_truth_answers_all_that_is_asked(proof: Proof) -> None:
    assert proof.asked.left == 0
    assert proof.asked.wrong, "nothing was hard"
    assert proof.asked.persons > proof.asked.wrong
    assert proof.after.wrong == 0
    assert proof.before.recall < RECALL < proof.after.recall


def test_charts_tell_all_of_one_person_and_nothing_of_another(proof: Proof) -> None:
    found = charts(proof.server, proof.ledger)
    assert found.facts > 1_000
    assert found.shown > 1_000
    assert found.hold, found.line


def about(ledger: Ledger, *citizens: str) -> Ledger:
    """What was stated about these alone."""
    return replace(ledger, registered={one: ledger.registered[one] for one in citizens})


def of_two_facilities(ledger: Ledger) -> str:
    """A citizen who has two Patients, no more and no less."""
    return next(one for one, found in ledger.registered.items() if len(found) == 2)


def test_a_fact_that_was_stated_and_is_not_told_is_lost(proof: Proof) -> None:
    citizen = of_two_facilities(proof.ledger)
    one, _ = proof.ledger.registered[citizen].values()
    known = proof.ledger.stated | {one: proof.ledger.stated[one] | {"Observation/never-stored"}}
    found = charts(proof.server, replace(about(proof.ledger, citizen), stated=known))
    assert (found.missing, found.lost, found.all_foreign) == (2, 2, 0)
    assert not found.hold


def test_what_a_missing_link_hides_is_missing_and_not_lost(proof: Proof) -> None:
    citizen = of_two_facilities(proof.ledger)
    one, other = proof.ledger.registered[citizen].values()
    assert proof.server.decide(f"/review/{one}/{other}", lambda _: "unlink")
    proof.server.settle()
    found = charts(proof.server, about(proof.ledger, citizen))
    assert found.missing == len(proof.ledger.of(citizen))
    assert (found.lost, found.all_foreign) == (0, 0)
    assert not found.hold


def test_a_link_between_two_people_is_found(proof: Proof) -> None:
    everybody = pairwise(proof.ledger.patients)
    one, other = next((one, other) for one, other in everybody if one[1] != other[1])
    assert proof.server.decide(f"/review/{one[0]}/{other[0]}", lambda _: "link")
    proof.server.settle()
    ledger = about(proof.ledger, one[1], other[1])
    found, (figures, _) = charts(proof.server, ledger), linked(proof.server, ledger)
    assert {(one[0], f"Patient/{other[0]}"), (other[0], f"Patient/{one[0]}")} <= found.foreign
    assert found.on_pages
    assert figures.wrong > 0
    assert not found.hold


SMALL = ["--citizens", "30", "--months", "4", "--seed", "5"]


def test_the_command_ends_with_what_charts_tell(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--base", address, *SMALL]) == 0
    *told, linked_by_themselves, proposals, recall, charts_tell = capsys.readouterr().out.splitlines()
    groups = [line for line in told if line.startswith("|")]
    assert re.fullmatch(r"[1-9]\d* citizens, 0 foreign facts, \d+ missing of [1-9]\d+", charts_tell)
    assert groups[0].startswith("| | registrations")
    assert any(line.startswith("| newborns, unidentified | ") for line in groups)
    assert "precision 1.00000" in linked_by_themselves
    assert "per 100" in proposals
    assert "0 wrong" in recall


def test_the_command_fails_where_two_people_are_linked(
    proof: Proof, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Ledger()
    again = Province(5, 30, months=4, shares=Shares())
    asyncio.run(feed(f"{address}/fhir", again, answered=ledger.note))
    (one, _), (other, _) = next(pair for pair in pairwise(ledger.patients) if pair[0][1] != pair[1][1])
    proof.server.settle()
    assert proof.server.decide(f"/review/{one}/{other}", lambda _: "link")
    assert main(["--base", address, *SMALL]) == 1
    told = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"[1-9]\d* citizens, [1-9]\d* foreign facts, \d+ missing of [1-9]\d+", told)
