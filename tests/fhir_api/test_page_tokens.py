"""Page tokens are sealed: nobody reads, changes or makes one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_api.errors import BadRequest
from fhir_api.page_tokens import KEY_BYTES, PageTokens


class Place(msgspec.Struct, frozen=True):
    name: str
    number: int


KEY = bytes(range(KEY_BYTES))
TOKENS = PageTokens(KEY)
places = st.builds(Place, st.text(), st.integers(-(2**63), 2**63 - 1))


@given(places, st.text(), st.text())
def test_a_place_comes_back_for_the_same_walk_only(place: Place, walk: str, other: str) -> None:
    token = TOKENS.seal(place, 9, "search", walk)
    assert PageTokens(KEY).open(token, Place, "search", walk) == (place, 9)
    for names in (("search", f"{walk}x"), ("history", walk), ("search",), ("search", walk, other)):
        with pytest.raises(BadRequest):
            TOKENS.open(token, Place, *names)


@given(places, st.integers(0), st.integers(1, 255))
def test_a_changed_token_is_refused(place: Place, at: int, change: int) -> None:
    token = bytearray(TOKENS.seal(place, 9, "search").encode())
    token[at % len(token)] ^= change
    text = token.decode("latin-1")
    with pytest.raises(BadRequest):
        TOKENS.open(text, Place, "search")


def test_a_token_tells_nothing_and_fits_an_address() -> None:
    token = TOKENS.seal(Place("012345678901", 7), 9, "search", "Patient")
    assert "012345678901" not in token
    assert token.isascii()
    assert token.replace("-", "").replace("_", "").isalnum()


def test_another_key_opens_nothing() -> None:
    token = TOKENS.seal(Place("a", 1), 9, "search")
    for other in (PageTokens(), PageTokens(KEY[::-1])):
        with pytest.raises(BadRequest, match="_page"):
            other.open(token, Place, "search")


def test_a_token_of_another_shape_is_refused() -> None:
    token = TOKENS.seal(["something", "else"], 9, "search")
    with pytest.raises(BadRequest):
        TOKENS.open(token, Place, "search")
