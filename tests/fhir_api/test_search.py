"""Searches of one type.

https://hl7.org/fhir/R4/http.html#search, https://hl7.org/fhir/R4/search.html#all, #token, #date, #count,
#sort, #errors, https://hl7.org/fhir/R4/bundle.html#searchset
"""

import re
from itertools import permutations
from urllib.parse import quote, urlencode

import httpx
import orjson
import pytest

from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import search_parameters
from tests.fhir_api.running import Door, Json, entries, link, outcome_of, pages

CCCD = "http://example.org/cccd"
BHYT = "http://example.org/bhyt"


DATED = [type_ for type_ in sorted(RESOURCE_TYPES) if "date" in search_parameters(type_)]


@pytest.fixture(scope="module", autouse=True)
def people(door: Door) -> list[str]:
    """Ids of Patients in order of statement and of last change; some share identifiers, one was retracted."""
    stated: dict[str, list[Json]] = {
        "a": [{"system": CCCD, "value": "001"}, {"system": BHYT, "value": "GD1"}],
        "b": [{"system": CCCD, "value": "002"}],
        "c": [{"system": BHYT, "value": "001"}],
        "d": [{"value": "001"}],
        "e": [{"system": CCCD, "value": "x,y|z$\\"}],
        "f": [{"system": CCCD, "value": "9" * 3000}],
        "g": [],
        "retracted": [{"system": CCCD, "value": "001"}],
    }
    for id_, identifiers in stated.items():
        resource: Json = {"resourceType": "Patient", "id": id_}
        door.put(resource | ({"identifier": identifiers} if identifiers else {}))
    door.client.delete("Patient/retracted").raise_for_status()
    door.put({"resourceType": "Practitioner", "id": "p", "identifier": [{"system": CCCD, "value": "001"}]})
    return list("abcdefg")


def search(door: Door, *parameters: tuple[str, str]) -> Json:
    answer = door.client.get("Patient", params=list(parameters))
    assert answer.status_code == 200, answer.text
    bundle: Json = answer.json()
    return bundle


def ids(bundle: Json) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


def test_all_of_a_type_are_told_in_order_of_statement(door: Door, people: list[str]) -> None:
    bundle = search(door)
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", len(people))
    assert ids(bundle) == people
    assert link(bundle, "self") == f"{door.address}/fhir/Patient"
    assert link(bundle, "next") is None
    for entry in bundle["entry"]:
        assert entry["fullUrl"] == f"{door.address}/fhir/Patient/{entry['resource']['id']}"
        assert entry["search"] == {"mode": "match"}
        assert entry["resource"] == door.json(f"Patient/{entry['resource']['id']}")


@pytest.mark.parametrize(
    ("token", "found"),
    [
        (f"{CCCD}|001", "a"),
        ("001", "acd"),
        ("|001", "d"),
        (f"{BHYT}|001", "c"),
        (f"{CCCD}|001,{CCCD}|002", "ab"),
        (f"{CCCD}|001,|001,nothing", "ad"),
        (f"{CCCD}|" + r"x\,y\|z\$\\", "e"),
        (r"001\|", ""),
        (f"{CCCD}|{'9' * 3000}", "f"),
        (f"{CCCD}|{'9' * 2999}", ""),
        (f"{CCCD}|1", ""),
        ("00", ""),
        ("|GD1", ""),
        ("http://example.org|001", ""),
        (f"{CCCD.upper()}|001", ""),
        (f"{CCCD}|", "abef"),
        (f"{BHYT}|,|001", "acd"),
        ("%", ""),
        ("' or true --", ""),
    ],
)
def test_identifiers_are_tokens(door: Door, token: str, found: str) -> None:
    assert ids(search(door, ("identifier", token))) == list(found)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("identifier:not", "001", "befg"),
        ("identifier:not", f"{CCCD}|001,002", "cdefg"),
        ("identifier:missing", "true", "g"),
        ("identifier:missing", "false", "abcdef"),
        ("_id:not", "a,b,nobody", "cdefg"),
        ("_id:missing", "true", ""),
    ],
)
def test_modifiers_of_tokens(door: Door, name: str, value: str, found: str) -> None:
    assert ids(search(door, (name, value))) == list(found)


def test_repeated_identifiers_must_all_match(door: Door) -> None:
    assert ids(search(door, ("identifier", f"{CCCD}|001"), ("identifier", "GD1"))) == ["a"]
    assert ids(search(door, ("identifier", "001,002"), ("identifier", f"{CCCD}|001,{CCCD}|002"))) == [
        "a",
        "b",
    ]
    assert ids(search(door, ("identifier", "001"), ("identifier", "002"))) == []


def test_equal_identifiers_find_a_resource_once(door: Door) -> None:
    twice = [{"system": CCCD, "value": "twice"}] * 2 + [{"system": BHYT, "value": "twice"}]
    door.put({"resourceType": "Group", "id": "t", "type": "person", "actual": False, "identifier": twice})
    assert ids(door.json("Group?identifier=twice")) == ["t"]


def test_an_identifier_that_is_single_and_a_master_identifier_are_found(door: Door) -> None:
    questionnaire = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed"}
    door.put(questionnaire | {"identifier": {"system": CCCD, "value": "single"}})
    assert ids(door.json(f"QuestionnaireResponse?identifier={CCCD}|single")) == ["q"]
    document = {
        "resourceType": "DocumentManifest",
        "id": "m",
        "status": "current",
        "content": [{"display": "x"}],
    }
    door.put(document | {"masterIdentifier": {"value": "master"}, "identifier": [{"value": "other"}]})
    assert ids(door.json("DocumentManifest?identifier=master")) == ["m"]
    assert ids(door.json("DocumentManifest?identifier=other")) == ["m"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ([("_id", "b")], "b"),
        ([("_id", "g,a,nobody,retracted")], "ag"),
        ([("_id", "a,b,c"), ("_id", "c,b,x")], "bc"),
        ([("_id", "a"), ("_id", "b")], ""),
        ([("_id", "Patient/a")], ""),
        ([("_id", "a,b,c"), ("identifier", "001")], "ac"),
        ([("_id", "p")], ""),
    ],
)
def test_ids_are_tokens(door: Door, parameters: list[tuple[str, str]], found: str) -> None:
    assert ids(search(door, *parameters)) == list(found)


def test_sorting_is_by_last_change(door: Door, people: list[str]) -> None:
    assert ids(search(door, ("_sort", "_lastUpdated"))) == people
    assert ids(search(door, ("_sort", "-_lastUpdated"))) == people[::-1]


@pytest.mark.parametrize("prefix", ["gt", "ge", "lt", "le", "eq", "ne", "sa", "eb", ""])
def test_last_change_is_compared_to_the_millisecond(door: Door, people: list[str], prefix: str) -> None:
    seen = door.json("Patient/c")["meta"]["lastUpdated"]
    at = people.index("c")
    expected = {
        "gt": people[at + 1 :], "sa": people[at + 1 :], "ge": people[at:],
        "lt": people[:at], "eb": people[:at], "le": people[: at + 1],
        "eq": ["c"], "": ["c"], "ne": [one for one in people if one != "c"],
    }  # fmt: skip
    assert ids(search(door, ("_lastUpdated", prefix + seen))) == expected[prefix]


def test_times_of_change_can_be_joined(door: Door, people: list[str]) -> None:
    times = {one: door.json(f"Patient/{one}")["meta"]["lastUpdated"] for one in people}
    between = search(door, ("_lastUpdated", f"gt{times['a']}"), ("_lastUpdated", f"le{times['d']}"))
    assert ids(between) == ["b", "c", "d"]
    either = search(door, ("_lastUpdated", f"{times['b']},{times['f']},ge{times['g']}"))
    assert ids(either) == ["b", "f", "g"]
    assert ids(search(door, ("_lastUpdated", "gt2999"))) == []
    assert ids(search(door, ("_lastUpdated", "lt2000"), ("_lastUpdated", "gt2001"))) == []
    assert ids(search(door, ("_lastUpdated", times["a"][:4]))) == people


def test_ways_to_ask_may_come_in_any_order(door: Door) -> None:
    asked = [("_id", "a,c,d"), ("identifier", "001"), ("_sort", "-_lastUpdated"), ("_count", "5")]
    for order in permutations(asked):
        assert ids(search(door, *order)) == ["d", "c", "a"]


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize("sort", ["_lastUpdated", "-_lastUpdated"])
def test_pages_are_walked_to_the_end(door: Door, people: list[str], count: int, sort: str) -> None:
    expected = people if sort == "_lastUpdated" else people[::-1]
    walked = list(pages(door, f"Patient?_count={count}&_sort={sort}"))
    assert [ids(page) for page in walked] == [
        expected[at : at + count] for at in range(0, len(people), count)
    ]


def test_a_total_is_told_where_it_is_known(door: Door, people: list[str]) -> None:
    assert search(door, ("_count", "7"))["total"] == 7
    assert "total" not in search(door, ("_count", "6"))
    for parameters in ([], [("identifier", "001")], [("_id", "a,b")], [("_lastUpdated", "gt2999")]):
        nothing_shown = search(door, ("_count", "0"), *parameters)
        assert nothing_shown["total"] == len(ids(search(door, *parameters)))
        assert "entry" not in nothing_shown
        assert link(nothing_shown, "next") is None


def test_a_total_may_be_asked_for_in_both_ways(door: Door) -> None:
    for names in (("_total", "_totalMethod"), ("_totalMethod", "_total")):
        words = {"_total": "accurate", "_totalMethod": "count"}
        assert search(door, ("_count", "1"), *((name, words[name]) for name in names))["total"] == 7


@pytest.mark.parametrize(
    "query", ["_sort=nickname", "_sort=gender", "_include=Patient:nothing", "nickname=x"]
)
def test_what_is_refused_is_told_once(door: Door, query: str) -> None:
    text = outcome_of(door.get(f"Patient?{query}", 400))["details"]["text"]
    assert text.count("not supported here") == 1
    lenient = door.json(f"Patient?{query}", headers={"Prefer": "handling=lenient"})
    [told] = [e["resource"] for e in lenient["entry"] if e["search"]["mode"] == "outcome"]
    assert "not supported here" not in told["issue"][0]["details"]["text"]


def test_a_page_has_no_more_than_it_may(door: Door) -> None:
    bundle = search(door, ("_count", "1000000"))
    assert len(bundle["entry"]) == 7


def test_a_next_link_and_a_token_tell_nothing(door: Door) -> None:
    following = link(search(door, ("identifier", "001"), ("_count", "1")), "next") or ""
    assert following.startswith(f"{door.address}/fhir/Patient?_page=")
    assert "001" not in following.partition("_page=")[2][:3]
    assert "identifier" not in following
    second = door.json(following)
    assert ids(second) == ["c"]
    assert link(second, "self") == following


def test_a_token_fits_its_own_walk_only(door: Door) -> None:
    following = link(search(door, ("_count", "1")), "next") or ""
    issue = outcome_of(door.get(following.replace("/Patient?", "/Practitioner?"), 400))
    assert "_page" in issue["details"]["text"]
    assert "_page" in outcome_of(door.get(following[:-3] + "AAA", 400))["details"]["text"]
    assert "_page" in outcome_of(door.get(f"{following}&_count=2", 400))["details"]["text"]


def test_format_and_pretty_go_along(door: Door) -> None:
    answer = door.get("Patient?_count=1&_pretty=true&_format=json", headers={"Accept": "text/html"})
    assert b"\n  " in answer.content
    bundle = answer.json()
    assert link(bundle, "self") == f"{door.address}/fhir/Patient?_count=1&_pretty=true&_format=json"
    following = link(bundle, "next") or ""
    assert b"\n  " in door.get(following, headers={"Accept": "text/html"}).content


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("nickname=x", "nickname"),
        ("_lastupdated=2024", "_lastupdated"),
        ("_text=x", "_text"),
        ("_content=x", "_content"),
        ("_list=x", "_list"),
        ("_query=x", "_query"),
        ("_filter=name eq x", "_filter"),
        ("_contained=true", "_contained"),
        ("phonetic=x", "phonetic"),
        ("identifier:exact=1", ":exact"),
        ("identifier:in=http://x", ":in"),
        ("gender:above=male", ":above"),
        ("name:not=x", ":not"),
        ("birthdate:exact=2024", ":exact"),
        ("general-practitioner:Patient=1", ":Patient"),
        ("general-practitioner:Group.name=x", ":Group"),
        ("_id:exact=1", ":exact"),
        ("identifier:=1", "identifier"),
        ("gender=unheard", "gender"),
        ("active=yes", "active"),
        ("name=.", "name"),
        ("birthdate=soon", "birthdate"),
        ("birthdate=ca2024", "birthdate"),
        ("birthdate:missing=perhaps", "birthdate:missing"),
        ("organization.nickname=x", "nickname"),
        ("gender.name=x", "gender"),
        ("_has:Observation:patient=1", "_has"),
        ("_has:Nothing:patient:code=1", "_has"),
        ("_has:Observation:code:code=1", "code"),
        ("_has:Observation:patient:nickname=1", "nickname"),
        ("_summary=all", "_summary"),
        ("_total=some", "_total"),
        ("_totalMethod=sum", "_totalMethod"),
        ("_total=none&_totalMethod=count", "_totalMethod"),
        ("_totalMethod=count&_total=estimate", "_totalMethod"),
        ("_elements=", "_elements"),
        ("_include=Patient:nothing", "nothing"),
        ("_include=Patient:gender", "gender"),
        ("_include=Patient:organization:Group", "organization"),
        ("_revinclude=Observation", "_revinclude"),
        ("_sort=nickname", "nickname"),
        ("_sort=gender", "_sort"),
        ("_sort=organization", "_sort"),
        ("_sort=name,", "_sort"),
        ("_sort=", "_sort"),
        ("_sort=_lastUpdated&_sort=_lastUpdated", "_sort"),
        ("_count=-1", "_count"),
        ("_count=1.5", "_count"),
        ("_count=", "_count"),
        ("_count=99999999999", "_count"),
        ("_count=٣", "_count"),
        ("_count=1&_count=1", "_count"),
        ("_id=", "_id"),
        ("_id=a,,b", "_id"),
        ("_id=" + ",".join("x" * 101), "_id"),
        ("identifier=", "identifier"),
        ("identifier=|", "identifier"),
        ("identifier=a|b|c", "identifier"),
        ("identifier:of-type=a|b", "identifier"),
        ("_lastUpdated=", "_lastUpdated"),
        ("_lastUpdated=yesterday", "_lastUpdated"),
        ("_lastUpdated=xx2024", "_lastUpdated"),
        ("_lastUpdated=gt2024-02-30", "_lastUpdated"),
        ("_page=", "_page"),
        ("_page=AAAA", "_page"),
        ("_page=%F0%9F%92%A9", "_page"),
    ],
)
def test_what_cannot_be_done_is_named(door: Door, query: str, named: str) -> None:
    assert named in outcome_of(door.get(f"Patient?{query}", 400))["details"]["text"]


def test_an_unknown_parameter_is_told_with_the_known_ones(door: Door) -> None:
    issue = outcome_of(door.get("Patient?nickname=x", 400))
    assert issue["code"] == "not-supported"
    assert set(search_parameters("Patient")) - {"phonetic"} <= {
        *re.findall(r"[\w-]+", issue["details"]["text"])
    }


def test_an_unknown_modifier_is_told_with_the_known_ones(door: Door) -> None:
    issue = outcome_of(door.get("Patient?name:not=x", 400))
    assert issue["code"] == "not-supported"
    assert issue["details"]["text"].endswith("missing, exact, contains.")


def test_a_type_without_identifiers_has_no_such_parameter(door: Door) -> None:
    assert "identifier" in outcome_of(door.get("Linkage?identifier=1", 400))["details"]["text"]


def test_values_are_never_told_back(door: Door) -> None:
    for query in (
        *("_lastUpdated={}", "_count={}", "_sort={}", "x={}", "_summary={}", "_total={}", "_elements={}"),
        *(
            "_include={}",
            "_revinclude=Observation:{}",
            "gender={}",
            "active={}",
            "birthdate={}",
            "birthdate=xx{}",
        ),
        *("name:missing={}", "identifier=a|b|{}", "identifier:of-type={}", "general-practitioner={}|x/y"),
        *(
            "organization.x={}",
            "_has:Observation:patient:x={}",
            "_has:Observation:patient:value-quantity=a{}",
        ),
    ):
        assert "012345678901" not in door.get(f"Patient?{query.format('012345678901')}", 400).text


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "Patient"),
        ("GET", "Patient/a"),
        ("GET", "Patient/a/_history"),
        ("GET", "Patient/a/_history/1"),
        ("GET", "Patient/a/$everything"),
        ("GET", "metadata"),
        ("PUT", "Patient/a"),
        ("PUT", "Patient"),
        ("DELETE", "Patient"),
        ("DELETE", "Patient/a"),
        ("POST", ""),
    ],
)
def test_nor_is_what_is_no_name(door: Door, method: str, address: str) -> None:
    for odd in ("045090000017", "Nguyễn Văn A", "x y", "a" * 65):
        body = {} if method in ("GET", "DELETE") else {"resourceType": "Patient", "id": "a"}
        for names in (("unknown", odd), (odd,)):
            answer = door.client.request(method, address, params=dict.fromkeys(names, ""), json=body)
            text = outcome_of(answer)["details"]["text"]
            assert answer.status_code == 400
            assert (odd in text, "unknown" in text) == (False, "unknown" in names)


def test_lenient_handling_ignores_and_says_so(door: Door) -> None:
    lenient = {"Prefer": "handling=lenient"}
    asked = "Patient?nickname=x&_id=a,b&name:not=x&_count=1&_sort=gender&organization.nickname=x"
    bundle = door.json(asked, headers=lenient)
    assert link(bundle, "self") == f"{door.address}/fhir/Patient?_id=a,b&_count=1"
    match, told = bundle["entry"]
    assert match["resource"]["id"] == "a"
    assert told["search"] == {"mode": "outcome"}
    assert told["resource"]["resourceType"] == "OperationOutcome"
    issues = told["resource"]["issue"]
    assert {issue["severity"] for issue in issues} == {"warning"}
    for issue, named in zip(issues, ("nickname", ":not", "_sort", "nickname"), strict=True):
        assert named in issue["details"]["text"]
    assert [entry["search"]["mode"] for entry in door.json(link(bundle, "next") or "")["entry"]] == ["match"]
    for bad in ("_count=x", "gender=unheard", "birthdate=soon", "_id="):
        issue = outcome_of(door.get(f"Patient?{bad}", 400, headers=lenient))
        assert bad.partition("=")[0] in issue["details"]["text"]


def post(door: Door, form: str, address: str = "Patient/_search", **headers: str) -> httpx.Response:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return door.client.post(address, content=form.encode(), headers=kind | headers)


def test_a_search_may_be_a_form(door: Door) -> None:
    bundle = post(door, urlencode({"identifier": f"{CCCD}|001,|001", "_count": "1"})).json()
    assert ids(bundle) == ["a"]
    following = link(bundle, "next") or ""
    assert following.startswith(f"{door.address}/fhir/Patient?_page=")
    assert "001" not in following.partition("_page=")[0]
    assert ids(door.json(following)) == ["d"]


def test_a_form_may_ask_for_more_than_fits_a_next_link(door: Door) -> None:
    identifiers = ",".join(["001", *(f"{number:070}" for number in range(99))])
    form = urlencode({"identifier": identifiers})
    assert post(door, form).json()["total"] == 3
    answer = post(door, f"{form}&_count=1")
    assert answer.status_code == 400
    assert "_count" in outcome_of(answer)["details"]["text"]


def test_a_page_is_asked_for_by_its_token_alone(door: Door) -> None:
    """With handling=lenient as well: a token that is ignored would begin the walk again and again."""
    following = link(search(door, ("_count", "2")), "next")
    assert following is not None
    for more in ("_count=2", "foo=bar"):
        answer = door.get(f"{following}&{more}", 400, {"Prefer": "handling=lenient"})
        assert "_page" in outcome_of(answer)["details"]["text"]


def test_a_form_adds_to_the_address(door: Door) -> None:
    bundle = post(door, "_id=a,b", "Patient/_search?_sort=-_lastUpdated").json()
    assert ids(bundle) == ["b", "a"]
    assert ids(post(door, "", "Patient/_search?_id=a").json()) == ["a"]


def test_a_form_may_ask_for_a_format(door: Door) -> None:
    assert post(door, "_id=a&_format=xml").status_code == 406
    assert post(door, "_id=a&_format=json&_pretty=true").content.count(b"\n") > 5


def test_what_is_no_form_is_refused(door: Door) -> None:
    answer = door.client.post("Patient/_search", content=b"{}", headers={"Content-Type": "application/json"})
    assert answer.status_code == 415
    assert "x-www-form-urlencoded" in outcome_of(answer)["details"]["text"]
    assert post(door, "_id=" + "x" * 70_000).status_code == 413
    assert post(door, "_id=%ff").status_code == 400
    assert post(door, "_id=%00").status_code == 400
    assert post(door, "&".join(["_id=a"] * 51)).status_code == 400


def test_a_search_can_be_an_entry_of_a_batch(door: Door) -> None:
    asked = [{"request": {"method": "GET", "url": f"Patient?identifier={quote(CCCD)}|002"}}]
    answer = door.send("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": asked}).json()
    assert ids(answer["entry"][0]["resource"]) == ["b"]


def test_every_type_can_be_searched(door: Door) -> None:
    for type_ in sorted(RESOURCE_TYPES):
        assert door.json(f"{type_}?_count=1&_id=nothing")["total"] == 0


def test_a_retracted_resource_is_found_no_more(door: Door) -> None:
    door.put({"resourceType": "Location", "id": "l", "identifier": [{"value": "here"}]})
    assert ids(door.json("Location?identifier=here")) == ["l"]
    door.client.delete("Location/l").raise_for_status()
    assert door.json("Location?identifier=here")["total"] == 0
    door.put({"resourceType": "Location", "id": "l", "identifier": [{"value": "there"}]})
    assert ids(door.json("Location?identifier=there")) == ["l"]
    assert ids(door.json("Location?identifier=here")) == []


def test_resources_are_served_as_they_were_received(door: Door) -> None:
    body = b'{"resourceType":"Observation","id":"o","status":"final","code":{"text":"\\u00e9"},'
    body += b'"valueQuantity":{"value":7.0E1}}'
    door.client.put("Observation/o", content=body, headers={"Content-Type": "application/json"})
    alone = door.get("Observation/o").content
    assert alone in door.get("Observation").content
    assert b'"text":"\\u00e9"},"valueQuantity":{"value":7.0E1}' in alone
    assert orjson.loads(alone)["meta"]["versionId"] == "1"


def test_a_walk_waits_for_a_position(door: Door) -> None:
    outcome_of(door.get("Patient", 400, {"X-EHR-Position": "x"}))
    position = door.put({"resourceType": "Device", "id": "d"}).headers["x-ehr-position"]
    assert [one["resource"]["id"] for one in entries(door, "Device")] == ["d"]
    assert ids(door.json("Device", headers={"X-EHR-Position": position})) == ["d"]


@pytest.mark.parametrize("id_", ["a%2Cb", "a%5Cb", "a,", "a%7Cb", "*", "a$b", "x" * 65])
def test_a_compartment_of_what_is_no_id_is_not_there(door: Door, id_: str) -> None:
    assert outcome_of(door.get(f"Patient/{id_}/Observation", 404))["code"] == "not-found"


def test_a_count_alone_is_told_in_whatever_order_it_is_asked_for(door: Door) -> None:
    for query in ("_summary=count&_count=10", "_count=10&_summary=count"):
        assert "entry" not in door.json(f"Patient?{query}")


@pytest.mark.parametrize("handling", ["strict", "lenient"])
def test_a_search_that_asks_for_too_much_is_refused(door: Door, handling: str) -> None:
    hundred = ",".join("a" * 100)
    several = "&".join([f"identifier={hundred}"] * 10)
    years = ",".join(["2001"] * 100)
    for asked, named in (
        (f"Patient?{several}&name=a", "name"),
        ("Provenance?target.name=a,b,c,d,e,f,g", "target"),
        (f"?_type={','.join(DATED)}&date={years}", "date"),
    ):
        answer = door.get(asked, 400, {"Prefer": f"handling={handling}"})
        assert outcome_of(answer)["code"] == "too-costly"
        assert f"With {named} it has more than 1000 values" in outcome_of(answer)["details"]["text"]
    door.get(f"Patient?{several}")
    door.get(f"?_tag={hundred}&_has:Observation:subject:code={hundred}")
