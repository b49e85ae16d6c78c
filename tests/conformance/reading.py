"""Case files, read and checked. README.md describes their form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

Json = dict[str, Any]
HERE = Path(__file__).parent

_TOPIC = {"topic", "spec", "setup", "cases"}
_CASE = {"name", "spec", "setup", "fails", "steps"}
_REQUESTS = ("request", "search", "form")
_SENT = {*_REQUESTS, "headers", "body"}
_GOT = {"status", "got-headers", "got", "issue", "says", "found", "order", "included", "total", "pages"}
_STEP = _SENT | _GOT | {"keep"}


class Malformed(Exception):
    """A case file does not say what a case file has to say."""


@dataclass(frozen=True)
class Case:
    """One claim. spec: the address of what it follows from. setup: resources of its own, by name.
    steps: its requests, with what is expected of each. fails: server -> why the claim does not hold there."""

    name: str
    spec: str
    setup: Mapping[str, Json]
    steps: list[Json]
    fails: Mapping[str, str]


@dataclass(frozen=True)
class Topic:
    """The cases of one file. setup: resources that its cases share and never change, by name."""

    file: str
    title: str
    setup: Mapping[str, Json]
    cases: list[Case]


def files() -> list[Path]:
    """Every case file."""
    return sorted(HERE.glob("*.json"))


def read_topic(path: Path) -> Topic:
    """The cases of a file. Raises Malformed."""
    said = json.loads(path.read_text(), object_pairs_hook=_once)
    _refuse_others(path.name, said, _TOPIC)
    cases = [_case(path.name, said["spec"], one) for one in said["cases"]]
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise Malformed(f"{path.name}: two cases have one name")
    return Topic(path.stem, said["topic"], said.get("setup", {}), cases)


def _once(pairs: list[tuple[str, Any]]) -> Json:
    if len({name for name, _ in pairs}) < len(pairs):
        raise Malformed(f"a name is there twice: {', '.join(name for name, _ in pairs)}")
    return dict(pairs)


def _case(file: str, spec: str, said: Json) -> Case:
    place = f"{file}: {said.get('name')}"
    steps = said.get("steps") or [{name: value for name, value in said.items() if name not in _CASE}]
    _refuse_others(place, said, _CASE | (set() if "steps" in said else _STEP))
    for step in steps:
        _refuse_others(place, step, _STEP)
        if sum(name in step for name in _REQUESTS) != 1 or not _GOT & set(step) | {"keep"} & set(step):
            raise Malformed(f"{place}: a step makes one request and expects something")
    return Case(
        said["name"], urljoin(spec, said["spec"]), said.get("setup", {}), steps, said.get("fails", {})
    )


def _refuse_others(place: str, said: Json, known: set[str]) -> None:
    if not set(said) <= known:
        raise Malformed(f"{place}: unknown: {', '.join(sorted(set(said) - known))}")
