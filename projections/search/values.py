"""The text of values: commas part alternatives, dollars components, bars the parts of a token; a backslash
takes the meaning away (https://hl7.org/fhir/R4/search.html#escaping)."""

import re

from projections.search.errors import BadValue

MOST_ALTERNATIVES = 100
"""Values of one parameter, separated by commas."""

_ESCAPE = re.compile(r"\\([\\,$|])")


def alternatives(name: str, text: str) -> list[str]:
    """The values between commas, still escaped. Raises BadValue when one is empty or has a backslash that
    escapes nothing, or there are too many."""
    found = split(text, ",")
    if not all(found):
        raise BadValue(f"{name} has an empty value.")
    if len(found) > MOST_ALTERNATIVES:
        raise BadValue(f"{name} has more than {MOST_ALTERNATIVES} values.")
    if "\\" in _ESCAPE.sub("", text):
        raise BadValue(f"{name} has a backslash that is not written twice, nor stands before one of , $ | .")
    return found


def split(text: str, mark: str) -> list[str]:
    """The parts between marks that are not escaped; escapes stay."""
    if "\\" not in text:
        return text.split(mark)
    parts: list[list[str]] = [[]]
    characters = iter(text)
    for character in characters:
        if character == mark:
            parts.append([])
        else:
            escaped = next(characters, "") if character == "\\" else ""
            parts[-1].append(character + escaped)
    return ["".join(part) for part in parts]


def unescaped(text: str) -> str:
    """The text that is meant by one of the ``alternatives``."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(r"\1", text)
