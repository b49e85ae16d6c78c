"""Bodies stay byte for byte but for what is the server's (docs/decisions/0002-bytes-as-received.md)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.bodies import make_body, with_meta

SERVED = '"versionId":"7","lastUpdated":"2026-01-01T00:00:00.000Z"'


@pytest.mark.parametrize(
    ("sent", "served"),
    [
        (
            '{"resourceType":"Patient","id":"a","x":72.50}',
            '{"resourceType":"Patient","id":"NEW","meta":{%s},"x":72.50}',
        ),
        ('{"resourceType":"Patient","x":1}', '{"resourceType":"Patient","id":"NEW","meta":{%s},"x":1}'),
        (
            '{"id":"a", "meta": {"profile":["p"]}, "resourceType":"P"}',
            '{"id":"NEW", "meta": {%s,"profile":["p"]}, "resourceType":"P"}',
        ),
        (
            '{"resourceType":"P","meta":{"tag":[{"lastUpdated":"n"}],"versionId":"1"},"contained":[{"id":"q"}]}',
            '{"resourceType":"P","id":"NEW","meta":{%s,"tag":[{"lastUpdated":"n"}]},"contained":[{"id":"q"}]}',
        ),
        (
            '{"resourceType":"Patient","\\u0069d":"evil","name":[{"text":"H\\u1ed3"}]}',
            '{"resourceType":"Patient","\\u0069d":"NEW","meta":{%s},"name":[{"text":"H\\u1ed3"}]}',
        ),
    ],
)
def test_what_is_served_is_what_was_sent(sent: str, served: str) -> None:
    body = make_body(sent.encode(), "NEW")
    assert with_meta(body.bytes, body.splice, 7, "2026-01-01T00:00:00.000Z").decode() == served.replace(
        "%s", SERVED
    )


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers() | st.booleans(), max_size=4),
    st.permutations(["resourceType", "id", "meta", "rest"]),
    st.sampled_from([(",", ":"), (", ", ": ")]),
)
def test_any_order_and_white_space_is_understood(
    rest: dict[str, object], order: list[str], separators: tuple[str, str]
) -> None:
    parts = {"resourceType": "P", "id": "old", "meta": {"versionId": "1", "profile": ["p"]}, "rest": rest}
    sent = json.dumps({name: parts[name] for name in order}, separators=separators)
    body = make_body(sent.encode(), "NEW")
    served = json.loads(with_meta(body.bytes, body.splice, 7, "2026-01-01T00:00:00.000Z"))
    meta = {"versionId": "7", "lastUpdated": "2026-01-01T00:00:00.000Z", "profile": ["p"]}
    assert served == {**parts, "id": "NEW", "meta": meta}
