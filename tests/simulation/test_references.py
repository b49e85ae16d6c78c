"""Links: within a bundle, from bundle to bundle, and to what facilities share."""

from collections import Counter

import pytest

from simulation.province import Sending
from tests.simulation.looking import conditions_of, entries, references

SHARED = {"Organization", "Location", "Practitioner", "PractitionerRole", "Patient", "RelatedPerson"}
BOTH_WAYS = pytest.mark.parametrize("kind", ["shared", "apart"])


@pytest.fixture
def chosen(
    kind: str, sendings: tuple[Sending, ...], sendings_apart: tuple[Sending, ...]
) -> tuple[Sending, ...]:
    return sendings if kind == "shared" else sendings_apart


@BOTH_WAYS
def test_a_link_within_a_bundle_finds_its_entry(chosen: tuple[Sending, ...]) -> None:
    for sending in chosen:
        urls = [entry["fullUrl"] for entry in sending.bundle["entry"]]
        assert len(set(urls)) == len(urls)
        links = {link for link in references(sending.bundle) if link.startswith("urn:uuid:")}
        assert links <= set(urls)


@BOTH_WAYS
def test_a_conditional_reference_finds_one_resource_sent_before(chosen: tuple[Sending, ...]) -> None:
    there: dict[str, set[str]] = {}
    for sending in chosen:
        for entry in sending.bundle["entry"]:
            key = entry["request"].get("ifNoneExist") or entry["fullUrl"]
            for condition in conditions_of(entry["resource"]):
                there.setdefault(condition, set()).add(key)
        found = [there.get(link, set()) for link in references(sending.bundle) if "?" in link]
        assert all(len(keys) == 1 for keys in found)


@BOTH_WAYS
def test_what_is_shared_is_created_unless_it_exists(chosen: tuple[Sending, ...]) -> None:
    seen = Counter[str]()
    for entry in entries(chosen):
        resource, request = entry["resource"], entry["request"]
        shared = resource["resourceType"] in SHARED
        assert shared == ("ifNoneExist" in request)
        if shared:
            assert f"{resource['resourceType']}?{request['ifNoneExist']}" in set(conditions_of(resource))
            seen[resource["resourceType"]] += 1
    assert seen.keys() == SHARED


def test_facilities_find_the_same_patient(sendings: tuple[Sending, ...]) -> None:
    conditions: dict[str, set[str]] = {}
    senders: dict[str, set[str]] = {}
    for sending in sendings:
        for entry in entries([sending], "Patient"):
            conditions.setdefault(sending.citizen, set()).add(entry["request"]["ifNoneExist"])
            senders.setdefault(sending.citizen, set()).add(sending.facility)
    assert {len(ways) for ways in conditions.values()} == {1}
    assert max(len(facilities) for facilities in senders.values()) > 2


def test_apart_each_facility_finds_its_own(sendings_apart: tuple[Sending, ...]) -> None:
    patients = [(s, entry) for s in sendings_apart for entry in entries([s], "Patient")]
    conditions = [entry["request"]["ifNoneExist"] for _, entry in patients]
    assert len(set(conditions)) == len(conditions)
    for sending, entry in patients:
        assert f"/facility/{sending.facility}/patient|" in entry["request"]["ifNoneExist"]
        own, *national = entry["resource"]["identifier"]
        assert own["type"]["coding"][0]["code"] == "PI"
        assert national


def test_everything_about_a_citizen_names_one_patient(sendings: tuple[Sending, ...]) -> None:
    for sending in sendings:
        if sending.citizen:
            subjects = {
                (entry["resource"].get("subject") or entry["resource"].get("patient") or {}).get("reference")
                for entry in sending.bundle["entry"]
            } - {None}
            assert len(subjects) == 1


def test_a_written_resource_has_one_place_and_one_owner(sendings: tuple[Sending, ...]) -> None:
    owners: dict[str, str] = {}
    for sending in sendings:
        for entry in sending.bundle["entry"]:
            if entry["request"]["method"] == "PUT":
                resource = entry["resource"]
                assert entry["request"]["url"] == f"{resource['resourceType']}/{resource['id']}"
                assert entry["fullUrl"] == f"urn:uuid:{resource['id']}"
                assert owners.setdefault(resource["id"], sending.citizen) == sending.citizen
    assert owners


def test_corrections_amend_what_was_sent_before(sendings: tuple[Sending, ...]) -> None:
    first: dict[str, float] = {}
    corrected = 0
    for sending in sendings:
        for entry in entries([sending], "Observation"):
            result = entry["resource"]
            if (
                entry["request"]["method"] == "PUT"
                and result["status"] == "final"
                and "valueQuantity" in result
            ):
                first[result["id"]] = result["valueQuantity"]["value"]
            if result["status"] == "corrected":
                assert result["valueQuantity"]["value"] != first[result["id"]]
                corrected += 1
    assert 0 < corrected < len(first) / 20


def test_referrals_are_answered(sendings: tuple[Sending, ...]) -> None:
    asked = {
        paper["identifier"][0]["value"]
        for paper in (e["resource"] for e in entries(sendings, "ServiceRequest"))
    }
    answers = [
        link.rpartition("|")[2]
        for link in references([s.bundle for s in sendings])
        if link.startswith("ServiceRequest?")
    ]
    assert answers
    assert len(set(answers)) == len(answers)
    assert set(answers) <= asked
    assert len(asked) - len(answers) < 0.1 * len(asked)  # of the last days


def test_a_referral_is_completed_by_who_wrote_it_once_it_is_answered(sendings: tuple[Sending, ...]) -> None:
    states: dict[str, list[str]] = {}
    writers: dict[str, set[str]] = {}
    for sending in sendings:
        for entry in entries([sending], "ServiceRequest"):
            paper = entry["resource"]
            states.setdefault(paper["id"], []).append(paper["status"])
            writers.setdefault(paper["id"], set()).add(sending.facility)
    assert states
    answered = [told == ["active", "completed"] for told in states.values()]
    assert all(told == ["active"] or done for told, done in zip(states.values(), answered, strict=True))
    assert sum(answered) > 0.9 * len(answered)
    assert all(len(facilities) == 1 for facilities in writers.values())
