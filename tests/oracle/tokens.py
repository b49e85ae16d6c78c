"""token: a code, with or without its system (https://hl7.org/fhir/R4/search.html#token)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.oracle.definitions import Parameter, definitions
from tests.oracle.expressions import Value
from tests.oracle.strings import Field, normal, starts
from tests.oracle.values import Matcher, Refused, parted, plain

MODIFIERS = (None, "text", "of-type")
"""``:not`` is about all values of a resource at once: evaluator.py."""

EXACT = frozenset({"Identifier", "uri", "url", "canonical", "oid", "id", "System.String", "boolean"})
"""Their codes are compared as written, others without regard to case."""


class Token(NamedTuple):
    """One code. systems: in which it is; empty: in none. exact: whether case matters."""

    systems: frozenset[str]
    code: str | None
    exact: bool


def tokens(value: Value) -> list[Token]:
    """The codes of a value."""
    if value.type == "CodeableConcept":
        return [_coding(coding) for coding in value.content.get("coding", ()) if coding]
    if value.type in ("Coding", "Identifier", "ContactPoint"):
        return [_of_object(value.type, value.content)]
    if value.type == "boolean":
        return [Token(frozenset(), str(value.content).lower(), True)]
    if value.type == "code":
        return [Token(_implicit(value), value.content, False)]
    return [Token(frozenset(), value.content, value.type in EXACT)] if isinstance(value.content, str) else []


def _coding(coding: dict[str, Any]) -> Token:
    return Token(_one(coding.get("system")), coding.get("code"), False)


def _of_object(type_: str, content: dict[str, Any]) -> Token:
    if type_ == "Coding":
        return _coding(content)
    system = content.get("system") if type_ == "Identifier" else None
    return Token(_one(system), content.get("value"), type_ == "Identifier")


def _one(system: str | None) -> frozenset[str]:
    return frozenset({system} if system else ())


def _implicit(value: Value) -> frozenset[str]:
    """The systems in which the value set of the element's required binding has the code."""
    binding = definitions().bindings.get(value.path, {})
    return frozenset(system for system, codes in binding.items() if codes is None or value.content in codes)


def matcher(text: str, modifier: str | None, parameter: Parameter | None = None) -> Matcher:
    """modifier: one of MODIFIERS. parameter: says which codes there are, if that is known."""
    if modifier == "text":
        return _of_text(plain(text))
    if parameter and parameter.code == "_id":
        written = plain(text)
        return lambda value: bool(value.content == written)
    parts = [plain(part) for part in parted(text, "|")]
    if modifier == "of-type":
        return _of_type(parts)
    if len(parts) > 2 or not any(parts):
        raise Refused("a token is code, system|code, |code or system|")
    system, code = parts if len(parts) == 2 else (None, parts[0])
    if parameter:
        _check(parameter, system, code)
    if parameter and parameter.types == ["code"] and parameter.codes is None:
        system = None  # Whoever names the system of a code that R4 does not list is taken at their word.
    return lambda value: any(fits(token, system, code) for token in tokens(value))


def _check(parameter: Parameter, system: str | None, code: str) -> None:
    if parameter.types == ["boolean"] and (system is not None or code not in ("true", "false")):
        raise Refused("true or false")
    known = parameter.codes
    if known is not None and code and code.casefold() not in {one.casefold() for one in known}:
        raise Refused("not a code of the value set")


def fits(token: Token, system: str | None, code: str) -> bool:
    """system: None: any; "": none. code: "": any."""
    if system == "" and token.systems:
        return False
    if system and system not in token.systems:
        return False
    return not code or same(token, code)


def same(token: Token, code: str) -> bool:
    """Whether the token has the code."""
    if token.code is None or token.exact:
        return token.code == code
    return token.code.casefold() == code.casefold()


def _of_text(written: str) -> Matcher:
    searched = normal(written)
    if not searched:
        raise Refused("no letter or digit to search for")
    return lambda value: any(starts(Field(text, True), searched) for text in texts(value))


def texts(value: Value) -> list[str]:
    """What ``:text`` looks at: CodeableConcept.text, Coding.display, Identifier.type."""
    return [text for text in _texts(value.type, value.content) if isinstance(text, str)]


def _texts(type_: str, content: Any) -> Iterator[str | None]:
    if type_ == "Coding":
        yield content.get("display")
    if type_ == "CodeableConcept":
        yield content.get("text")
        yield from (coding.get("display") for coding in content.get("coding", ()) if coding)
    if type_ == "Identifier":
        yield from _texts("CodeableConcept", content.get("type", {}))


def _of_type(parts: list[str]) -> Matcher:
    if len(parts) != 3 or not all(parts):
        raise Refused("system|code|value")
    system, code, written = parts

    def matches(value: Value) -> bool:
        if value.type != "Identifier" or value.content.get("value") != written:
            return False
        kinds = tokens(Value("CodeableConcept", value.content.get("type", {})))
        return any(fits(kind, system, code) for kind in kinds)

    return matches


def searchable(value: Value) -> bool:
    """Whether any search could find it."""
    return any(token.systems or token.code for token in tokens(value)) or bool(texts(value))
