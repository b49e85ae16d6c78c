"""Bundles are sent in steps, up to one number of resources after the other."""

import sys

import pytest

from benchmarks.corpus import Bundle
from benchmarks.searching import __main__ as program
from benchmarks.searching.filling import STEP, _steps


def test_steps_go_on_where_the_last_number_was_reached() -> None:
    bundles = iter([Bundle(str(n), 0, b"", STEP // 2) for n in range(7)])

    def names(resources: int) -> list[list[str]]:
        return [[one.name for one in step] for step in _steps(bundles, resources)]

    assert names(1) == [["0"]]
    assert names(STEP + 1) == [["1", "2"], ["3"]]
    assert names(0) == []
    assert names(9 * STEP) == [["4", "5"], ["6"]]


@pytest.mark.parametrize("numbers", ["0", "10 10", "20 10"])
def test_numbers_of_resources_rise(
    numbers: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["searching", "--resources", *numbers.split()])
    with pytest.raises(SystemExit):
        program.main()
    assert "each greater than the one before" in capsys.readouterr().err
