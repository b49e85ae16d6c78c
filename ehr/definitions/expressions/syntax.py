"""From the text of an expression to a tree.

expression := conjunction ('and' conjunction)*     conjunction := union ('!=' union)?
union      := cast ('|' cast)*                     cast        := postfix ('as' NAME | 'is' NAME)?
postfix    := term ('.' NAME ['(' expression? ')'] | '[' NUMBER ']')*
term       := NAME ['(' expression? ')'] | STRING | 'true' | 'false' | '(' expression ')'
"""

import re
from collections.abc import Iterator

import msgspec


class NotUnderstood(Exception):
    """The expression uses FHIRPath beyond the part that is understood here."""


class Name(msgspec.Struct, frozen=True):
    """An element of what stands before it; at the beginning, of the resource, or its type."""

    base: "Tree | None"
    name: str


class Call(msgspec.Struct, frozen=True):
    """A function of what stands before it, e.g. ``where``, ``as``; `argument` is None if it has none."""

    base: "Tree | None"
    function: str
    argument: "Tree | None"


class Item(msgspec.Struct, frozen=True):
    """``base[index]``."""

    base: "Tree"
    index: int


class Infix(msgspec.Struct, frozen=True):
    """``left sign right``, where sign is one of ``| as is and = !=``."""

    sign: str
    left: "Tree"
    right: "Tree"


class Constant(msgspec.Struct, frozen=True):
    """A text or a truth value."""

    value: str | bool


Tree = Name | Call | Item | Infix | Constant

_TOKEN = re.compile(r"\s*('[^']*'|[A-Za-z_]\w*|\d+|!=|[.()\[\]|=])")
_END = ""
_LEVELS = (("and",), ("=", "!="), ("|",), ("as", "is"))
"""Infix signs, those that bind least first."""


def parse(expression: str) -> Tree:
    """The tree of an expression; NotUnderstood if it is beyond the grammar above."""
    parser = _Parser(expression)
    tree = parser.infix(0)
    if parser.next != _END:
        raise NotUnderstood(f"{parser.next} in {expression}")
    return tree


def alternatives(expression: str) -> list[str]:
    """The texts between the outermost ``|`` of an expression."""
    parts, depth = [""], 0
    for character in expression:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _tokens(expression: str) -> Iterator[str]:
    position = 0
    while rest := expression[position:].strip():
        match = _TOKEN.match(expression, position)
        if match is None:
            raise NotUnderstood(f"{rest[0]} in {expression}")
        position = match.end()
        yield match[1]
    yield _END


class _Parser:
    """Descends through the grammar; `next` is the token that comes."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = _tokens(expression)
        self.next = next(self.tokens)

    def advance(self) -> str:
        """Take the token that comes."""
        taken, self.next = self.next, next(self.tokens, _END)
        return taken

    def expect(self, token: str) -> None:
        if self.advance() != token:
            raise NotUnderstood(f"no {token} in {self.expression}")

    def infix(self, level: int) -> Tree:
        if level == len(_LEVELS):
            return self.postfix()
        tree = self.infix(level + 1)
        while self.next in _LEVELS[level]:
            sign = self.advance()
            tree = Infix(sign, tree, self.infix(level + 1))
        return tree

    def postfix(self) -> Tree:
        tree = self.term()
        while self.next in (".", "["):
            dotted = self.advance() == "."
            tree = self.named(tree, self.advance()) if dotted else Item(tree, self.index())
        return tree

    def index(self) -> int:
        number = self.advance()
        self.expect("]")
        if not number.isdecimal():
            raise NotUnderstood(f"[{number}] in {self.expression}")
        return int(number)

    def named(self, base: Tree | None, name: str) -> Tree:
        if not name.isidentifier():
            raise NotUnderstood(f"{name} in {self.expression}")
        if self.next != "(":
            return Name(base, name)
        self.advance()
        argument = None if self.next == ")" else self.infix(0)
        self.expect(")")
        return Call(base, name, argument)

    def term(self) -> Tree:
        token = self.advance()
        if token == "(":  # noqa: S105
            tree = self.infix(0)
            self.expect(")")
            return tree
        if token in ("true", "false"):
            return Constant(token == "true")  # noqa: S105
        if token.startswith("'"):
            return Constant(token[1:-1])
        return self.named(None, token)
