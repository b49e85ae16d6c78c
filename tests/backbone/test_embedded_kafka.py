"""The local Kafka: first start, second start, clean stop, and every way to die."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from backbone import unprivileged
from backbone.broker import archive, jars, programs
from backbone.broker.addresses import PortTaken
from backbone.broker.answering import in_service
from backbone.broker.broker import StartFailed
from backbone.broker.jars import NoMaven, UnexpectedJars
from backbone.broker.java import NoJava
from backbone.directory_lock import DirectoryInUse
from backbone.embedded_kafka import EmbeddedKafka, OtherSize, running_servers
from backbone.unprivileged import User, server_user
from tests.backbone.conftest import open_temporary_directory
from tests.backbone.waiting import is_gone, processes_in, until
from tests.kafka_broker import MEMORY, OPTIONS

TOPIC = "kept"
LISTENING = "0A"
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F"}  # As /proc/net/tcp and tcp6 write 127.0.0.1.
OWNER = """
import signal, sys
from pathlib import Path
from backbone.embedded_kafka import EmbeddedKafka
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with EmbeddedKafka(Path(sys.argv[1]), memory=256, options=["-XX:TieredStopAtLevel=1"], log=str) as kafka:
    print(kafka.pid(), kafka.servers, flush=True)
    signal.sigwait({signal.SIGTERM})
"""
FETCHER = """
import sys
from pathlib import Path
from backbone.broker import jars
print(jars.installed_jars(None, lambda line: print(line, file=sys.stderr)))
"""


def no_log(line: str) -> None:
    """Says nothing."""


def quiet(directory: Path, **settings: str) -> EmbeddedKafka:
    return EmbeddedKafka(directory, memory=MEMORY, options=OPTIONS, log=no_log, settings=settings)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A cluster of one broker with topic `kept`, stopped, to be copied."""
    with open_temporary_directory() as place:
        with quiet(place / "kafka") as kafka:
            make_topic(kafka.servers)
        yield place / "kafka"


@pytest.fixture
def directory(open_directory: Path, made: Path) -> Path:
    """A directory with a cluster of its own."""
    subprocess.run(["cp", "-a", made, open_directory / "kafka"], check=True)
    return open_directory / "kafka"


@pytest.fixture
def owner(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the broker of `directory`."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, directory], stdout=subprocess.PIPE, text=True)
    yield process
    process.terminate()
    process.communicate()


@pytest.fixture
def empty_cache(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the jars, without jars."""
    cache = open_directory / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr(unprivileged, "PLACE_FOR_ROOT", cache / "ehr-backbone")
    return cache / "ehr-backbone"


def installed() -> Path:
    return programs.installed_programs(server_user(Path("missing")), no_log).jars


def pid_and_servers(owner: subprocess.Popen[str]) -> tuple[int, str]:
    assert owner.stdout is not None
    pid, servers = owner.stdout.readline().split()
    return int(pid), servers


def make_topic(servers: str, copies: int = 1) -> None:
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=copies)])
    admin.close()


def write_and_count(servers: str, writes: int = 1) -> int:
    """Sends so many records, each acknowledged, and returns how many the topic has."""
    producer = KafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True)
    for future in [producer.send(TOPIC, b"record") for _ in range(writes)]:
        future.get(timeout=60)
    producer.close()
    partition = TopicPartition(TOPIC, 0)
    consumer = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    read = 0
    while consumer.position(partition) < end:
        read += sum(map(len, consumer.poll(timeout_ms=1000).values()))
    consumer.close()
    return read


def test_records_are_kept_from_start_to_start(directory: Path) -> None:
    with quiet(directory) as kafka:
        assert write_and_count(kafka.servers, 3) == 3
    with quiet(directory) as kafka:
        assert write_and_count(kafka.servers) == 4


def test_stopping_leaves_no_process_and_a_clean_log(directory: Path) -> None:
    kafka = quiet(directory)
    kafka.start()
    assert processes_in(directory)
    kafka.stop()
    assert processes_in(directory) == []
    assert not kafka.is_running()
    assert (directory / "broker-1" / "data" / ".kafka_cleanshutdown").exists()


def test_a_killed_broker_is_started_again_at_the_same_address_with_its_records(directory: Path) -> None:
    with quiet(directory) as kafka:
        servers = kafka.servers
        assert write_and_count(servers, 3) == 3
        os.kill(kafka.pid(), signal.SIGKILL)
        until(lambda: not kafka.is_running(), "the broker is dead")
        kafka.launch()
        assert kafka.servers == servers
        assert write_and_count(servers) == 4


def test_only_this_machine_reaches_it_and_root_does_not_run_it(directory: Path) -> None:
    with quiet(directory) as kafka:
        addresses = listening(kafka.pid())
        user = Path(f"/proc/{kafka.pid()}").stat().st_uid
    assert addresses
    assert addresses <= LOOPBACK
    assert user != 0


def listening(pid: int) -> set[str]:
    """The addresses that the process listens on, as proc(5) writes them."""
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()
    ]
    return {
        line[1].split(":")[0] for line in lines if line[3] == LISTENING and f"socket:[{line[9]}]" in sockets
    }


def test_a_directory_has_one_owner_at_a_time_and_other_commands_find_its_servers(
    directory: Path, owner: subprocess.Popen[str]
) -> None:
    assert running_servers(directory) is None
    _, servers = pid_and_servers(owner)
    assert running_servers(directory) == servers
    with pytest.raises(DirectoryInUse, match=f"in use by process {owner.pid}"):
        quiet(directory).start()
    assert write_and_count(servers) == 1


def test_it_stops_when_its_owner_is_killed(directory: Path, owner: subprocess.Popen[str]) -> None:
    pid, servers = pid_and_servers(owner)
    assert write_and_count(servers) == 1
    owner.kill()
    until(lambda: is_gone(pid), "the broker follows its owner")
    with quiet(directory) as kafka:
        assert write_and_count(kafka.servers) == 2


def test_the_next_owner_stops_a_broker_that_outlived_its_owner(
    directory: Path, owner: subprocess.Popen[str]
) -> None:
    pid, servers = pid_and_servers(owner)
    assert write_and_count(servers) == 1
    os.kill(pid, signal.SIGSTOP)  # So it does not hear that its owner dies.
    owner.kill()
    owner.wait()
    os.kill(pid, signal.SIGCONT)
    with quiet(directory) as kafka:
        assert is_gone(pid)
        assert write_and_count(kafka.servers) == 2


def test_storage_whose_making_was_cut_short_is_made_anew(open_directory: Path) -> None:
    unfinished = open_directory / "kafka" / "broker-1" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "meta.properties").write_text("version=1\ncluster.id=other\n")
    user = server_user(Path("missing"))
    if user is not None:
        os.chown(unfinished.parent, user.uid, user.gid)
    with quiet(open_directory / "kafka") as kafka:
        make_topic(kafka.servers)
        assert write_and_count(kafka.servers) == 1


def test_own_settings_go_over_those_of_the_project_and_a_wrong_one_fails_with_the_reason(
    directory: Path,
) -> None:
    with pytest.raises(StartFailed, match=r"Invalid value soon for configuration log\.retention\.ms"):
        quiet(directory, **{"log.retention.ms": "soon"}).start()
    assert processes_in(directory) == []


def test_a_given_port_is_used_and_a_taken_one_is_refused(directory: Path, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        with pytest.raises(PortTaken, match=f"port {free_port} is in use"):
            EmbeddedKafka(directory, port=free_port, log=no_log).start()
        assert in_service(free_port) is None
    with EmbeddedKafka(directory, port=free_port, memory=MEMORY, options=OPTIONS, log=no_log) as kafka:
        assert kafka.servers == f"127.0.0.1:{free_port}"
        assert write_and_count(kafka.servers) == 1


def test_another_number_of_brokers_than_the_directory_holds_is_refused(directory: Path) -> None:
    with pytest.raises(OtherSize, match="holds 1 brokers, and 3 are asked for"):
        EmbeddedKafka(directory, brokers=3, log=no_log).start()


def test_without_java_one_line_says_what_to_install(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(open_directory))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NoJava) as refusal:
        quiet(open_directory / "kafka").start()
    expected = "Apache Kafka needs Java 17 or newer: sudo apt-get install openjdk-17-jre-headless."
    assert str(refusal.value) == expected


def test_a_java_that_is_too_old_counts_as_none(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (open_directory / "java").write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    (open_directory / "java").chmod(0o755)
    monkeypatch.setenv("PATH", str(open_directory))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NoJava, match="17 or newer"):
        quiet(open_directory / "kafka").start()


def test_without_maven_one_line_says_what_to_install(
    open_directory: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (open_directory / "java").symlink_to(Path(str(shutil.which("java"))).resolve())
    monkeypatch.setenv("PATH", str(open_directory))
    with pytest.raises(NoMaven) as refusal:
        quiet(open_directory / "kafka").start()
    assert str(refusal.value) == "Apache Kafka is fetched once by Maven: sudo apt-get install maven."
    assert list(empty_cache.glob("*-*/")) == []


def test_two_processes_that_fetch_at_once_share_what_one_fetched(empty_cache: Path) -> None:
    command = [sys.executable, "-c", FETCHER]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [output for output, _ in told] == [f"{empty_cache / 'kafka-4.4.0'}\n"] * 2
    assert sorted(bool(said) for _, said in told) == [False, True]
    assert [place.name for place in empty_cache.iterdir() if place.is_dir()] == ["kafka-4.4.0"]


def copied_jars(cache: Path) -> Path:
    return Path(shutil.copytree(installed(), cache / "kafka-4.4.0"))


def damage(jar: Path) -> None:
    content = bytearray(jar.read_bytes())
    content[len(content) // 2] ^= 1
    jar.write_bytes(content)


def test_a_damaged_jar_is_refused(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = copied_jars(open_directory / "cache" / "ehr-backbone")
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_directory / "cache"))
    monkeypatch.setattr(unprivileged, "PLACE_FOR_ROOT", copied.parent)
    damage(copied / "kafka-server-4.4.0.jar")
    with pytest.raises(UnexpectedJars, match=r"kafka-server-4\.4\.0\.jar is not as expected"):
        quiet(open_directory / "kafka").start()
    assert processes_in(open_directory / "kafka") == []


def test_a_missing_and_a_strange_jar_are_refused(tmp_path: Path) -> None:
    copied = copied_jars(tmp_path)
    jars.check(copied)
    missing = (copied / "re2j-1.8.jar").rename(tmp_path / "re2j-1.8.jar")
    with pytest.raises(UnexpectedJars, match="re2j"):
        jars.check(copied)
    missing.rename(copied / "re2j-1.8.jar")
    (copied / "strange.jar").touch()
    with pytest.raises(UnexpectedJars, match="strange"):
        jars.check(copied)


def test_a_broker_starts_from_the_archive_of_classes(directory: Path) -> None:
    with quiet(directory) as kafka:
        mapped = Path(f"/proc/{kafka.pid()}/maps").read_text()
    ours = programs.installed_programs(server_user(Path("missing")), no_log)
    made = archive.class_archive(ours, no_log)
    assert made is not None
    assert str(made) in mapped


def test_a_damaged_archive_is_removed_and_without_any_it_starts_slowly(open_directory: Path) -> None:
    ours = programs.installed_programs(server_user(Path("missing")), no_log)
    made = archive.class_archive(ours, no_log)
    assert made is not None
    (open_directory / "kafka-4.4.0-classes").mkdir()
    (open_directory / "kafka-4.4.0").mkdir()
    copied = Path(shutil.copy(made, open_directory / "kafka-4.4.0-classes"))
    elsewhere = programs.Programs(ours.java, open_directory / "kafka-4.4.0", ours.user)
    said: list[str] = []
    assert archive.class_archive(elsewhere, said.append) == copied
    os.truncate(copied, 1_000_000)
    assert archive.class_archive(elsewhere, said.append) is None  # There are no jars to make one of.
    assert not copied.exists()
    assert said[0] == "Kafka: preparing quick starts, once"
    assert said[1].startswith("Kafka: starts stay slow: kafka.tools.StorageTool failed")


def test_jars_lie_where_the_user_gets_to(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_directory.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(open_directory))
    monkeypatch.setattr(unprivileged, "PLACE_FOR_ROOT", open_directory / "place")
    nobody = pwd.getpwnam("nobody")
    user = User(nobody.pw_uid, nobody.pw_gid, nobody.pw_name)
    assert jars.place(None) == open_directory / "ehr-backbone" / "kafka-4.4.0"
    assert jars.place(user) == open_directory / "place" / "kafka-4.4.0"


def test_three_brokers_lose_a_leader_and_nothing_else(three_brokers: EmbeddedKafka) -> None:
    servers = three_brokers.servers
    ports = [int(server.partition(":")[2]) for server in servers.split(",")]
    make_topic(servers, copies=3)
    assert write_and_count(servers, 10) == 10
    three_brokers.kill(leader(servers))
    assert write_and_count(servers, 10) == 20
    three_brokers.launch()
    answers = [in_service(port) for port in ports]
    assert all(answer is not None and answer.brokers == {1, 2, 3} for answer in answers)
    three_brokers.kill()
    three_brokers.launch()
    assert write_and_count(servers, 10) == 30


def leader(servers: str) -> int:
    """The number of the broker that leads the topic."""
    admin = KafkaAdminClient(bootstrap_servers=servers)
    described = admin.describe_topics([TOPIC])
    admin.close()
    return int(described[0]["partitions"][0]["leader_id"])


def test_a_topic_of_the_session_s_broker(kafka_servers: str, topic_name: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka_servers)
    assert topic_name not in admin.list_topics()
    admin.create_topics([NewTopic(topic_name, num_partitions=1, replication_factor=1)])
    assert topic_name in admin.list_topics()
    admin.close()
