"""Comparing: what a server may change in a resource, and nothing else."""

import pytest

from tests.journeys.comparing import differences, read_json

SENT = b"""{"resourceType":"DocumentReference","id":"sent","meta":{"versionId":"7","profile":["http://p"]},
 "identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:1"}],
 "text":{"status":"generated","div":"<div><a href=\\"urn:uuid:1\\">urn:uuid:1</a></div>"},
 "subject":{"reference":"urn:uuid:1","display":"urn:uuid:9"},
 "content":[{"attachment":{"url":"urn:uuid:1","size":72.50,"hash":null}},{"attachment":{"size":1e2}}]}"""

STORED = (
    SENT.replace(b'"sent"', b'"d1"')
    .replace(b'"versionId":"7"', b'"versionId":"1","lastUpdated":"2026-01-01T00:00:00Z"')
    .replace(b'"reference":"urn:uuid:1"', b'"reference":"Patient/p"')
)


def resolve(link: str) -> str:
    return {"urn:uuid:1": "Patient/p"}.get(link, link)


def told(stored: bytes, sent: bytes = SENT) -> list[str]:
    return differences(read_json(sent), read_json(stored), resolve)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"", b""),
        (b'"url":"urn:uuid:1"', b'"url":"Patient/p"'),
        (b'href=\\"urn:uuid:1\\"', b'href=\\"Patient/p\\"'),
        (b",\n", b", "),
    ],
)
def test_links_id_and_meta_may_change(old: bytes, new: bytes) -> None:
    assert told(STORED.replace(old, new, 1)) == []


def test_meta_may_be_all_the_servers_own() -> None:
    sent = b'{"resourceType":"Basic","id":"x"}'
    assert told(b'{"resourceType":"Basic","id":"y","meta":{"versionId":"1"}}', sent) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"Patient/p", b"urn:uuid:1", "subject.reference: another text"),
        (b"Patient/p", b"Patient/q", "subject.reference: another text"),
        (b'"value":"urn:uuid:1"', b'"value":"Patient/p"', "identifier[0].value: another text"),
        (b">urn:uuid:1<", b">Patient/p<", "text.div: another text"),
        (b"72.50", b"72.5", "content[0].attachment.size: another value"),
        (b"72.50", b'"72.50"', "content[0].attachment.size: another value"),
        (b"1e2", b"100", "content[1].attachment.size: another value"),
        (b"null", b'""', "content[0].attachment.hash: another value"),
        (b',{"attachment":{"size":1e2}}', b"", "content: 1 elements instead of 2"),
        (b'"display":"urn:uuid:9"', b'"display":"x"', "subject.display: another text"),
        (b',"display":"urn:uuid:9"', b"", "subject: members are missing, added or in another order"),
        (b'"http://p"', b'"http://p","http://q"', "meta.profile: 2 elements instead of 1"),
    ],
)
def test_anything_else_is_told_with_its_place_and_without_its_value(
    old: bytes, new: bytes, place: str
) -> None:
    assert old in STORED
    assert told(STORED.replace(old, new, 1)) == [f"DocumentReference.{place}"]


def test_members_in_another_order_are_told() -> None:
    stored = b'{"resourceType":"Basic","b":1,"a":2}'
    assert told(stored, b'{"resourceType":"Basic","a":2,"b":1}') == [
        "Basic: members are missing, added or in another order"
    ]
