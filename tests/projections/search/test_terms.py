"""Terms: twelve bits name the parameter, fifty-two are the hash of the value."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ehr.definitions.search_parameters import all_search_parameters
from projections.search.entries import Entries
from projections.search.frequency import NOTHING_KNOWN, Common
from projections.search.statement import Statement
from projections.search.terms import MASK, About, SomeTerm, Terms, base_of, hash_of, of_values, term

NUMBERS = st.integers(0, 4095)


@given(NUMBERS, st.text())
def test_a_term_is_a_parameter_and_a_hash(number: int, text: str) -> None:
    found = term(number, text)
    assert -(2**63) <= found < 2**63
    assert (found & ~MASK, found & MASK) == (base_of(number), hash_of(text))


@given(NUMBERS, NUMBERS, st.text(), st.text())
def test_terms_differ_where_anything_does(number: int, other: int, text: str, another: str) -> None:
    assert (term(number, text) == term(other, another)) == ((number, text) == (other, another))


def test_every_parameter_has_a_range_of_terms_of_its_own() -> None:
    bases = [base_of(one.number) for one in all_search_parameters()]
    assert len(bases) > 1000
    assert all(higher - lower > MASK for lower, higher in pairwise(bases))


def test_hashes_stay_as_they_are() -> None:
    """They stand in views that are not rebuilt."""
    assert hash_of("") == 0xE4A6A0577479B
    assert hash_of("cfinal") == 0x96869A6102768


@given(st.sets(st.text()), st.sets(st.text(), min_size=1))
def test_any_of_several_holds_where_one_is_there(there: set[str], asked: set[str]) -> None:
    entries = Entries(terms={term(7, text) for text in there})
    assert of_values(7, sorted(asked)).holds(entries) == bool(there & asked)
    assert not of_values(8, sorted(asked)).holds(entries)


@given(st.sets(NUMBERS), st.sets(NUMBERS, min_size=1))
def test_some_term_is_any_of_the_parameters(there: set[int], asked: set[int]) -> None:
    entries = Entries(terms={term(number, "x") for number in there})
    assert SomeTerm(tuple(sorted(asked))).holds(entries) == bool(there & asked)


def test_no_term_finds_nothing() -> None:
    assert not Terms(()).holds(Entries(terms={1}))
    statement = Statement()
    assert Terms(()).sql(statement, "s") == "s.terms && %(p0)b::bigint[]"
    assert statement.parameters == {"p0": []}


def test_one_term_is_asked_for_as_such() -> None:
    assert About((1,)).sql(Statement(), "s") == "s.terms @> %(p0)b::bigint[]"
    assert About((1, 2)).sql(Statement(), "s") == "s.terms && %(p0)b::bigint[]"


def test_terms_that_are_common_are_not_selective() -> None:
    assert Terms((1, 2)).selective(Common(frozenset({3})))
    assert not Terms((1, 2)).selective(Common(frozenset({2})))
    assert not SomeTerm((1,)).selective(NOTHING_KNOWN)
