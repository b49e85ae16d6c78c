"""A FHIR server in memory, as little of one as an import and its checks need, for tests that look inside.

It keeps resources as the bytes that came, rewrites references of a transaction, remembers Idempotency-Keys,
and refuses a Patient whose gender is none.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

GENDERS = {"male", "female", "other", "unknown"}
_REFERENCE = re.compile(rb'("reference"\s*:\s*")([^"]*)"')
_HEAD = re.compile(rb'^(\{\s*"resourceType"\s*:\s*"\w+"\s*)(?:,\s*"id"\s*:\s*"[^"]*")?')
Raw = msgspec.Raw


class _Request(msgspec.Struct, rename="camel"):
    method: str
    url: str
    if_none_exist: str = ""


class _Entry(msgspec.Struct, rename="camel"):
    resource: Raw
    request: _Request
    full_url: str = ""


class _Bundle(msgspec.Struct):
    type: str
    entry: list[_Entry] = []


class Key(NamedTuple):
    type: str
    id: str


class Refused(Exception):
    def __init__(self, expression: str, text: str, status: int = 400) -> None:
        self.status = status
        issue = {
            "severity": "error",
            "code": "invalid",
            "details": {"text": text},
            "expression": [expression],
        }
        self.outcome = {"resourceType": "OperationOutcome", "issue": [issue]}


@dataclass
class Stub:
    """What the server holds, and what it was asked."""

    resources: dict[Key, bytes] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    answers: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    distort: Callable[[Key, bytes], bytes | None] = lambda _key, content: content
    """Stands between the store and whoever reads: a planted bug. None leaves the resource out."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _identified: dict[tuple[str, str], dict[Key, None]] = field(default_factory=dict)

    def count(self, type_: str) -> int:
        return sum(key.type == type_ for key in self.resources)

    def store(self, request: _Request, raw: bytes, links: Mapping[str, str], at: str) -> tuple[int, Key]:
        resource = json.loads(raw)
        if resource.get("gender", "unknown") not in GENDERS:
            raise Refused(f"{at}.gender", "Not a code of AdministrativeGender.")
        key = self.key_of(request)
        known = self.resources.get(key)
        if request.method == "POST" and known:
            return 200, key
        raw = _REFERENCE.sub(lambda found: self._rewritten(found, links, at), raw)
        for system, value in _identifiers(resource):
            self._identified.setdefault((key.type, f"{system}|{value}"), {})[key] = None
        self.resources[key] = _HEAD.sub(rb'\1,"id":"' + key.id.encode() + b'"', raw)
        return (200 if known else 201), key

    def key_of(self, request: _Request) -> Key:
        """The resource that a request is about."""
        type_, _, id_ = request.url.partition("/")
        if not id_ and request.if_none_exist:
            id_ = next(iter(self.search(type_, dict(parse_qsl(request.if_none_exist)))), Key("", "")).id
        return Key(type_, unquote(id_) or f"new-{len(self.resources)}")

    def _rewritten(self, found: re.Match[bytes], links: Mapping[str, str], at: str) -> bytes:
        link = found[2].decode()
        if "?" in link and not link.startswith(("urn:", "http")):
            type_, _, query = link.partition("?")
            matches = self.search(type_, dict(parse_qsl(query)))
            if len(matches) != 1:
                raise Refused(at, f"A conditional reference matches {len(matches)} resources.", 412)
            link = f"{type_}/{matches[0].id}"
        return found[1] + links.get(link, link).encode() + b'"'

    def search(self, type_: str, query: Mapping[str, str]) -> list[Key]:
        if "identifier" not in query:
            return [key for key in self.resources if key.type == type_]
        return [
            key for key in self._identified.get((type_, query["identifier"]), {}) if key in self.resources
        ]

    def transaction(self, entries: list[_Entry]) -> list[dict[str, Any]]:
        """All or nothing; ids are given before references are rewritten."""
        links: dict[str, str] = {}
        before = dict(self.resources)
        requests = []
        for number, entry in enumerate(entries):
            key = self.key_of(entry.request)
            if key.id.startswith("new-"):
                key = Key(key.type, f"new-{len(before)}-{number}")
            links[entry.full_url] = f"{key.type}/{key.id}"
            requests.append(_Request("PUT", f"{key.type}/{key.id}"))
        try:
            return [
                _response(
                    *self.store(request, bytes(entry.resource), links, f"Bundle.entry[{number}].resource")
                )
                for number, (request, entry) in enumerate(zip(requests, entries, strict=True))
            ]
        except Refused:
            self.resources = before
            raise

    def batch(self, entries: list[_Entry]) -> list[dict[str, Any]]:
        return [self._batched(number, entry) for number, entry in enumerate(entries)]

    def _batched(self, number: int, entry: _Entry) -> dict[str, Any]:
        try:
            at = f"Bundle.entry[{number}].resource"
            return _response(*self.store(entry.request, bytes(entry.resource), {}, at))
        except Refused as refused:
            return {"response": {"status": f"{refused.status} Refused", "outcome": refused.outcome}}

    def bundle(self, body: bytes) -> dict[str, Any]:
        bundle = msgspec.json.decode(body, type=_Bundle)
        entries = self.transaction(bundle.entry) if bundle.type == "transaction" else self.batch(bundle.entry)
        return {"resourceType": "Bundle", "type": f"{bundle.type}-response", "entry": entries}

    def write(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """One writing request, answered once for each Idempotency-Key."""
        with self._lock:
            self.bodies.append(body)
            self.headers.append(headers)
            key = headers.get("idempotency-key", "")
            if key in self.answers:
                same = self.answers[key][0] == body
                return JSONResponse(self.answers[key][1], 200 if same else 422)
            try:
                answer, status = self._written(method, path, body)
            except Refused as refused:
                return JSONResponse(refused.outcome, refused.status, {"X-Request-Id": "r-1"})
            if key:
                self.answers[key] = (body, answer)
            return JSONResponse(answer, status)

    def _written(self, method: str, path: str, body: bytes) -> tuple[dict[str, Any], int]:
        if not path:
            return self.bundle(body), 200
        status, key = self.store(_Request(method, path), body, {}, path.partition("/")[0])
        return {"id": key.id}, status

    def page(self, base: str, keys: list[Key], query: Mapping[str, str]) -> Response:
        """One page of a search, with a link to the next."""
        count, first = int(query.get("_count", 50)), int(query.get("after", 0))
        shown = [(key, self.distort(key, self.resources[key])) for key in keys[first : first + count]]
        entries = [
            b'{"fullUrl":"%b/%b/%b","resource":%b}'
            % (base.encode(), key.type.encode(), key.id.encode(), content)
            for key, content in shown
            if content is not None
        ]
        links = [{"relation": "self", "url": base}]
        if first + count < len(keys):
            links.append({"relation": "next", "url": f"?_count={count}&after={first + count}"})
        head = b'{"resourceType":"Bundle","type":"searchset","link":' + json.dumps(links).encode()
        return Response(head + b',"entry":[' + b",".join(entries) + b"]}", media_type="application/fhir+json")

    def everything(self, patient: str) -> list[Key]:
        """The resources that hold a reference to the patient, and the patient."""
        link = b'"Patient/' + patient.encode() + b'"'
        mine = (key for key, content in self.resources.items() if link in content)
        return [key for key in mine if key.type != "Patient"] + [Key("Patient", patient)]


def _identifiers(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    found = resource.get("identifier", [])
    for one in found if isinstance(found, list) else [found]:
        yield one.get("system", ""), one.get("value", "")


def _response(status: int, key: Key) -> dict[str, Any]:
    return {"response": {"status": f"{status} Stored", "location": f"{key.type}/{key.id}/_history/1"}}


def application(stub: Stub) -> Starlette:
    """The stub's addresses."""

    async def metadata(_request: Request) -> Response:
        return JSONResponse({"resourceType": "CapabilityStatement"})

    async def write(request: Request) -> Response:
        path = request.url.path.removeprefix("/fhir").strip("/")
        return stub.write(request.method, path, await request.body(), dict(request.headers))

    async def search(request: Request) -> Response:
        keys = stub.search(request.path_params["type"], request.query_params)
        return stub.page(str(request.base_url) + "fhir", keys, request.query_params)

    async def read(request: Request) -> Response:
        key = Key(request.path_params["type"], request.path_params["id"])
        content = stub.distort(key, stub.resources[key]) if key in stub.resources else None
        return Response(content or b"", 200 if content else 404, media_type="application/fhir+json")

    async def everything(request: Request) -> Response:
        keys = stub.everything(request.path_params["id"])
        return stub.page(str(request.base_url) + "fhir", keys, request.query_params)

    return Starlette(
        routes=[
            Route("/fhir/metadata", metadata),
            Route("/fhir/Patient/{id}/$everything", everything),
            Route("/fhir/{type}/{id}", read, methods=["GET"]),
            Route("/fhir/{type}", search, methods=["GET"]),
            Route("/fhir", write, methods=["POST"]),
            Route("/fhir/{path:path}", write, methods=["POST", "PUT"]),
        ]
    )
