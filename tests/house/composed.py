"""docker-compose.yml as Compose would read it.

https://docs.docker.com/reference/compose-file/interpolation and …/profiles
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROFILES = ("kafka", "kafka-three", "standby")
BROKERS = {"kafka": ["kafka"], "kafka-three": ["kafka-1", "kafka-2", "kafka-3"]}
POSTGRES_PASSWORD = "chosen"

_ASKED = re.compile(r"\$\{(\w+)(?:(:[-+?]|)([^}]*))\}")


def asked(text: str) -> dict[str, str]:
    """The variables that a text asks for, each with what follows its name."""
    return {name: how + rest for name, how, rest in _ASKED.findall(text)}


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """A text with the values of variables; those that are not given count as empty."""

    def value(found: re.Match[str]) -> str:
        name, how, rest = found.groups()
        given = variables.get(name, "")
        match how:
            case ":-":
                return given or rest
            case ":+":
                return rest if given else ""
            case _:
                return given

    return _ASKED.sub(value, text)


def environment(name: str, **variables: str) -> dict[str, str]:
    """What a service is given as its environment."""
    given = {"POSTGRES_PASSWORD": POSTGRES_PASSWORD, **variables}
    told: dict[str, str] = SERVICES[name].get("environment", {})
    return {key: interpolated(value, given) for key, value in told.items()}


def active(*profiles: str) -> dict[str, dict[str, Any]]:
    """The services that start with these profiles."""
    return {
        name: service
        for name, service in SERVICES.items()
        if "profiles" not in service or set(service["profiles"]) & set(profiles)
    }


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
