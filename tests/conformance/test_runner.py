"""The runner itself: what it reads, how it compares, when it complains."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conformance.__main__ import main
from tests.conformance.expecting import differences
from tests.conformance.matching import departs, select
from tests.conformance.names import Names, Unnamed
from tests.conformance.reading import HERE, Case, Json, Malformed, files, read_topic
from tests.conformance.running import Server, failures, judged, set_up

BUNDLE = {
    "link": [{"relation": "self", "url": "s"}, {"relation": "next", "url": "n"}],
    "entry": [{"a": [1, 2]}, {"a": [3]}],
}
SEARCH = "https://hl7.org/fhir/R4/search.html"


def test_there_are_many_cases_and_each_says_what_it_follows_from() -> None:
    cases = [case for path in files() for case in read_topic(path).cases]
    assert len(cases) >= 800
    for case in cases:
        assert re.fullmatch(r"https://hl7\.org/fhir/R[45]/[\w./-]+\.html(#[\w.-]+)?", case.spec), case


def test_every_file_is_described() -> None:
    described = (HERE / "README.md").read_text()
    assert [path.name for path in files() if f"`{path.name}`" not in described] == []


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("entry.a", [1, 2, 3]),
        ("entry[1].a", [3]),
        ("entry[7].a", []),
        ("link[relation=next].url", ["n"]),
        ("link[relation=previous].url", []),
        ("nothing.at.all", []),
        ("", [BUNDLE]),
    ],
)
def test_paths(path: str, values: list[Any]) -> None:
    assert select(BUNDLE, path) == values


@pytest.mark.parametrize(
    ("values", "holds", "departing"),
    [
        ([], [None, {"count": 0}, {"not": 1}, []], [1, {"matches": "."}, {"any": 1}]),
        (
            [1],
            [1, [1], {"any": 1}, {"count": 1}, {"set": [1]}, {"matches": "^1$"}],
            [None, 2, [1, 1], {"not": 1}],
        ),
        ([True], [True], [False, None]),
        (
            ["a", "b"],
            [["a", "b"], {"set": ["b", "a"]}, {"any": "b"}, {"matches": "[ab]"}],
            ["a", ["b", "a"], {"matches": "a"}],
        ),
        (["ab"], [{"any": {"matches": "^a"}}, {"count": 1, "matches": "b"}], [{"count": 2, "matches": "b"}]),
    ],
)
def test_expectations(values: list[Any], holds: list[Any], departing: list[Any]) -> None:
    assert [one for one in holds if departs(values, one)] == []
    assert [one for one in departing if not departs(values, one)] == []


def test_names_stand_for_resources_their_elements_and_words() -> None:
    names = Names({"run": "r1"}, {"an": {"resourceType": "Patient", "id": "7", "meta": {"versionId": "2"}}})
    filled = names.fill({"a": ["{an}", "{an.id}-{run}", 'W/"{an.meta.versionId}"', "x{2}"], "n": 1})
    assert filled == {"a": ["Patient/7", "7-r1", 'W/"2"', "x{2}"], "n": 1}
    assert names.name_of("Patient/7") == "an"
    assert names.name_of("Patient/8") == "Patient/8"
    for unknown in ("{binh}", "{binh.id}", "{an.gender}"):
        with pytest.raises(Unnamed):
            names.fill(unknown)


def test_what_stands_in_an_address_is_escaped_but_at_its_beginning() -> None:
    names = Names({}, {"an": {"time": "10:00+07:00", "url": "http://x/?a=b&c=d"}})
    assert names.fill_address("Patient?_lastUpdated=gt{an.time}") == "Patient?_lastUpdated=gt10:00%2B07:00"
    assert names.fill_address("{an.url}X") == "http://x/?a=b&c=dX"


def malformed(**changes: Any) -> Json:
    case = {"name": "a", "spec": "#token", "search": "Patient", "found": []}
    return {"topic": "T", "spec": SEARCH, "cases": [case | changes]}


@pytest.mark.parametrize(
    "said",
    [
        malformed(fuond=[]),
        malformed(request="GET Patient"),
        malformed(steps=[{"search": "Patient"}]),
        malformed(steps=[{"search": "Patient", "found": [], "fails": {}}]),
        malformed() | {"more": 1},
        malformed() | {"cases": malformed()["cases"] * 2},
    ],
)
def test_what_a_file_may_not_say(said: Json, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps(said))
    with pytest.raises(Malformed):
        read_topic(path)


def entry(id_: str, mode: str = "match") -> Json:
    resource = {"resourceType": "Patient", "id": id_}
    return {"fullUrl": f"http://x/Patient/{id_}", "resource": resource, "search": {"mode": mode}}


def searchset(*entries: Json, **more: Any) -> Json:
    links = [{"relation": "self", "url": "http://x/Patient"}]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": [*entries]} | more


def told(step: Json, *bodies: Json, status: int = 200) -> list[str]:
    names = Names({}, {name: {"resourceType": "Patient", "id": name} for name in ("an", "binh")})
    return list(differences(step, [httpx.Response(status, json=body) for body in bodies], names))


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ({"found": ["an"]}, searchset(entry("binh"))),
        ({"found": ["an"]}, searchset(entry("an"), entry("binh"))),
        ({"order": ["an", "binh"]}, searchset(entry("binh"), entry("an"))),
        ({"found": ["an"], "included": []}, searchset(entry("an"), entry("binh", "include"))),
        ({"found": ["an", "an"]}, searchset(entry("an"), entry("an"))),
        ({"found": ["an"]}, searchset(entry("an", "other"))),
        ({"found": ["an"]}, searchset(entry("an") | {"fullUrl": "http://x/Patient/9"})),
        ({"found": ["an"]}, searchset(entry("an"), total=0)),
        ({"found": ["an"], "total": 1}, searchset(entry("an"))),
        ({"found": []}, searchset(link=[])),
        ({"found": []}, searchset(type="collection")),
        ({"found": ["an"], "pages": [1, 0]}, searchset(entry("an"))),
        ({"got": {"type": "batch"}}, searchset()),
        ({"got-headers": {"ETag": {"matches": "."}}}, searchset()),
        ({"status": 400}, searchset()),
    ],
)
def test_answers_that_differ(step: Json, body: Json) -> None:
    assert told({"search": "Patient"} | step, body)


def test_answers_that_do_not_differ() -> None:
    body = searchset(entry("an"), entry("binh", "include"), total=1)
    step = {
        "search": "Patient",
        "found": ["an"],
        "order": ["an"],
        "included": ["binh"],
        "total": 1,
        "pages": [1],
    }
    assert told(step, body) == []
    assert (
        told(
            {"search": "Patient", "order": ["an", "binh"], "pages": [1, 1]},
            searchset(entry("an")),
            searchset(entry("binh")),
        )
        == []
    )


def test_refusals_say_what_is_expected() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"code": "invalid", "details": {"text": "no such name"}}],
    }
    step = {"search": "Patient", "status": [400, 422]}
    assert told(step | {"issue": "invalid", "says": ["such"]}, outcome, status=400) == []
    assert told(step | {"issue": ["not-found"]}, outcome, status=400)
    assert told(step | {"says": ["other"]}, outcome, status=400)
    assert told(step, {"error": "no"}, status=400)
    assert told({"search": "Patient", "found": []}, outcome, status=400)[0].endswith("(no such name)")


def stub(answer: Callable[[httpx.Request], httpx.Response]) -> Server:
    """A server of made-up answers; its capability statement calls it "stub"."""

    def answered(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/metadata"):
            return httpx.Response(200, json={"software": {"name": "stub"}})
        return answer(request)

    return Server(httpx.Client(base_url="http://x/fhir/", transport=httpx.MockTransport(answered)))


def test_a_case_that_is_said_to_fail_must_not_pass() -> None:
    server = stub(lambda _: httpx.Response(404))
    case = Case("a", SEARCH, {}, [{"search": "Patient", "found": []}], {"stub": "is no server"})
    assert judged(case, server, ["differs"])[0] == "expected"
    assert judged(case, server, [])[0] == "failed"
    elsewhere = Case("a", SEARCH, {}, case.steps, {"another": "is not this one"})
    assert judged(elsewhere, server, ["differs"])[0] == "failed"
    assert judged(elsewhere, server, [])[0] == "passed"


def test_a_search_is_narrowed_to_the_setup_by_get_and_by_post(tmp_path: Path) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=searchset())

    path = tmp_path / "t.json"
    steps = [{"search": "Patient?name=Nguyễn A", "found": []}, {"form": "Patient?name=Nguyễn A", "found": []}]
    path.write_text(
        json.dumps(
            {"topic": "T", "spec": SEARCH, "cases": [{"name": "a", "spec": "#string", "steps": steps}]}
        )
    )
    server, topic = stub(answer), read_topic(path)
    shared = set_up(server, topic)
    assert failures(server, topic.cases[0], shared) == []
    wanted = [("name", "Nguyễn A"), ("_tag", f"http://example.org/conformance/run|{shared.words['run']}")]
    assert [*httpx.QueryParams(sent[0].url.query).multi_items()] == wanted
    assert [*httpx.QueryParams(sent[1].content).multi_items()] == wanted
    assert (sent[1].method, sent[1].url.path, sent[1].url.query) == ("POST", "/fhir/Patient/_search", b"")


def test_a_server_that_takes_nothing_fails_every_case_of_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.conformance.__main__.listening", lambda _: _Held(stub(lambda _: httpx.Response(500)))
    )
    assert main("http://x/fhir", str(HERE / "read.json")) == 1
    lines = capsys.readouterr().out.splitlines()
    cases = len(read_topic(HERE / "read.json").cases)
    assert lines[0].startswith("read: not set up: an: 500")
    assert lines[-1] == f"{cases} cases, 0 passed, {cases} failed, 0 expected failures"


class _Held:
    """A server as ``listening`` gives it."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __enter__(self) -> Server:
        return self._server

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for inner in value.values() for one in _names(inner))
    elif isinstance(value, list):
        yield from (one for inner in value for one in _names(inner))
    elif isinstance(value, str):
        yield from re.findall(r"\{([a-z]\w*)[}.\[]", value)


def test_every_name_that_a_case_uses_is_set_up() -> None:
    for path in files():
        topic = read_topic(path)
        for case in topic.cases:
            kept = {step["keep"] for step in case.steps if "keep" in step}
            known = {"run", "case", "base", *topic.setup, *case.setup, *kept}
            listed = {
                one
                for step in case.steps
                for kind in ("found", "order", "included")
                for one in step.get(kind, [])
            }
            assert {*_names([*case.setup.values(), case.steps]), *listed} <= known, (
                f"{path.name}: {case.name}"
            )
