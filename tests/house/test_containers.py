"""Dockerfile and docker-compose.yml name only commands, files, views and variables that exist.

There need not be a Docker engine; what it would be told is read instead. The variables of the PostgreSQL
image are those of https://github.com/docker-library/docs/blob/master/postgres/README.md. Those of the Kafka
image are looked at in test_composed_brokers.py.
"""

import re
import shlex
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from backbone import wiring
from backbone.cli import app
from backbone.settings import Settings, variable
from tests.house.composed import (
    BROKERS,
    COMPOSE,
    PROFILES,
    ROOT,
    SERVICES,
    active,
    asked,
    environment,
    strings,
)

SETTINGS = {variable(field) for field in Settings.model_fields}
IMAGE_VARIABLES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}
OWN_VARIABLES = {"POSTGRES_SHARED_BUFFERS", "KAFKA_HEAP"}
PROGRAMS = [name for name, service in SERVICES.items() if service.get("command", [""])[0] == "ehr"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def commands() -> set[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return set(group.commands)


def docker_lines(instruction: str) -> list[str]:
    """The arguments of each such instruction of the Dockerfile."""
    return re.findall(rf"^{instruction} (.+)$", DOCKERFILE, re.MULTILINE)


def test_every_ehr_command_exists() -> None:
    given = [SERVICES[name]["command"] for name in PROGRAMS]
    given += [yaml.safe_load(line) for line in docker_lines("CMD")]
    assert {command[1] for command in given} == {"migrate", "serve", "project", "link", "relay"}
    assert {command[1] for command in given} <= commands()


def projected(services: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """The views that each service projects."""
    commands = {name: services[name]["command"] for name in PROGRAMS if name in services}
    return {name: command[2:] for name, command in commands.items() if command[1] == "project"}


@pytest.mark.parametrize("profile", [None, "kafka", "kafka-three"])
def test_every_view_is_projected_once(profile: str | None) -> None:
    found = projected(active(*filter(None, [profile])))
    assert found == wiring.PROJECTORS
    assert sorted(view for views in found.values() for view in views) == sorted(wiring.VIEWS)


def test_another_projector_of_each_view_stands_by() -> None:
    added = projected({name: service for name, service in active("standby").items() if name not in active()})
    assert sorted(view for views in added.values() for view in views) == sorted(wiring.VIEWS)


@pytest.mark.parametrize("profile", [None, *BROKERS])
def test_one_relay_works_where_brokers_run_and_none_elsewhere(profile: str | None) -> None:
    services = active(*filter(None, [profile]))
    relays = [name for name in PROGRAMS if name in services and services[name]["command"][1] == "relay"]
    assert len(relays) == (profile is not None)


def test_only_these_profiles_are_named() -> None:
    assert {name for service in SERVICES.values() for name in service.get("profiles", [])} == set(PROFILES)


def test_without_a_profile_there_is_what_there_was_before_kafka() -> None:
    assert set(active()) == {"postgres", "migrate", "api", "project-resources", "project-charts", "link"}


@pytest.mark.parametrize("name", ["postgres", *PROGRAMS])
def test_every_variable_exists(name: str) -> None:
    given = set(SERVICES[name]["environment"])
    assert given <= (IMAGE_VARIABLES if name == "postgres" else SETTINGS)


def test_every_variable_that_is_asked_for_exists_and_passwords_have_no_default() -> None:
    found = asked("\n".join(strings(COMPOSE)))
    assert set(found) <= SETTINGS | IMAGE_VARIABLES | OWN_VARIABLES
    assert found["POSTGRES_PASSWORD"].startswith(":?")
    assert not [name for name, rest in found.items() if "PASSWORD" in name and not rest.startswith(":?")]


def settings_of(name: str, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for key, value in environment(name, **variables).items():
        monkeypatch.setenv(key, value)
    return Settings()


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_programs_get_settings_that_they_accept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(name, monkeypatch)
    assert settings.database_url is not None
    assert (settings.log, settings.kafka) == ("embedded", None)


def test_the_api_listens_where_its_port_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of("api", monkeypatch, EHR_PORT="9000")
    assert settings.port == 8000
    assert settings.allow_remote


@pytest.mark.parametrize("name", PROGRAMS)
def test_with_kafka_the_programs_go_to_the_brokers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(name, monkeypatch, EHR_LOG="kafka")
    assert (settings.log, settings.kafka) == ("kafka", "brokers:9092")


def test_ports_are_published_on_this_host_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_restarts_and_limits_its_log(name: str) -> None:
    assert SERVICES[name]["restart"] in ({"on-failure"} if name == "migrate" else {"unless-stopped"})
    assert SERVICES[name]["logging"]["options"]["max-size"]


def test_what_others_wait_for_has_a_health_check() -> None:
    waited_for = {
        other
        for service in SERVICES.values()
        for other, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert waited_for <= {name for name, service in SERVICES.items() if "healthcheck" in service}
    assert "/readyz" in " ".join(SERVICES["api"]["healthcheck"]["test"])


def test_every_named_volume_is_declared_and_the_records_are_on_one() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
    assert "postgres:/var/lib/postgresql/data" in SERVICES["postgres"]["volumes"]


def test_the_image_holds_every_package_and_nothing_that_does_not_exist() -> None:
    copied = [shlex.split(line)[:-1] for line in docker_lines("COPY")]
    sources = {source for line in copied for source in line}
    assert all((ROOT / source).exists() for source in sources)
    assert {"ehr", "streams", "projections", "fhir_api", "backbone", "simulation"} <= sources
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources <= allowed


def test_the_image_does_not_run_as_root_and_pins_every_version() -> None:
    assert docker_lines("USER") == ["ehr"]
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE


def test_postgresql_is_told_settings_that_exist() -> None:
    own = (ROOT / "backbone" / "embedded_postgres.conf").read_text()
    told = [argument.removeprefix("-c") for argument in SERVICES["postgres"]["command"][1:]]
    known = set(re.findall(r"^(\w+) = ", own, re.MULTILINE)) | {"shared_buffers"}
    assert {setting.split("=")[0] for setting in told} <= known
