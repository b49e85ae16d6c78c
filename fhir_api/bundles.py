"""Bundles of type transaction and batch, read into what they ask for
(https://hl7.org/fhir/R4/http.html#transaction)."""

import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

from ehr.appending import Criteria
from ehr.conditional import condition_of
from ehr.definitions import RESOURCE_TYPES
from ehr.errors import Refusal
from ehr.requests import Action, Change
from ehr.values import ID
from fhir_api.errors import BadRequest, NotSupported
from fhir_api.frames import EntryRequest, Frame, Refused, read_frames
from fhir_api.intake import IntakeRefused, Issue, Limits, scan, validate
from fhir_api.outcomes import Invalid, Told, told

MOST_ISSUES = 100
"""So many findings are told of a Bundle; of a batch's further entries only the first of each."""

SEVERAL = "_multiple"
"""The parameter by which a conditional delete takes away all that match."""

_ACTIONS: dict[str, Action] = {"POST": "create", "PUT": "update", "DELETE": "delete"}
_DOTS = (".", "..")
"""Ids that FHIR allows; in addresses they are no names (https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4)."""

_OPERATION = re.compile(rf"(?:{ID.pattern}/)?(\$[A-Za-z0-9\-]{{1,64}})")
_BEFORE_QUERY = re.compile(r"^([^?=&]*)\?")


class BundleLimits(NamedTuple):
    """What a Bundle may weigh. bytes: of the body. resource: of one resource, in bytes."""

    bytes: int
    entries: int
    resource: int


@dataclass(frozen=True, slots=True)
class Get:
    """An entry that reads: its address below the base, and its conditions as headers."""

    index: int
    url: str
    headers: dict[str, str]


Wish = Change | Get | Refused


class ParsedBundle(NamedTuple):
    """type: ``transaction`` or ``batch``. wishes: one for each entry, in order. full_urls: of all entries."""

    type: str
    wishes: list[Wish]
    full_urls: frozenset[str]


def parse_bundle(raw: bytes, limits: BundleLimits) -> ParsedBundle:
    """Every entry, read and validated; in a batch an entry that cannot stand is ``Refused`` by itself.

    Raises IntakeRefused, Invalid or BadRequest for a Bundle that cannot be read, Told for a transaction
    with entries that cannot stand.
    """
    if len(raw) > limits.bytes:
        raise IntakeRefused([Issue("too-long", "Bundle", f"a Bundle of more than {limits.bytes} bytes")])
    frames = read_frames(raw, limits.entries)
    reader = _Reader(limits)
    wishes: list[Wish] = []
    for index, frame in enumerate(frames.entries):
        wishes.append(reader.read(index, frame))
        if frames.type == "transaction" and reader.issues >= MOST_ISSUES:
            break
    if frames.type == "transaction":
        _refuse_any(wishes)
    return ParsedBundle(frames.type, wishes, frozenset(reader.full_urls))


def read_resource(
    raw: bytes, limits: BundleLimits, change: Change, at: str, most: int = MOST_ISSUES
) -> dict[str, Any]:
    """The resource of a create or update, checked. at: FHIRPath of the place. most: issues told.

    Raises IntakeRefused, BadRequest or Invalid.
    """
    resource = scan(raw, Limits(limits.resource), at if most > 1 else "")
    if not isinstance(resource, dict):
        raise IntakeRefused([Issue("structure", at, "not a JSON object")])
    _check_fits(change, resource, at)
    issues = validate(resource, at, most, local=b"#" in raw or rb"\u0023" in raw)
    if issues:
        raise Invalid(issues)
    return resource


class _Reader:
    """Reads the entries of one Bundle. issues: told so far. full_urls: met so far."""

    def __init__(self, limits: BundleLimits) -> None:
        self._limits = limits
        self.issues = 0
        self.full_urls: set[str] = set()

    def read(self, index: int, frame: Frame | Refused) -> Wish:
        if isinstance(frame, Refused):
            self.issues += _count(frame.error)
            return frame
        try:
            return self._read(index, frame)
        except (IntakeRefused, Invalid, BadRequest, NotSupported, Refusal) as error:
            self.issues += _count(error)
            return Refused(index, _placed(error, index))

    def _read(self, index: int, frame: Frame) -> Wish:
        request = frame.request
        self._check_full_url(index, frame)
        if request.method == "GET":
            return Get(index, request.url, _conditions_of_get(request))
        change = _change(index, request)
        if change.action == "delete":
            return change
        at = f"Bundle.entry[{index}].resource"
        if not frame.text:
            raise BadRequest("The entry has no resource.", expression=at)
        most = MOST_ISSUES if self.issues < MOST_ISSUES else 1
        resource = read_resource(frame.text, self._limits, change, at, most)
        # Not by dataclasses.replace, which takes as long as the rest of this.
        to = (change.action, change.type, change.id, change.condition, change.if_match)
        return Change(index, *to, frame.full_url, frame.text, resource)

    def _check_full_url(self, index: int, frame: Frame) -> None:
        url = frame.full_url
        if not url:
            return
        if url in self.full_urls:
            place = f"Bundle.entry[{index}].fullUrl"
            raise Invalid([Issue("invariant", place, "fullUrl: an earlier entry has the same (bdl-7)")])
        self.full_urls.add(url)


def _query_of(condition: str, type_: str) -> str:
    """The search of If-None-Exist, which some write with ``Type?`` or an address before it.

    Raises BadRequest where it names another type.
    """
    before = _BEFORE_QUERY.match(condition)
    if before and before[1].rpartition("/")[2] not in ("", type_):
        raise BadRequest("If-None-Exist searches for another type than it creates.")
    return condition[before.end() :] if before else condition


def create_condition(type_: str, if_none_exist: str | None, query: str) -> Criteria | None:
    """The condition of a create: If-None-Exist, or else the address's parameters. Raises Undecidable."""
    if if_none_exist is None:
        return condition_of(type_, query) if query else None
    if query:
        raise BadRequest("It has both If-None-Exist and parameters.")
    return condition_of(type_, _query_of(if_none_exist, type_))


def conditional(index: int | None, action: Action, type_: str, query: str, if_match: int | None) -> Change:
    """A conditional update or delete. Raises Undecidable, BadRequest."""
    parameters = parse_qsl(query, keep_blank_values=True)
    several = [value for name, value in parameters if name == SEVERAL] if action == "delete" else []
    if not several:
        return Change(index, action, type_, None, condition_of(type_, query), if_match)
    if several not in (["true"], ["false"]) or (several == ["true"] and if_match is not None):
        raise BadRequest(f"{SEVERAL} is true or false, and true not with If-Match.")
    criteria = condition_of(type_, urlencode([pair for pair in parameters if pair[0] != SEVERAL]))
    return Change(index, action, type_, None, criteria, if_match, several=several == ["true"])


def _conditions_of_get(request: EntryRequest) -> dict[str, str]:
    told_ = {"if-none-match": request.if_none_match, "if-modified-since": request.if_modified_since}
    return {name: value for name, value in told_.items() if value}


def _change(index: int, request: EntryRequest) -> Change:
    action = _ACTIONS.get(request.method)
    if action is None:
        raise NotSupported(
            f"Not in Bundles: {request.method}.", expression=f"Bundle.entry[{index}].request.method"
        )
    _check_conditions(action, request)
    at = f"Bundle.entry[{index}].request.url"
    type_, id_, query = _address(request.url, at)
    if action == "create":
        if id_:
            raise BadRequest("POST goes to a type.", expression=at)
        return Change(index, action, type_, condition=create_condition(type_, request.if_none_exist, query))
    if bool(id_) == bool(query):
        raise BadRequest("It names no resource.", expression=at)
    if_match = version_of(request.if_match) if request.if_match else None
    if query:
        return conditional(index, action, type_, query, if_match)
    return Change(index, action, type_, id_, if_match=if_match)


def _address(url: str, at: str) -> tuple[str, str, str]:
    """(type, id, search) of ``Type``, ``Type/id`` or ``Type?search``. Raises BadRequest, NotSupported."""
    path, _, query = url.strip("/").partition("?")
    type_, slash, rest = path.partition("/")
    id_ = unquote(rest)
    if slash and (operation := _OPERATION.fullmatch(id_)):
        raise NotSupported(f"Not in Bundles: {operation[1]}.", expression=at)
    if type_ not in RESOURCE_TYPES or (slash and not ID.fullmatch(id_)):
        raise BadRequest("The address is none of this server's.", expression=at)
    return type_, id_, query


def _check_conditions(action: Action, request: EntryRequest) -> None:
    """A condition that is not kept would be worse than one that is refused."""
    other = ("ifMatch", request.if_match) if action == "create" else ("ifNoneExist", request.if_none_exist)
    if not (request.if_none_match or request.if_modified_since or other[1]):
        return
    odd = [("ifNoneMatch", request.if_none_match), ("ifModifiedSince", request.if_modified_since), other]
    names = [name for name, value in odd if value]
    raise NotSupported(f"With {request.method}: {', '.join(names)}.")


def version_of(etag: str) -> int:
    """The version in ``W/"3"``, ``"3"`` or ``3``. Raises BadRequest."""
    number = etag.strip().removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise BadRequest('If-Match must name a version, as in W/"3".')
    return int(number)


def _check_fits(change: Change, resource: dict[str, Any], at: str) -> None:
    """Raises BadRequest when the resource is not of the type, or has not the id, that the address names."""
    type_ = resource.get("resourceType")
    if isinstance(type_, str) and type_ in RESOURCE_TYPES and type_ != change.type:
        raise BadRequest("The resource is of another type than the address.", expression=f"{at}.resourceType")
    if change.action == "update" and change.id is not None and resource.get("id") != change.id:
        raise BadRequest("The resource must have the id that the address names.", expression=f"{at}.id")
    if change.action == "update" and resource.get("id") in _DOTS:
        raise BadRequest("Under this id nobody could ask for it.", expression=f"{at}.id")


def _count(error: Exception) -> int:
    return len(error.issues) if isinstance(error, IntakeRefused | Invalid) else 1


def _placed(error: Exception, index: int) -> Exception:
    """The error at the entry's place, where it says none."""
    if isinstance(error, Refusal) and error.entry is None:
        error.entry = index
    if isinstance(error, BadRequest | NotSupported) and not error.expression:
        error.expression = f"Bundle.entry[{index}]"
    if isinstance(error, IntakeRefused):
        at = f"Bundle.entry[{index}].resource"
        return IntakeRefused([replace(i, expression=i.expression or at) for i in error.issues])
    return error


def _refuse_any(wishes: list[Wish]) -> None:
    """A transaction stands or falls whole: all that intake found is told at once."""
    refused = [told(wish.error) for wish in wishes if isinstance(wish, Refused)]
    if refused:
        status = 413 if any(status == 413 for status, _, _ in refused) else refused[0][0]
        raise Told(status, [issue for _, issues, _ in refused for issue in issues][:MOST_ISSUES], {})
