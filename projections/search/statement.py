"""A statement that is being put together: its text knows names and counts, the values stand apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Statement:
    """Collects the values of a statement's parameters and gives names to its tables.

    The text depends on nothing but which values are asked for in which order: never on what they are.
    """

    def __init__(self, *, one_by_one: bool = False, walking: bool = False) -> None:
        """one_by_one: whether what is asked about other resources is asked for a few, not for all at once.
        walking: whether everything is."""
        self.one_by_one = one_by_one or walking
        self.walking = walking
        self.parameters: dict[str, Any] = {}
        self._aliases = 0

    def value(self, value: object, type_: str) -> str:
        """The placeholder of a value. type_: of PostgreSQL."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})b::{type_}"

    def alias(self) -> str:
        """A name for a table that no other has."""
        self._aliases += 1
        return f"t{self._aliases}"

    @contextmanager
    def gathering(self, *, walking: bool = False) -> Iterator[None]:
        """Conditions on other resources, which are asked of all of these at once.

        walking: of those alone that refer to one resource; but what refers to them is gathered once.
        """
        before = self.one_by_one, self.walking
        self.one_by_one, self.walking = False, walking
        yield
        self.one_by_one, self.walking = before
