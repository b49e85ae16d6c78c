"""HL7's own examples pass, but for those that break the specification, each listed with the reason.

The whole package: ``python -m tests.fhir_api.intake.examples PACKAGE`` (examples.py).
"""

import pytest

from tests.fhir_api.intake.examples import KNOWN_INVALID, Example, findings, kept, type_of

EXAMPLES = kept()
VALID = [example for example in EXAMPLES if example.file not in KNOWN_INVALID]
INVALID = [example for example in EXAMPLES if example.file in KNOWN_INVALID]


def test_the_selection_has_every_type_of_the_package() -> None:
    assert len({type_of(example) for example in EXAMPLES}) == 140


def test_examples_pass() -> None:
    assert {example.file: found for example in VALID if (found := findings(example))} == {}


def test_every_known_invalid_example_is_kept() -> None:
    assert {example.file for example in INVALID} == set(KNOWN_INVALID)


@pytest.mark.parametrize("example", INVALID, ids=lambda example: example.file)
def test_what_breaks_the_specification_is_refused(example: Example) -> None:
    assert findings(example) != []
