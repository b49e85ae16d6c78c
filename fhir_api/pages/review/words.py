"""What evidence and decisions mean, in words of a clerk: keys of messages, no text."""

from collections.abc import Iterable
from typing import NamedTuple

from ehr.facts import Evidence
from ehr.linking import Act, State
from ehr.matching.weights import LEVELS, SHARED
from fhir_api.pages.languages import Messages, catalogue
from fhir_api.pages.review.sheets import NUMBERS

MOST_TOLD = 3
"""Sentences in a list, beside one against."""

STRONG, CLEAR = 10.0, 4.0
"""Bits from which evidence counts for much, or for something. 10 bits: a thousand times likelier."""

ACTS = {
    State.UNKNOWN: (Act.LINK, Act.JUDGE_DIFFERENT, Act.PROPOSE),
    State.PROPOSED: (Act.LINK, Act.JUDGE_DIFFERENT, Act.POSTPONE),
    State.POSTPONED: (Act.LINK, Act.JUDGE_DIFFERENT, Act.PROPOSE),
    State.LINKED: (Act.UNLINK,),
    State.DOUBTED: (Act.LINK, Act.UNLINK),
    State.UNLINKED: (Act.LINK, Act.JUDGE_DIFFERENT, Act.PROPOSE),
    State.DIFFERENT: (Act.LINK, Act.PROPOSE),
}
"""What somebody can decide about a pair that stands so, in the order of the digits 1, 2, 3."""


class Said(NamedTuple):
    """A sentence about a field. strength: ``for-3`` down to ``for-1``, ``against-1`` up to ``against-3``."""

    text: str
    strength: str


def sentence(one: Evidence, t: Messages) -> str:
    """What the evidence says. Of what other rules called otherwise, that it was compared."""
    text = _sentence(one, t)
    return text[:1].upper() + text[1:]


def _sentence(one: Evidence, t: Messages) -> str:
    kind = "number" if one.field in NUMBERS else one.field
    if kind == "number":
        level = one.level if one.level in (*LEVELS[one.field], *SHARED) else "other"
        return t(f"review.evidence.number.{level}", kind=t(f"review.field.{one.field}"))
    key = f"review.evidence.{kind}.{one.level}"
    if key in catalogue(t.language):
        return t(key)
    name = f"review.field.{one.field}"
    return t("review.evidence.other", field=t(name) if name in catalogue(t.language) else one.field)


def telling(evidence: Iterable[Evidence], t: Messages) -> list[Said]:
    """The few sentences that tell most: for it, and what speaks against it most."""
    sentences = said(evidence, t)
    against = [one for one in sentences[MOST_TOLD:] if one.strength.startswith("against")]
    return [*sentences[:MOST_TOLD], *against[-1:]]


def type_name(type_: str, t: Messages) -> str:
    """What a type of resource is called; its own name where it has no other."""
    texts = catalogue(t.language)
    return texts.get(f"review.type.{type_}") or texts.get(f"chart.type.{type_}") or type_


def strength(bits: float) -> str:
    """How much evidence of so many bits counts, for or against one person."""
    size = 3 if abs(bits) >= STRONG else 2 if abs(bits) >= CLEAR else 1
    return f"{'against' if bits < 0 else 'for'}-{size}"


def said(evidence: Iterable[Evidence], t: Messages) -> list[Said]:
    """Sentences, those that count for most first and those that speak against it last."""
    ordered = sorted(evidence, key=lambda one: -one.bits)
    return [Said(sentence(one, t), strength(one.bits)) for one in ordered]
