"""The oracle: whether a server that was given Synthea's bundles holds just what was in them.

    python -m tests.journeys.oracle URL oracle-small.json synthea-small.tar.xz

Three questions to the server, through its API alone: how many resources of each type, which ones for each
patient, and whether each comes back as it was sent. Where a resource went is learned by sending its bundle
again under the same Idempotency-Key, as after a lost answer; that this adds nothing is part of the first
question.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec

from backbone.importing.documents import Turn, documents, sources
from backbone.importing.importer import CLIENT
from backbone.importing.submissions import Submission
from backbone.importing.submissions import read_json as read_submission
from tests.journeys.comparing import Resolve, differences, read_json

PAGE = 1000
IDENTIFIER = "https://github.com/synthetichealth/synthea"
SHARED = frozenset({"Organization", "Location", "Practitioner", "PractitionerRole"})
"""Types of resources that belong to no patient."""

APART = frozenset({"Device", "Medication"})
"""Types outside the patient compartment (https://hl7.org/fhir/R4/compartmentdefinition-patient.html):
$everything has them when it follows references, and may have none of them."""

COUNTED = ("Observation", "Encounter", "Condition", "Procedure")
_CONDITIONAL = re.compile(r"[A-Z][A-Za-z]+\?")


@dataclass(frozen=True, slots=True)
class Sent:
    """One bundle, and what each of its entries became (``Type/id``)."""

    name: str
    submission: Submission
    became: list[str]

    def entries(self) -> list[Any]:
        """Its entries, read."""
        return list(read_json(self.submission.body)["entry"])

    def links(self, entries: list[Any]) -> dict[str, str]:
        """What links to the entries become: only those of a transaction are rewritten."""
        if self.submission.kind != "transaction":
            return {}
        return {entry["fullUrl"]: key for entry, key in zip(entries, self.became, strict=True)}


class _Link(msgspec.Struct):
    relation: str
    url: str


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str


class _PageEntry(msgspec.Struct):
    resource: msgspec.Raw


class _Page(msgspec.Struct):
    link: list[_Link] = []
    entry: list[_PageEntry] = []


class Server:
    """The server that is questioned."""

    def __init__(self, client: httpx.Client, base_url: str) -> None:
        """``base_url``: without ``/fhir``."""
        self._base = f"{base_url.rstrip('/')}/fhir"
        self._client = client

    def read(self, key: str) -> bytes | None:
        """The resource at ``Type/id``; None when it is not shown."""
        answer = self._client.get(f"{self._base}/{key}")
        return answer.content if answer.is_success else None

    def walk(self, path: str) -> Iterator[tuple[str, bytes]]:
        """``Type/id`` and bytes of every resource of a search, page by page."""
        url: httpx.URL | None = httpx.URL(f"{self._base}/{path}")
        while url:
            page = msgspec.json.decode(self._client.get(url).raise_for_status().content, type=_Page)
            for entry in page.entry:
                content = bytes(entry.resource)
                yield key_of(content), content
            url = next((url.join(link.url) for link in page.link if link.relation == "next"), None)

    def send_again(self, submission: Submission) -> list[str]:
        """What each entry of the bundle became when it was sent first."""
        headers = {"Idempotency-Key": submission.key, "Content-Type": "application/fhir+json"}
        answer = self._client.post(self._base, content=submission.body, headers=headers).raise_for_status()
        return [_key(entry["response"]["location"]) for entry in answer.json()["entry"]]


def key_of(content: bytes) -> str:
    """``Type/id`` of a resource."""
    resource = msgspec.json.decode(content, type=_Resource)
    return f"{resource.resource_type}/{resource.id}"


def disagreements(base_url: str, oracle: Path, bundles: Path) -> list[str]:
    """In what the server differs from the oracle and the bundles that it was given: places, no values."""
    expected = json.loads(oracle.read_text())
    with httpx.Client(timeout=600.0, trust_env=False, headers={"X-EHR-Client": CLIENT}) as client:
        return list(_disagreements(Server(client, base_url), expected, bundles))


def _disagreements(server: Server, expected: Mapping[str, Any], bundles: Path) -> Iterator[str]:
    sent = [Sent(name, one, server.send_again(one)) for name, one in _submissions(bundles)]
    stored: dict[str, bytes] = {}
    for type_, count in expected["resources_by_type"].items():
        found = list(server.walk(f"{type_}?_count={PAGE}"))
        if len(found) != count or len(dict(found)) != count:
            yield f"{type_}: {len(found)}, {len(dict(found))} of them different, instead of {count}"
        stored.update(found)
    seen: set[str] = set()
    for bundle in sent:
        yield from _read_back(server, bundle, stored, seen)
    by_name = {bundle.name: bundle for bundle in sent}
    for patient, counts in expected["by_patient"].items():
        yield from _of_patient(server, patient, counts, by_name[counts["file"]])


def _submissions(bundles: Path) -> Iterator[tuple[str, Submission]]:
    """The bundles with the names of their files, hospitals and practitioners first."""
    for turn in Turn:
        for source in sources([bundles]):
            for document in (one for one in documents(source) if one.turn == turn):
                found = (one for one in read_submission(document) if isinstance(one, Submission))
                yield from ((document.path.name, one) for one in found)


def _key(location: str) -> str:
    """``Type/id`` of ``…/Type/id/_history/1``."""
    return "/".join(location.partition("/_history/")[0].split("/")[-2:])


def _read_back(server: Server, bundle: Sent, stored: Mapping[str, bytes], seen: set[str]) -> Iterator[str]:
    """Whether every resource is what was sent first for it, and the same whether it is read or searched."""
    entries = bundle.entries()
    links = bundle.links(entries)
    types_read: set[str] = set()

    @cache
    def resolve(link: str) -> str:
        if _CONDITIONAL.match(link):
            return ",".join(key for key, _ in server.walk(link))
        return links.get(link, link)

    for n, (entry, key) in enumerate(zip(entries, bundle.became, strict=True)):
        found = _differences(entry["resource"], stored.get(key), resolve) if key not in seen else []
        if entry["resource"]["resourceType"] not in types_read and server.read(key) != stored.get(key):
            found = [*found, "read is not what search finds"]
        types_read.add(entry["resource"]["resourceType"])
        seen.add(key)
        yield from (f"{bundle.name} entry[{n}] {one}" for one in found)


def _differences(sent: Any, received: bytes | None, resolve: Resolve) -> list[str]:
    return ["is not there"] if received is None else differences(sent, read_json(received), resolve)


def _of_patient(server: Server, patient: str, counts: Mapping[str, Any], bundle: Sent) -> Iterator[str]:
    """Whether the patient can be found, and $everything of the patient is what the bundle held."""
    own = set(bundle.became)
    if len(own) != counts["everything_in_bundle"]:
        yield f"{bundle.name}: {len(own)} resources instead of {counts['everything_in_bundle']}"
    found = [key for key, _ in server.walk(f"Patient?identifier={IDENTIFIER}|{patient}")]
    if len(found) != 1:
        yield f"{bundle.name}: {len(found)} patients with its identifier"
        return
    everything = Counter(key for key, _ in server.walk(f"{found[0]}/$everything?_count={PAGE}"))
    types = Counter(key.partition("/")[0] for key in everything)
    wrong = {type_: types[type_] for type_ in COUNTED if types[type_] != counts[type_]}
    missing = {key for key in own - everything.keys() if key.partition("/")[0] not in APART}
    foreign = {key for key in everything.keys() - own if key.partition("/")[0] not in SHARED}
    repeated = [key for key in own if everything[key] > 1 and key.partition("/")[0] not in APART]
    if wrong or missing or foreign or repeated:
        faults = f"lacks {len(missing)}, has {len(foreign)} of others, repeats {len(repeated)}"
        yield f"{bundle.name}: $everything {faults}; wrong counts: {wrong}"


def main() -> int:
    """The command: 0 when the server agrees, 1 when it does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("base_url", help="the server's address, without /fhir")
    parser.add_argument("oracle", type=Path, help="the counts: oracle-*.json")
    parser.add_argument("bundles", type=Path, help="the bundles that were imported: a folder or an archive")
    given = parser.parse_args()
    found = disagreements(given.base_url, given.oracle, given.bundles)
    for line in found:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(found)} disagreements\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
