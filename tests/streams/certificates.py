"""Certificates for tests: authorities, and what they sign."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Pair:
    """Files with a certificate, with its key, and with both."""

    certificate: Path
    key: Path
    both: Path


class Authority:
    """Signs certificates; its files are in ``directory``, readable for everybody."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self._name = directory, name
        self._key = new_key()
        self._certificate = self._made(name, self._key, timedelta(days=2), authority=True)
        self.file = self._written(f"{name}.pem", self._certificate.public_bytes(PEM))

    def sign(self, name: str, *, address: str = "127.0.0.1", lasts: timedelta = DAY) -> Pair:
        """A certificate for an address; lasts: from yesterday on, for so long from now."""
        key = new_key()
        certificate = self._made(name, key, lasts, address=address).public_bytes(PEM)
        return Pair(
            self._written(f"{self._name}-{name}.crt", certificate),
            self._written(f"{self._name}-{name}.key", text_of(key)),
            self._written(f"{self._name}-{name}.pem", text_of(key) + certificate),
        )

    def _made(
        self,
        name: str,
        key: EllipticCurvePrivateKey,
        lasts: timedelta,
        *,
        authority: bool = False,
        address: str | None = None,
    ) -> x509.Certificate:
        names = [x509.IPAddress(ip_address(address))] if address else [x509.DNSName(name)]
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - 2 * DAY)
            .not_valid_after(datetime.now(UTC) + lasts)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
        )
        return builder.sign(self._key, hashes.SHA256())

    def _written(self, name: str, content: bytes) -> Path:
        file = self._directory / name
        file.write_bytes(content)
        file.chmod(0o644)
        return file


def new_key() -> EllipticCurvePrivateKey:
    """A key that fits no certificate yet."""
    return generate_private_key(SECP256R1())


def text_of(key: EllipticCurvePrivateKey, passphrase: bytes | None = None) -> bytes:
    """A key as PEM."""
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, locked)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
