"""Bodies at rest."""

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ehr.compression import LIMIT, compress, decompress, dictionaries

BODIES = [b'{"resourceType":"Observation","status":"final","n":%d}' % n for n in range(200)]


@given(st.lists(st.binary(max_size=2_000), max_size=5))
def test_every_body_comes_back(bodies: list[bytes]) -> None:
    assert [decompress(compress(body)) for body in bodies] == bodies


def test_the_dictionary_knows_what_resources_have_in_common() -> None:
    assert len(compress(BODIES[0])) < len(zstandard.compress(BODIES[0])) * 0.6


def test_threads_do_not_share_a_compressor() -> None:
    with ThreadPoolExecutor(8) as hands:
        assert list(hands.map(lambda body: decompress(compress(body)), BODIES * 20)) == BODIES * 20


def test_frames_of_an_older_dictionary_and_of_none_stay_readable() -> None:
    """A newer one is chosen by its id; each frame names its own."""
    usual = max(dictionaries())
    newer = zstandard.train_dictionary(2_000, [body * 3 for body in BODIES], dict_id=usual + 1)
    of_newer = zstandard.ZstdCompressor(dict_data=newer).compress(BODIES[1])
    frames = [compress(BODIES[0]), of_newer, zstandard.compress(BODIES[2])]
    with pytest.raises(zstandard.ZstdError):
        decompress(of_newer)
    with patch.dict(dictionaries(), {usual + 1: newer}):
        assert [decompress(frame) for frame in frames] == BODIES[:3]


@pytest.mark.parametrize(
    "frame", [b"", b"x", b"nonsense" * 9, compress(BODIES[0])[:-1], b"\0" + compress(BODIES[0])]
)
def test_damaged_frames_are_refused(frame: bytes) -> None:
    with pytest.raises(zstandard.ZstdError):
        decompress(frame)


@pytest.mark.parametrize("says_its_size", [True, False])
@pytest.mark.parametrize("dictionary", [*dictionaries().values(), None], ids=["usual", "none"])
def test_a_small_frame_does_not_become_more_than_the_limit(
    says_its_size: bool, dictionary: zstandard.ZstdCompressionDict | None
) -> None:
    bomb = zstandard.ZstdCompressor(dict_data=dictionary, write_content_size=says_its_size)
    with pytest.raises(zstandard.ZstdError):
        decompress(bomb.compress(bytes(LIMIT + 1)))
