"""How answers differ from what a case expects."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

from tests.conformance.matching import departs, select
from tests.conformance.names import Names
from tests.conformance.reading import Json


def parsed(answer: httpx.Response) -> Any:
    """The body; None where it is no JSON."""
    try:
        return json.loads(answer.text) if answer.content else None
    except ValueError:
        return None


def differences(step: Json, pages: list[httpx.Response], names: Names) -> Iterator[str]:
    """What the first answer, or all pages together, have that is not expected. pages: one unless walked."""
    first, bodies = pages[0], [parsed(page) for page in pages]
    wanted = step.get("status", 200)
    if first.status_code not in (wanted if isinstance(wanted, list) else [wanted]):
        yield f"status {first.status_code}, not {wanted}{_told(bodies[0])}"
        return
    yield from _of_headers(step, first, names)
    yield from _of_body(step, first, bodies[0], names)
    if first.status_code >= 400:
        yield from _of_refusal(step, bodies[0])
    elif "request" not in step:
        for body in bodies:
            yield from _of_any_searchset(body)
    yield from _of_entries(step, bodies, names)


def _told(body: Any) -> str:
    texts = select(body, "issue.details.text") or select(body, "issue.diagnostics")
    return f" ({texts[0]})" if texts else ""


def _of_headers(step: Json, answer: httpx.Response, names: Names) -> Iterator[str]:
    for name, expected in names.fill(step.get("got-headers", {})).items():
        values = [answer.headers[name]] if name in answer.headers else []
        if departs(values, expected):
            yield f"header {name} {values}, not {_short(expected)}"


def _of_body(step: Json, answer: httpx.Response, body: Any, names: Names) -> Iterator[str]:
    for path, expected in step.get("got", {}).items():
        values = select(body, path) if path else [answer.text]
        wanted = names.fill(expected)
        if departs(values, wanted):
            yield f"{path or 'text'} {_short(values)}, not {_short(wanted)}"


def _of_refusal(step: Json, body: Any) -> Iterator[str]:
    if select(body, "resourceType") != ["OperationOutcome"]:
        yield "refused without an OperationOutcome"
        return
    codes, allowed = select(body, "issue.code"), step.get("issue", [])
    if allowed and not set(codes) & {*([allowed] if isinstance(allowed, str) else allowed)}:
        yield f"issue {codes}, not {allowed}"
    told = [*select(body, "issue.details.text"), *select(body, "issue.diagnostics")]
    for text in step.get("says", []):
        if not any(text in one for one in told):
            yield f"does not say {text!r} but {told}"


def _of_any_searchset(body: Any) -> Iterator[str]:
    """What holds of every answer to a search (https://hl7.org/fhir/R4/bundle.html#searchset)."""
    if select(body, "type") != ["searchset"]:
        yield "no searchset"
        return
    if len(select(body, "link[relation=self].url")) != 1:
        yield "no self link"
    entries = select(body, "entry")
    for entry in entries:
        mode, resource = entry.get("search", {}).get("mode"), entry.get("resource", {})
        if mode not in ("match", "include", "outcome"):
            yield f"an entry of mode {mode}"
        if mode != "outcome" and not entry.get("fullUrl", "").endswith("/" + _reference(resource)):
            yield f"fullUrl {entry.get('fullUrl')} of {_reference(resource)}"
    told = Counter(_reference(entry.get("resource", {})) for entry in entries)
    yield from (f"{reference} twice" for reference, times in told.items() if times > 1)
    matches = len(select(body, "entry[search.mode=match]"))
    whole = (
        matches and not select(body, "link[relation=next]") and not select(body, "link[relation=previous]")
    )
    if whole and body.get("total", matches) < matches:
        yield f"total {body['total']} of {matches}"


def _of_entries(step: Json, bodies: list[Any], names: Names) -> Iterator[str]:
    matches = [_told_as(body, "match", names) for body in bodies]
    found = [name for page in matches for name in page]
    if "found" in step and Counter(found) != Counter(step["found"]):
        wanted: Counter[str] = Counter(step["found"])
        more, missing = Counter(found) - wanted, wanted - Counter(found)
        yield f"found {sorted(more.elements())} too much, {sorted(missing.elements())} missing"
    if "order" in step and found != step["order"]:
        yield f"found in order {found}, not {step['order']}"
    included = [name for body in bodies for name in _told_as(body, "include", names)]
    if "included" in step and Counter(included) != Counter(step["included"]):
        yield f"included {sorted(included)}, not {sorted(step['included'])}"
    if "total" in step and select(bodies[0], "total") != [step["total"]]:
        yield f"total {select(bodies[0], 'total')}, not {step['total']}"
    if "pages" in step and [len(page) for page in matches] != step["pages"]:
        yield f"pages of {[len(page) for page in matches]}, not {step['pages']}"


def _told_as(body: Any, mode: str, names: Names) -> list[str]:
    resources = select(body, f"entry[search.mode={mode}].resource")
    return [names.name_of(_reference(resource)) for resource in resources]


def _reference(resource: Json) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else f"{text[:200]}…"
