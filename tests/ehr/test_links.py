"""Which links a transaction rewrites, byte by byte (https://hl7.org/fhir/R4/http.html#trules)."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.errors import Unresolved
from ehr.links import Targets, find_links, refuse_astray, rewrite
from tests.ehr.json_texts import written

A, B = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "urn:oid:1.2"
URL = "http://test/fhir/Patient/x?a&b"
SEARCH = "Practitioner?identifier=urn:test|1"
TARGETS = {A: "Patient/1", B: "Encounter/22", URL: "Device/3", SEARCH: "Practitioner/4"}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


def rewritten(raw: str, *, absolute: bool = True, targets: dict[str, str] | None = None) -> str:
    """A resource's text after rewriting."""
    links = find_links(raw.encode(), json.loads(raw), absolute=absolute)
    return rewrite(raw.encode(), links, TARGETS if targets is None else targets).decode()


def narrative(div: str) -> str:
    """A resource's text with that narrative, the way most write JSON."""
    return json.dumps({"resourceType": "Patient", "text": {"status": "generated", "div": div}})


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (f'<a href="{A}">x</a>', '<a href="Patient/1">x</a>'),
        (f"<a title='{A}' href = '{B}'/>", f"<a title='{A}' href = 'Encounter/22'/>"),
        (f'<img alt="a > b"\n\tsrc="{A}"/>', '<img alt="a > b"\n\tsrc="Patient/1"/>'),
        (f'<p>{A}<a href="{B}"/> {A}</p>', f'<p>{A}<a href="Encounter/22"/> {A}</p>'),
    ],
)
def test_links_of_narratives(sent: str, stored: str, absolute: bool) -> None:
    assert rewritten(narrative(DIV.format(sent)), absolute=absolute) == narrative(DIV.format(stored))


@pytest.mark.parametrize(
    "hostile",
    [
        f'<a title="{A}" name="{A}" cite="{A}">{A}</a>',
        f'<a data-href="{A}" hrefs="{A}" x:href="{A}" HREF="{A}"/>',
        f"<p title=' href=\"{A}\" '>x</p>",
        f'<p title=" href=\'{A}\' ">x</p>',
        f'<p>href="{A}" src=\'{A}\' &lt;a href="{A}"&gt;</p>',
        f'<!-- <a href="{A}"> --><![CDATA[<a href="{A}">]]>',
        f'<!-- " --><p>href="{A}"</p><!-- " -->',
        f'<a href="{A}0"/><a href="{A[:-1]}"/><a href=" {A}"/><a href="{A}#x"/><a href="x{A}"/>',
        f'<a href="{SEARCH}"/>',
        f'<a <a " href="{A}',
        f'<a href={A}>',
    ],
)  # fmt: skip
@pytest.mark.parametrize("absolute", [False, True])
def test_what_is_no_link_of_a_narrative_stays(hostile: str, absolute: bool) -> None:
    assert rewritten(narrative(DIV.format(hostile)), absolute=absolute) == narrative(DIV.format(hostile))


def test_a_link_is_what_the_attribute_means() -> None:
    """``&amp;`` is how XML writes ``&``."""
    link = '<a href="http://test/fhir/Patient/x?a&#38;b"/><a href="http://test/fhir/Patient/x?a&amp;b"/>'
    stored = '<a href="Device/3"/><a href="Device/3"/>'
    assert rewritten(narrative(DIV.format(link))) == narrative(DIV.format(stored))


PLACES: list[tuple[str, str, bool]] = [
    # resource with %s, text, whether it is a link
    ('{"resourceType":"Observation","subject":{"reference":"%s"}}', A, True),
    ('{"resourceType":"Observation","subject" : { "reference"\n:\t"%s" } }', B, True),
    ('{"resourceType":"Observation","subject":{"reference":"%s"}}', SEARCH, True),
    ('{"resourceType":"Observation","subject":{"\\u0072eference":"%s"}}', SEARCH, True),
    ('{"resourceType":"CarePlan","instantiatesUri":["%s","x"]}', A, True),
    ('{"resourceType":"CarePlan","instantiatesUri":["x","%s"]}', SEARCH, False),
    ('{"resourceType":"CarePlan","instantiatesCanonical":["%s"]}', A, False),
    ('{"resourceType":"DetectedIssue","reference":"%s"}', A, True),
    ('{"resourceType":"DetectedIssue","reference":"%s"}', SEARCH, False),
    ('{"resourceType":"Immunization","education":[{"reference":"%s"}]}', SEARCH, False),
    (
        '{"resourceType":"Basic","contained":[{"resourceType":"DetectedIssue","reference":"%s"}]}',
        SEARCH,
        False,
    ),
    (
        '{"resourceType":"Basic","extension":[{"url":"x","valueExpression":{"language":"a/b","reference":"%s"}}]}',
        SEARCH,
        False,
    ),
    ('{"resourceType":"DocumentReference","identifier":[{"value":"%s"}]}', A, False),
    ('{"resourceType":"DocumentReference","identifier":[{"system":"%s"}]}', A, True),
    ('{"resourceType":"DocumentReference","content":[{"attachment":{"url":"%s"}}]}', A, True),
    ('{"resourceType":"Observation","subject":{"display":"\\"reference\\":\\"%s\\""}}', A, False),
    ('{"resourceType":"Observation","subject":{"display":"\\"reference\\":\\"%s\\""}}', SEARCH, False),
    ('{"resourceType":"Observation","extension":[{"url":"x","valueString":"%s"}]}', A, False),
    ('{"resourceType":"Observation","extension":[{"url":"x","valueUri":"%s"}]}', B, True),
    ('{"resourceType":"Observation","subject":{"reference":"Patient/%s"}}', A, False),
    ('{"resourceType":"Observation","subject":{"reference":"%s0"}}', B, False),
]


@pytest.mark.parametrize(("resource", "text", "is_link"), PLACES)
@pytest.mark.parametrize("absolute", [False, True])
def test_places_of_links(resource: str, text: str, is_link: bool, absolute: bool) -> None:
    raw = resource % text
    assert rewritten(raw, absolute=absolute) == (resource % TARGETS[text] if is_link else raw)
    links = find_links(raw.encode(), json.loads(raw), absolute=absolute)
    assert links.conditional == ([SEARCH] if is_link and text == SEARCH else [])


def test_one_link_may_begin_with_another() -> None:
    raw = narrative(DIV.format("".join(f'<a href="{B}{end}"/>' for end in ("", "3", "34", ""))))
    stored = DIV.format('<a href="O/1"/><a href="O/2"/><a href="urn:oid:1.234"/><a href="O/1"/>')
    assert rewritten(raw, targets={B: "O/1", B + "3": "O/2"}) == narrative(stored)


PIECES = st.sampled_from(
    [A, B, SEARCH, URL, "Patient/x", "http://test/fhir/", A[:-1], B + "3", "\\", '"', "ồ😀", ""]
)
TEXTS = st.lists(PIECES, max_size=2).map("".join)
ATTRIBUTES = st.tuples(st.sampled_from(["href", "src", "title", "data-href"]), TEXTS)


@st.composite
def narratives(draw: st.DrawFn) -> tuple[str, str]:
    """A narrative before and after."""
    before, after = [], []
    for name, value in draw(st.lists(ATTRIBUTES, max_size=4)):
        link = name in ("href", "src") and value != SEARCH
        quoted = [
            text.replace("&", "&amp;").replace('"', "&quot;") for text in (value, TARGETS.get(value, value))
        ]
        before.append(f'<a {name}="{quoted[0]}">"{name}="</a>')
        after.append(f'<a {name}="{quoted[1 if link else 0]}">"{name}="</a>')
    return DIV.format("".join(before)), DIV.format("".join(after))


@st.composite
def resources(draw: st.DrawFn) -> tuple[str, str]:
    """The texts of a resource before and after; what stays the same is written in any way."""
    reference, uri, string = draw(TEXTS), draw(TEXTS), draw(TEXTS)
    div, new_div = draw(narratives())
    new_uri = uri if uri == SEARCH else TARGETS.get(uri, uri)
    members = [
        ('"resourceType"', '"CarePlan"', ""),
        ('"text"', *(f'{{"div":{json.dumps(one)}}}' for one in (div, new_div))),
        ('"instantiatesUri"', f"[{draw(written(uri))}]", f'["{new_uri}"]' if new_uri != uri else ""),
        ('"description"', draw(written(string)), ""),
    ]
    new = TARGETS.get(reference, reference)
    subject = draw(st.sampled_from(['{"reference":%s}', '{ "reference" : %s , "display":"x"}']))
    changed = subject % f'"{new}"' if new != reference else ""
    members.append(('"subject"', subject % draw(written(reference)), changed))
    shuffled = draw(st.permutations(members))
    before = ",".join(f"{name}:{value}" for name, value, _ in shuffled)
    after = ",".join(f"{name}:{new or value}" for name, value, new in shuffled)
    return f"{{{before}}}", f"{{{after}}}"


@given(resources())
def test_links_are_rewritten_wherever_they_stand_and_nothing_else_is(texts: tuple[str, str]) -> None:
    before, after = texts
    assert rewritten(before) == after


@given(resources())
def test_the_short_way_finds_what_the_thorough_way_finds(texts: tuple[str, str]) -> None:
    """It serves transactions whose fullUrls are all urns."""
    targets = {url: target for url, target in TARGETS.items() if url != URL}
    short, thorough = (rewritten(texts[0], absolute=absolute, targets=targets) for absolute in (False, True))
    assert short == thorough


@pytest.mark.parametrize(
    "piece",
    [
        '<a href="urn:oid:1.2"/>',
        '<a href="',
        "<a href='",
        "<a ",
        "<!--",
        "<![CDATA[",
        "<a b c=",
        "href=",
        "\\\"'",
        "<a" + " " * 50,
        "\x01",
    ],
)
def test_very_long_narratives_take_time_and_memory_in_proportion(piece: str) -> None:
    """Were it the square, 2 MB would take an hour."""
    raw = narrative(DIV.format(piece * (2_000_000 // len(piece)))).encode()
    resource: dict[str, Any] = json.loads(raw)
    tracemalloc.start()
    rewrite(raw, find_links(raw, resource, absolute=True), TARGETS)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20 * len(raw)


def test_relative_links_are_read_against_the_entrys_own_address() -> None:
    """https://hl7.org/fhir/R4/bundle.html#references"""
    here, there = "http://here/fhir/Patient/1", "http://there/fhir/Patient/1"
    targets = Targets({here: "Patient/a", there: "Patient/b", A: "Patient/c"})
    for full_url, target in (
        ("http://here/fhir/Encounter/9", "Patient/a"),
        ("http://there/fhir/Encounter/9", "Patient/b"),
        ("http://elsewhere/fhir/Encounter/9", None),
        (A, None),
        (None, None),
    ):
        seen = targets.seen_from(full_url).targets
        assert seen.get("Patient/1") == target
        assert [seen.get(url) for url in (here, there, A)] == ["Patient/a", "Patient/b", "Patient/c"]


HERE, THERE = "https://here/fhir/", "http://there/fhir/"
ENTRIES = {
    HERE + "Patient/kept": "Patient/kept",
    HERE + "Patient/new": "Patient/7",
    THERE + "Patient/kept": "Patient/kept",
    THERE + "Patient/new": "Patient/8",
    A: "Patient/9",
}


@pytest.mark.parametrize(
    ("full_url", "link", "stands"),
    [
        (HERE + "Basic/1", "Patient/kept", True),
        (HERE + "Basic/1", "Patient/kept/_history/2", True),
        (HERE + "Basic/1", HERE + "Patient/kept/_history/2", True),
        (HERE + "Basic/1", "Patient/new/_history/2", False),
        (HERE + "Basic/1", HERE + "Patient/new/_history/2", False),
        (HERE + "Basic/1", "Patient/other", True),
        (HERE + "Basic/1", "Patient/other/_history/2", True),
        (THERE + "Basic/1", "Patient/kept", True),
        (THERE + "Basic/1", "Patient/new", True),
        (THERE + "Basic/1", "Patient/kept/_history/2", False),
        (THERE + "Basic/1", "Patient/new/_history/2", False),
        (THERE + "Basic/1", THERE + "Patient/new/_history/2", False),
        (THERE + "Basic/1", "Patient/other", False),
        (THERE + "Basic/1", "Patient/other/_history/2", False),
        (THERE + "Basic/1", THERE + "Patient/other", True),
        (THERE + "Basic/1", "Nothing/other", True),
        (THERE + "Basic/1", "#contained", True),
        (THERE + "Nothing/1", "Patient/other", True),
        (A, "Patient/other", True),
        (A, A + "/_history/2", False),
        (None, "Patient/other/_history/2", True),
        (None, THERE + "Patient/new/_history/2", False),
    ],
)
def test_no_link_goes_astray(full_url: str | None, link: str, stands: bool) -> None:
    """What is read against another server's address, or names a version of an entry, would otherwise name
    what has the same id here. The scheme of this server's own address may be said in either way."""
    seen = Targets(ENTRIES, "http://here/fhir").seen_from(full_url)
    if stands:
        refuse_astray(["#x", link], seen, 3)
        return
    with pytest.raises(Unresolved) as refused:
        refuse_astray(["#x", link], seen, 3)
    assert refused.value.entry == 3
