"""The data file, and the frequencies of names."""

from math import isfinite
from pathlib import Path

import msgspec
import pytest

from ehr.matching.frequencies import Counted, average
from ehr.matching.names import name_of
from ehr.matching.weights import FILE, LEVELS, Stated, Weights, load_weights


def test_the_data_file_has_every_level_and_better_ones_weigh_no_less() -> None:
    weights = load_weights()
    assert weights.bits.keys() == LEVELS.keys()
    for field, levels in LEVELS.items():
        bits = [weights.bits[field][level] for level in levels]
        assert all(map(isfinite, bits))
        assert bits == sorted(bits, reverse=True), field
        assert bits[0] > 0 > bits[-1], field


def test_thresholds_rise() -> None:
    stated = load_weights().stated
    assert 0 < stated.possible < stated.propose < stated.probable


def test_a_level_that_the_file_lacks_is_told(tmp_path: Path) -> None:
    stated = msgspec.json.decode(FILE.read_bytes(), type=Stated)
    del stated.fields["name"]["tones"]
    with pytest.raises(KeyError, match="tones"):
        Weights(stated)
    broken = tmp_path / "weights.json"
    broken.write_text('{"version": 1}')
    with pytest.raises(msgspec.ValidationError):
        load_weights(broken)


def test_shares_are_of_the_commune_drawn_towards_the_whole() -> None:
    def names(text: str, number: int) -> list[tuple[str, str]]:
        return [("19435" if text.startswith("Hồ") else "19429", text)] * number

    said = [*names("Hồ Văn Thương", 500), *names("Lê Văn Nam", 500)]
    counted = Counted.among((commune, name) for commune, text in said if (name := name_of(text)))
    assert counted.surname("ho", "19435") > 0.9
    assert counted.surname("ho", None) == pytest.approx(0.5, abs=0.01)
    assert 0 < counted.surname("ho", "19429") < 0.1
    assert counted.surname("ho", "02701") == pytest.approx(0.5, abs=0.01)
    assert 0 < counted.given("chua gap", "19435") < 0.001


def test_without_frequencies_every_name_weighs_the_average() -> None:
    stated = average(0.1, 0.02)
    assert (stated.surname("ho", None), stated.given("thuong", "19435")) == (0.1, 0.02)
