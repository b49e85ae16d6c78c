"""docs/reference/envelope.md names every field of a fact and of its place in the log."""

import re
from pathlib import Path

from ehr.facts import FACT_TYPES, Answer, Evidence, Fact, Merge, RecordsLinked, ResourceVersion
from streams.recorded_fact import RecordedFact

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "envelope.md"
NOT_FIELDS = {"fact", "resources"}
"""How Python code holds a recorded fact; not part of the envelope."""


def documented() -> set[str]:
    """Every name in backquotes."""
    return set(re.findall(r"`(\w+)`", PAGE.read_text(encoding="utf8")))


def test_every_field_is_documented() -> None:
    wanted = (
        set(Fact.__struct_fields__) | set(ResourceVersion.__struct_fields__) | set(Answer.__struct_fields__)
    )
    wanted |= set(RecordsLinked.__struct_fields__)
    wanted |= set(Evidence.__struct_fields__) | set(Merge.__struct_fields__)
    wanted |= set(RecordedFact.__struct_fields__) - NOT_FIELDS
    assert wanted - documented() == set()


def test_every_type_of_fact_is_documented() -> None:
    assert set(FACT_TYPES) - documented() == set()
    assert {fact.__struct_config__.tag for fact in FACT_TYPES.values()} == set(FACT_TYPES)
