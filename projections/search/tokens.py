"""Parameters of type token (https://hl7.org/fhir/R4/search.html#token).

Codes are compared without regard to case, as the specification advises when in doubt; identifiers, ids and
addresses as they are (https://hl7.org/fhir/R4/datatypes.html#Identifier), and systems always.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ehr.names import unaccented
from ehr.remembering import remembered
from projections.search.entries import Entries, WordEntry
from projections.search.errors import BadValue
from projections.search.terms import (
    REMEMBERED_VALUE,
    About,
    SomeTerm,
    Terms,
    base_of,
    hash_of,
    of_values,
    term,
)
from projections.search.values import split, unescaped
from projections.search.words import WordBeginning

MODIFIERS = ("missing", "not", "text")
OF_TYPE = "of-type"
"""The modifier that parameters on identifiers have besides."""

FOLDED = frozenset({"Coding", "CodeableConcept", "code", "ContactPoint", "string", "boolean", "markdown"})
"""FHIR types whose values are compared without regard to case."""

SYSTEMATIC = frozenset({"Coding", "CodeableConcept", "Identifier"})
"""FHIR types whose values have a system, or none."""


def is_mixed(types: Iterable[str]) -> bool:
    """Whether some values have a system or none, and others cannot have one."""
    return bool(SYSTEMATIC & {*types}) and bool({*types} - SYSTEMATIC)


# What a term says of a value. Folded: c code, s system and code. As it is: e code, x system and code. y: a
# system. o: type and value of an identifier. w: a text that a code is known by.
_NO_SYSTEM = ""


def index_coding(entries: Entries, number: int, value: Any) -> None:
    """A Coding."""
    system, code, display = value.get("system") or "", value.get("code") or "", value.get("display") or ""
    short = len(system) + len(code) + len(display) <= REMEMBERED_VALUE
    terms, words = (_remembered if short else _of_coding)(number, system, code, display)
    entries.terms.update(terms)
    entries.words += words


def _of_coding(number: int, system: str, code: str, display: str) -> tuple[tuple[int, ...], list[WordEntry]]:
    entries = Entries()
    base, add = base_of(number), entries.terms.add
    if code:
        folded = code.casefold()
        add(base | hash_of("c" + folded))
        add(base | hash_of(f"s{system}\0{folded}"))
    if system:
        add(base | hash_of("y" + system))
    _index_word(entries, number, display)
    return tuple(entries.terms), entries.words


_remembered = lru_cache(maxsize=1 << 16)(_of_coding)


def index_concept(entries: Entries, number: int, value: Any) -> None:
    """A CodeableConcept: each of its codings, and its text."""
    for coding in value.get("coding", ()):
        if coding:
            index_coding(entries, number, coding)
    _index_word(entries, number, value.get("text"))


def index_subject_matter(entries: Entries, number: int, value: Any) -> None:
    """A CodeableConcept that says what the resource is about: its codes are read in order of time, too."""
    for coding in value.get("coding", ()):
        code = coding and coding.get("code")
        if code:
            folded = code.casefold()
            entries.codes.add(term(number, "c" + folded))
            entries.codes.add(term(number, f"s{coding.get('system') or _NO_SYSTEM}\0{folded}"))
    index_concept(entries, number, value)


def index_identifier(entries: Entries, number: int, value: Any) -> None:
    """An Identifier."""
    system, text = value.get("system") or _NO_SYSTEM, value.get("value")
    base, add = base_of(number), entries.terms.add
    if text:
        add(base | hash_of("e" + text))
        add(base | hash_of(f"x{system}\0{text}"))
    _index_identifier_type(entries, number, value, system, text)


def index_claimed_identifier(entries: Entries, number: int, value: Any) -> None:
    """An Identifier whose value stands in the table of identifiers."""
    _index_identifier_type(entries, number, value, value.get("system") or _NO_SYSTEM, value.get("value"))


def _index_identifier_type(
    entries: Entries, number: int, value: dict[str, Any], system: str, text: str | None
) -> None:
    base, add = base_of(number), entries.terms.add
    if system:
        add(base | hash_of("y" + system))
    kind = value.get("type")
    if not kind:
        return
    for coding in kind.get("coding", ()):
        if coding and text and coding.get("code"):
            add(base | hash_of(f"o{coding.get('system') or ''}\0{coding['code'].casefold()}\0{text}"))
        if coding:
            _index_word(entries, number, coding.get("display"))
    _index_word(entries, number, kind.get("text"))


def index_code(entries: Entries, number: int, value: Any) -> None:
    """A code, a string or a boolean: what has no system and is compared without regard to case."""
    if value.__class__ is bool:
        value = "true" if value else "false"
    if value.__class__ is str and value:
        entries.terms.add(term(number, "c" + value.casefold()))


def index_contact_point(entries: Entries, number: int, value: Any) -> None:
    """A ContactPoint: its value."""
    index_code(entries, number, value.get("value"))


def index_code_beside_others(entries: Entries, number: int, value: Any) -> None:
    """The same where other values of the parameter have systems: it has none."""
    if value.__class__ is bool:
        value = "true" if value else "false"
    index_coding(entries, number, {"code": value})


def index_literal(entries: Entries, number: int, value: Any) -> None:
    """A uri, id, canonical or oid: what is compared as it is."""
    if value.__class__ is str and value:
        entries.terms.add(term(number, "e" + value))


def index_literal_beside_others(entries: Entries, number: int, value: Any) -> None:
    """The same where other values of the parameter have systems: it has none."""
    index_literal(entries, number, value)
    if value.__class__ is str and value:
        entries.terms.add(term(number, f"x\0{value}"))


def _index_word(entries: Entries, number: int, text: Any) -> None:
    folded = _word(text) if text else ""
    if folded:
        found = term(number, "w" + folded)
        entries.terms.add(found)
        entries.words.append(WordEntry(number, folded, found))


_word = remembered(1 << 14, REMEMBERED_VALUE)(unaccented)  # Displays of codes are few.


@dataclass(frozen=True, slots=True)
class TokenForm:
    """How values of a parameter are compared. types: FHIR types that they have. implied: of pure codes, the
    systems that each has by its binding; None where the specification does not hold the value set.
    subject_matter: whether they say what the resource is about."""

    types: frozenset[str]
    implied: Mapping[str, tuple[str, ...]] | None = None
    subject_matter: bool = False

    @property
    def coded(self) -> bool:
        """Whether the values are codes alone."""
        return self.types == {"code"}


def read_token(number: int, name: str, form: TokenForm, text: str) -> Terms | SomeTerm:
    """The condition of ``code``, ``system|code``, ``|code`` or ``system|``. Raises BadValue."""
    parts = [unescaped(part) for part in split(text, "|")]
    if len(parts) > 2:
        raise BadValue(f"{name} must be code, system|code, |code or system|.")
    system, code = (None, parts[0]) if len(parts) == 1 else parts
    if not code and not system:
        raise BadValue(f"{name} has an empty value.")
    _refuse_impossible(name, form, code)
    if system is not None and form.coded:
        return _implied(number, form, system, code)
    found = of_values(number, _texts(form, system, code))
    return About(found.any_of) if form.subject_matter and code else found


def _texts(form: TokenForm, system: str | None, code: str) -> list[str]:
    if not code:
        return [f"y{system}"]
    folded = code.casefold()
    if system is None or (not system and form.types.isdisjoint(SYSTEMATIC)):
        both = ["c" + folded, "e" + code]
    else:
        both = [f"s{system}\0{folded}", f"x{system}\0{code}"]
    wanted = (not form.types.isdisjoint(FOLDED), bool(form.types - FOLDED))
    return [text for text, is_wanted in zip(both, wanted, strict=True) if is_wanted]


def _implied(number: int, form: TokenForm, system: str, code: str) -> Terms | SomeTerm:
    """Codes have the systems of their binding. Where the specification does not hold the value set, whoever
    names one is taken at their word."""
    if form.implied is None:
        return of_values(number, ["c" + code.casefold()]) if code else SomeTerm((number,))
    codes = [one for one in form.implied.get(system, ()) if not code or one.casefold() == code.casefold()]
    return of_values(number, ["c" + one.casefold() for one in codes])


def _refuse_impossible(name: str, form: TokenForm, code: str) -> None:
    if form.types == {"boolean"} and code not in ("true", "false"):
        raise BadValue(f"{name} must be true or false.")
    if code and form.coded and form.implied:
        known = {one.casefold(): one for codes in form.implied.values() for one in codes}
        if code.casefold() not in known:
            raise BadValue(f"{name} has a code that its value set does not hold: {_some(known.values())}.")


def _some(codes: Any) -> str:
    listed = list(codes)
    return ", ".join(listed[:_TOLD]) + (" …" if len(listed) > _TOLD else "")


_TOLD = 40
"""Codes that an error lists."""


def read_of_type(number: int, name: str, text: str) -> Terms:
    """The condition of ``system|code|value``. Raises BadValue."""
    parts = [unescaped(part) for part in split(text, "|")]
    if len(parts) != 3 or not all(parts):
        raise BadValue(f"{name} must be system|code|value.")
    system, code, value = parts
    return of_values(number, [f"o{system}\0{code.casefold()}\0{value}"])


def read_text(number: int, name: str, text: str) -> WordBeginning:
    """The condition of ``:text``. Raises BadValue."""
    folded = unaccented(unescaped(text))
    if not folded:
        raise BadValue(f"{name} has a value without any letter or digit.")
    return WordBeginning(number, folded)
