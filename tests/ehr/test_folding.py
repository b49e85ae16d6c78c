"""What is left out when facts are folded: bodies that are no resources."""

import msgspec
import pytest

from ehr.compression import compress
from ehr.facts import ResourceVersion
from ehr.folding import fold
from ehr.values import Key
from tests.ehr.test_encoding import FACT

INTACT = b'{"resourceType":"Patient","identifier":[{"value":"1"}]}'


def version(id_: str, body: bytes) -> ResourceVersion:
    return ResourceVersion("Patient", id_, 1, "create", 0, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"1",
        b'"identifier"',
        b'{"identifier":1}',
        b'{"identifier":["x"]}',
        b'{"identifier":[{"value":"2"},"x"]}',
        b'{"identifier":[{"value":"2","system":1}]}',
    ],
)
def test_a_body_that_is_no_resource_is_told_and_left_out(body: bytes) -> None:
    damaged = compress(body) if body else b"no frame"
    versions = [version("one", compress(INTACT)), version("two", damaged)]
    folded = fold([(7, msgspec.structs.replace(FACT, resources=versions))])
    assert folded.unreadable == [7]
    assert list(folded.heads) == [Key("Patient", "one")]
    assert [claim.value for claim in folded.claims] == ["1"]
