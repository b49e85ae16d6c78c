"""Dockerfile and docker-compose.yml name only commands, files, views and variables that exist.

There is no Docker engine here; what it would be told is read instead. The variables of the PostgreSQL image
are those of https://github.com/docker-library/docs/blob/master/postgres/README.md.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from backbone import wiring
from backbone.cli import app
from backbone.settings import Settings, variable

ROOT = Path(__file__).parents[2]
SETTINGS = {variable(field) for field in Settings.model_fields}
IMAGE_VARIABLES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}
OWN_VARIABLES = {"POSTGRES_SHARED_BUFFERS"}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def commands() -> set[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return set(group.commands)


def strings(value: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    else:
        yield str(value)


def docker_lines(instruction: str) -> list[str]:
    """The arguments of each such instruction of the Dockerfile."""
    return re.findall(rf"^{instruction} (.+)$", DOCKERFILE, re.MULTILINE)


def test_every_ehr_command_exists() -> None:
    given = [service["command"] for service in SERVICES.values() if service["command"][0] == "ehr"]
    given += [yaml.safe_load(line) for line in docker_lines("CMD")]
    assert {command[1] for command in given} == {"migrate", "serve", "project"}
    assert {command[1] for command in given} <= commands()


def test_every_view_is_projected_once() -> None:
    commands = {name: service["command"] for name, service in SERVICES.items()}
    projected = {name: command[2:] for name, command in commands.items() if command[1] == "project"}
    assert projected == wiring.PROJECTORS
    assert sorted(view for views in projected.values() for view in views) == sorted(wiring.VIEWS)


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_exists(name: str) -> None:
    given = set(SERVICES[name]["environment"])
    assert given <= (IMAGE_VARIABLES if name == "postgres" else SETTINGS)


def test_every_variable_that_is_asked_for_exists_and_passwords_have_no_default() -> None:
    asked = dict(re.findall(r"\$\{(\w+)([^}]*)\}", "\n".join(strings(COMPOSE))))
    assert set(asked) <= SETTINGS | IMAGE_VARIABLES | OWN_VARIABLES
    assert asked["POSTGRES_PASSWORD"].startswith(":?")
    assert not [name for name, rest in asked.items() if "PASSWORD" in name and not rest.startswith(":?")]


def test_the_programs_get_settings_that_they_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES["api"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+(?::-)?([^}]*)\}", r"\1", value))
    settings = Settings()
    assert settings.port == 8000
    assert settings.allow_remote


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
