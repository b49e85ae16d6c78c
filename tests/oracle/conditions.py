"""Conditions: which resources of a type satisfy ``name=value``."""

from collections.abc import Callable, Iterator

from tests.oracle import dates, numbers, references, strings, tokens, uris
from tests.oracle.corpus import Corpus, Group
from tests.oracle.definitions import Parameter, definitions
from tests.oracle.expressions import Value
from tests.oracle.names import Chain, Name, Plain, Reverse, parse
from tests.oracle.values import Matcher, Refused, parted

MODIFIERS: dict[str, tuple[str, ...]] = {
    "token": ("missing", "not", "text", "of-type"),
    "string": ("missing", "exact", "contains"),
    "reference": ("missing", "identifier"),
    "uri": ("missing", "above", "below"),
}
"""Of other types ``missing`` alone; a reference may have the name of a type as well."""


def parameter_of(type_: str, code: str) -> Parameter:
    """The parameter of that name."""
    found = definitions().parameters.get(type_, {}).get(code)
    if not found:
        raise Refused(f"{type_} has no parameter {code}")
    return found


def satisfying(corpus: Corpus, type_: str, name: str, text: str) -> set[str]:
    """The resources (``Type/id``) of one type that satisfy one parameter of a search."""
    return _satisfying(corpus, type_, parse(name), text)


def _satisfying(corpus: Corpus, type_: str, name: Name, text: str) -> set[str]:
    if isinstance(name, Chain):
        return _by_chain(corpus, type_, name, text)
    if isinstance(name, Reverse):
        sources = _satisfying(corpus, name.type, name.rest, text)
        found = targets(corpus, name.type, name.code)
        return {key for source in sources for key in found[source] if key.startswith(f"{type_}/")}
    return _by_value(corpus, type_, name, text)


def _by_chain(corpus: Corpus, type_: str, name: Chain, text: str) -> set[str]:
    parameter = parameter_of(type_, name.code)
    possible = [name.type] if name.type else parameter.targets
    able = [one for one in possible if one in parameter.targets and _has(one, name.rest)]
    if not able:
        raise Refused("no target type has the parameter")
    reached = {key for one in able for key in _satisfying(corpus, one, name.rest, text)}
    return {key for key, found in targets(corpus, type_, name.code).items() if found & reached}


def _has(type_: str, name: Name) -> bool:
    return isinstance(name, Reverse) or name.code in definitions().parameters.get(type_, {})


def targets(corpus: Corpus, type_: str, code: str) -> dict[str, set[str]]:
    """Where a reference parameter leads from each resource of the type, within the corpus."""
    parameter = parameter_of(type_, code)
    if parameter.type != "reference":
        raise Refused(f"{code} is no reference")
    return corpus.targets(type_, parameter)


def _by_value(corpus: Corpus, type_: str, name: Plain, text: str) -> set[str]:
    parameter = parameter_of(type_, name.code)
    _check(parameter, name.modifier)
    everything = set(corpus.keys(type_))
    if name.modifier == "missing":
        return _missing(corpus, type_, parameter, text)
    negated = name.modifier == "not"
    plain_name = Plain(name.code, None) if negated else name
    found: set[str] = set()
    for alternative in parted(text, ","):
        if not alternative:
            raise Refused("no value")
        found |= _by_alternative(corpus, type_, parameter, plain_name.modifier, alternative)
    return everything - found if negated else found


def _check(parameter: Parameter, modifier: str | None) -> None:
    if parameter.type == "special":
        raise Refused(f"{parameter.code} is not supported")
    if modifier == "of-type" and "Identifier" not in parameter.types:
        raise Refused("of-type is for identifiers")
    if modifier is None or modifier in MODIFIERS.get(parameter.type, ("missing",)):
        return
    if parameter.type == "reference" and modifier in parameter.targets:
        return
    raise Refused(f"{parameter.code} has no modifier {modifier}")


def _by_alternative(
    corpus: Corpus, type_: str, parameter: Parameter, modifier: str | None, text: str
) -> set[str]:
    if parameter.type == "composite":
        matches = _composite(corpus, type_, parameter, text)
        return {key for key, groups in corpus.groups(type_, parameter).items() if any(map(matches, groups))}
    text, version = _with_version(type_, parameter, modifier, text)
    match = matcher(corpus, parameter, modifier, text)
    found = {key for key, values in corpus.values(type_, parameter).items() if any(map(match, values))}
    return {key for key in found if version is None or corpus.resources[key].get("version") == version}


def _with_version(
    type_: str, parameter: Parameter, modifier: str | None, text: str
) -> tuple[str, str | None]:
    """``url|version`` by the url of a canonical resource."""
    canonical = parameter.code == "url" and "version" in definitions().parameters[type_]
    url, *version = parted(text, "|") if canonical and not modifier else [text]
    return url, version[0] if version else None


def _composite(corpus: Corpus, type_: str, parameter: Parameter, text: str) -> Callable[[Group], bool]:
    """All components must match within the same base element."""
    parts = parted(text, "$")
    if len(parts) != len(parameter.components) or not all(parts):
        raise Refused("a value for each component, joined by $")
    own = [parameter_of(type_, component.code) for component in parameter.components]
    matchers = [matcher(corpus, one, None, part) for one, part in zip(own, parts, strict=True)]
    return lambda group: all(any(map(match, values)) for match, values in zip(matchers, group, strict=True))


def matcher(corpus: Corpus, parameter: Parameter, modifier: str | None, text: str) -> Matcher:
    """Whether a value is what one alternative of the search says."""
    match parameter.type:
        case "string":
            return strings.matcher(text, modifier)
        case "token":
            return tokens.matcher(text, modifier, parameter)
        case "reference":
            return references.matcher(text, modifier, parameter, corpus.bases)
        case "date":
            return dates.matcher(text, corpus.zone)
        case "uri":
            return uris.matcher(text, modifier)
        case "number":
            return numbers.number_matcher(text)
        case _:
            return numbers.quantity_matcher(text)


def _missing(corpus: Corpus, type_: str, parameter: Parameter, text: str) -> set[str]:
    if text not in ("true", "false"):
        raise Refused("true or false")
    present = set(_present(corpus, type_, parameter))
    return set(corpus.keys(type_)) - present if text == "true" else present


def _present(corpus: Corpus, type_: str, parameter: Parameter) -> Iterator[str]:
    """The resources with a value that a search could find."""
    if parameter.type == "composite":
        for key, groups in corpus.groups(type_, parameter).items():
            if any(_is_whole(corpus, parameter, group) for group in groups):
                yield key
        return
    for key, values in corpus.values(type_, parameter).items():
        if any(searchable(corpus, parameter.type, value) for value in values):
            yield key


def _is_whole(corpus: Corpus, parameter: Parameter, group: Group) -> bool:
    kinds = [component.type for component in parameter.components]
    return all(
        any(searchable(corpus, kind, value) for value in values)
        for kind, values in zip(kinds, group, strict=True)
    )


def searchable(corpus: Corpus, kind: str, value: Value) -> bool:
    """Whether any search could find the value."""
    match kind:
        case "string":
            return strings.searchable(value)
        case "token":
            return tokens.searchable(value)
        case "reference":
            return references.searchable(value, corpus.bases)
        case "date":
            return bool(dates.spans(value, corpus.zone))
        case "uri":
            return uris.searchable(value)
        case _:
            return bool(numbers.amounts(value))
