"""What holds of every two people: symmetry, no link without a number, more agreement never weighs less."""

from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ehr.matching.frequencies import Counted
from ehr.matching.judging import LINK, NONE, PROPOSE, Verdict, judge
from ehr.matching.names import OF_SIBLINGS, name_of
from ehr.matching.numbers import KINDS
from ehr.matching.person import Person, person_of
from ehr.matching.weights import SHARED
from tests.ehr.matching.drawn import NAMES, patients, people
from tests.ehr.matching.people import cccd, levels

COUNTED = Counted.among((None, name) for text in NAMES * 20 if (name := name_of(text)))


def judged(one: Person, other: Person) -> Verdict:
    return judge(one, other, COUNTED)


@settings(max_examples=150)
@given(people, people)
def test_it_is_the_same_whichever_comes_first(one: Person, other: Person) -> None:
    forth, back = judged(one, other), judged(other, one)
    assert forth == back


@settings(max_examples=150)
@given(people, people)
def test_no_link_without_a_shared_captured_number_and_agreement(one: Person, other: Person) -> None:
    verdict = judged(one, other)
    if verdict.decision != LINK:
        return
    captured = [
        {
            (n.kind, n.value)
            for n in person.every_number
            if not (n.ended or n.doubted) and n.captured != "typed"
        }
        for person in (one, other)
    ]
    assert {kind for kind, _ in captured[0] & captured[1]} & {
        "personal_number",
        "insurance_number",
        "passport_number",
    }
    assert {name.folded for name in one.names} & {name.folded for name in other.names}
    assert one.birth
    assert other.birth
    assert (one.sex, one.birth.year) == (other.sex, other.birth.year) != (None, other.birth.year)
    assert [one.temporary, other.temporary] == [False, False]
    assert verdict.grade == "certain"


@settings(max_examples=150)
@given(patients, patients)
def test_the_same_without_numbers_never_links(one: dict[str, Any], other: dict[str, Any]) -> None:
    some, others = (person_of({**patient, "identifier": []}) for patient in (one, other))
    assert judged(some, others).decision in (PROPOSE, NONE)
    assert judged(some, person_of(other)).decision in (PROPOSE, NONE)


def agreeing(one: Person, other: Person) -> Mapping[str, Person]:
    """The other, with one field as the first has it; of the fields that both state."""
    both = levels(judged(one, other))
    fields: dict[str, dict[str, Any]] = {
        "name": {"names": one.names, "former": one.former},
        "birth": {"birth": one.birth},
        "sex": {"sex": one.sex},
        "residence": {"residence": one.residence, "commune": one.commune},
        "telephone": {"telephones": one.telephones},
        "mother": {"mothers": one.mothers},
    }
    for kind in one.numbers:
        fields[kind] = {"numbers": {**other.numbers, kind: one.numbers[kind]}}
    return {field: replace(other, **change) for field, change in fields.items() if field in both}


@settings(max_examples=200)
@given(people, people, st.data())
def test_more_agreement_never_weighs_less(one: Person, other: Person, data: st.DataObject) -> None:
    closer = agreeing(one, other)
    assume(closer)
    field = data.draw(st.sampled_from(sorted(closer)))
    assert judged(one, closer[field]).weight >= judged(one, other).weight - 1e-9


@settings(max_examples=100)
@given(people, people)
def test_nothing_is_proposed_of_another_given_name_without_a_shared_number(
    one: Person, other: Person
) -> None:
    verdict = judged(one, other)
    said = levels(verdict)
    shared = any(at in SHARED for field, at in said.items() if field in KINDS)
    if said.get("name") in OF_SIBLINGS - {"tones", "surname"} and not shared:
        assert verdict.decision == NONE


@settings(max_examples=60)
@given(patients, st.sampled_from(["Hồ Văn Thương", "Vàng A Páo"]), st.sampled_from(["1990", "1990-05-12"]))
def test_whoever_is_registered_with_one_captured_number_is_one_person(
    drawn: dict[str, Any], name: str, birth: str
) -> None:
    sure = {"name": [{"text": name}], "gender": "male", "birthDate": birth, "identifier": [cccd()]}
    assert judged(person_of(drawn | sure), person_of(sure)).decision == LINK
