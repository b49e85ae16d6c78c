"""The one place that speaks to Kafka, by way of kafka-python.

What goes wrong there leaves here as LogUnreachable, which time may heal, or as LogMisconfigured, which a
person must.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    AuthorizationError,
    BrokerResponseError,
    CorruptRecordError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    LogTruncationError,
    OffsetOutOfRangeError,
    SaslAuthenticationFailedError,
    TopicAlreadyExistsError,
)

from streams.access import Access as Access
from streams.event_log import LogDamaged, LogMisconfigured, LogMoved, LogUnreachable
from streams.exchange import MECHANISM
from streams.reaching import NO_SUCH_USER, why_not

LARGEST_RECORD = 10_500_000
"""Bytes of a record, or of a batch of them: a fact of 9 MiB with its headers, and room."""

BATCH_BYTES = 1024 * 1024
"""Of records that are sent together, about."""

_FETCH_BYTES = 4 * 1024 * 1024
_ROOM = 40  # bytes that a record, or a header, has beside its texts, at most
_FOR_EVER = 24 * 3600 * 1000

# The library warns of every try to reach a broker that is away; whoever asked is told by an exception.
logging.getLogger("kafka").setLevel(logging.CRITICAL)


def _settings(access: Access) -> dict[str, Any]:
    """What every client of the library is given. Raises LogMisconfigured."""
    milliseconds = int(access.patience * 1000)
    common: dict[str, Any] = {
        "bootstrap_servers": access.servers.split(","),
        "client_id": "ehr",
        "bootstrap_timeout_ms": milliseconds,
        "request_timeout_ms": milliseconds,
        "reconnect_backoff_max_ms": 1000,
    }
    if access.secure:
        common |= {"security_protocol": "SASL_SSL" if access.user else "SSL", "ssl_context": access.tls()}
    if access.user:
        common |= {"sasl_mechanism": MECHANISM}
        common |= {"sasl_plain_username": access.sasl_name, "sasl_plain_password": access.password}
    return common


class Place(NamedTuple):
    """Where a record store's facts are: one partition of a topic."""

    topic: str
    partition: int


class Sent(NamedTuple):
    """A record to be written."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Read(NamedTuple):
    """A record that was read. headers: those of a name that stands twice count once."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes | None]


class OffsetGone(Exception):
    """No record has this offset any more: the log was cut behind the reader's back."""


class Topic(NamedTuple):
    """A topic as the brokers have it. replicas: the fewest copies that a partition has."""

    partitions: int
    replicas: int
    settings: dict[str, str]


@contextmanager
def _told(access: Access) -> Iterator[None]:
    """The library's errors as those of this project."""
    try:
        yield
    except SaslAuthenticationFailedError:
        raise LogMisconfigured(f"Kafka at {access.servers}: {NO_SUCH_USER}") from None
    except AuthorizationError as error:
        raise LogMisconfigured(
            f"Kafka at {access.servers}: EHR_KAFKA_USER lacks rights there ({type(error).__name__}); look at "
            "the brokers' ACLs"
        ) from None
    except (LogTruncationError, OffsetOutOfRangeError):
        raise OffsetGone from None
    except (KafkaError, OSError) as error:
        raise LogUnreachable(f"Kafka at {access.servers}: {_said(error)}") from error


def _said(error: KafkaError | OSError) -> str:
    """The kind of an error, and what the library says of it where that is of nodes, ports and durations, or
    what the protocol says of the kind. Other texts may repeat what somebody has sent."""
    text: str | None = None
    if isinstance(error, (KafkaConnectionError, KafkaTimeoutError)):
        text = ", ".join(map(str, error.args))
    elif isinstance(error, BrokerResponseError):
        text = error.description
    elif isinstance(error, OSError):
        text = error.strerror
    kind = type(error).__name__
    return f"{kind}: {text.rstrip('.')}" if text else kind


@contextmanager
def _explained(access: Access) -> Iterator[None]:
    """The same, and brokers that cannot be reached are asked for the reason."""
    try:
        with _told(access):
            yield
    except LogUnreachable as error:
        raise why_not(access) or error from error


class _AdminClient(KafkaAdminClient):  # type: ignore[misc]
    """The library's, which would leave its thread and its sockets behind where no broker answers."""

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except (KafkaError, OSError):
            self._closed = False
            self.close()
            raise


class Administration:
    """Looks after topics."""

    def __init__(self, access: Access) -> None:
        """Raises LogUnreachable and LogMisconfigured, as every method does."""
        self._access = access
        with _explained(access):
            self._client = _AdminClient(**_settings(access))

    def brokers(self) -> int:
        """How many brokers there are."""
        with _explained(self._access):
            return len(self._client.describe_cluster()["brokers"])

    def find(self, name: str) -> Topic | None:
        """A topic with all of its settings, those that nobody has set included. Raises LogUnreachable, also
        while the brokers, which may have just started, know of the topic only that there is one."""
        with _explained(self._access):
            if name not in self._client.list_topics():
                return None
            found = self._client.describe_topics([name])[0]["partitions"]
            settings = self._settings(ConfigResourceType.TOPIC, name)
        if not found:
            raise LogUnreachable(f"Kafka at {self._access.servers} does not know the topic's partitions yet")
        return Topic(len(found), min(len(partition["replica_nodes"]) for partition in found), settings)

    def broker_settings(self) -> dict[str, str]:
        """The settings of one of the brokers."""
        with _explained(self._access):
            broker = self._client.describe_cluster()["brokers"][0]
            return self._settings(
                ConfigResourceType.BROKER, str(broker.get("broker_id", broker.get("node_id")))
            )

    def create(self, name: str, partitions: int, replicas: int, settings: Mapping[str, str]) -> None:
        """Makes a topic and waits until it can be used; nothing when another one has just made it."""
        wish = {"num_partitions": partitions, "replication_factor": replicas, "configs": dict(settings)}
        with _explained(self._access):
            try:
                self._client.create_topics({name: wish}, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                self._client.wait_for_topics([name])

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _settings(self, kind: ConfigResourceType, name: str) -> dict[str, str]:
        found = self._client.describe_configs([ConfigResource(kind, name)], config_filter="all")
        entries: dict[str, Any] = found[kind.name.lower()][name]
        return {key: value["value"] for key, value in entries.items()}


class Writer:
    """Writes to one partition, in order. After the first failure another one must go on.

    One batch is under way at a time, and brokers take a batch as a whole or not at all: nothing can be taken
    that follows what was lost. Nothing is sent twice: a broker that comes back may have lost the end of the
    log, and whoever looks at it first is the one to send again. The library would send on by itself, and as a
    producer that the brokers do not know, of which they take whatever comes.
    """

    def __init__(self, access: Access, place: Place) -> None:
        """Raises LogUnreachable and LogMisconfigured."""
        self._access, self._place = access, place
        with _explained(access):
            self._producer = KafkaProducer(
                **_settings(access),
                metrics_enabled=False,
                acks="all",
                enable_idempotence=False,
                retries=0,
                max_in_flight_requests_per_connection=1,
                max_request_size=LARGEST_RECORD,
                batch_size=LARGEST_RECORD,
                linger_ms=_FOR_EVER,  # A batch is sent when it is whole, by flush.
                delivery_timeout_ms=3 * _FOR_EVER,
                max_block_ms=int(access.patience * 1000),
                allow_auto_create_topics=False,
            )

    def write(self, batch: Sequence[Sent], at: int | None = None) -> int:
        """How many records of a batch, as ``batches`` gives them, the brokers have confirmed: all or none.

        at: the offset that the first one is to get, and the others behind it. Raises LogMoved where they got
        others; then all of them are confirmed.
        """
        offset = self._written(batch)
        if offset is None:
            return 0
        if at is not None and offset != at:
            raise LogMoved(self._place, at, offset)
        return len(batch)

    def close(self) -> None:
        """Gives up what is not confirmed."""
        # The library's own close refuses while there is something to give up, and leaves its thread behind.
        sender = self._producer._sender
        sender.force_close()
        sender.join(self._access.patience)
        with suppress(KafkaError):
            self._producer.close(timeout=0)

    def _written(self, batch: Sequence[Sent]) -> int | None:
        """The offset of its first record. None where it is not confirmed: it may have been taken, or be taken
        later; whoever sends it again sends duplicates, which do no harm."""
        topic, partition = self._place
        try:
            futures = [
                self._producer.send(topic, record.value, record.key, record.headers, partition)
                for record in batch
            ]
            self._producer.flush(self._access.patience * 1.5)
        except (KafkaError, OSError, AssertionError):
            return None
        if not all(future.succeeded() for future in futures):
            return None
        first: int = futures[0].value.offset
        # As one: whoever counts them goes on behind the last one.
        assert futures[-1].value.offset == first + len(batch) - 1
        return first


def batches(records: Sequence[Sent]) -> Iterator[Sequence[Sent]]:
    """In order, of about so many bytes, or of a single record that has more."""
    begin = size = 0
    for n, record in enumerate(records):
        if n > begin and size + _size(record) > BATCH_BYTES:
            yield records[begin:n]
            begin, size = n, 0
        size += _size(record)
    if records:
        yield records[begin:]


def _size(record: Sent) -> int:
    """Bytes of a record, at most."""
    headers = sum(len(name) + len(value) + _ROOM for name, value in record.headers)
    return _ROOM + len(record.key) + len(record.value) + headers


class Partition:
    """Reads one partition by offset. For one thread.

    next: the offset at which reading goes on. Not every offset has a record: where a transaction ends there
    is a mark, which is never given.
    """

    def __init__(self, access: Access, place: Place, alive: Callable[[], None] = lambda: None) -> None:
        """alive: called after each reading that has come further. Raises LogUnreachable and
        LogMisconfigured."""
        self._access = access
        self._place = TopicPartition(*place)
        self._alive = alive
        with _explained(access):
            self._consumer = KafkaConsumer(
                **_settings(access),
                metrics_enabled=False,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                max_partition_fetch_bytes=_FETCH_BYTES,
                allow_auto_create_topics=False,
            )
            self._consumer.assign([self._place])
        self.next = -1
        try:
            self.end()  # Closed while it still connects, the library would forget the socket.
        except LogUnreachable:
            self._consumer.close()
            raise

    def bounds(self) -> tuple[int, int]:
        """(the first offset, the offset that the next record will have). Raises LogUnreachable."""
        milliseconds = int(self._access.patience * 1000)
        with _told(self._access):
            first = self._consumer.beginning_offsets([self._place], milliseconds)[self._place]
            return first, self.end()

    def end(self) -> int:
        """The offset that the next record will have. Raises LogUnreachable."""
        with _told(self._access):
            end: int = self._consumer.end_offsets([self._place], int(self._access.patience * 1000))[
                self._place
            ]
            return end

    def read(self, offset: int, most: int, timeout: float) -> list[Read]:
        """Records from an offset on, as soon as there are some; none after ``timeout`` seconds, also when the
        brokers do not answer. Raises OffsetGone, and LogDamaged where they do not have what they took."""
        with _told(self._access):
            if offset != self.next:
                self._consumer.seek(self._place, offset)
                self.next = offset
            try:
                found = self._consumer.poll(int(timeout * 1000), max_records=most).get(self._place, [])
            except CorruptRecordError:
                raise LogDamaged(
                    f"offset {self.next} of partition {self._place.partition} of {self._place.topic}: "
                    "the brokers do not have the bytes that they took"
                ) from None
            self.next = found[-1].offset + 1 if found else self._consumer.position(self._place, timeout_ms=0)
        if self.next > offset:
            self._alive()
        return [Read(record.offset, record.key, record.value, dict(record.headers)) for record in found]

    def close(self) -> None:
        """Closes the connections."""
        self._consumer.close()
