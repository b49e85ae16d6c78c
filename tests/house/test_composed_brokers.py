"""The brokers of docker-compose.yml, as far as they can be looked at without a Docker engine.

The image writes its settings with a class of Kafka's own, which is run here on the environment that the
brokers would be given. What the image does with variables is described in
https://github.com/apache/kafka/blob/4.4.0/docker/examples/README.md, the settings in
https://kafka.apache.org/documentation/#brokerconfigs, of which Kafka prints the list itself.
"""

from pathlib import Path

import pytest

from backbone.broker.broker import SETTINGS
from backbone.broker.jars import VERSION
from backbone.broker.programs import Programs
from streams.topics import Wish
from tests.house.composed import BROKERS, SERVICES, active, environment
from tests.house.conftest import properties, said
from tests.kafka_broker import IMAGE

# Variables of the image that are no setting of a broker, each with where it is described.
NO_SETTINGS = {
    "CLUSTER_ID": "docker/examples/README.md, «Using Environment Variables»",
    "KAFKA_HEAP_OPTS": "bin/kafka-server-start.sh, which the image starts",
}
DATA = "/var/lib/kafka/data"  # A volume of the image: docker/jvm/Dockerfile.
ALL = [(profile, name) for profile, names in BROKERS.items() for name in names]
RELAYS = {"kafka": "relay", "kafka-three": "relay-three"}
# What one machine may do differently from several: ports and names, sizes, and how fast a restart is.
OF_THE_MACHINE = {"log.dirs", "broker.session.timeout.ms", "broker.heartbeat.interval.ms"}
OF_THE_MACHINE |= {f"{topic}.num.partitions" for topic in ("offsets.topic", "transaction.state.log")}
OF_THE_MACHINE |= {"share.coordinator.state.topic.num.partitions"}


def setting(variable: str) -> str:
    """The broker's setting that a variable of the image stands for, of letters and dots only."""
    return variable.removeprefix("KAFKA_").lower().replace("_", ".")


def settings(name: str) -> dict[str, str]:
    """The settings that a broker is given."""
    told = environment(name)
    return {setting(variable): value for variable, value in told.items() if variable not in NO_SETTINGS}


def test_the_image_is_the_version_that_the_tests_and_the_local_broker_run() -> None:
    assert {SERVICES[name]["image"] for _, name in ALL} == {IMAGE} == {f"apache/kafka:{VERSION}"}


@pytest.mark.parametrize(("profile", "name"), ALL)
def test_every_variable_is_one_of_the_image(profile: str, name: str, known: set[str]) -> None:
    assert "auto.create.topics.enable" in known
    assert set(settings(name)) <= known, profile


@pytest.mark.parametrize(("profile", "name"), ALL)
def test_the_image_makes_settings_of_it_with_which_the_storage_is_made(
    profile: str, name: str, programs: Programs, place: Path
) -> None:
    home = place / name
    for directory in (home, home / "default", home / "mounted", home / "final", home / "tmp"):
        directory.mkdir()
        programs.give(directory)
    told = environment(name) | {"KAFKA_LOG_DIRS": str(home / "data")}
    folders = [f"--{kind}-configs-dir={home / kind}" for kind in ("default", "mounted", "final")]
    said(programs, home, "kafka.docker.KafkaDockerWrapper", "setup", *folders, variables=told)
    written = properties((home / "final" / "server.properties").read_text())
    assert written | {"log.dirs": DATA} == settings(name), profile
    made = properties((home / "data" / "meta.properties").read_text())
    assert (made["cluster.id"], made["node.id"]) == (told["CLUSTER_ID"], told["KAFKA_NODE_ID"])


@pytest.mark.parametrize(("profile", "name"), ALL)
def test_what_the_local_broker_is_told_the_composed_ones_are_told_too(profile: str, name: str) -> None:
    local = {
        key: value for key, value in properties(SETTINGS.read_text()).items() if key not in OF_THE_MACHINE
    }
    assert {"auto.create.topics.enable", "log.retention.ms"} <= set(local)
    told = settings(name)
    assert {key: told.get(key) for key in local} == local, profile


@pytest.mark.parametrize(("profile", "name"), ALL)
def test_the_topic_that_the_relay_makes_would_be_safe_by_the_brokers_settings_too(
    profile: str, name: str
) -> None:
    copies = int(environment(RELAYS[profile], EHR_LOG="kafka")["EHR_KAFKA_REPLICATION"])
    assert copies == len(BROKERS[profile])
    told, wish = settings(name), Wish("ehr.facts", copies=copies).settings
    assert told["min.insync.replicas"] == wish["min.insync.replicas"]
    assert told["unclean.leader.election.enable"] == wish["unclean.leader.election.enable"]
    assert told["log.retention.ms"] == wish["retention.ms"]
    assert told["default.replication.factor"] == str(copies)


@pytest.mark.parametrize(("profile", "names"), BROKERS.items())
def test_the_brokers_of_a_profile_are_one_cluster(profile: str, names: list[str]) -> None:
    started = [name for name in active(profile) if SERVICES[name].get("image") == IMAGE]
    assert started == names
    assert [settings(name)["node.id"] for name in names] == [str(n) for n in range(1, len(names) + 1)]
    voters = ",".join(f"{number}@{name}:9093" for number, name in enumerate(names, start=1))
    assert {settings(name)["controller.quorum.voters"] for name in names} == {voters}
    assert len({environment(name)["CLUSTER_ID"] for name in names}) == 1
    differing = {"node.id", "advertised.listeners"}
    alike = [{k: v for k, v in settings(name).items() if k not in differing} for name in names]
    assert all(others == alike[0] for others in alike)


@pytest.mark.parametrize(("profile", "name"), ALL)
def test_a_broker_says_where_it_is_and_goes_by_the_name_that_the_programs_use(
    profile: str, name: str
) -> None:
    assert settings(name)["advertised.listeners"] == f"PLAINTEXT://{name}:9092", profile
    (alias,) = SERVICES[name]["networks"]["default"]["aliases"]
    assert environment("api", EHR_LOG="kafka")["EHR_KAFKA"] == f"{alias}:9092"


def test_each_broker_has_a_volume_of_its_own() -> None:
    volumes = {name: SERVICES[name]["volumes"] for _, name in ALL}
    assert volumes == {name: [f"{name}:{DATA}"] for _, name in ALL}
    assert {settings(name)["log.dirs"] for _, name in ALL} == {DATA}


@pytest.mark.parametrize("name", [name for _, name in ALL])
def test_brokers_have_no_more_rights_than_they_need_and_no_port_outside(name: str) -> None:
    broker = SERVICES[name]
    assert broker["cap_drop"] == SERVICES["api"]["cap_drop"] == ["ALL"]
    assert broker["security_opt"] == SERVICES["api"]["security_opt"]
    assert "ports" not in broker
    assert broker["healthcheck"]["test"][1:3] == ["/opt/kafka/bin/kafka-cluster.sh", "cluster-id"]
