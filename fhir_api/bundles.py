"""Bundles of type transaction and batch, read into what they ask for.

The resources are cut out of the Bundle's text as they stand, so that their bytes can be kept; what is left of
the Bundle is checked as a resource of its own (https://hl7.org/fhir/R4/bundle.html).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from ehr.conditional import condition_of
from ehr.definitions import RESOURCE_TYPES
from ehr.errors import Refusal
from ehr.requests import Action, Change
from fhir_api.errors import BadRequest
from fhir_api.intake import IntakeRefused, Issue, Limits, scan, validate
from fhir_api.outcomes import Invalid

_PLACEHOLDER = b'{"resourceType":"Parameters"}'
_ACTIONS: dict[str, Action] = {"POST": "create", "PUT": "update", "DELETE": "delete"}


class BundleLimits(NamedTuple):
    """What a Bundle may weigh. bytes: of the body. resource: of one resource, in bytes."""

    bytes: int
    entries: int
    resource: int


@dataclass(frozen=True, slots=True)
class Get:
    """An entry that reads: its address below the base."""

    index: int
    url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry of a batch that cannot be carried out."""

    index: int
    error: Exception


Wish = Change | Get | Refused


class ParsedBundle(NamedTuple):
    """type: ``transaction`` or ``batch``. wishes: one for each entry, in order."""

    type: str
    wishes: list[Wish]


class _Request(msgspec.Struct, rename="camel"):
    method: str = ""
    url: str = ""
    if_match: str | None = None
    if_none_exist: str | None = None
    if_none_match: str | None = None


class _Entry(msgspec.Struct, rename="camel"):
    full_url: str | None = None
    resource: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    request: _Request | None = None


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    type: str = ""
    entry: list[_Entry] = []


_decoder = msgspec.json.Decoder(_Bundle)


def parse_bundle(raw: bytes, limits: BundleLimits) -> ParsedBundle:
    """Every entry, read and validated. Raises IntakeRefused, Invalid or BadRequest; in a batch an entry that
    cannot stand is ``Refused`` by itself."""
    if len(raw) > limits.bytes:
        raise IntakeRefused([Issue("too-long", "Bundle", f"a Bundle of more than {limits.bytes} bytes")])
    bundle = _decode(raw)
    if len(bundle.entry) > limits.entries:
        raise IntakeRefused([Issue("too-long", "Bundle.entry", f"more than {limits.entries} entries")])
    resources = [
        bytes(entry.resource) if entry.resource is not msgspec.UNSET else b"" for entry in bundle.entry
    ]
    _check_rest(raw, resources)
    if bundle.type not in ("transaction", "batch"):
        raise BadRequest("Bundles sent here are of type transaction or batch.", expression="Bundle.type")
    wishes = [
        _wish(n, entry, text, limits)
        for n, (entry, text) in enumerate(zip(bundle.entry, resources, strict=True))
    ]
    if bundle.type == "transaction":
        _refuse_any(wishes)
    return ParsedBundle(bundle.type, wishes)


def read_resource(raw: bytes, limits: BundleLimits, at: str) -> dict[str, Any]:
    """One resource, checked. at: FHIRPath of the place. Raises IntakeRefused or Invalid."""
    resource = scan(raw, Limits(limits.resource))
    if not isinstance(resource, dict):
        raise IntakeRefused([Issue("structure", at, "not a JSON object")])
    issues = validate(resource, at)
    if issues:
        raise Invalid(issues)
    return resource


def _decode(raw: bytes) -> _Bundle:
    try:
        bundle = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise IntakeRefused([Issue("structure", "Bundle", _shape(error))]) from None
    except msgspec.DecodeError as error:
        raise IntakeRefused([Issue("structure", "Bundle", f"not JSON: {error}")]) from None
    except RecursionError:
        raise IntakeRefused([Issue("structure", "Bundle", "nested too deeply")]) from None
    if bundle.resource_type != "Bundle":
        raise BadRequest("A Bundle is expected at this address.", expression="Bundle.resourceType")
    return bundle


def _shape(error: msgspec.ValidationError) -> str:
    """msgspec's message names types and places only: ``Expected `str`, got `int` - at `$.entry[0]```."""
    return str(error)


def _check_rest(raw: bytes, resources: list[bytes]) -> None:
    """Checks the Bundle itself, with a placeholder for each resource."""
    pieces, done = [], 0
    for resource in resources:
        if resource:
            start = raw.index(resource, done)
            pieces += [raw[done:start], _PLACEHOLDER]
            done = start + len(resource)
    pieces.append(raw[done:])
    rest = scan(b"".join(pieces), Limits(len(raw) + len(_PLACEHOLDER) * len(resources)))
    issues = validate(rest, "Bundle")
    if issues:
        raise Invalid(issues)


def _wish(index: int, entry: _Entry, raw: bytes, limits: BundleLimits) -> Wish:
    try:
        return _read_entry(index, entry, raw, limits)
    except (IntakeRefused, Invalid, BadRequest, Refusal) as error:
        return Refused(index, _placed(error, index))


def _read_entry(index: int, entry: _Entry, raw: bytes, limits: BundleLimits) -> Wish:
    request = entry.request
    if request is None or not request.url:
        raise BadRequest("The entry has no request.", expression=f"Bundle.entry[{index}].request")
    if request.method == "GET":
        return Get(index, request.url)
    if request.method not in _ACTIONS:
        raise BadRequest(
            "Entries are POST, PUT, DELETE or GET here.", expression=f"Bundle.entry[{index}].request.method"
        )
    change = _change(index, request)
    if change.action == "delete":
        return change
    at = f"Bundle.entry[{index}].resource"
    if not raw:
        raise BadRequest("The entry has no resource.", expression=at)
    resource = read_resource(raw, limits, at)
    check_fits(change, resource, at)
    return Change(
        index,
        change.action,
        change.type,
        change.id,
        change.condition,
        change.if_match,
        entry.full_url,
        raw,
        resource,
    )


def _change(index: int, request: _Request) -> Change:
    path, _, query = request.url.strip("/").partition("?")
    type_, _, id_ = path.partition("/")
    if type_ not in RESOURCE_TYPES or "/" in id_:
        raise BadRequest(
            "The address is none of this server's.", expression=f"Bundle.entry[{index}].request.url"
        )
    action = _ACTIONS[request.method]
    condition = None
    if action == "create":
        if id_:
            raise BadRequest("POST goes to a type.", expression=f"Bundle.entry[{index}].request.url")
        query = (request.if_none_exist or query).rpartition("?")[2]
    if query:
        condition = condition_of(type_, query)
    if action != "create" and bool(id_) == bool(condition):
        raise BadRequest("It names no resource.", expression=f"Bundle.entry[{index}].request.url")
    if_match = version_of(request.if_match) if request.if_match else None
    return Change(index, action, type_, id_ or None, condition, if_match)


def version_of(etag: str) -> int:
    """The version in ``W/"3"``, ``"3"`` or ``3``. Raises BadRequest."""
    number = etag.strip().removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise BadRequest('If-Match must name a version, as in W/"3".')
    return int(number)


def check_fits(change: Change, resource: dict[str, Any], at: str) -> None:
    """Raises BadRequest when the resource is not of the type, or has not the id, that the address names."""
    if resource["resourceType"] != change.type:
        raise BadRequest("The resource is of another type than the address.", expression=f"{at}.resourceType")
    if change.action == "update" and change.id is not None and resource.get("id") != change.id:
        raise BadRequest("The resource must have the id that the address names.", expression=f"{at}.id")


def _placed(error: Exception, index: int) -> Exception:
    if isinstance(error, Refusal) and error.entry is None:
        error.entry = index
    if isinstance(error, BadRequest) and not error.expression:
        error.expression = f"Bundle.entry[{index}]"
    return error


def _refuse_any(wishes: list[Wish]) -> None:
    """A transaction stands or falls whole: all that intake found is told at once."""
    refused = [wish.error for wish in wishes if isinstance(wish, Refused)]
    issues = [i for error in refused if isinstance(error, IntakeRefused | Invalid) for i in error.issues]
    for error in refused:
        if not isinstance(error, IntakeRefused | Invalid):
            raise error
    if issues:
        raise Invalid(issues)
