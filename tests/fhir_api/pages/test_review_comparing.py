"""Two Patients side by side, without a server: whatever is stated gives rows, and differences are marked."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehr.facts import Evidence
from ehr.linking import Act, State
from ehr.matching.weights import LEVELS, SHARED
from ehr.systems import CANCELLED_NATIONAL_ID, INSURANCE_NUMBER, NATIONAL_ID, PASSPORT_NUMBER
from fhir_api.pages.languages import LANGUAGES, Messages, catalogue
from fhir_api.pages.review.comparing import ALONE, APART, NEAR, SAME, Row, Side, rows_of
from fhir_api.pages.review.marking import LONGEST, Piece, marked
from fhir_api.pages.review.sheets import FIELDS, MOST_READ, sheet_of
from fhir_api.pages.review.words import ACTS, said, sentence
from projections.fhir_resources.queries import Version
from projections.fhir_resources.statements import Statement

TODAY = "2026-11-26"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(
    [
        "name",
        "identifier",
        "birthDate",
        "gender",
        "telecom",
        "address",
        "contact",
        "active",
        "deceasedBoolean",
    ]
)
PATIENTS = st.dictionaries(ELEMENTS, JSON, max_size=4).map(orjson.dumps)


def side(id_: str, *stated: dict[str, Any]) -> Side:
    """A Patient with these versions, the newest first."""
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return Side(
        id_,
        [
            Statement(Version(len(stated) - n, at, False, 0, b"."), orjson.dumps(body), None)
            for n, body in enumerate(stated)
        ],
    )


def only_row(one: dict[str, Any], other: dict[str, Any], *evidence: Evidence) -> Row:
    [row] = rows_of(side("a", one), side("b", other), evidence, {})
    return row


def number(value: str, system: str = NATIONAL_ID, **more: Any) -> dict[str, Any]:
    return {"identifier": [{"system": system, "value": value, **more}]}


@settings(max_examples=60)
@given(st.binary(max_size=40) | PATIENTS, st.lists(st.binary(max_size=20) | PATIENTS, max_size=2))
def test_whatever_is_stated_gives_a_sheet(body: bytes, relatives: list[bytes]) -> None:
    sheet = sheet_of(body, TODAY, relatives)
    assert set(sheet) <= set(FIELDS)
    assert all(value.text for values in sheet.values() for value in values)


def test_of_lists_without_end_the_first_elements_are_read() -> None:
    names = [{"text": "Hồ Văn Thử"}] * MOST_READ + [{"text": "Hồ Thị Khác"}]
    contacts = [{"relationship": [{"coding": [{"code": "MTH"}]}], "name": name} for name in names]
    numbers = [{"system": "urn:x", "value": "1"}] * MOST_READ + [{"system": "urn:x", "value": "2"}]
    telephones = [{"system": "phone", "value": one["value"]} for one in numbers]
    body = {"name": names, "contact": contacts, "identifier": numbers, "telecom": telephones}
    sheet = sheet_of(orjson.dumps(body), TODAY, [orjson.dumps(contacts[0] | {"name": names})])
    told = {field: [value.text for value in values] for field, values in sheet.items()}
    assert told.pop("mother") == ["Hồ Văn Thử"] * 2  # Of the contacts, and of the RelatedPerson.
    assert told == {"name": ["Hồ Văn Thử"], "other_number": ["1"], "telephone": ["1"]}


def test_a_name_without_end_is_cut() -> None:
    [value] = sheet_of(orjson.dumps({"name": [{"text": "ạ" * 5000}]}), TODAY)["name"]
    assert len(value.text) == 200
    assert len(value.key) <= 400


@settings(max_examples=60)
@given(st.text(max_size=2 * LONGEST), st.lists(st.text(max_size=2 * LONGEST), max_size=3))
def test_pieces_make_the_text_again(text: str, others: list[str]) -> None:
    pieces = marked(text, others)
    assert "".join(piece.text for piece in pieces) == text
    assert all(one.differs != other.differs for one, other in pairwise(pieces))


@pytest.mark.parametrize(
    ("text", "other", "pieces"),
    [
        ("045090000017", "045090000071", [Piece("04509000001", False), Piece("7", True)]),
        ("15/05/1990", "15/05/1990", [Piece("15/05/1990", False)]),
        ("Hồ Văn Thử", "Trần Thị Mẫu", [Piece("Hồ Văn Thử", True)]),
    ],
)
def test_what_differs_is_marked(text: str, other: str, pieces: list[Piece]) -> None:
    assert marked(text, [other]) == pieces


class TestRows:
    def test_a_shared_number_is_masked_however_it_is_written(self) -> None:
        row = only_row(
            number("045090000017"), number("0450 9000 0017"), Evidence("personal_number", "typed", 18.9)
        )
        assert row.standing == SAME
        assert [shown.masked for shown in (*row.sides[0], *row.sides[1])] == [True, True]
        assert row.sides[0][0].pieces == [Piece("0450****0017", False)]

    def test_numbers_that_differ_are_whole(self) -> None:
        row = only_row(
            number("045090000017"), number("045090000071"), Evidence("personal_number", "near", 13.0)
        )
        assert row.standing == NEAR
        assert "".join(piece.text for piece in row.sides[1][0].pieces) == "045090000071"

    def test_what_one_side_states_alone(self) -> None:
        row = only_row(number("4590000017", INSURANCE_NUMBER), {})
        assert (row.standing, row.sides[1], row.sides[0][0].masked) == (ALONE, [], True)

    @pytest.mark.parametrize(
        ("field", "level", "bits", "standing"),
        [
            ("name", "exact", 10.0, SAME),
            ("name", "plain", 10.0, NEAR),
            ("name", "surname", -1.0, APART),
            ("name", "different", -6.0, APART),
        ],
    )
    def test_a_row_stands_as_the_evidence_says(
        self, field: str, level: str, bits: float, standing: str
    ) -> None:
        named = {"name": [{"text": "Hồ Văn Thử"}]}
        assert only_row(named, named, Evidence(field, level, bits)).standing == standing

    def test_what_is_not_compared_is_held_against_each_other(self) -> None:
        one, other = ({"deceasedDateTime": f"2026-0{n}-01"} for n in (1, 2))
        assert only_row(one, one).standing == SAME
        assert only_row(one, other).standing == APART

    @pytest.mark.parametrize(
        "ended",
        [{"use": "old"}, {"period": {"end": "2026-11-25"}}, {"period": {"end": "2025"}}],
    )
    def test_a_number_out_of_use_says_so(self, ended: dict[str, Any]) -> None:
        passport = number("C1234567", PASSPORT_NUMBER, **ended)
        [value] = sheet_of(orjson.dumps(passport), TODAY)["passport_number"]
        assert value.ended

    def test_a_number_that_ends_later_or_was_cancelled(self) -> None:
        later = number("C1234567", PASSPORT_NUMBER, period={"end": "2026-11-27"})
        [value] = sheet_of(orjson.dumps(later), TODAY)["passport_number"]
        assert not value.ended
        of_a_former_card = number("045090000017", period={"end": "2025"})
        [value] = sheet_of(orjson.dumps(of_a_former_card), TODAY)["personal_number"]
        assert not value.ended
        cancelled = number("045090000017", CANCELLED_NATIONAL_ID)
        [value] = sheet_of(orjson.dumps(cancelled), TODAY)["personal_number"]
        assert value.ended

    def test_what_has_changed_since_it_was_looked_at(self) -> None:
        one = side("a", number("045090000071"), number("045090000017"))
        [row] = rows_of(one, side("b", number("045090000017")), [], {"a": 1, "b": 1})
        assert row.before == ("0450****0017", None)

    def test_what_was_taken_away_since(self) -> None:
        [row] = rows_of(side("a", {}, {"gender": "male"}), side("b", {}), [], {"a": 1})
        assert (row.field, row.sides, row.before) == ("sex", ([], []), ("male", None))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_level_of_the_rules_has_a_sentence(language: str) -> None:
    t = Messages(language)
    for field, levels in LEVELS.items():
        shared = SHARED if "personal" in field or "insurance" in field else ()
        for level in (*levels, *shared):
            text = sentence(Evidence(field, level, 1.0), t)
            compared = t("review.evidence.other", field=t(f"review.field.{field}"))
            assert text.casefold() != compared.casefold(), (field, level)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_act_has_its_words(language: str) -> None:
    texts = catalogue(language)
    assert set(ACTS) == set(State)
    for state in State:
        assert {f"review.state.{state}", f"review.done.{state}"} <= set(texts)
    for act in {act for acts in ACTS.values() for act in acts}:
        assert {f"review.act.{act}", f"review.act.{act}.means"} <= set(texts)
    assert Act.DOUBT not in {act for acts in ACTS.values() for act in acts}, (
        "whoever doubts a link takes it back"
    )


def test_what_counts_most_is_said_first_and_what_speaks_against_last() -> None:
    evidence = [
        Evidence("sex", "different", -5.8),
        Evidence("birth", "year", 6.2),
        Evidence("name", "exact", 10.9),
    ]
    strengths = [one.strength for one in said(evidence, Messages("vi"))]
    assert strengths == ["for-3", "for-2", "against-2"]
