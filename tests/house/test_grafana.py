"""The Grafana dashboard asks for nothing that /metrics does not tell."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ehr.event_store.relaying import RelayPost
from projections.facilities.view import Facilities
from tests.fhir_api.running import prepare, projecting, services_of, serving
from tests.projections.citizens.stating import follow
from tests.stating import looking

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana" / "ehr.json"
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
GROUPING = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)"
SELECTOR = r"\{([^}]*)\}"
TEXT = r'"(?:[^"\\]|\\.)*"'

Told = dict[str, set[str]]
"""Name of a metric -> names of its labels."""


def metrics_in(expression: str) -> set[str]:
    """Names of metrics in PromQL (https://prometheus.io/docs/prometheus/latest/querying/basics/)."""
    rest = re.sub(r"\[[^\]]*\]", " ", re.sub(SELECTOR, " ", re.sub(TEXT, '""', expression)))
    rest = re.sub(GROUPING, " ", rest)
    names = re.findall(r"(?<![\w.])[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w)(?!\s*\()", rest)
    return set(names) - WORDS


def labels_in(expression: str) -> set[str]:
    """Names of labels by which it chooses or groups."""
    plain = re.sub(TEXT, '""', expression)
    grouped = [name.strip() for names in re.findall(GROUPING, plain) for name in names.split(",")]
    chosen = [name for names in re.findall(SELECTOR, plain) for name in re.findall(r"(\w+)\s*[=!]", names)]
    return {*filter(None, grouped), *chosen}


def expressions() -> Iterator[tuple[str, str]]:
    """(expression, legend) of every panel."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"], target["legendFormat"]


@pytest.fixture(scope="module")
def told(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What a server tells that has answered requests, beside a relay, linking and the facilities."""
    prepare(module_database)
    services = services_of(module_database, data=tmp_path_factory.mktemp("data"))
    with serving(module_database, services) as door, projecting(module_database):
        door.put({"resourceType": "Patient", "id": "p"})
        door.get("Patient/nobody", 404)
        follow(module_database, Facilities())
        with looking(module_database) as connection:
            connection.execute("insert into views.linking (position) values (0)")
        with closing(RelayPost(module_database)) as post:
            assert post.agree(post.incarnation())
            post.tell(1)
            httpx.get(f"{door.address}/livez").raise_for_status()
            text = httpx.get(f"{door.address}/metrics").raise_for_status().text
    found: Told = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize(("expression", "legend"), list(expressions()))
def test_every_metric_and_label_of_the_dashboard_is_told(told: Told, expression: str, legend: str) -> None:
    names = metrics_in(expression)
    assert names
    assert names <= told.keys()
    labels = set.union(*(told[name] for name in names))
    assert labels_in(expression) <= labels
    assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= labels


def test_every_figure_of_ours_is_on_the_dashboard(told: Told) -> None:
    asked = set.union(*(metrics_in(expression) for expression, _ in expressions()))
    apart = {"ehr_view_position", "ehr_linking_position"}  # their lags are there
    endings = re.compile("_(bucket|sum|count|total|created)$")
    ours = {endings.sub("", name) for name in told if name.startswith("ehr_")}
    assert ours - apart == {endings.sub("", name) for name in asked if name.startswith("ehr_")}


@pytest.mark.parametrize(
    ("expression", "metrics", "labels"),
    [
        ("up", {"up"}, set()),
        ('rate(a_total{x=~"b(c)d", y!="up"}[5m])', {"a_total"}, {"x", "y"}),
        ("sum by (le, x) (rate(a_bucket[5m])) / on (z) group_left () b", {"a_bucket", "b"}, {"le", "x", "z"}),
        ("histogram_quantile(0.99, sum(rate(a:b[1h:5m] offset 5m))) and 1e9 > bool c", {"a:b", "c"}, set()),
    ],
)
def test_promql_is_read(expression: str, metrics: set[str], labels: set[str]) -> None:
    assert metrics_in(expression) == metrics
    assert labels_in(expression) == labels
