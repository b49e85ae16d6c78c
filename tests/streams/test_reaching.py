"""Who comes to a real broker with the right credentials gets in; everyone else is told what to look at."""

import gc
import secrets
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from streams.access import Access
from streams.broker import Administration, Partition, Place, Writer
from streams.event_log import LogMisconfigured, LogUnreachable
from streams.kafka_log import KafkaLog
from streams.recorded_fact import RecordedFact
from streams.relay import refill
from tests.stating import create, migrated, patient, state_all
from tests.stating import request as asking
from tests.streams.certificates import DAY, Pair
from tests.streams.relaying import way
from tests.streams.secure_broker import GUEST, PASSWORD, USER, SecureBroker, secure_broker

PATIENCE = 1.0
WRONG = "not-the-password-5678"


@pytest.fixture(scope="module")
def broker() -> Iterator[SecureBroker]:
    with secure_broker() as broker:
        yield broker


@pytest.fixture
def signed(broker: SecureBroker) -> Access:
    """By certificate; ``replace`` makes it another one."""
    return Access(
        broker.door("mutual"),
        ca=str(broker.authority.file),
        certificate=str(broker.client.certificate),
        key=str(broker.client.key),
        patience=PATIENCE,
    )


@pytest.fixture
def known(broker: SecureBroker) -> Access:
    """By user and password."""
    return Access(broker.door("password"), USER, PASSWORD, str(broker.authority.file), patience=PATIENCE)


def refusal(access: Access) -> LogMisconfigured | LogUnreachable:
    """What a client is told that does not get in. No secret is in it, nor in what led to it."""
    try:
        with closing(Administration(access)) as administration:
            administration.brokers()
    except (LogMisconfigured, LogUnreachable) as refused:
        told = "".join(traceback.format_exception(refused))
        assert PASSWORD not in told
        assert WRONG not in told
        return refused
    pytest.fail("it got in")


def shown(access: Access, pair: Pair) -> Access:
    """The same with another certificate."""
    return replace(access, certificate=str(pair.certificate), key=str(pair.key))


@pytest.mark.parametrize("how", ["known", "signed"])
def test_facts_are_relayed_and_read_over_tls(
    how: str, database: str, broker: SecureBroker, request: pytest.FixtureRequest
) -> None:
    access: Access = request.getfixturevalue(how)
    migrated(database)
    state_all(database, asking(create(patient("Hồ Thị Thử"))), asking(create(patient("Trần Văn Thử"))))
    place = Place(f"test.{secrets.token_hex(6)}", 0)
    assert refill(way(database, access, place)) == 2
    with closing(KafkaLog(access, place)) as log:
        assert [type(entry) for entry in log.read(0, 10)] == [RecordedFact, RecordedFact]
        assert log.end() == 2


Change = Callable[[SecureBroker, Access], Access]
WITH_PASSWORD: list[tuple[Change, str]] = [
    (lambda _, access: replace(access, password=WRONG), "EHR_KAFKA_PASSWORD"),
    (lambda _, access: replace(access, user="no=bo,dy"), "EHR_KAFKA_USER"),
    (lambda _, access: replace(access, user=None), "EHR_KAFKA_USER and EHR_KAFKA_PASSWORD"),
    (lambda b, access: replace(access, ca=str(b.stranger.file)), "no authority that EHR_KAFKA_CA names"),
    (lambda _, access: replace(access, ca=None), "set EHR_KAFKA_CA"),
    (lambda b, access: replace(access, servers=b.door("tls")), "leave EHR_KAFKA_USER empty"),
    (
        lambda b, access: replace(access, servers=b.door("other")),
        "sasl.enabled.mechanisms lack SCRAM-SHA-512",
    ),
    (lambda b, access: replace(access, servers=b.door("plain")), "unset EHR_KAFKA_CA and EHR_KAFKA_USER"),
    (lambda b, _: Access(b.door("password"), patience=PATIENCE), "it speaks TLS there; set EHR_KAFKA_CA"),
    (lambda b, access: replace(access, servers=b.door("password", "localhost")), "for other names"),
    (lambda _, a: replace(a, servers=f"127.0.0.1:1,{a.servers}", password=WRONG), "EHR_KAFKA_PASSWORD"),
]
WITH_CERTIFICATE: list[tuple[Change, str]] = [
    (lambda _, access: replace(access, certificate=None, key=None), "set EHR_KAFKA_CERTIFICATE"),
    (lambda b, access: shown(access, b.stranger.sign("client")), "the certificate of EHR_KAFKA_CERTIFICATE"),
    (lambda b, access: shown(access, b.authority.sign("old", lasts=-DAY)), "EHR_KAFKA_CERTIFICATE"),
    (lambda b, access: replace(access, servers=b.door("expired")), "has expired"),
    (lambda b, _: Access(b.door("mutual"), patience=PATIENCE), "it speaks TLS there; set EHR_KAFKA_CA"),
]


@pytest.mark.parametrize(("change", "said"), WITH_PASSWORD)
def test_who_comes_with_a_password_is_told_what_is_wrong(
    broker: SecureBroker, known: Access, change: Change, said: str
) -> None:
    refused = refusal(change(broker, known))
    assert isinstance(refused, LogMisconfigured)
    assert said in str(refused)


@pytest.mark.parametrize(("change", "said"), WITH_CERTIFICATE)
def test_who_comes_with_a_certificate_is_told_what_is_wrong(
    broker: SecureBroker, signed: Access, change: Change, said: str
) -> None:
    refused = refusal(change(broker, signed))
    assert isinstance(refused, LogMisconfigured)
    assert said in str(refused)


def test_every_kind_of_client_is_told(known: Access) -> None:
    wrong, place = replace(known, password=WRONG), Place("any", 0)
    for client in (Writer, Partition):
        with pytest.raises(LogMisconfigured, match="EHR_KAFKA_PASSWORD"):
            client(wrong, place)
    with closing(KafkaLog(wrong, place)) as log, pytest.raises(LogMisconfigured, match="EHR_KAFKA_PASSWORD"):
        log.end()


def test_who_may_not_do_it_is_told(known: Access) -> None:
    guest = replace(known, user=GUEST)
    with (
        closing(Administration(guest)) as administration,
        pytest.raises(LogMisconfigured, match="lacks rights"),
    ):
        administration.create("test.of-a-guest", 1, 1, {})


def test_a_broker_that_names_a_wrong_address_is_told(broker: SecureBroker) -> None:
    refused = refusal(Access(broker.door("astray"), patience=PATIENCE))
    assert "advertised.listeners" in str(refused)
    assert "nothing listens there" in str(refused)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("nowhere.invalid:9092", "no address is known for this name; look at EHR_KAFKA"),
        ("127.0.0.1:1", "nothing listens there; look at EHR_KAFKA"),
    ],
)
def test_where_there_is_nothing(server: str, said: str) -> None:
    refused = refusal(Access(server, patience=PATIENCE))
    assert isinstance(refused, LogUnreachable)
    assert f"Kafka at {server}: {said}" in str(refused)


def test_who_tries_again_and_again_leaves_nothing_behind() -> None:
    """A relay does so for as long as Kafka is away."""
    gc.collect()
    nowhere = Access("127.0.0.1:1", patience=0.1)
    refusal(nowhere)
    threads, files = threading.active_count(), open_files()
    for _ in range(5):
        refusal(nowhere)
    gc.collect()
    assert threading.active_count() == threads
    assert open_files() <= files


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(params=[b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"E\0\0\0\x0cFATAL\0", b"\0\0\0\2ok"])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where something listens that is no Kafka: it says nothing at all, or always the same."""
    said: bytes = request.param
    waiting: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            waiting.append(connection)
            if said:
                connection.recv(4096)
                connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in waiting:
        connection.close()


@pytest.mark.parametrize("over_tls", [False, True])
def test_what_is_no_kafka_is_given_up(stranger: str, over_tls: bool, broker: SecureBroker) -> None:
    """Also what takes a connection and says nothing: nobody waits for it for ever."""
    ca = str(broker.authority.file) if over_tls else None
    refused = refusal(Access(stranger, ca=ca, patience=PATIENCE))
    assert isinstance(refused, LogUnreachable)
    assert "does not answer as Kafka does; look at EHR_KAFKA" in str(refused)
