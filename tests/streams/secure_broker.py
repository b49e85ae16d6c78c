"""A real broker with doors of several kinds: with a password, with certificates, with neither."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)

from backbone.broker.addresses import free_port
from tests.kafka_broker import local_kafka
from tests.streams.certificates import DAY, Authority, Pair

USER, GUEST, PASSWORD = "relay", "guest", "hush-hush-1234"
RIGHTS = {
    ResourceType.CLUSTER: ["DESCRIBE", "DESCRIBE_CONFIGS"],
    ResourceType.TOPIC: ["CREATE", "DESCRIBE", "DESCRIBE_CONFIGS", "WRITE", "READ"],
}
"""What docs/security.md says that the backbone's user must be allowed."""

DOORS = {
    "plain": "PLAINTEXT",
    "password": "SASL_SSL",  # SCRAM-SHA-512
    "other": "SASL_SSL",  # PLAIN only
    "mutual": "SSL",  # asks for a certificate
    "tls": "SSL",
    "expired": "SSL",  # shows a certificate of yesterday
    "astray": "PLAINTEXT",  # says that its broker is where nothing listens
}
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required user_a=b;"


@dataclass(frozen=True)
class SecureBroker:
    """ports: of the doors. authority: signed what the broker shows, and ``client``; ``stranger`` did not."""

    ports: dict[str, int]
    authority: Authority
    stranger: Authority
    client: Pair

    def door(self, name: str, host: str = "127.0.0.1") -> str:
        """Where a door is, as EHR_KAFKA names it."""
        return f"{host}:{self.ports[name]}"


@contextmanager
def secure_broker() -> Iterator[SecureBroker]:
    """One broker, gone afterwards; it knows two users, one of whom may do what the relay does."""
    with tempfile.TemporaryDirectory(prefix="ehr-test-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        authority, stranger = Authority(directory, "authority"), Authority(directory, "stranger")
        client = authority.sign("client")
        taken: set[int] = set()
        ports = {door: free_port(taken) for door in DOORS}
        settings = _settings(ports, free_port(taken), free_port(taken), authority)
        with local_kafka(settings=settings, port=ports["plain"]):
            _add_users(f"127.0.0.1:{ports['plain']}")
            yield SecureBroker(ports, authority, stranger, client)


def _settings(ports: dict[str, int], controller: int, nobody: int, authority: Authority) -> dict[str, str]:
    listeners = {name.upper(): port for name, port in ports.items()} | {"CONTROLLER": controller}
    told = {name: port for name, port in listeners.items() if name != "CONTROLLER"} | {"ASTRAY": nobody}
    kinds = {name.upper(): kind for name, kind in DOORS.items()} | {"CONTROLLER": "PLAINTEXT"}
    shown, expired = authority.sign("broker"), authority.sign("expired", lasts=-DAY)
    return {
        "listeners": _addresses(listeners),
        "advertised.listeners": _addresses(told),
        "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in kinds.items()),
        "inter.broker.listener.name": "PLAIN",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:CN=client",
        "ssl.keystore.type": "PEM",
        "ssl.truststore.type": "PEM",
        "ssl.keystore.location": str(shown.both),
        "ssl.truststore.location": str(authority.file),
        "listener.name.expired.ssl.keystore.type": "PEM",
        "listener.name.expired.ssl.keystore.location": str(expired.both),
        "listener.name.mutual.ssl.client.auth": "required",
        "listener.name.password.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.password.scram-sha-512.sasl.jaas.config": _SCRAM,
        "listener.name.other.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.other.plain.sasl.jaas.config": _PLAIN,
    }


def _addresses(ports: dict[str, int]) -> str:
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())


def _add_users(servers: str) -> None:
    administration = KafkaAdminClient(bootstrap_servers=servers)
    try:
        administration.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(user, "SCRAM-SHA-512", PASSWORD) for user in (USER, GUEST)]
        )
        administration.create_acls(
            [
                ACL(f"User:{USER}", "*", ACLOperation[right], ACLPermissionType.ALLOW, _all_of(kind))
                for kind, rights in RIGHTS.items()
                for right in rights
            ]
        )
    finally:
        administration.close()


def _all_of(kind: ResourceType) -> ResourcePattern:
    return ResourcePattern(kind, "kafka-cluster" if kind is ResourceType.CLUSTER else "*")
