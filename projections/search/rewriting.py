"""Passes over a tree: each makes another one that means the same and is found faster."""

from functools import reduce

from projections.search.identifiers import Identified
from projections.search.terms import Terms
from projections.search.tree import And, Node, Not, OfType, Or, Pass, ReferredToBy, Refers


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


def join_alternatives(node: Node) -> Node:
    """Terms of which any will do are asked for at once."""
    node = _below(join_alternatives, node)
    if not isinstance(node, Or):
        return node
    joined = [term for one in node.nodes if isinstance(one, Terms) for term in one.any_of]
    others = tuple(one for one in node.nodes if not isinstance(one, Terms))
    if not joined:
        return node
    terms = Terms(tuple(dict.fromkeys(joined)))
    return Or((terms, *others)) if others else terms


def join_identifiers(node: Node) -> Node:
    """Identifiers of which any will do are asked for at once."""
    node = _below(join_identifiers, node)
    if not isinstance(node, Or):
        return node
    joined = [condition for one in node.nodes if isinstance(one, Identified) for condition in one.any_of]
    others = tuple(one for one in node.nodes if not isinstance(one, Identified))
    if not joined:
        return node
    identified = Identified(tuple(dict.fromkeys(joined)))
    return Or((identified, *others)) if others else identified


PASSES: tuple[Pass, ...] = (flatten, join_alternatives, join_identifiers)


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
