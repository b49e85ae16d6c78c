"""A page of the server as a tree, so that what stands beside what can be told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()
)  # https://html.spec.whatwg.org/#void-elements
_APART: Final = frozenset("caption dd div dt figure h1 h2 h3 li p section summary td th tr".split())
_ROWS: Final = frozenset({"li", "tr"})
REFERENCE: Final = "data-reference"
"""``Type/id`` of the resource that a row tells of."""


class Malformed(ValueError):
    """An element is closed that is not the last one that was opened."""


@dataclass(slots=True)
class Element:
    """An element. parts: what stands in it, in order."""

    tag: str
    said: dict[str, str] = field(default_factory=dict)
    parts: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """This one and all within, in order."""
        yield self
        for part in self.parts:
            if isinstance(part, Element):
                yield from part

    @property
    def text(self) -> str:
        """What is read, blanks made one."""
        return " ".join(self._read().split())

    def text_beside(self, tag: str) -> str:
        """What is read beside its parts of this tag."""
        parts = [part for part in self.parts if isinstance(part, str) or part.tag != tag]
        return Element(self.tag, self.said, parts).text

    def find(self, tag: str, **said: str) -> Iterator[Element]:
        """Elements of a tag within that say so; of a class, that have it among others."""
        for one in self:
            if one.tag == tag and all(_says(one, name.strip("_"), value) for name, value in said.items()):
                yield one

    @property
    def references(self) -> list[str]:
        """Of all resources that are told of within."""
        return [one.said[REFERENCE] for one in self if REFERENCE in one.said]

    @property
    def rows(self) -> Iterator[Element]:
        """Rows that tell of resources; those within a row are part of it. Of a row with a cell for each
        resource the cells."""
        inner = [part for part in self.parts if isinstance(part, Element)]
        telling = [part for part in inner if part.references]
        if self.tag in _ROWS and self.references and not (self.tag == "tr" and len(telling) > 1):
            yield self
            return
        for part in telling if self.tag == "tr" else inner:
            yield from [part] if part.tag in ("td", "th") else part.rows

    def _read(self) -> str:
        return "".join(part if isinstance(part, str) else self._apart(part) for part in self.parts)

    def _apart(self, part: Element) -> str:
        """What a part reads, with blanks around it where it is a line of its own, as in entries of lists."""
        line = part.tag in _APART or (part.tag == "span" and self.tag == "li")
        return f" {part._read()} " if line else part._read()


def parse(html: str) -> Element:
    """The tree of a page whose elements are all closed. Raises Malformed."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    if len(tree.opened) != 1:
        raise Malformed(f"{tree.opened[-1].tag} is never closed")
    return tree.opened[0]


def reads(text: str, words: str) -> bool:
    """Whether the text has these words or this number, and not as a part of others."""
    meant = " ".join(words.split())
    return re.search(rf"(?<![\w.]){re.escape(meant)}(?!\w|\.\d)", text) is not None


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.opened[-1].parts.append(element)
        if tag not in _VOID:
            self.opened.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser: ``<path/>`` of a drawing."""
        self.opened[-1].parts.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Called by the parser."""
        if tag in _VOID:
            return
        if tag != self.opened.pop().tag or not self.opened:
            raise Malformed(f"{tag} is closed, and was not the last one opened")

    def handle_data(self, data: str) -> None:
        """Called by the parser."""
        self.opened[-1].parts.append(data)


def _says(one: Element, name: str, value: str) -> bool:
    said = one.said.get(name, "")
    return value in said.split() if name == "class" else said == value
