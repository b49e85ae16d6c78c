"""The capability statement, exercised claim by claim against the running server.

https://hl7.org/fhir/R4/http.html#capabilities, https://hl7.org/fhir/R4/capabilitystatement.html
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx
import orjson
import pytest

from ehr.definitions import RESOURCE_TYPES, elements
from ehr.definitions.search_parameters import search_parameters
from fhir_api.intake import validate
from fhir_api.routes import ROUTES
from fhir_api.searching.asking import Place, read_search
from projections.search.reading import NOT_SEARCHABLE
from tests.fhir_api.intake.examples import KNOWN_INVALID, kept
from tests.fhir_api.running import FHIR_JSON, Door, Json, entries
from tests.fhir_api.summarizing import summarizing

SYSTEM = "http://example.org/capabilities"


@cache
def examples() -> dict[str, Json]:
    """A valid resource of each type: HL7's shortest, or where there is none one that says little."""
    found: dict[str, Json] = {type_: {"resourceType": type_, "language": "vi"} for type_ in RESOURCE_TYPES}
    for example in sorted(kept(), key=lambda one: len(bytes(one.resource)), reverse=True):
        resource = orjson.loads(bytes(example.resource))
        if example.file not in KNOWN_INVALID:
            found[resource["resourceType"]] = {**resource, "language": "vi"}
    return found


@pytest.fixture(scope="module")
def door(module_database: str) -> Iterator[Door]:
    """A server with all views that its operations read."""
    with summarizing(module_database) as served:
        yield served


@pytest.fixture(scope="module")
def statement(door: Door) -> Json:
    told: Json = door.json("metadata")
    return told


class Trial:
    """A resource by which the claims about its type are tried."""

    def __init__(self, door: Door, type_: str) -> None:
        self.door = door
        self.type = type_
        self.resource = {
            name: value for name, value in examples()[type_].items() if name not in ("id", "meta")
        }
        self.identified = "identifier" in search_parameters(type_)
        self.number = f"{type_}-1"
        self.resource |= self.under(self.number)
        self.condition = f"{'identifier' if self.identified else '_tag'}={SYSTEM}|{self.number}"
        self.address = ""

    def send(
        self, method: str, url: str, status: int, changes: Json | None = None, **headers: str
    ) -> httpx.Response:
        """Sends the resource with some changes, without a body when there are None."""
        body = b"" if changes is None else orjson.dumps(self.resource | changes)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.door.client.request(method, url, content=body, headers=FHIR_JSON | headers)
        assert answer.status_code == status, (method, url, answer.text)
        return answer

    def under(self, number: str) -> Json:
        """The element ``identifier``, or a tag where one cannot search by it."""
        if not self.identified:
            return {"meta": {"tag": [{"system": SYSTEM, "code": number}]}}
        identifier = {"system": SYSTEM, "value": number}
        single = [element.most == 1 for element in elements(self.type) if element.name == "identifier"]
        return {"identifier": identifier if single == [True] else [identifier]}

    @property
    def id(self) -> str:
        return self.address.partition("/")[2]

    def found_by(self, query: str) -> list[str]:
        return [entry["resource"]["id"] for entry in entries(self.door, f"{self.type}?{query}")]


def create(trial: Trial) -> None:
    answer = trial.send("POST", trial.type, 201, {})
    base, version, number = answer.headers["location"].rpartition("/_history/")
    assert (version, number) == ("/_history/", "1")
    trial.address = base.removeprefix(f"{trial.door.address}/fhir/")
    assert trial.address == f"{trial.type}/{answer.json()['id']}"


def read(trial: Trial) -> None:
    told = trial.door.json(trial.address)
    assert {**told, **trial.resource, "meta": None} == {**told, "meta": None}


def vread(trial: Trial) -> None:
    assert trial.door.json(f"{trial.address}/_history/1") == trial.door.json(trial.address)


def update(trial: Trial) -> None:
    answer = trial.send("PUT", trial.address, 200, {"id": trial.id, "language": "en"})
    assert answer.headers["etag"] == 'W/"2"'
    assert trial.door.json(trial.address)["language"] == "en"


def history(trial: Trial) -> None:
    told = trial.door.json(f"{trial.address}/_history")
    assert [entry["resource"]["language"] for entry in told["entry"]] == ["en", "vi"]


def history_of_type(trial: Trial) -> None:
    told = entries(trial.door, f"{trial.type}/_history")
    own = [entry for entry in told if entry["fullUrl"] == f"{trial.door.address}/fhir/{trial.address}"]
    assert [entry["resource"]["language"] for entry in own] == ["en", "vi"]


def search(trial: Trial) -> None:
    assert trial.id in trial.found_by("_count=1000")


def delete(trial: Trial) -> None:
    trial.send("DELETE", trial.address, 204)
    trial.door.get(trial.address, 410)


INTERACTIONS: dict[str, Callable[[Trial], None]] = {
    "create": create,
    "read": read,
    "vread": vread,
    "update": update,
    "history-instance": history,
    "history-type": history_of_type,
    "search-type": search,
    "delete": delete,
}
"""In an order in which each finds what it needs."""


def update_depends_on_version(trial: Trial, claim: Any) -> None:
    assert claim == "versioned-update"
    trial.send("PUT", trial.address, 412, {"id": trial.id, "language": "fr"}, If_Match='W/"1"')
    trial.send("PUT", trial.address, 200, {"id": trial.id, "language": "fr"}, If_Match='W/"2"')


def former_versions_are_read(trial: Trial, claim: Any) -> None:
    assert claim is True
    assert trial.door.json(f"{trial.address}/_history/1")["language"] == "vi"


def update_creates(trial: Trial, claim: Any) -> None:
    assert claim is True
    trial.send("PUT", f"{trial.type}/chosen", 201, {"id": "chosen", **trial.under("other")})


def creates_on_condition(trial: Trial, claim: Any) -> None:
    assert claim is True
    answer = trial.send("POST", trial.type, 200, {}, If_None_Exist=trial.condition)
    assert answer.json()["id"] == trial.id


def reads_on_condition(trial: Trial, claim: Any) -> None:
    assert claim == "full-support"
    headers = trial.door.get(trial.address).headers
    trial.door.get(trial.address, 304, {"If-None-Match": headers["etag"]})
    trial.door.get(trial.address, 304, {"If-Modified-Since": headers["last-modified"]})


def updates_on_condition(trial: Trial, claim: Any) -> None:
    assert claim is True
    trial.send("PUT", f"{trial.type}?{trial.condition}", 200, {"language": "de"})
    assert trial.door.json(trial.address)["language"] == "de"


def deletes_on_condition(trial: Trial, claim: Any) -> None:
    assert claim == "multiple"
    url = f"{trial.type}?{trial.condition}"
    trial.send("PUT", f"{trial.type}/another", 201, {"id": "another"})
    trial.send("DELETE", url, 412)
    trial.send("DELETE", f"{url}&_multiple=true", 204)
    trial.door.get(f"{trial.type}/another", 410)
    trial.door.get(trial.address, 410)


FLAGS: dict[str, Callable[[Trial, Any], None]] = {
    "versioning": update_depends_on_version,
    "readHistory": former_versions_are_read,
    "updateCreate": update_creates,
    "conditionalCreate": creates_on_condition,
    "conditionalRead": reads_on_condition,
    "conditionalUpdate": updates_on_condition,
    "conditionalDelete": deletes_on_condition,
}


VALUES = {
    "integer": "10",
    "instant": "2020-01-01T00:00:00Z",
    "code": "Patient",
    "date": "2020-01-01",
}


def everything(trial: Trial, definition: Json) -> None:
    address = f"{trial.address}/$everything"
    assert trial.door.json(address)["type"] == "searchset"
    assert (definition["instance"], definition["type"], definition["system"]) == (True, False, False)
    trial.door.get("Patient/$everything", 404)
    taken = [one for one in definition["parameter"] if one["use"] == "in"]
    for one in taken:
        trial.door.get(f"{address}?{one['name']}={VALUES[one['type']]}")
        twice = f"{one['name']}={VALUES[one['type']]}&{one['name']}={VALUES[one['type']]}"
        trial.door.get(f"{address}?{twice}", 200 if one["max"] == "*" else 400)
    said = trial.door.json(f"{address}?unknown=1", 400)["issue"][0]["details"]["text"]
    assert all(one["name"] in said for one in taken)


def asked(door: Door, code: str, parameters: list[Json], status: int) -> Json:
    """What an operation on all Patients answers."""
    body = orjson.dumps({"resourceType": "Parameters", "parameter": parameters})
    answer = door.client.post(f"Patient/${code}", content=body, headers=FHIR_JSON)
    assert answer.status_code == status, answer.text
    told: Json = answer.json()
    return told


def takes_what_it_defines(door: Door, definition: Json, given: dict[str, Json], returned: str) -> None:
    """Every parameter is taken in its type and number, and another one is not. given: a value of each."""
    taken = {one["name"]: one for one in definition["parameter"] if one["use"] == "in"}
    assert given.keys() == taken.keys()
    code, all_ = definition["code"], [{"name": name, **value} for name, value in given.items()]
    assert asked(door, code, all_, 200)["resourceType"] == returned
    for name, value in given.items():
        twice = [*all_, {"name": name, **value}]
        assert asked(door, code, twice, 200 if taken[name]["max"] == "*" else 400)
        mistyped = [one if one["name"] != name else {"name": name, "valueDate": "2020"} for one in all_]
        asked(door, code, mistyped, 400)
    said = asked(door, code, [*all_, {"name": "unknown", "valueString": "x"}], 400)["issue"][0]
    assert all(name in said["details"]["text"] for name in taken)
    assert (definition["instance"], definition["type"], definition["system"]) == (False, True, False)
    door.get(f"Patient/${code}", 405)
    (returns,) = [one for one in definition["parameter"] if one["use"] == "out"]
    assert returns["type"] == returned


def merge(trial: Trial, definition: Json) -> None:
    """Also of ``$unmerge``, which comes after it and takes back what it did."""
    number, stays_by = ({"system": SYSTEM, "value": value} for value in ("merged", "stays"))
    if definition["code"] == "merge":
        for one in (number, stays_by):
            trial.door.put({"resourceType": "Patient", "id": one["value"], "identifier": [one]})
    given: dict[str, Json] = {
        "source-patient": {"valueReference": {"reference": "Patient/merged"}},
        "source-patient-identifier": {"valueIdentifier": number},
        "target-patient": {"valueReference": {"reference": "Patient/stays"}},
        "target-patient-identifier": {"valueIdentifier": stays_by},
        "preview": {"valueBoolean": False},
        "reason": {"valueString": "one person"},
    }
    if definition["code"] == "merge":
        stays = {"resourceType": "Patient", "id": "stays", "identifier": [number, stays_by]}
        given["result-patient"] = {"resource": stays}
    takes_what_it_defines(trial.door, definition, given, "Parameters")


def match(trial: Trial, definition: Json) -> None:
    described = {"resourceType": "Patient", "name": [{"text": "Lê Văn Nhất"}], "birthDate": "1990-01-02"}
    given: dict[str, Json] = {
        "resource": {"resource": described},
        "onlyCertainMatches": {"valueBoolean": False},
        "count": {"valueInteger": 10},
    }
    takes_what_it_defines(trial.door, definition, given, "Bundle")


def summary(trial: Trial, definition: Json) -> None:
    address = f"{trial.address}/$summary"
    nothing = b'{"resourceType":"Parameters"}'
    for answer in (
        trial.door.get(address),
        trial.door.client.post(address, content=nothing, headers=FHIR_JSON).raise_for_status(),
    ):
        assert answer.json()["type"] == "document"
    assert (definition["instance"], definition["type"], definition["system"]) == (True, False, False)
    assert [one["use"] for one in definition["parameter"]] == ["out"]
    trial.door.get(f"{address}?unknown=1", 400)
    trial.door.get("Patient/$summary", 404)


OPERATIONS = {
    "everything": everything,
    "match": match,
    "merge": merge,
    "summary": summary,
    "unmerge": merge,
}


def definition(statement: Json, operation: Json) -> Json:
    """The contained OperationDefinition to which an operation refers."""
    found: dict[str, Json] = {f"#{one['id']}": one for one in statement["contained"]}
    assert found[operation["definition"]]["code"] == operation["name"]
    return found[operation["definition"]]


@pytest.mark.parametrize("type_", sorted(RESOURCE_TYPES))
def test_every_claim_about_a_type_holds(door: Door, statement: Json, type_: str) -> None:
    (claims,) = [one for one in statement["rest"][0]["resource"] if one["type"] == type_]
    trial = Trial(door, type_)
    claimed = [one["code"] for one in claims["interaction"]]
    assert set(claimed) == set(INTERACTIONS)
    for code, interaction in INTERACTIONS.items():
        if code == "delete":
            for operation in claims.get("operation", ()):
                OPERATIONS[operation["name"]](trial, definition(statement, operation))
        interaction(trial)


@pytest.mark.parametrize("type_", sorted(RESOURCE_TYPES))
def test_every_condition_that_is_claimed_is_kept(door: Door, statement: Json, type_: str) -> None:
    (claims,) = [one for one in statement["rest"][0]["resource"] if one["type"] == type_]
    trial = Trial(door, type_)
    create(trial)
    update(trial)
    others = {"type", "interaction", "searchParam", "searchInclude", "searchRevInclude", "operation"}
    assert claims.keys() - others == FLAGS.keys()
    for name, keep in FLAGS.items():
        keep(trial, claims[name])


def test_the_statement_is_valid(statement: Json) -> None:
    assert validate(statement, "CapabilityStatement") == []
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")


def test_every_type_is_there_once(statement: Json) -> None:
    assert [one["type"] for one in statement["rest"][0]["resource"]] == sorted(RESOURCE_TYPES)


def test_every_route_is_claimed(statement: Json) -> None:
    rest = statement["rest"][0]
    claimed = {one["code"] for one in rest["interaction"]} | {"capabilities"}
    claimed |= {"search-compartment" for _ in rest["compartment"]}
    for resource in rest["resource"]:
        claimed |= {one["code"] for one in resource["interaction"]}
        claimed |= {f"${one['name']}" for one in resource.get("operation", ())}
    assert {route.interaction for route in ROUTES} | {"batch"} == claimed


@pytest.mark.parametrize("type_", ["transaction", "batch"])
def test_bundles_that_are_claimed_are_taken(door: Door, statement: Json, type_: str) -> None:
    assert type_ in [one["code"] for one in statement["rest"][0]["interaction"]]
    entry = {"resource": examples()["Basic"], "request": {"method": "POST", "url": "Basic"}}
    answer = door.send("POST", "", {"resourceType": "Bundle", "type": type_, "entry": [entry]}).json()
    assert answer["type"] == f"{type_}-response"
    assert answer["entry"][0]["response"]["status"].startswith("201")


def test_every_format_that_is_claimed_is_given(door: Door, statement: Json) -> None:
    assert statement["format"] == ["application/fhir+json", "json"]
    for format_ in statement["format"]:
        answer = door.client.get("metadata", params={"_format": format_}, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/fhir+json"


def taken_by(statement: Json) -> dict[str, list[str]]:
    """Which parameters each interaction takes, as the words of the statement say it."""
    words = statement["rest"][0]["documentation"]
    lines = re.findall(r"^\* ([$a-z-]+): (`.+`)$", words, re.MULTILINE)
    return {interaction: re.findall(r"`(\w+)`", names) for interaction, names in lines}


def test_the_history_of_the_system_is_given_as_claimed(door: Door, statement: Json) -> None:
    assert "history-system" in [one["code"] for one in statement["rest"][0]["interaction"]]
    for type_ in ("Basic", "Patient"):
        door.send("POST", type_, examples()[type_] | {"language": "fr"})
    told = door.json("_history?_count=2")
    assert told["type"] == "history"
    assert [entry["request"]["url"] for entry in told["entry"]] == ["Patient", "Basic"]
    assert {entry["resource"]["language"] for entry in told["entry"]} == {"fr"}


ADDRESSES = {
    "capabilities": "metadata",
    "history-type": "Patient/_history",
    "history-system": "_history",
    "history-instance": "Patient/words/_history",
    "$everything": "Patient/words/$everything",
    "search-type": "Patient",
    "read": "Patient/words",
    "vread": "Patient/words/_history/1",
}
EXAMPLES = {
    "mode": ["full", "normative", "terminology"],
    "_count": ["5"],
    "_since": ["2020-01-01"],
    "_at": ["2020-01-01"],
    "_summary": ["true", "text", "data", "false"],
    "_elements": ["name", "name,active"],
    "_type": ["Patient"],
    "start": ["2020-01-01"],
    "end": ["2020-01-01"],
}


def test_interactions_take_the_parameters_that_the_words_name(door: Door, statement: Json) -> None:
    door.put({"resourceType": "Patient", "id": "words"})
    taken = taken_by(statement)
    assert taken.keys() == ADDRESSES.keys() - {"search-type"}
    for interaction, address in ADDRESSES.items():
        door.get(f"{address}?_format=json&_pretty=true")
        for name in taken.get(interaction, ()):
            for value in EXAMPLES[name]:
                door.get(f"{address}?{name}={value}")


@pytest.mark.parametrize("interaction", ADDRESSES)
def test_a_search_alone_ignores_what_the_words_do_not_name(door: Door, interaction: str) -> None:
    door.put({"resourceType": "Patient", "id": "words"})
    address, lenient = f"{ADDRESSES[interaction]}?unknown=1", {"Prefer": "handling=lenient"}
    door.get(address, 400)
    door.get(address, 200 if interaction == "search-type" else 400, lenient)


def test_what_a_history_refuses_is_what_the_words_do_not_name(door: Door, statement: Json) -> None:
    door.put({"resourceType": "Patient", "id": "words"})
    said = door.json("Patient/words/_history?unknown=1", 400)["issue"][0]["details"]["text"]
    assert said.endswith(f"Supported: {', '.join(taken_by(statement)['history-instance'])}.")


def test_every_official_parameter_is_claimed_or_refused_by_name(statement: Json) -> None:
    for claims in statement["rest"][0]["resource"]:
        official = {code: one.type for code, one in search_parameters(claims["type"]).items()}
        told = {one["name"]: one["type"] for one in claims["searchParam"]}
        assert official.items() - told.items() == {
            (code, official[code]) for code in NOT_SEARCHABLE & official.keys()
        }
        assert told.items() <= official.items()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8443", "[::1]:80", "127.0.0.1"])
def test_it_knows_itself_by_the_name_that_the_client_uses(door: Door, host: str) -> None:
    told = door.json("metadata", headers={"Host": host})
    assert told["implementation"]["url"] == f"http://{host}/fhir"


def test_every_inclusion_that_is_claimed_is_understood(statement: Json) -> None:
    for claims in statement["rest"][0]["resource"]:
        for name, key in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            asked = [(name, inclusion) for inclusion in claims.get(key, ())]
            place = Place(claims["type"], (claims["type"],))
            assert read_search(place, asked, "http://localhost/fhir", lenient=False).used == asked


def test_every_compartment_that_is_claimed_is_searched(door: Door, statement: Json) -> None:
    claimed = [canonical.rpartition("/")[2] for canonical in statement["rest"][0]["compartment"]]
    assert claimed == ["device", "encounter", "patient", "practitioner", "relatedperson"]
    for name in claimed:
        (type_,) = [one for one in RESOURCE_TYPES if one.lower() == name]
        door.put({**examples()["Observation"], "id": name, "performer": [{"reference": f"{type_}/of"}]})
    for name, found in {"Patient": ["patient"], "Practitioner": ["practitioner"], "Device": []}.items():
        told = door.json(f"{name}/of/Observation")
        assert [entry["resource"]["id"] for entry in told.get("entry", ())] == found
        assert door.json(f"{name}/of/*")["total"] == len(found)


@pytest.mark.parametrize("address", ["Group/1/Observation", "Patient/1/Nothing", "Patient/$everything"])
def test_what_is_not_claimed_is_not_there(door: Door, address: str) -> None:
    door.get(address, 404)


def test_a_patch_is_not_claimed_and_refused(door: Door) -> None:
    answer = door.client.patch(
        "Patient/1", content=b"[]", headers={"Content-Type": "application/json-patch+json"}
    )
    assert answer.status_code == 405
