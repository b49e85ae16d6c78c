"""For the tests of the oracle: a search of a few resources, written down briefly."""

from collections.abc import Iterable
from typing import Any

import orjson

from tests.oracle.corpus import Corpus
from tests.oracle.evaluator import answer, parse

BASE = "http://example.org/fhir"


def resource(type_: str, id_: str, **elements: Any) -> bytes:
    """A resource's JSON; an element called ``class_`` is ``class``."""
    own = {name.rstrip("_"): element for name, element in elements.items()}
    return orjson.dumps({"resourceType": type_, "id": id_, **own})


def corpus(contents: Iterable[bytes]) -> Corpus:
    """Of a server at BASE, in Việt Nam."""
    return Corpus(contents, [BASE])


def ids(keys: Iterable[str]) -> str:
    """The ids alone, parted by blanks."""
    return " ".join(key.partition("/")[2] for key in keys)


def found(contents: Iterable[bytes] | Corpus, url: str) -> str:
    """The ids that the search finds, in order."""
    searched = contents if isinstance(contents, Corpus) else corpus(contents)
    return ids(key for group in answer(searched, *parse(url)).groups for key in group)


def included(contents: Iterable[bytes] | Corpus, url: str) -> set[str]:
    """What the search includes, ``Type/id``."""
    searched = contents if isinstance(contents, Corpus) else corpus(contents)
    return answer(searched, *parse(url)).included
