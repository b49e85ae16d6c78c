"""The generators are separate, and with few people already the targets hold; the commands run."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.matching import fitting_damage, fitting_people, judging_damage, judging_people
from benchmarks.matching.__main__ import ABSENT, SHARES, TYPED, VERBS
from benchmarks.matching.estimating import by_expectation, estimate
from benchmarks.matching.evaluating import ALL, PLAIN, blocked, evaluate
from benchmarks.matching.registrations import patient_of
from ehr.matching import numbered
from ehr.matching.numbers import Number
from ehr.matching.weights import LEVELS, Weights
from projections.linking.acts import Together
from projections.linking.bearers import Bearers

ROOT = Path(__file__).parents[3]


def imported(module: ModuleType) -> set[str]:
    tree = ast.parse(inspect.getsource(module))
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_generators_share_no_damage() -> None:
    fitting = imported(fitting_people) | imported(fitting_damage)
    judging = imported(judging_people) | imported(judging_damage)
    own = {name for name in fitting & judging if name.startswith(("benchmarks", "ehr", "simulation"))}
    harmless = {
        "benchmarks.matching.registrations",
        "ehr.systems",
        "simulation.chance",
        "simulation.code_lists",
    }
    assert own == harmless


def test_registrations_are_the_same_for_the_same_seed() -> None:
    one, again, other = (
        [patient_of(said) for said in judging_people.registrations(seed, 300, TYPED, ABSENT)]
        for seed in (3, 3, 4)
    )
    assert one == again != other
    fitted = [[patient_of(said) for said in fitting_people.registrations(seed, 300)] for seed in (3, 3, 4)]
    assert fitted[0] == fitted[1] != fitted[2]


@pytest.mark.parametrize(
    ("typed", "absent", "group"), [(*SHARES[1], ALL), (TYPED, ABSENT, PLAIN)], ids=["all", "groups apart"]
)
def test_the_targets_hold(typed: float, absent: float, group: str) -> None:
    """With twice as many typed and special groups among them there are more proposals than 2 of 100
    (docs/matching.md)."""
    figures = evaluate(judging_people.registrations(2, 2_500, typed, absent))[group]
    assert figures.links > 1_400
    assert (figures.wrong_links, figures.mixed) == (0, 0)
    assert figures.people > 700
    assert figures.found_pairs / figures.pairs >= 0.97
    assert figures.proposals / figures.registrations <= 0.02


def test_cards_of_mothers_and_nurses_are_among_the_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that trust a number which does not fit, or is somebody else's, are seen to link twins."""
    for share in ("OF_A_PARENT", "ALIKE", "BY_TONE"):
        monkeypatch.setattr(judging_people, share, 1.0)
    said = judging_people.registrations(1, 6_000, TYPED, ABSENT)
    wrong = evaluate(said)["all"].wrong_links
    monkeypatch.setattr(Number, "trusted", property(lambda number: number.captured))
    monkeypatch.setattr(numbered, "_bears_anothers", lambda _: False)
    monkeypatch.setattr(Bearers, "share_nobodys", lambda *_: False)
    assert evaluate(said)["all"].wrong_links > 2 * wrong


def test_people_who_are_mixed_over_a_third_one_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    said = judging_people.registrations(2, 2_500, TYPED, ABSENT, cards=0.2)
    found = evaluate(said)
    mixed, filled = found["cards mixed up"], found["another's name"]
    assert mixed.proposals > 3 * mixed.links
    assert filled.wrong_links > filled.links / 2, "nothing in them tells whose they are"
    monkeypatch.setattr(Together, "_is_barred", lambda *_: False)
    blind = evaluate(said)
    assert blind["cards mixed up"].mixed > 1.5 * mixed.mixed
    assert blind["all"].precision < found["all"].precision


def test_blocking_finds_nearly_all_with_few_candidates() -> None:
    found = blocked(judging_people.registrations(2, 2_000, TYPED, ABSENT))
    assert found.recall > 0.99
    assert found.mean < 10


def test_what_is_estimated_can_be_loaded_and_em_agrees() -> None:
    said = list(fitting_people.registrations(5, 1_500))
    stated = estimate(said, 5_000, "test")
    weights = Weights(stated)
    assert weights.bits.keys() == LEVELS.keys()
    _, without_truth = by_expectation(said)
    assert without_truth["birth"]["exact"] == pytest.approx(stated.fields["birth"]["exact"].m, abs=0.05)
    assert without_truth["sex"]["same"] == pytest.approx(stated.fields["sex"]["same"].m, abs=0.05)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_commands_run(verb: str) -> None:
    command = [sys.executable, "-m", "benchmarks.matching", verb, "--people", "300", "--strangers", "1000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 100
