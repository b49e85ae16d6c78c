"""Passes over a tree: each makes another one that means the same and is found faster."""

from collections.abc import Iterable
from functools import reduce

from projections.search.identifiers import Identified, Named, Updated
from projections.search.terms import Terms
from projections.search.tree import And, Node, Not, OfType, Or, Pass, ReferredToBy, Refers, type_of


def rewritten(node: Node) -> Node:
    """The tree after all passes."""
    return reduce(lambda tree, step: step(tree), PASSES, node)


def flatten(node: Node) -> Node:
    """An AND within an AND, an OR within an OR, and either of one condition are undone; none is twice."""
    node = _below(flatten, node)
    if isinstance(node, And | Or):
        kind = type(node)
        found: list[Node] = []
        for one in node.nodes:
            found += one.nodes if isinstance(one, kind) else (one,)
        nodes = tuple(dict.fromkeys(found))
        return nodes[0] if len(nodes) == 1 else kind(nodes)
    return node


def drop_types(node: Node) -> Node:
    """Ids stand for a resource of a type, and chains begin with a parameter of one: it need not be said."""
    node = _below(drop_types, node)
    if not isinstance(node, OfType):
        return node
    ways = node.node.nodes if isinstance(node.node, Or) else (node.node,)
    types = [type_ for way in ways for type_ in _types_of(way)]
    return node.node if {*types} == {node.type} else node


def _types_of(node: Node) -> Iterable[str | None]:
    """The types of resources that meet it; None for any."""
    match node:
        case Named(any_of):
            return [key.type for key in any_of]
        case Refers(number):
            return [type_of(number)]
    return [None]


def join_alternatives(node: Node) -> Node:
    """Terms, identifiers, ids and times of change of which any will do are asked for at once."""
    node = _below(join_alternatives, node)
    if not isinstance(node, Or):
        return node
    nodes = node.nodes
    for kind in _JOINED:
        nodes = _joined(nodes, kind)
    return nodes[0] if len(nodes) == 1 else Or(nodes)


_Joined = Named | Updated | Identified | Terms
_JOINED: tuple[type[_Joined], ...] = (Named, Updated, Identified, Terms)


def _joined(nodes: tuple[Node, ...], kind: type[_Joined]) -> tuple[Node, ...]:
    """The alternatives with those of a kind made one, which stands first."""
    joined = [each for one in nodes if isinstance(one, kind) for each in one.any_of]
    others = [one for one in nodes if not isinstance(one, kind)]
    return (kind(tuple(dict.fromkeys(joined))), *others) if joined else nodes  # type: ignore[arg-type]


PASSES: tuple[Pass, ...] = (flatten, drop_types, flatten, join_alternatives)


def _below(step: Pass, node: Node) -> Node:
    """The node with the step taken on what stands below it."""
    match node:
        case And(nodes):
            return And(tuple(step(one) for one in nodes))
        case Or(nodes):
            return Or(tuple(step(one) for one in nodes))
        case Not(one):
            return Not(step(one))
        case Refers(number, type_, one):
            return Refers(number, type_, step(one))
        case ReferredToBy(type_, number, one):
            return ReferredToBy(type_, number, step(one))
        case OfType(type_, one):
            return OfType(type_, step(one))
    return node
