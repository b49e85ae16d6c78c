"""A real broker for the tests: fixtures that every test may use.

It is the one that `EHR_TEST_KAFKA` names (bootstrap servers), else a container where a Docker engine runs,
else `backbone.embedded_kafka`. None to be had fails the tests that need one, in one line.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.errors import UnknownTopicOrPartitionError

from backbone.broker.addresses import free_port
from backbone.broker.answering import in_service
from backbone.embedded_kafka import EmbeddedKafka
from backbone.errors import Refused
from tests.backbone.waiting import until

VARIABLE = "EHR_TEST_KAFKA"
IMAGE = "apache/kafka:4.4.0"
# Tests are short: compiling well costs more than it saves.
OPTIONS = ("-XX:TieredStopAtLevel=1",)
MEMORY = 256
# The sooner the death of a leader is noticed, the shorter a test that kills leaders.
SHORT_SESSIONS = {"broker.session.timeout.ms": "2000"}
CONTAINER_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
}


@pytest.fixture(scope="session")
def kafka_servers() -> Iterator[str]:
    """The bootstrap servers of one broker for the session (with xdist: one for each worker)."""
    with _broker() as servers:
        yield servers


@pytest.fixture(scope="session")
def kafka_admin(kafka_servers: str) -> Iterator[KafkaAdminClient]:
    """A client that makes and removes topics."""
    admin = KafkaAdminClient(bootstrap_servers=kafka_servers)
    yield admin
    admin.close()


@pytest.fixture
def topic_name(kafka_admin: KafkaAdminClient) -> Iterator[str]:
    """The name of a topic that does not exist; the topic that a test makes of it is removed afterwards."""
    name = f"test-{secrets.token_hex(6)}"
    yield name
    with suppress(UnknownTopicOrPartitionError):
        kafka_admin.delete_topics([name])


@pytest.fixture(scope="module")
def three_brokers() -> Iterator[EmbeddedKafka]:
    """Three brokers that a test may kill and launch again; it leaves all of them running."""
    with local_kafka(brokers=3, settings=SHORT_SESSIONS) as kafka:
        yield kafka
        kafka.kill()


@contextmanager
def local_kafka(
    *, brokers: int = 1, settings: dict[str, str] | None = None, port: int | None = None
) -> Iterator[EmbeddedKafka]:
    """Brokers over a directory of their own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ehr-test-") as place:
        Path(place).chmod(0o711)
        kafka = EmbeddedKafka(
            Path(place) / "kafka",
            brokers=brokers,
            port=port,
            memory=MEMORY,
            settings=settings,
            options=OPTIONS,
        )
        try:
            kafka.start()
        except Refused as reason:
            pytest.fail(f"the tests need a broker ({VARIABLE}, Docker, or Java): {reason}", pytrace=False)
        try:
            yield kafka
        finally:
            kafka.stop()


def _broker() -> AbstractContextManager[str]:
    if os.environ.get(VARIABLE):
        return _given()
    return _container() if _docker_runs() else _local()


@contextmanager
def _given() -> Iterator[str]:
    yield os.environ[VARIABLE]


@contextmanager
def _local() -> Iterator[str]:
    with local_kafka() as kafka:
        yield kafka.servers


def _docker_runs() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "version"], capture_output=True, check=False).returncode == 0


@contextmanager
def _container() -> Iterator[str]:
    from testcontainers.core.container import DockerContainer  # Takes long to import, and is rarely needed.

    port = free_port(set())
    container = DockerContainer(IMAGE).with_bind_ports(9092, port).with_envs(**CONTAINER_SETTINGS)
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://127.0.0.1:{port}")
    with container:
        until(lambda: in_service(port) is not None, "the broker in the container serves")
        yield f"127.0.0.1:{port}"
