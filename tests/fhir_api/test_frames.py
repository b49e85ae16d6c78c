"""Frames of a Bundle are told from the resources within."""

import pytest

from fhir_api import frames
from fhir_api.frames import Frame, read_frames

BLANK = b"{" + b" " * 100
RESOURCE = BLANK + b'"resourceType":"Basic","code":{"text":"x"}}'
BUNDLE = (
    b'{"resourceType":"Bundle","type":"transaction","entry":[{'
    b'"extension":[{"url":"http://x","valueString":"%b"}],'
    b'"resource":%b,"request":{"method":"POST","url":"Basic"}}]}' % (BLANK, RESOURCE)
)


def test_a_beginning_that_stands_before_the_text_as_well_is_passed_over() -> None:
    (frame,) = read_frames(BUNDLE, 10).entries
    assert isinstance(frame, Frame)
    assert frame.text == RESOURCE


def test_what_is_taken_out_is_the_text_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[bytes] = []
    monkeypatch.setattr(frames, "_check", lambda rest, _: rests.append(rest))
    read_frames(BUNDLE, 10)
    assert rests == [BUNDLE.replace(RESOURCE, frames._A_RESOURCE)]
