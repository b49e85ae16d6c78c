"""Links in the bytes of any Patient: put in, taken out, and nothing else touched."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from ehr.patient_links import REPLACED_BY, REPLACES, PatientLink, inactive, linked, links_of, unlinked

TYPES = st.sampled_from([REPLACED_BY, REPLACES, "refer", "seealso"])
LINKS = st.builds(PatientLink, TYPES, st.sampled_from(["Patient/a", "Patient/b", "RelatedPerson/c"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def patients(draw: st.DrawFn) -> bytes:
    """With whatever else in whatever order."""
    said: dict[str, Any] = draw(st.dictionaries(st.text(max_size=6), VALUES, max_size=4))
    said |= {"resourceType": "Patient", "id": "x"}
    for name, values in {"active": st.booleans(), "link": st.lists(LINKS, min_size=1, max_size=4)}.items():
        said.pop(name, None)
        if draw(st.booleans()):
            said[name] = draw(values)
    links = said.get("link")
    if links:
        said["link"] = [{"type": link.type, "other": {"reference": link.other}} for link in links]
    order = draw(st.permutations(sorted(said)))
    raw = orjson.dumps({name: said[name] for name in order})
    return raw.replace(b'":', b'" : ') if draw(st.booleans()) and b'\\"' not in raw else raw


@given(patients(), LINKS)
def test_a_link_is_there_once_behind_the_others(raw: bytes, link: PatientLink) -> None:
    after = linked(raw, link)
    assert links_of(after) == [*links_of(raw), *([] if link in links_of(raw) else [link])]
    assert linked(after, link) == after
    assert without(after) == without(raw)


@given(patients(), LINKS)
def test_what_is_put_in_is_taken_out(raw: bytes, link: PatientLink) -> None:
    merged = inactive(linked(raw, link)) if link.type == REPLACED_BY else linked(raw, link)
    assert orjson.loads(unlinked(merged, raw, link)) == orjson.loads(raw)


@given(patients(), LINKS, st.booleans(), VALUES)
def test_what_was_amended_meanwhile_stays(raw: bytes, link: PatientLink, active: bool, value: Any) -> None:
    merged = inactive(linked(raw, link))
    amended = orjson.loads(merged) | {"gender": value} | ({"active": True} if active else {})
    after = orjson.loads(unlinked(orjson.dumps(amended), raw, link))
    before = orjson.loads(raw)
    assert after["gender"] == value
    assert after.get("link") == before.get("link")
    if link.type == REPLACED_BY:
        assert after.get("active") == (True if active else before.get("active"))


def test_numbers_keep_their_digits_and_texts_their_escapes() -> None:
    raw = b'{"resourceType":"Patient","x":[1.50,1e2,"\\u00e1"],"link":[{"other":{"reference":"a"},"x":2.0}]}'
    after = linked(inactive(raw), PatientLink(REPLACES, "Patient/a"))
    assert b'"x":[1.50,1e2,"\\u00e1"]' in after
    assert b'{"other":{"reference":"a"},"x":2.0}' in after


def without(raw: bytes) -> Any:
    return {name: value for name, value in orjson.loads(raw).items() if name != "link"}
