"""What Organization resources say about facilities."""

import msgspec

from ehr.addresses import Address, in_one_line, residence_of
from ehr.identifiers import shortened


class _Identifier(msgspec.Struct, frozen=True):
    system: str | None = None
    value: str | None = None


class _Organization(msgspec.Struct, frozen=True):
    name: str | None = None
    identifier: list[_Identifier] = []
    address: list[Address] = []


class Organization(msgspec.Struct, frozen=True):
    """name: if it has one. commune: code of where it lies. codes: (system, value) of its identifiers."""

    name: str | None
    commune: str | None
    codes: list[tuple[str, str]]


_decode = msgspec.json.Decoder(_Organization).decode


def read_organization(body: bytes) -> Organization:
    """From the resource's bytes."""
    stated = _decode(body)
    codes = [(_indexed(one.system or ""), _indexed(one.value)) for one in stated.identifier if one.value]
    return Organization(
        in_one_line(stated.name), residence_of(stated.address).commune, list(dict.fromkeys(codes))
    )


def _indexed(text: str) -> str:
    return shortened(text.replace("\0", " "))
