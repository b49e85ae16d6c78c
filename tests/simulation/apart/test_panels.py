"""The charts of a small province are what it sent; what is hidden, moved or changed is found."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from fhir_api.monitoring import routes
from fhir_api.pages.routes import pages
from simulation.apart.__main__ import main
from simulation.apart.expected import LISTED
from simulation.apart.ledger import Ledger
from simulation.apart.page import parse
from simulation.apart.panels import PANELS, Held, hold, lists_of, misplaced, some
from simulation.apart.proof import answer, linked
from simulation.apart.sent import Sent
from simulation.apart.server import Server
from simulation.feed import feed
from simulation.province import Province, Sending
from simulation.registering.patients import Shares
from tests.fhir_api.pages.review_serving import projecting_all, views
from tests.fhir_api.running import app_of, prepare, services_of
from tests.linking import linking
from tests.serving import served

Change = Callable[[str], str]


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    """Of a server with all its processes."""
    prepare(module_database, *views())
    app = app_of(services_of(module_database), [*routes, pages()])
    with projecting_all(module_database), linking(module_database), served(app) as address:
        yield address


@dataclass
class Known:
    """A province that was sent and judged, and its questions answered."""

    address: str
    province: Province
    ledger: Ledger
    sent: Sent

    @property
    def names(self) -> dict[str, str]:
        """Of facilities, by code."""
        return {one.code: one.name for one in self.province.network.facilities}

    def hold(self, *citizens: str, change: Change = str, names: dict[str, str] | None = None) -> Held:
        """change: of each page, as if the server had told it so."""
        with httpx.Client(transport=Lying(change), timeout=60.0) as client:
            server = Server(client, self.address)
            server.settle()
            return hold(server, self.ledger, self.sent, names or self.names, citizens)


class Lying(httpx.BaseTransport):
    """Changes the pages of charts on their way."""

    def __init__(self, change: Change) -> None:
        self._change, self._true = change, httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._true.handle_request(request)
        answer.read()
        if "/citizens/" not in request.url.path:
            return httpx.Response(answer.status_code, headers=plain(answer), content=answer.content)
        return httpx.Response(answer.status_code, text=self._change(answer.text))

    def close(self) -> None:
        self._true.close()


def plain(answer: httpx.Response) -> dict[str, str]:
    """Without what was said of bytes on the line."""
    return {name: value for name, value in answer.headers.items() if name.startswith(("content-type", "x-"))}


def sent_to(address: str, province: Province) -> Known:
    ledger, sent = Ledger(), Sent()

    def note(sending: Sending, body: bytes) -> None:
        ledger.note(sending, body)
        sent.note(sending, body)

    counts = asyncio.run(feed(f"{address}/fhir", province, answered=note))
    assert not counts.refused
    with httpx.Client(timeout=60.0) as client:
        server = Server(client, address)
        server.settle()
        assert not answer(server, ledger, linked(server, ledger)[1]).left
    return Known(address, province, ledger, sent)


@pytest.fixture(scope="module")
def apart(address: str) -> Known:
    """Each facility has a Patient of its own."""
    return sent_to(address, Province(8, 20, months=18, shares=Shares()))


@pytest.fixture(scope="module")
def shared(address: str) -> Known:
    """All share one."""
    return sent_to(address, Province(9, 12, months=18))


TYPES = dict(
    zip(
        LISTED,
        "Encounter Condition MedicationRequest AllergyIntolerance Immunization DiagnosticReport "
        "ServiceRequest Procedure".split(),
        strict=True,
    )
)


def types(known: Known, citizen: str) -> set[str]:
    """Of what was stated about a citizen."""
    return {one.type for one in known.sent.of(citizen, known.ledger.registered[citizen].values())}


def fullest(known: Known) -> str:
    """The citizen of whom most was stated."""
    return max(known.ledger.registered, key=known.sent.number_of)


def test_charts_over_several_patients_tell_what_was_sent(apart: Known) -> None:
    held = apart.hold(*apart.ledger.registered)
    assert held.faults == []
    assert held.patients > held.citizens == len(apart.ledger.registered)
    assert min(held.rows[panel] for panel in PANELS) > 0, "some panel was never looked at"
    assert held.rows["results"] > 500


def test_charts_of_one_patient_tell_what_was_sent(shared: Known) -> None:
    held = shared.hold(*shared.ledger.registered)
    assert held.faults == []
    assert held.patients == held.citizens
    assert held.apart == 0


@pytest.mark.parametrize("panel", LISTED)
def test_a_row_that_is_hidden_is_missing(apart: Known, panel: str) -> None:
    citizen = next(one for one in apart.ledger.registered if TYPES[panel] in types(apart, one))

    def hide(html: str) -> str:
        before, mark, section = html.partition(f'<section class="panel" id="{panel}"')
        (first, *_) = re.findall(r'data-reference="[^"]+"', section) or [" hidden"]
        return before + mark + section.replace(first, "hidden")

    held = apart.hold(citizen, change=hide)
    assert [(fault.panel, fault.what) for fault in held.faults] == [(panel, "missing")]


def test_another_facility_is_told_otherwise(apart: Known) -> None:
    citizen = fullest(apart)
    stated = apart.sent.of(citizen, apart.ledger.registered[citizen].values())
    name = next(one.resource["serviceProvider"]["display"] for one in stated if one.type == "Encounter")
    held = apart.hold(citizen, change=lambda html: html.replace(name, "Trạm Y tế khác"))
    assert {(fault.what, fault.words) for fault in held.faults} == {("otherwise", (name,))}


def test_a_value_that_is_changed_is_told_otherwise_by_grid_and_series(apart: Known) -> None:
    citizen = fullest(apart)
    value = re.compile(r'(<span class="value[^>]*>)(\d+)')
    held = apart.hold(citizen, change=lambda html: value.sub(r"\g<1>1\2", html, count=1))
    assert held.faults
    assert {(fault.panel, fault.what) for fault in held.faults} == {("results", "otherwise")}
    assert any(fault.key.startswith("Observation/") for fault in held.faults)
    assert any(not fault.key.startswith("Observation/") for fault in held.faults)


ITEM = r"(?s)<li>(?:(?!</li>).)*data-reference(?:(?!</li>).)*</li>"
LINE = r'(?s)<tr>\n<th scope="row">.*?</tr>'


@pytest.mark.parametrize(
    ("panel", "mark", "row"),
    [
        ("documents", 'id="documents"', ITEM),
        ("medicines", 'id="medicines"', ITEM),
        ("results", 'id="results"', LINE),
        ("results", 'class="series"', r"(?s)<tr data-seconds.*?</tr>"),
    ],
)
def test_rows_in_another_order_are_misplaced(apart: Known, panel: str, mark: str, row: str) -> None:
    def turn(html: str) -> str:
        before, found, section = html.partition(mark)
        rows = re.findall(row, section)
        return before + found + re.sub(row, lambda _: rows.pop(), section)

    held = apart.hold(fullest(apart), change=turn)
    assert {(fault.panel, fault.what) for fault in held.faults} == {(panel, "misplaced")}


def test_diagnoses_without_a_state_that_go_first_are_misplaced(apart: Known) -> None:
    unstated = r'(?s)<h3 class="quiet">.*?(?=<details|</section>)'

    def raise_(html: str) -> str:
        before, mark, section = html.partition('<section class="panel" id="problems"')
        section, found, after = section.partition("</section>")
        moved = "".join(re.findall(unstated, section + found))
        rest = re.sub(unstated, "", section + found)
        if '<ul class="entries">' not in rest:
            return html
        return before + mark + rest.replace('<ul class="entries">', moved + '<ul class="entries">', 1) + after

    held = apart.hold(*apart.ledger.registered, change=raise_)
    assert {(fault.panel, fault.what) for fault in held.faults} == {("problems", "misplaced")}


def test_vaccinations_are_in_order_beside_the_grid() -> None:
    def table(kind: str, *ids: str) -> str:
        rows = (f'<tr><td>1</td><td data-reference="Immunization/{id_}">2</td></tr>' for id_ in ids)
        return f"<table{kind}><tbody>{''.join(rows)}</tbody></table>"

    tables = table(' class="doses"', "a", "b") + table("", "b", "c", "d") + table("", "e", "f")
    lists = lists_of("immunisations", [parse(f"<section>{tables}</section>")])
    assert lists == [[f"Immunization/{id_}" for id_ in ids] for ids in ("bcd", "ef")]
    ranks = {"Immunization/b": 3, "Immunization/d": 4, "Immunization/e": 5, "Immunization/f": 5}
    assert list(misplaced(lists, ranks)) == ["Immunization/d"]


def test_what_was_never_sent_is_foreign(apart: Known) -> None:
    citizen = fullest(apart)
    more = '<ul><li>Penicilin <a data-reference="AllergyIntolerance/never"></a></li></ul></section>'

    def add(html: str) -> str:
        before, mark, section = html.partition('id="allergies"')
        return before + mark + section.replace("</section>", more, 1) if mark else html

    held = apart.hold(citizen, change=add)
    assert [(one.panel, one.what, one.key) for one in held.faults] == [
        ("allergies", "foreign", "AllergyIntolerance/never")
    ]
    assert "AllergyIntolerance/never foreign" in str(held.faults[0])


def test_what_is_not_linked_is_apart_and_no_fault(apart: Known) -> None:
    citizen = next(one for one, found in apart.ledger.registered.items() if len(found) == 2)
    one, other = apart.ledger.registered[citizen].values()
    with httpx.Client(timeout=60.0) as client:
        assert Server(client, apart.address).decide(f"/review/{one}/{other}", lambda _: "unlink")
    held = apart.hold(citizen)
    assert held.faults == []
    assert held.apart > 0


def test_the_same_citizens_are_drawn_again(shared: Known) -> None:
    assert some(1, shared.ledger, 5) == some(1, shared.ledger, 5)
    assert len(set(some(1, shared.ledger, 5))) == 5


def test_the_command_tells_panel_by_panel(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--base", address, "--citizens", "30", "--months", "4", "--seed", "5", "--panels", "6"]
    assert main([*small, "--shared"]) == 0
    *told, line = capsys.readouterr().out.splitlines()
    assert line.startswith("6 citizens, 6 Patients, ")
    assert line.endswith(" 0 missing, 0 foreign, 0 otherwise, 0 misplaced; 0 facts not linked")
    assert [row.split(" ")[1] for row in told if row.startswith("| ")][1:] == list(PANELS)


def test_the_command_fails_where_there_are_fewer_citizens(address: str) -> None:
    few = ["--base", address, "--citizens", "5", "--months", "2", "--seed", "5", "--panels", "9", "--shared"]
    assert main(few) == 1


def test_sharing_leaves_nothing_to_link(address: str) -> None:
    with pytest.raises(SystemExit):
        main(["--base", address, "--shared"])
