"""Where two texts differ: what somebody would otherwise have to look for letter by letter. Pure."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

LONGEST = 120
"""Characters of a text within which differences are looked for; beyond them nothing is marked."""


class Piece(NamedTuple):
    """A part of a text, and whether the other text has another in its place."""

    text: str
    differs: bool


def unmarked(text: str) -> list[Piece]:
    """The text in one piece."""
    return [Piece(text, False)]


def marked(text: str, others: Sequence[str]) -> list[Piece]:
    """The text in pieces, held against the most similar of the others; in one piece where there is none."""
    if not others or len(text) > LONGEST or max(map(len, others)) > LONGEST:
        return unmarked(text)
    other = max(others, key=lambda one: SequenceMatcher(None, text, one, autojunk=False).ratio())
    matcher = SequenceMatcher(None, text, other, autojunk=False)
    if matcher.ratio() < 0.5:
        return [Piece(text, True)]
    return list(_joined(_pieces(text, matcher)))


def _pieces(text: str, matcher: "SequenceMatcher[str]") -> Iterable[Piece]:
    for kind, start, end, *_ in matcher.get_opcodes():
        yield Piece(text[start:end], kind != "equal")


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Without empty ones, and equal neighbours as one."""
    last: Piece | None = None
    for piece in pieces:
        if last and last.differs == piece.differs:
            last = Piece(last.text + piece.text, piece.differs)
        elif piece.text:
            if last:
                yield last
            last = piece
    if last:
        yield last
