"""What docs/how-to/several-machines.md has brokers and programs do is done here, with one broker."""

import datetime
import ipaddress
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backbone.broker.addresses import free_port
from backbone.broker.answering import HOST
from backbone.broker.programs import ENVIRONMENT, Programs
from streams.broker import Access, Administration
from streams.event_log import LogMisconfigured, LogUnreachable
from streams.topics import Wish, ensure_topic
from tests.backbone.waiting import until
from tests.house.composed import ROOT, environment
from tests.house.conftest import OPTIONS, properties, said
from tests.house.test_composed_brokers import settings

PAGE = (ROOT / "docs" / "how-to" / "several-machines.md").read_text(encoding="utf8")
BROKER, CLIENT = re.findall(r"```properties\n(.*?)```", PAGE, re.DOTALL)
DAY = datetime.timedelta(days=1)


def test_every_setting_of_a_broker_exists(known: set[str]) -> None:
    told = {name for name in properties(BROKER) if not name.startswith("listener.name.")}
    assert "controller.quorum.voters" in told
    assert told <= known
    of_listeners = {name for name in properties(BROKER) if name.startswith("listener.name.")}
    listeners = {listener.partition(":")[0] for listener in properties(BROKER)["listeners"].split(",")}
    assert {name.split(".")[2].upper() for name in of_listeners} <= listeners


def test_three_machines_keep_facts_as_the_three_composed_brokers_do() -> None:
    of_the_network = re.compile(r"node.id|log.dirs|controller|process|.*listener|sasl|ssl|group")
    composed = {key: value for key, value in settings("kafka-1").items() if not of_the_network.match(key)}
    assert {"min.insync.replicas", "log.retention.ms"} <= set(composed)
    assert {key: properties(BROKER).get(key) for key in composed} == composed
    assert environment("relay-three")["EHR_KAFKA_REPLICATION"] == "3"


def certify(authority: Path, both: Path) -> None:
    """Writes the certificate of an authority, and the key and the certificate of a broker on this machine."""
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("authority", "broker")]
    basis = x509.CertificateBuilder().not_valid_before(now - DAY).not_valid_after(now + DAY)
    basis = basis.issuer_name(names[0])
    of_authority, of_broker = (
        basis.subject_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        for name, key in zip(names, keys, strict=True)
    )
    of_authority = of_authority.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    of_broker = of_broker.add_extension(here, critical=False)
    signed = [one.sign(keys[0], hashes.SHA256()) for one in (of_authority, of_broker)]
    pem = serialization.Encoding.PEM
    authority.write_bytes(signed[0].public_bytes(pem))
    key = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both.write_bytes(key + signed[1].public_bytes(pem))


def of_this_machine(text: str, home: Path, ports: dict[str, int]) -> str:
    """The page's settings of `log-1`, where it is alone, in a directory of this machine."""
    text = re.sub(r"(?<=1@log-1:9093),.*", "", text)
    text = text.replace("/etc/kafka", str(home)).replace("/var/lib/kafka", str(home / "kept"))
    for port, other in ports.items():
        text = text.replace(f"log-1:{port}", f"{HOST}:{other}")
    return text


@pytest.fixture(scope="module")
def servers(programs: Programs, place: Path) -> Iterator[str]:
    """The address of a broker that runs with the page's settings."""
    for directory in (place, place / "tmp"):
        directory.mkdir(exist_ok=True)
        programs.give(directory)
    certify(place / "ca.pem", place / "broker.pem")
    ports: dict[str, int] = {}
    for port in ("9092", "9093", "9094"):
        ports[port] = free_port(set(ports.values()))
    (place / "server.properties").write_text(of_this_machine(BROKER, place, ports))
    (line,) = re.findall(r"kafka-storage.sh (format .*)", PAGE)
    arguments = line.replace("=ID ", "=VXe54qe5RY2vjUVAvHRhvg ").replace("/etc/kafka", str(place))
    said(programs, place, "kafka.tools.StorageTool", *arguments.replace("'", "").split())
    with (place / "start.log").open("wb") as output:
        broker = subprocess.Popen(
            programs.command("kafka.Kafka", "server.properties", options=["-Xmx256m", *OPTIONS]),
            cwd=place,
            env=ENVIRONMENT,
            stdout=output,
            stderr=output,
        )
    yield f"{HOST}:{ports['9092']}"
    broker.kill()
    broker.wait()


def test_programs_come_in_with_the_user_that_was_made_and_over_tls_only(servers: str, place: Path) -> None:
    authority = str(place / "ca.pem")
    access = Access(servers, user="ehr", password="PASSWORD", ca=authority)
    until(lambda: _serves(access), "the broker serves")
    with closing(Administration(access)) as administration:
        ensure_topic(administration, Wish("ehr.facts", copies=1))
    with pytest.raises(LogMisconfigured, match="EHR_KAFKA_PASSWORD"):
        Administration(Access(servers, user="ehr", password="another", ca=authority, patience=2.0))
    with pytest.raises(LogMisconfigured, match="it speaks TLS there"):
        Administration(Access(servers, patience=2.0))


def _serves(access: Access) -> bool:
    try:
        with closing(Administration(access)) as administration:
            return administration.brokers() == 1
    except LogUnreachable:
        return False


def test_kafkas_own_commands_come_in_with_what_the_page_gives_them() -> None:
    told = properties(CLIENT)
    assert told["sasl.mechanism"] == properties(BROKER)["sasl.enabled.mechanisms"]
    assert f"CLIENTS:{told['security.protocol']}" in properties(BROKER)["listener.security.protocol.map"]
    assert PAGE.count("--bootstrap-server log-1:9092 --command-config /etc/kafka/client.properties") == 2
