"""Bodies stay byte for byte but for what is the server's (docs/decisions/0002-bytes-as-received.md)."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehr.bodies import make_body, with_meta
from tests.ehr.json_texts import BLANKS, STRINGS, VALUES, Member, joined, members

SERVED = '"versionId":"7","lastUpdated":"2026-01-01T00:00:00.000Z"'


def served(sent: str) -> str:
    """What a client reads when this was sent."""
    body = make_body(sent.encode(), "NEW")
    return with_meta(body.bytes, body.splice, 7, "2026-01-01T00:00:00.000Z").decode()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            '{"resourceType":"Patient","id":"a","x":72.50}',
            '{"resourceType":"Patient","id":"NEW","meta":{%s},"x":72.50}',
        ),
        ('{"resourceType":"Patient","x":1}', '{"resourceType":"Patient","id":"NEW","meta":{%s},"x":1}'),
        (
            '{"id":"a", "meta": {"profile":["p"]}, "resourceType":"P"}',
            '{"id":"NEW", "meta": {%s,"profile":["p"]}, "resourceType":"P"}',
        ),
        (
            '{"resourceType":"P","meta":{"tag":[{"lastUpdated":"n"}],"versionId":"1"},"contained":[{"id":"q"}]}',
            '{"resourceType":"P","id":"NEW","meta":{%s,"tag":[{"lastUpdated":"n"}]},"contained":[{"id":"q"}]}',
        ),
        (
            '{"resourceType":"Patient","\\u0069d":"evil","name":[{"text":"H\\u1ed3"}]}',
            '{"resourceType":"Patient","\\u0069d":"NEW","meta":{%s},"name":[{"text":"H\\u1ed3"}]}',
        ),
        (
            '{"resourceType":"P","id":"a","\\u006deta":{"\\u0076ersionId":"1","source":"s"}}',
            '{"resourceType":"P","id":"NEW","\\u006deta":{%s,"source":"s"}}',
        ),
        (
            '{"resourceType":"P","id":"a","meta":{ "lastUpdated":"2020-01-01T00:00:00Z" }}',
            '{"resourceType":"P","id":"NEW","meta":{%s}}',
        ),
        (
            '{"contained":[{"id":"c","meta":{"versionId":"9"}}],"resourceType":"P"}',
            '{"contained":[{"id":"c","meta":{"versionId":"9"}}],"resourceType":"P","id":"NEW","meta":{%s}}',
        ),
    ],
)
def test_what_is_served_is_what_was_sent(sent: str, expected: str) -> None:
    assert served(sent) == expected.replace("%s", SERVED)


@st.composite
def resources(draw: st.DrawFn) -> list[Member]:
    """The members of a resource: its type, perhaps id and meta, and others that nest the same names."""
    parts = [draw(members("resourceType", st.just('"Patient"')))]
    if draw(st.booleans()):
        parts.append(draw(members("id", st.just('"client-1"'))))
    if draw(st.booleans()):
        parts.append(draw(members("meta", metas().map(joined))))
    others = draw(st.sampled_from([[], ["name"], ["x", "contained"]]))
    parts += [draw(members(name, VALUES)) for name in others]
    return draw(st.permutations(parts))


def metas() -> st.SearchStrategy[list[Member]]:
    """The members of a meta: the server's own two, and what else a client may say."""
    own = [members(name, STRINGS) for name in ("versionId", "lastUpdated")]
    others = [members(name, VALUES) for name in ("profile", "tag", "extension")]
    return st.lists(st.sampled_from([*own, *others]), unique=True, max_size=5).flatmap(
        lambda chosen: st.tuples(*chosen).map(list)
    )


def read(member: Member) -> tuple[str, object]:
    """(name, value) as a parser reads them."""
    name: str = json.loads(member.name)
    return name, json.loads(member.value)


@given(resources(), BLANKS)
def test_all_but_id_version_and_time_stays_byte_for_byte(parts: list[Member], after: str) -> None:
    sent = joined(parts) + after
    got = served(sent)
    names = [read(part)[0] for part in parts]
    expected = [_as_served(part, names) for part in parts]
    before, _, rest = got.partition(SERVED)
    assert before + rest.removeprefix(",") == "{" + ",".join(expected) + "}" + after
    assert rest.startswith(",") == ("meta" in names and expected[names.index("meta")].rstrip()[-2:] != "{}")


def _as_served(part: Member, names: list[str]) -> str:
    """A member as it is served, without the server's own two."""
    name, value = read(part)
    text = part.text
    if name == "id":
        text = part._replace(value='"NEW"').text
    elif name == "meta" and isinstance(value, dict) and value.keys() & {"versionId", "lastUpdated"}:
        text = part._replace(value=_without_own(part.value)).text
    beside = "" if "meta" in names else ',"meta":{}'
    if name == "resourceType" and "id" not in names:
        return text.removesuffix(part.after) + f',"id":"NEW"{beside}' + part.after
    return text.removesuffix(part.after) + beside + part.after if name == "id" else text


def _without_own(meta: str) -> str:
    """Its further members as they are written."""
    decoder, start, at, kept = json.JSONDecoder(), 1, 1, []
    while meta[start:].strip() != "}":
        name, at = decoder.raw_decode(meta, _beyond_blanks(meta, start))
        _, at = decoder.raw_decode(meta, _beyond_blanks(meta, meta.index(":", at) + 1))
        end = _beyond_blanks(meta, at)
        kept += [] if name in ("versionId", "lastUpdated") else [meta[start:end]]
        start = end + (meta[end] == ",")
    return "{" + ",".join(kept) + "}"


def _beyond_blanks(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip(" \n\t"))


@given(resources())
def test_what_was_read_and_is_sent_back_gives_the_same_body(parts: list[Member]) -> None:
    body = make_body(joined(parts).encode(), "NEW")
    again = make_body(with_meta(body.bytes, body.splice, 7, "2026-01-01T00:00:00.000Z"), "NEW")
    assert with_meta(again.bytes, again.splice, 8, "t") == with_meta(body.bytes, body.splice, 8, "t")


@pytest.mark.parametrize("escape", ["", "\\u1ed3"])
def test_a_long_string_takes_no_more_memory_than_its_copies(escape: str) -> None:
    sent = f'{{"resourceType":"Binary","contentType":"x","data":"{escape}{"A" * 4_000_000}"}}'.encode()
    tracemalloc.start()
    make_body(sent, "NEW")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * len(sent)
