"""Whatever is linked, taken back, stated and amended, in whatever order: readers show connected components,
and what was stated of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehr.errors import Refusal
from ehr.linking import Act
from tests.fhir_api.linking import judge
from tests.fhir_api.running import Door, Json, entries, prepare, projecting, serving

PATIENTS = "abcd"
EXAMPLES = 12

_numbers = count()


class Step(NamedTuple):
    """Something that happens. act: None for a finding that is stated, or amended, of the first."""

    act: Act | None
    one: str
    other: str


STEPS = st.lists(
    st.builds(
        lambda act, pair: Step(act, *pair),
        st.sampled_from([Act.LINK, Act.LINK, Act.UNLINK, Act.JUDGE_DIFFERENT, None, None]),
        st.permutations(PATIENTS).map(lambda order: order[:2]),
    ),
    min_size=1,
    max_size=14,
)


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    prepare(module_database)
    with projecting(module_database), serving(module_database) as served:
        yield served


class Expected:
    """What is to be shown, kept by brute force."""

    def __init__(self) -> None:
        self.links: set[frozenset[str]] = set()
        self.findings: defaultdict[str, list[str]] = defaultdict(list)

    def together(self, id_: str) -> set[str]:
        reached = {id_}
        for _ in PATIENTS:
            reached |= {one for pair in self.links if pair & reached for one in pair}
        return reached

    def of(self, id_: str) -> list[str]:
        return sorted(name for one in self.together(id_) for name in self.findings[one])


def happen(door: Door, steps: Sequence[Step], run: str, expected: Expected) -> str:
    """Everything, one after the other; gives the last position of all."""
    positions = [0]
    for step in steps:
        one, other = f"{run}{step.one}", f"{run}{step.other}"
        if step.act is None:
            finding = f"{one}-{len(expected.findings[step.one]) % 3}"
            if f"Observation/{finding}" not in expected.findings[step.one]:
                expected.findings[step.one].append(f"Observation/{finding}")
            written = door.put(observation(finding, one, next(_numbers)))
            positions.append(int(written.headers.get("x-ehr-position", 0)))
            continue
        with suppress(Refusal):
            positions.append(int(judge(door, step.act, one, other)["X-EHR-Position"]))
            pair = frozenset((step.one, step.other))
            if step.act is Act.LINK:
                expected.links.add(pair)
            elif step.act is Act.UNLINK:
                expected.links.discard(pair)
    return str(max(positions))


def observation(id_: str, whose: str, value: int) -> Json:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{whose}"},
        "valueInteger": value,
    }


def findings(told: list[Json]) -> list[str]:
    names = [f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in told]
    return [name for name in names if name.startswith("Observation/")]


def patients(told: list[Json]) -> list[str]:
    return [one["resource"]["id"] for one in told if one["resource"]["resourceType"] == "Patient"]


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, page=st.sampled_from([1, 2, 1000]))
def test_readers_show_components_whatever_happens(door: Door, steps: list[Step], page: int) -> None:
    run, expected = f"h{next(_numbers)}", Expected()
    for id_ in PATIENTS:
        door.put({"resourceType": "Patient", "id": f"{run}{id_}"})
    last = {"X-EHR-Position": happen(door, steps, run, expected)}
    for id_ in PATIENTS:
        own = f"{run}{id_}"
        door.get(f"Observation?patient={own}&_count=0", headers=last)
        everything = entries(door, f"Patient/{own}/$everything?_count={page}")
        assert patients(everything)[0] == own
        assert sorted(patients(everything)) == sorted(f"{run}{one}" for one in expected.together(id_))
        for told in (
            everything,
            entries(door, f"Observation?patient={own}&_count={page}"),
            entries(door, f"Patient/{own}/Observation?_count={page}"),
        ):
            assert sorted(findings(told)) == expected.of(id_)
