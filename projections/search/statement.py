"""A statement that is being put together: its text knows names and counts, the values stand apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from projections.search.frequency import NOTHING_KNOWN, Common


class Statement:
    """Collects the values of a statement's parameters and gives names to its tables.

    The text depends on nothing but which values are asked for in which order, and which of them are common:
    never on what they are.
    """

    def __init__(
        self, *, one_by_one: bool = False, walking: bool = False, common: Common = NOTHING_KNOWN
    ) -> None:
        """one_by_one: whether what is asked about other resources is asked for a few, not for all at once.
        walking: whether everything is. common: what many resources have."""
        self.one_by_one = one_by_one or walking
        self.walking = walking
        self.alone = True
        self.either = False
        self.beside: tuple[int, ...] = ()
        self.types: tuple[str, ...] = ()
        self.common = common
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
    def gathering(self, *, walking: bool = False, one_by_one: bool = False) -> Iterator[None]:
        """Conditions on other resources, which are asked of all of these at once.

        walking: of those alone that refer to one resource, or to which one refers; but what refers to them is
        gathered once, if not one_by_one.
        """
        before = self.one_by_one, self.walking, self.alone, self.either, self.beside, self.types
        self.one_by_one, self.walking = one_by_one, walking
        self.alone, self.either, self.beside, self.types = True, False, (), ()
        yield
        self.one_by_one, self.walking, self.alone, self.either, self.beside, self.types = before

    @contextmanager
    def alternatives(self, number: int) -> Iterator[None]:
        """So many conditions of which any will do: what is ``either`` of several cannot be joined."""
        before = self.either
        self.either = before or number > 1
        yield
        self.either = before

    @contextmanager
    def of_types(self, types: tuple[str, ...]) -> Iterator[None]:
        """Conditions on resources of ``types``; where these are none, they may be of any type."""
        before, self.types = self.types, types
        yield
        self.types = before

    @contextmanager
    def among(self, number: int, terms: tuple[int, ...]) -> Iterator[None]:
        """So many conditions that must hold together: none is ``alone`` but an only one. terms: that they
        take all, which stand in ``beside``."""
        before = self.alone, self.beside
        self.alone, self.beside = self.alone and number == 1, (*self.beside, *terms)
        yield
        self.alone, self.beside = before
