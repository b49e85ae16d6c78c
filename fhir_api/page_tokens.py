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


class PageTokens:
    """Seals and opens places. Servers that share a key open each other's tokens."""

    def __init__(self, key: bytes | None = None) -> None:
        """key: KEY_BYTES secret bytes; without one, tokens live as long as this object."""
        self._cipher = AESSIV(key or token_bytes(KEY_BYTES))

    def seal(self, place: object, *of: str) -> str:
        """A token. place: what msgspec can encode. of: what is walked through; a token fits nothing else."""
        sealed = self._cipher.encrypt(msgspec.msgpack.encode(place), _names(of))
        return urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, token: str, shape: type[Place], *of: str) -> Place:
        """The place in a token of the same walk. Raises BadRequest for any other text."""
        try:
            sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return msgspec.msgpack.decode(self._cipher.decrypt(sealed, _names(of)), type=shape)
        except (InvalidTag, ValueError):
            raise BadRequest("Its _page is none that this server gave for this address.") from None


def _names(of: tuple[str, ...]) -> list[bytes]:
    return [name.encode() for name in of]
