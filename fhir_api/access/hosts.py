"""The names by which this server may be called.

A page of another site whose name is made to lead here (DNS rebinding) is of this server's own origin to a
browser: nothing but the name in the Host header (https://www.rfc-editor.org/rfc/rfc9110#section-7.2) tells.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

_HOST = re.compile(r"([A-Za-z0-9._\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


class Hosts:
    """Loopback names and addresses, and further ones."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        """further: names and addresses without a port; IPv6 without brackets."""
        self._further = frozenset(name.lower() for name in further)

    def know(self, name: str) -> bool:
        """Whether a name or address, as ``host_name`` gives it, is one of this server's."""
        return name in self._further or is_loopback(name)


def host_name(host: str) -> str | None:
    """The name or address in a Host header, in small letters, without port and brackets; None: it is none."""
    match = _HOST.fullmatch(host)
    return match[1].strip("[]").lower() if match else None


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address `host`. No name but localhost is trusted."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
