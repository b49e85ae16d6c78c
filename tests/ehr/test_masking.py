"""How much of a number is shown."""

import pytest

from ehr.masking import mask


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("045090000017", "0450****0017"),
        ("GD4454500000017", "GD44*******0017"),
        ("X60614240X", "X606**240X"),
        ("194954374", "19*****74"),
        ("1234", "1234"),
        ("", ""),
    ],
)
def test_mask(value: str, masked: str) -> None:
    assert mask(value) == masked
