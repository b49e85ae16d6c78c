"""Submissions: the bytes of the document, sent to where they belong, under a key that is theirs for ever."""

import json
from io import BytesIO
from pathlib import PurePath
from typing import Any

import pytest

from backbone.importing.documents import Document
from backbone.importing.ndjson import MOST_LINES, read_ndjson
from backbone.importing.refusals import Refusal, Skipped
from backbone.importing.submissions import Found, Submission, read_json

BUNDLE = b'{ "resourceType": "Bundle", "type": "%s",\n "entry": [{"n": 72.50}, {}, {}] }'


def document(content: bytes, name: str = "x.json") -> Document:
    return Document(PurePath(name), len(content), lambda: BytesIO(content))


def only(found: list[Found]) -> Submission:
    (one,) = found
    assert isinstance(one, Submission)
    return one


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_bundle_that_asks_goes_to_the_base_as_it_is(kind: str) -> None:
    content = BUNDLE % kind.encode()
    one = only(list(read_json(document(content))))
    assert (one.kind, one.method, one.path, one.resources, one.size) == (kind, "POST", "", 3, len(content))
    assert one.body is content
    assert one.place(2) == "entry[2]"


@pytest.mark.parametrize(
    ("content", "method", "path"),
    [
        (b'{"resourceType":"Patient","id":"a.1-B"}', "PUT", "Patient/a.1-B"),
        (b'{"id":"a/../b c","resourceType":"Patient"}', "PUT", "Patient/a%2F..%2Fb%20c"),
        (b'{"resourceType":"Patient"}', "POST", "Patient"),
        (b'{"resourceType":"Patient","id":7}', "POST", "Patient"),
        (b'{"resourceType":"Location","type":[{"text":"bed"}],"id":"l"}', "PUT", "Location/l"),
        (b'{"resourceType":"List","entry":[{},{}]}', "POST", "List"),
        (BUNDLE % b"collection", "POST", "Bundle"),
    ],
)
def test_any_other_resource_goes_to_its_own_address(content: bytes, method: str, path: str) -> None:
    one = only(list(read_json(document(content))))
    assert (one.kind, one.method, one.path, one.resources) == ("resource", method, path, 1)
    assert one.body is content
    assert one.place(0) == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b'"x"', b"\xef\xbb\xbf[]", b'{"a":' + b"[" * 5000, b'{"resourceType":"A"}x'],
)
def test_what_is_no_json_object_is_refused_without_being_sent(content: bytes) -> None:
    (one,) = read_json(document(content))
    assert isinstance(one, Refusal)
    assert one.status is None


@pytest.mark.parametrize("content", [b'{"type":"Patient"}', b'{"resourceType":3}'])
def test_json_that_is_no_resource_is_left_out(content: bytes) -> None:
    assert list(read_json(document(content))) == [Skipped("x.json", "This is JSON, but no FHIR resource.")]


def test_the_key_depends_on_bytes_method_and_place_alone() -> None:
    def key(content: bytes, name: str = "x.json") -> str:
        return only(list(read_json(document(content, name)))).key

    patient = b'{"resourceType":"Patient","id":"1"}'
    assert key(patient) == key(patient, "y.json")
    others = {key(patient), key(patient + b" "), key(patient.replace(b"1", b"2")), key(BUNDLE % b"batch")}
    assert len(others) == 4
    assert key(patient) == "da762165ae03e1f8fed9bbdcce20aa2a4acfe22cca1c17b3651764c75ad1058f"


def lines_of(content: bytes) -> list[Found]:
    return list(read_ndjson(document(content, "x.ndjson")))


def entries(one: Submission) -> list[dict[str, Any]]:
    bundle = json.loads(one.body)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "batch")
    return list(bundle["entry"])


def test_lines_go_in_a_batch_with_their_ids_and_bytes() -> None:
    first, second = b'{"resourceType": "Patient", "id": "p", "x": 0.10}', b'{"resourceType":"Observation"}'
    one = only(lines_of(first + b"\r\n\n  \n" + second))
    assert [entry["request"] for entry in entries(one)] == [
        {"method": "PUT", "url": "Patient/p"},
        {"method": "POST", "url": "Observation"},
    ]
    assert b'{"resource":' + first + b',"request"' in one.body
    assert (one.resources, one.lines, one.size) == (2, (1, 4), len(first) + 6 + len(second))
    assert one.place(1) == "line 4"


def test_many_lines_go_in_several_batches_that_are_the_same_every_time() -> None:
    content = b"".join(b'{"resourceType":"Patient","id":"%d"}\n' % n for n in range(MOST_LINES * 2 + 1))
    batches = lines_of(content)
    assert [one.resources for one in batches if isinstance(one, Submission)] == [MOST_LINES, MOST_LINES, 1]
    assert sum(one.size for one in batches if isinstance(one, Submission)) == len(content)
    assert lines_of(content) == batches


def test_large_lines_fill_a_batch_sooner() -> None:
    line = b'{"resourceType":"Binary","data":"%s"}\n' % (b"A" * 3_000_000)
    assert [one.resources for one in lines_of(line * 5) if isinstance(one, Submission)] == [2, 2, 1]


def test_lines_that_are_no_resources_are_refused_alone() -> None:
    found = lines_of(b'{"resourceType":"Patient","id":"p"}\n{"resourceType":\n{"id":"x"}\n')
    refusals = [one for one in found if isinstance(one, Refusal)]
    assert [(one.place, one.status) for one in refusals] == [("line 2", None), ("line 3", None)]
    assert only([one for one in found if one not in refusals]).lines == (1,)


def test_nothing_is_sent_for_an_empty_file() -> None:
    assert lines_of(b"\n\n") == []


def test_a_byte_order_mark_is_left_out() -> None:
    resource = b'{"resourceType":"Patient","id":"a"}'
    marked = b"\xef\xbb\xbf" + resource
    one = only(list(read_json(document(marked))))
    assert (one.path, one.body, one.size) == ("Patient/a", resource, len(marked))
    assert one.key == only(list(read_json(document(resource)))).key
    lines = only(list(read_ndjson(document(marked + b"\n" + resource, "x.ndjson"))))
    assert (lines.resources, lines.size) == (2, len(marked) + 1 + len(resource))
    assert b"\xef\xbb\xbf" not in lines.body


def test_a_byte_order_mark_elsewhere_is_refused() -> None:
    resource = b'{"resourceType":"Patient","id":"a"}'
    found = list(read_ndjson(document(resource + b"\n\xef\xbb\xbf" + resource, "x.ndjson")))
    assert [one.place for one in found if isinstance(one, Refusal)] == ["line 2"]
