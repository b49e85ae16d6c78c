"""Remembers what was made of short texts that come again: long ones would fill the memory."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Protocol, TypeVar, cast

Made = TypeVar("Made", covariant=True)


class Remembering(Protocol[Made]):
    """A function of one text that remembers."""

    def __call__(self, text: str, /) -> Made:
        """What is made of the text."""
        ...

    def cache_clear(self) -> None:
        """Forgets everything."""
        ...

    def cache_info(self) -> Any:
        """See ``functools.lru_cache``."""
        ...


def remembered(most: int, longest: int) -> Callable[[Callable[[str], Made]], Remembering[Made]]:
    """Makes a function remember what it made of ``most`` texts, those of at most ``longest`` characters."""

    def decorate(function: Callable[[str], Made]) -> Remembering[Made]:
        cached = lru_cache(maxsize=most)(function)

        @wraps(function)
        def remembering(text: str) -> Made:
            return cached(text) if len(text) <= longest else function(text)

        found = cast("Any", remembering)
        found.cache_clear, found.cache_info = cached.cache_clear, cached.cache_info
        return cast("Remembering[Made]", found)

    return decorate
