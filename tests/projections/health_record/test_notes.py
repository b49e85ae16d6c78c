"""Notes, and why entries were corrected."""

import base64
from typing import Any

import pytest

from projections.health_record.chart import Chart, Standing
from projections.health_record.entry import Named
from projections.health_record.kinds import Document, Note
from projections.health_record.kinds.notes import LONGEST
from tests.projections.health_record.kinds_reading import read

Json = dict[str, Any]
NOTE = {"coding": [{"system": "http://loinc.org", "code": "34109-9"}]}
UPDATE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation", "code": "UPDATE"}]}


def document(text: bytes, **elements: Any) -> Json:
    data = base64.b64encode(text).decode()
    stated: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": NOTE,
        "date": "2026-10-05T01:00:00Z",
        "author": [{"display": "BS Lan"}],
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": data}}],
    }
    return stated | elements


def provenance(**elements: Any) -> Json:
    stated: Json = {
        "resourceType": "Provenance",
        "target": [
            {"reference": "Patient/1"},
            {"reference": "Observation/2/_history/3", "display": "Glucose máu"},
        ],
        "recorded": "2026-10-05T01:00:00Z",
        "activity": UPDATE,
        "reason": [{"text": "Gõ nhầm"}],
        "agent": [{"who": {"display": "BS Lan"}}],
    }
    return stated | elements


def test_a_note() -> None:
    note = read(document("Dặn tái khám\nsau 1 tháng".encode()))
    assert isinstance(note, Note)
    assert note.text == "Dặn tái khám\nsau 1 tháng"
    assert (note.at, note.by, note.about) == ("2026-10-05T01:00:00Z", Named("BS Lan"), None)


@pytest.mark.parametrize(
    "elements",
    [
        {"type": {"coding": [{"system": "http://loinc.org", "code": "34117-2"}]}},
        {"type": {"text": "34109-9"}},
        {"content": [{"attachment": {"contentType": "application/pdf", "data": "QQ=="}}]},
        {"content": [{"attachment": {"contentType": "text/plain", "url": "http://example.org/1"}}]},
        {"content": [{"attachment": {"contentType": "text/plain", "data": "QQ=="}}] * 2},
        {"content": [{"attachment": {"contentType": "text/plain", "data": "Q"}}]},
        {"content": [{"attachment": {"contentType": "text/plain", "data": "QQ==" * 20_000}}]},
    ],
)
def test_what_is_no_note_is_a_document(elements: Json) -> None:
    assert isinstance(read(document(b"x", **elements)), Document)


def test_a_note_keeps_what_is_a_character_and_is_cut_where_one_sees_it() -> None:
    note = read(document(b"a\x00\xff\tb" + b"c" * 5000))
    assert isinstance(note, Note)
    assert note.text == "a\ufffd\tb" + "c" * (LONGEST - 4) + "…"


def test_a_correction() -> None:
    note = read(provenance())
    assert isinstance(note, Note)
    assert (note.text, note.by, note.at) == ("Gõ nhầm", Named("BS Lan"), "2026-10-05T01:00:00Z")
    assert note.about == Named("Glucose máu", "Observation/2")


@pytest.mark.parametrize(
    "elements",
    [
        {"reason": []},
        {"activity": {"coding": [{"code": "CREATE"}]}},
        {"target": [{"reference": "Patient/1"}]},
        {"target": [{"reference": "http://elsewhere.org/fhir/Observation/2"}]},
    ],
)
def test_a_provenance_that_corrects_nothing_is_not_shown(elements: Json) -> None:
    assert read(provenance(**elements)) is None


def test_notes_of_a_chart_are_the_newest_first_and_no_documents() -> None:
    entries = [
        read(document(b"old", id="1", date="2026-10-01T01:00:00Z")),
        read(provenance(id="2")),
        read(document(b"new", id="3", date="2026-10-09T01:00:00Z")),
    ]
    chart = Chart([entry for entry in entries if entry], {}, Standing(1, 1, None, None))
    assert [note.text for note in chart.notes] == ["new", "Gõ nhầm", "old"]
    assert chart.documents == []
