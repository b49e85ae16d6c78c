"""What is taken for an answer, and what is not."""

import httpx
import pytest

from simulation.apart.server import Incomplete, NotJudged, Server

JUDGED = "# HELP\nehr_record_position 7.0\nehr_linking_position 7.0\nehr_linking_lag_facts 0.0\n"
NOT_JUDGED = {
    "no linking": "ehr_record_position 7.0\n",
    "a view is behind": JUDGED + 'ehr_view_lag_facts{view="links"} 2.0\n',
    "somebody waits": JUDGED + "ehr_linking_waiting_citizens 1.0\n",
    "stated between two looks": JUDGED.replace("linking_position 7", "linking_position 9"),
}
PAIR = """<form><input type="radio" name="act" value="link"><input type="radio" name="ground" value="papers">
<input type="hidden" name="version" value="1"><input type="hidden" name="token" value="a&amp;b"></form>"""
LIST = """<ol><li data-row><a href="/review/a/b"></a><a href="/citizens/a"></a></li>
<li data-row><a href="/review/c/d"></a></li></ol><a href="?after=5_1&amp;order=strongest" rel="next"></a>"""


def server(answers: dict[str, httpx.Response], sent: list[httpx.Request] | None = None) -> Server:
    """One that answers so by path and query; whatever else is asked is not there."""

    def answered(request: httpx.Request) -> httpx.Response:
        (sent if sent is not None else []).append(request)
        return answers.get(request.url.raw_path.decode(), httpx.Response(404))

    client = httpx.Client(transport=httpx.MockTransport(answered))
    return Server(client, "http://test/", patience=0)


def metrics(text: str) -> dict[str, httpx.Response]:
    return {"/metrics": httpx.Response(200, text=text)}


@pytest.mark.parametrize("text", list(NOT_JUDGED.values()), ids=list(NOT_JUDGED))
def test_nobody_is_held_for_judged_who_is_not(text: str) -> None:
    with pytest.raises(NotJudged):
        server(metrics(text)).settle()


def test_reads_name_the_position_up_to_which_everybody_was_judged() -> None:
    sent: list[httpx.Request] = []
    found = {
        "link": [],
        "entry": [{"resource": {"resourceType": "Patient", "id": "a"}, "search": {"mode": "match"}}],
    }
    asked = server(metrics(JUDGED) | {"/fhir/Patient/a/$everything": httpx.Response(200, json=found)}, sent)
    asked.settle()
    assert asked.everything("a") == {"Patient/a"}
    assert sent[-1].headers["X-EHR-Position"] == "7"


def test_an_answer_that_leaves_something_out_proves_nothing() -> None:
    lenient = httpx.Response(200, json={"link": []}, headers={"X-EHR-Incomplete": "links"})
    with pytest.raises(Incomplete):
        server({"/fhir/Patient/a/$everything": lenient}).everything("a")


def test_all_pages_of_both_lists_are_read() -> None:
    nothing = httpx.Response(200, text="")
    further = LIST.partition('<a href="?')[0].replace("/review/a/b", "/review/e/f")
    answers = {
        "/review": httpx.Response(200, text=LIST),
        "/review?after=5_1&order=strongest": httpx.Response(200, text=further),
        "/review/doubted": nothing,
    }
    assert server(answers).waiting() == ["/review/a/b", "/review/c/d", "/review/e/f"]


def test_the_form_is_sent_as_a_browser_would() -> None:
    sent: list[httpx.Request] = []
    answers = {"/review/a/b": httpx.Response(200, text=PAIR)}
    assert not server(answers, sent).decide("/review/a/b", lambda offered: offered[0]), "no 303: not stored"
    assert httpx.QueryParams(sent[-1].content.decode()) == httpx.QueryParams(
        {"version": "1", "token": "a&b", "act": "link", "ground": "papers", "note": ""}
    )
