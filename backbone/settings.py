"""The settings of the backbone: environment variables that begin with `EHR_`.

The page docs/reference/configuration.md is written from the descriptions here.
"""

import os
import re
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from backbone.errors import Refused
from ehr.appending import LARGEST_RESOURCE
from ehr.event_store.connections import is_conninfo
from fhir_api.access.hosts import host_name, is_loopback
from streams.access import Access
from streams.event_log import LogMisconfigured

PREFIX = "EHR_"
OF_THE_TESTS = "EHR_TEST_"  # Variables that the tests read, which may be set where a command runs.
MEBIBYTE = 2**20


class WrongSettings(Refused):
    """A setting has a value that it cannot have, or does not exist."""


class Settings(BaseSettings):
    """Everything that may differ between two installations."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    host: str = Field(default="127.0.0.1", description="The address that the server listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="The port that the server listens on.")
    allow_remote: bool = Field(
        default=False,
        description="Listen on an address that other machines reach. There is no sign-in yet: whoever "
        "reaches the address reads and writes every record. Otherwise only a loopback address is accepted.",
    )
    allowed_hosts: str | None = Field(
        default=None,
        description="Further names by which the server may be called, without ports, commas between them. "
        "Requests that name another host than these, `EHR_HOST` or a loopback one are refused: no other name "
        "can then lead a browser here.",
    )
    data: Path = Field(
        default=Path(".data"),
        description="The directory for what this installation keeps: the embedded PostgreSQL, logs, ledgers.",
    )
    demo: Literal["province", "none"] = Field(
        default="province",
        description="What `ehr run` fills an empty record with: `province`, a simulated province, or `none`.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="The libpq URL of a PostgreSQL 17 database. Without it, `ehr run` starts the embedded "
        "one, and other commands use the embedded one that runs in the data directory.",
    )
    log: Literal["embedded", "kafka"] = Field(
        default="embedded",
        description="Who keeps the log that the views are made from: the record itself (`embedded`), or "
        "Apache Kafka, to which a relay carries every fact.",
    )
    kafka: str | None = Field(
        default=None,
        description="The bootstrap servers, `host:port` with commas between. Without them, `ehr run` starts "
        "a broker on this machine, with one copy only, and other commands use the one that runs in the data "
        "directory.",
    )
    kafka_topic: str = Field(
        default="ehr.facts",
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}$",
        description="The topic of facts. The relay makes it when there is none.",
    )
    kafka_partitions: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="Partitions of the topic: one for each record store that writes to it.",
    )
    kafka_partition: int = Field(
        default=0,
        ge=0,
        le=999,
        description="The partition of this record store. No two stores may have the same.",
    )
    kafka_replication: int = Field(
        default=3,
        ge=1,
        le=9,
        description="Copies that the topic keeps of each fact; a fact counts as stored when all but one of "
        "them have it. The broker that `ehr run` starts keeps one.",
    )
    kafka_ca: Path | None = Field(
        default=None,
        description="A PEM file with the authorities that sign the brokers' certificates; without it those "
        "of this machine count. With it, or with a user or a certificate, the brokers are spoken to over TLS "
        "only.",
    )
    kafka_user: str | None = Field(default=None, description="The user for SCRAM-SHA-512, over TLS.")
    kafka_password: SecretStr | None = Field(default=None, description="The password of that user.")
    kafka_certificate: Path | None = Field(
        default=None, description="A PEM file with this program's own certificate, for mutual TLS."
    )
    kafka_key: Path | None = Field(
        default=None, description="A PEM file with the private key of that certificate, without a passphrase."
    )
    kafka_away: Literal["wait", "record"] = Field(
        default="wait",
        description="What the views do while Kafka does not answer: `wait` for it, or go on from the "
        "`record`, which has the same facts in the same order.",
    )
    explain: bool = Field(
        default=False,
        description="For developers: a search with `_explain=true` is answered with how the database carries "
        "it out, what is searched for included.",
    )
    zone: str = Field(
        default="Asia/Ho_Chi_Minh",
        description="The time zone in which dates and times without a zone are read (IANA name).",
    )
    visibility_wait: float = Field(
        default=5.0,
        ge=0,
        le=60,
        description="Seconds that a write waits until its position is visible in the views. Then it answers "
        "all the same, with a header that says that the views lag.",
    )
    max_resource_bytes: int = Field(
        default=8 * MEBIBYTE,
        ge=1024,
        le=LARGEST_RESOURCE,
        description="The largest resource that is accepted, in bytes.",
    )
    max_bundle_bytes: int = Field(
        default=64 * MEBIBYTE,
        ge=1024,
        le=1024 * MEBIBYTE,
        description="The largest request body that is accepted, in bytes, counted after decompression.",
    )
    max_bundle_entries: int = Field(
        default=25_000,
        ge=1,
        le=1_000_000,
        description="The largest number of entries of a bundle that is accepted.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least serious kind of log line that is written."
    )

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _readable(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not is_conninfo(value.get_secret_value()):
            raise ValueError("it is no URL of libpq (postgresql://user:password@host:port/database)")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, value: str | None) -> str | None:
        wrong = [name for name in _between_commas(value) if host_name(name) != name.strip("[]").lower()]
        if wrong:
            raise ValueError(f"no host without a port: {', '.join(wrong)}")
        return value

    @field_validator("kafka")
    @classmethod
    def _servers(cls, value: str | None) -> str | None:
        """A mistake is told without the text, which may hold a password."""
        servers = _between_commas(value)
        for number, server in enumerate(servers, 1):
            if not _is_server(server):
                raise ValueError(f"a server is host:port, which number {number} of the list is not")
        return ",".join(servers) or None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (KeyError, OSError, ValueError):
            raise ValueError(f"no time zone is called {value!r}") from None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        wrong = [
            (self.kafka and self.log != "kafka", "KAFKA is given, and {}LOG=embedded does not use it"),
            (
                self.kafka_partition >= self.kafka_partitions,
                "KAFKA_PARTITION counts from 0 to {}KAFKA_PARTITIONS - 1",
            ),
            (
                bool(self.kafka_user) != bool(self.kafka_password),
                "KAFKA_USER and {}KAFKA_PASSWORD belong together",
            ),
            (
                bool(self.kafka_certificate) != bool(self.kafka_key),
                "KAFKA_CERTIFICATE and {}KAFKA_KEY belong together",
            ),
        ]
        for is_wrong, reason in wrong:
            if is_wrong:
                raise ValueError(PREFIX + reason.format(PREFIX))
        return self

    @model_validator(mode="after")
    def _files_are_what_they_must_be(self) -> Self:
        ca, certificate, key = map(text_of, (self.kafka_ca, self.kafka_certificate, self.kafka_key))
        try:
            Access("", ca=ca, certificate=certificate, key=key).tls()
        except LogMisconfigured as error:
            raise ValueError(str(error)) from None
        return self

    @model_validator(mode="after")
    def _uses_what_is_given(self) -> Self:
        """Checked last: whoever has mistaken a value hears of that first."""
        if self.log == "embedded" and self.kafka_away == "record":
            raise ValueError(f"{PREFIX}KAFKA_AWAY=record is given, and {PREFIX}LOG=embedded does not use it")
        given = {"USER": self.kafka_user, "CA": self.kafka_ca, "CERTIFICATE": self.kafka_certificate}
        names = " and ".join(f"{PREFIX}KAFKA_{name}" for name, value in given.items() if value)
        if self.log == "kafka" and not self.kafka and names:
            raise ValueError(
                f"{names}: of no use without {PREFIX}KAFKA, for the broker that `ehr run` starts asks for "
                "nothing of the kind"
            )
        return self

    @model_validator(mode="after")
    def _listens_where_it_may(self) -> Self:
        if not self.allow_remote and not is_loopback(self.host):
            raise ValueError(
                f"{PREFIX}HOST={self.host} is reached from other machines, and there is no sign-in yet: use "
                f"127.0.0.1, or say {PREFIX}ALLOW_REMOTE=yes if something in front decides who comes in"
            )
        return self

    @property
    def host_names(self) -> list[str]:
        """What requests may call the server beside loopback names; IPv6 addresses without brackets."""
        return [self.host, *(name.strip("[]") for name in _between_commas(self.allowed_hosts))]


def _between_commas(text: str | None) -> list[str]:
    return [name for piece in (text or "").split(",") if (name := piece.strip())]


def _is_server(text: str) -> bool:
    """Whether it is ``host:port``, an IPv6 address between brackets."""
    match = re.fullmatch(r"(?:[^:@/\s\[\]]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", text, re.ASCII)
    return match is not None and 1 <= int(match[1]) <= 65535


def text_of(path: Path | None) -> str | None:
    """A path as those take it who know no paths."""
    return None if path is None else str(path)


def variable(field: str) -> str:
    """The environment variable of the setting `field`."""
    return PREFIX + field.upper()


def shown(value: object) -> str:
    """The value of a setting as one writes it; a secret stays hidden."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def load() -> Settings:
    """The settings as the environment gives them; raises WrongSettings with one line for each mistake."""
    known = {variable(field) for field in Settings.model_fields}
    given = {name for name in os.environ if name.startswith(PREFIX) and not name.startswith(OF_THE_TESTS)}
    unknown = sorted(given - known)
    if unknown:
        raise WrongSettings("\n".join(f"{name}: there is no such setting" for name in unknown))
    try:
        return Settings()
    except ValidationError as error:
        raise WrongSettings("\n".join(_mistakes(error))) from None


def _mistakes(error: ValidationError) -> list[str]:
    """One line for each mistake. The value is left out: a database URL holds a password."""
    lines = []
    for mistake in error.errors(include_url=False, include_input=False):
        name = variable(str(mistake["loc"][0])) + ": " if mistake["loc"] else ""
        lines.append(name + mistake["msg"].removeprefix("Value error, "))
    return lines
