"""What waits with a parked citizen is never passed over in silence.

https://hl7.org/fhir/R4/search.html#Outcomes (entries of mode outcome).
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from backbone.embedded_postgres import EmbeddedPostgres
from ehr.event_store.connections import connect
from fhir_api.completeness import INCOMPLETE
from fhir_api.intake import validate
from projections.fhir_resources.view import FhirResources
from projections.parking import retry
from streams.notification_log import NotificationLog
from tests.backbone.waiting import until
from tests.conftest import fresh_database
from tests.fhir_api.running import Door, entries, outcome_of, prepare, projecting, services_of, serving
from tests.fhir_api.test_positions import about, patient, stumbling

LENIENT = {"Prefer": "handling=lenient"}
NUMBER = {"identifier": [{"system": "urn:test", "value": "parked"}]}


@pytest.fixture(scope="module")
def door(postgres: EmbeddedPostgres) -> Iterator[Door]:
    """A server whose citizen ``parked`` has a version that waits; ``other`` has none."""
    with fresh_database(postgres) as url:
        prepare(url)
        with stumbling(url), serving(url) as served:
            fill(served)
            yield served


def fill(door: Door) -> None:
    for id_ in ("parked", "other"):
        door.put(patient(id_))
        door.put(about(id_, id=f"of-{id_}"))
    door.put(about("parked", id="stumble"))
    door.put(patient("parked", **NUMBER))
    door.put(about("parked", id="later"))


STATED = [
    *("Patient/parked", "Basic/of-parked", "Patient/other", "Basic/of-other"),
    *("Basic/stumble", "Patient/parked", "Basic/later"),
]


def said(door: Door, url: str, **headers: str) -> tuple[bool, bool]:
    """Whether (a header, an entry) says that something waits."""
    answer = door.get(url, headers=headers)
    resources = [entry.get("resource", {}) for entry in answer.json().get("entry", [])]
    outcomes = [one for one in resources if one.get("resourceType") == "OperationOutcome"]
    lacks = answer.headers.get("x-ehr-incomplete", "").split(", ")
    codes = [issue["code"] for outcome in outcomes for issue in outcome["issue"]]
    return "parked" in lacks, bool(codes) and codes == ["incomplete"] * len(lacks)


@pytest.mark.parametrize(
    ("query", "incomplete"),
    [
        ("Basic", True),
        ("Basic?_count=0", True),
        ("Observation", True),
        ("Patient?_lastUpdated=lt2000", True),
        ("Patient?_id=parked", True),
        ("Patient?_id=parked,other", True),
        ("Patient?_id=other", False),
        ("Patient?_id=never", False),
        ("Patient?identifier=urn:test|parked", True),
        ("Patient?identifier=parked", True),
        ("Patient?identifier=urn:test|never", False),
        ("Patient?identifier=urn:test|never&_id=other", False),
        ("Basic?_id=later", True),
        ("Basic?_id=stumble&_count=0", True),
        ("Basic?_id=of-other", False),
        ("Basic?_id=of-parked", False),
    ],
)
def test_searches_say_what_they_may_lack(door: Door, query: str, incomplete: bool) -> None:
    assert said(door, query) == (incomplete, incomplete)


def test_every_page_of_a_walk_says_so(door: Door) -> None:
    page = door.json("Basic?_count=1")
    (following,) = [link["url"] for link in page["link"] if link["relation"] == "next"]
    assert said(door, following) == (True, True)


@pytest.mark.parametrize(
    "address", ["Basic/_history", "Observation/_history", "_history", "_history?_count=0"]
)
def test_histories_of_many_say_so(door: Door, address: str) -> None:
    assert said(door, address) == (True, True)
    assert validate(door.json(address), "Bundle") == []


def test_every_page_of_such_a_history_says_so(door: Door) -> None:
    (following,) = [one["url"] for one in door.json("_history?_count=1")["link"] if one["relation"] == "next"]
    assert said(door, following) == (True, True)


def test_a_batch_keeps_what_the_search_says(door: Door) -> None:
    batch: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": f"Basic?_id={id_}"}} for id_ in ("later", "of-other")],
    }
    told = [one["resource"] for one in door.send("POST", "", batch).json()["entry"]]
    modes = [[e["search"]["mode"] for e in bundle.get("entry", [])] for bundle in told]
    assert modes == [["outcome"], ["match"]]


def test_everything_is_refused_unless_less_is_preferred(door: Door) -> None:
    answer = door.get("Patient/parked/$everything", 503)
    assert outcome_of(answer)["code"] == "transient"
    assert "handling=lenient" in outcome_of(answer)["details"]["text"]
    assert answer.headers["retry-after"] == "1"
    assert said(door, "Patient/parked/$everything", **LENIENT) == (True, True)
    told = entries(door, "Patient/other/$everything")
    assert [entry["search"]["mode"] for entry in told] == ["match", "match"]
    assert said(door, "Patient/other/$everything") == (False, False)


def test_reads_and_histories_of_what_waits_are_refused(door: Door) -> None:
    for url in ("Patient/parked", "Patient/parked/_history", "Patient/parked/_history/2", "Basic/later"):
        assert outcome_of(door.get(url, 503))["code"] == "transient"
    for url in ("Patient/parked/_history/1", "Basic/of-parked", "Basic/of-parked/_history", "Patient/other"):
        assert "x-ehr-incomplete" not in door.get(url).headers


def test_what_is_a_member_of_two_and_waits_with_another_is_told_of(door: Door) -> None:
    """The reading moved to the parked citizen: what is shown of it is out of date."""
    door.put(about("other", id="moves"))
    door.put(about("parked", id="moves"))
    assert said(door, "Patient/other/$everything") == (True, True)
    assert outcome_of(door.get("Basic/moves", 503))["code"] == "transient"


def test_nothing_is_said_once_nobody_waits(database: str) -> None:
    prepare(database)
    with stumbling(database), serving(database) as door:
        fill(door)
        with closing(NotificationLog(database)) as log:
            retry(FhirResources(), log, database)
        until(lambda: not door.services.visibility.parked, "the server hears that nobody is parked")
        assert said(door, "Basic") == (False, False)
        assert said(door, "Patient/parked/$everything") == (False, False)
        assert said(door, "_history") == (False, False)
        told = [one["response"]["etag"] + one["fullUrl"] for one in entries(door, "_history")]
        assert [one.rpartition("/fhir/")[2] for one in told] == STATED[::-1]
        assert [one[:5] for one in told] == ['W/"1"', 'W/"2"', *['W/"1"'] * 5]
        assert door.json("Patient/parked")["identifier"] == NUMBER["identifier"]
        assert len(entries(door, "Patient/parked/$everything")) == 4


def test_nobody_is_asked_while_nobody_is_parked(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(database)
    with serving(database) as door:
        asked: list[object] = []
        monkeypatch.setattr(type(door.services.recorder), "resolve", lambda *said: asked.append(said))
        for url in ("Basic", "Patient?_id=a", "Patient?identifier=b"):
            assert said(door, url) == (False, False)
        assert asked == []
    assert INCOMPLETE == {"X-EHR-Incomplete": "parked"}


def test_what_cannot_be_decoded_is_told_where_it_is_missing(database: str) -> None:
    """A version that was damaged in the record, before it was projected."""
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "patient": {"reference": "Patient/p"}}
    prepare(database)
    with serving(database, services_of(database, visibility_wait=0)) as door:
        with projecting(database):
            door.put({"resourceType": "Patient", "id": "p"})
            door.put(allergy | {"criticality": "low"})
            until(lambda: door.client.get("AllergyIntolerance/a").status_code == 200, "it is shown")
        door.put(allergy | {"criticality": "high"})
        with connect(database) as connection:
            connection.execute("update record.facts set state = 'nonsense' where notification_id = 3")
        with projecting(database):
            until(lambda: door.services.visibility.position == 3, "the view has passed it")
            until(lambda: bool(door.services.visibility.parked), "the server has heard of it")
        assert outcome_of(door.get("AllergyIntolerance/a", 503))["code"] == "transient"
        assert said(door, "AllergyIntolerance?_id=a") == (True, True)
        door.get("Patient/p/$everything", 503)
        assert said(door, "Patient/p/$everything", **LENIENT) == (True, True)


def test_what_waits_and_may_be_about_several_is_told_of_everyone(database: str) -> None:
    """What names two Patients is a subject of its own."""
    prepare(database)
    with stumbling(database), serving(database) as door:
        for id_ in "AB":
            door.put(patient(id_))
        door.put(about("A", id="fine"))
        assert said(door, "Patient/A/$everything") == (False, False)
        door.put(about("A", id="stumble", author={"reference": "Patient/B"}))
        for id_ in "AB":
            assert said(door, f"Patient/{id_}/$everything") == (True, True)
