"""Page tokens: where a walk through pages stands, sealed.

A client sees and sends back a text that tells nothing: what was searched for may be a citizen's number, and
addresses end up in logs. AES-SIV (RFC 5297) keeps it secret and notices any change; it needs no nonce, so
one key serves for as long as the installation lives.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from secrets import token_bytes
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from fhir_api.errors import BadRequest

KEY_BYTES = 64
"""Two AES-256 keys, as AES-SIV takes them."""

Place = TypeVar("Place")

_POSITION_BYTES = 8


class PageTokens:
    """Seals and opens places. Servers that share a key open each other's tokens."""

    def __init__(self, key: bytes | None = None) -> None:
        """key: KEY_BYTES secret bytes; without one, tokens live as long as this object."""
        self._cipher = AESSIV(key or token_bytes(KEY_BYTES))

    def seal(self, place: object, seen: int, *of: str) -> str:
        """A token. place: what msgspec can encode. seen: up to which position the walk has seen the record.
        of: what is walked through; a token fits nothing else."""
        whole = seen.to_bytes(_POSITION_BYTES) + msgspec.msgpack.encode(place)
        return _text(self._cipher.encrypt(whole, _names(of)))

    def open(self, token: str, shape: type[Place], *of: str) -> tuple[Place, int]:
        """(the place, seen) of a token of the same walk. Raises BadRequest for any other text."""
        try:
            whole = self._cipher.decrypt(_sealed(token), _names(of))
            place = msgspec.msgpack.decode(whole[_POSITION_BYTES:], type=shape)
            return place, int.from_bytes(whole[:_POSITION_BYTES])
        except (InvalidTag, ValueError):
            raise BadRequest("Its _page is none that this server gave for this address.") from None


def _text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _sealed(text: str) -> bytes:
    """Raises ValueError for any other text than ``_text`` gives: some decode to the same bytes."""
    sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(sealed) != text:
        raise ValueError
    return sealed


def _names(of: tuple[str, ...]) -> list[bytes]:
    return [name.encode() for name in of]
