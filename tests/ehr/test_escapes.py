"""Names are found in the text of JSON however they are escaped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.escapes import without_escapes
from tests.ehr.json_texts import written


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (rb'{"reference": "Patient\/1"}', b'{"reference":"Patient/1"}'),
        (rb'{"\u0072eference":"\u0050atient/1"}', b'{"reference":"Patient/1"}'),
        (rb'{"a":"\u0022\u005c\/\n"}', rb'{"a":"\"\\/\n"}'),
    ],
)
def test_ascii_stands_as_itself(text: bytes, plain: bytes) -> None:
    assert without_escapes(text) == plain


@pytest.mark.parametrize("text", [b'{"a" : "/"}', rb'{"div": "<div xmlns=\"x\">\n\u00e0 \u1ec7</div>"}'])
def test_what_nearly_all_write_stays_as_it_is(text: bytes) -> None:
    assert without_escapes(text) is text


@given(st.tuples(written("modifierExtension"), written("Practitioner/dr-1.Z")))
def test_however_it_is_written(texts: tuple[str, str]) -> None:
    name, value = texts
    plain = without_escapes(f'{{"a":"é",{name}:{value}}}'.encode())
    assert plain == '{"a":"é","modifierExtension":"Practitioner/dr-1.Z"}'.encode()
