"""Bundles of what was read (https://hl7.org/fhir/R4/bundle.html), joined from bytes as they are served."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlencode

import orjson

from fhir_api.call import COMMON_PARAMETERS, Call
from fhir_api.subsetting import Subset, subset
from projections.fhir_resources.found import Found

Links = dict[str, str]
"""relation -> address."""

Entry = Sequence[bytes | memoryview]
"""One entry's bytes in pieces: a page is joined once, since copying megabytes takes milliseconds."""

_MODES = {mode: b',"search":{"mode":"%b"}}' % mode.encode() for mode in ("match", "include", "outcome")}


def base_of(call: Call) -> bytes:
    """What comes before ``Type/id`` in a fullUrl."""
    return orjson.dumps(f"{call.base}/")[1:-1]


def entry(base: bytes, found: Found, body: bytes, mode: str = "match", how: Subset | None = None) -> Entry:
    """An entry of a searchset. base: as ``base_of`` gives it. body: of ``found``, unpacked. how: its part."""
    head, tail = found.served(body)
    if how:
        head, tail = subset(b"".join((head, tail)), found.type, how), memoryview(b"")
    return b'{"fullUrl":"%b%b","resource":%b' % (base, found.reference.encode(), head), tail, _MODES[mode]


def outcome_entry(outcome: bytes) -> Entry:
    """The entry that tells about the search itself."""
    return b'{"resource":', outcome, _MODES["outcome"]


def bundle(type_: str, entries: Iterable[Entry], links: Links, total: int | None = None) -> bytes:
    """The Bundle. total: of all pages, where it is known."""
    told = [{"relation": relation, "url": url} for relation, url in links.items()]
    pieces: list[bytes | memoryview] = [
        b'{"resourceType":"Bundle","type":"%b"' % type_.encode(),
        b"" if total is None else b',"total":%d' % total,
        b',"link":' + orjson.dumps(told),
    ]
    between = b',"entry":['  # An array that would be empty is left out: https://hl7.org/fhir/R4/json.html.
    for one in entries:
        pieces.append(between)
        pieces += one
        between = b","
    pieces.append(b"]}" if between == b"," else b"}")
    return b"".join(pieces)


def address(call: Call, path: str, parameters: Sequence[tuple[str, str]]) -> str:
    """An address below the base, with ``_format`` and ``_pretty`` as the call has them."""
    shown = [*parameters, *(pair for pair in call.query if pair[0] in COMMON_PARAMETERS)]
    query = f"?{urlencode(shown, safe='|:,/$', quote_via=quote)}" if shown else ""
    return f"{call.base}/{path}{query}"
