"""What somebody sends who has decided about a pair, and the judgement that it becomes."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace
from starlette.requests import Request

from ehr.facts import Evidence
from ehr.health_record import now
from ehr.linking import Act, Judgement, Pair
from fhir_api.access.entrance import visit_of
from fhir_api.pages.languages import Messages
from fhir_api.pages.workplace import workplace_of

OTHER = "other"
GROUNDS = ("papers", "asked", "telephone", "screen", OTHER)
"""What somebody goes by: the papers themselves, the person or family, a call, only what is shown here;
something else, which the note then says."""

LONGEST_NOTE = 500
"""Characters of a note."""

_NUMBER = re.compile(r"[0-9]{1,9}")
_POSITION = re.compile(r"\b[0-9]{1,18}\b", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{32}")


class Wish(NamedTuple):
    """What was sent. act, ground: None where none, or none that there is, was chosen.

    version: of the pair when it was looked at; patients: Patient id -> its version then; contrary: positions
    of the judgements that keep others apart, as they were shown. token: names this form, so that sending it
    twice stores one decision.
    """

    act: Act | None
    ground: str | None
    note: str
    version: int | None
    patients: Mapping[str, int]
    token: str | None
    contrary: frozenset[int] = frozenset()

    @property
    def lacks(self) -> str | None:
        """What is missing before it can be decided: ``act`` or ``ground``."""
        if self.act is None or self.version is None:
            return "act"
        return None if self.note or self.ground not in (None, OTHER) else "ground"

    def reason(self, t: Messages) -> str:
        """In words, as it is kept."""
        ground = t(f"review.ground.{self.ground}") if self.ground not in (None, OTHER) else ""
        return ". ".join(part for part in (ground, self.note) if part)


NOTHING = Wish(None, None, "", None, {}, None)


def wish_of(fields: Mapping[str, str], pair: Pair) -> Wish:
    """From the fields of a form. What is damaged is left out: it is asked for again."""
    act, ground = fields.get("act", ""), fields.get("ground", "")
    token = fields.get("token", "")
    versions = {id_: _number(fields.get(f"version-{n}", "")) for n, id_ in enumerate(pair, 1)}
    return Wish(
        Act(act) if act in tuple(Act) else None,
        ground if ground in GROUNDS else None,
        fields.get("note", "").strip()[:LONGEST_NOTE],
        _number(fields.get("version", "")),
        {id_: version for id_, version in versions.items() if version},
        token if _TOKEN.fullmatch(token) else None,
        frozenset(map(int, _POSITION.findall(fields.get("contrary", "")))),
    )


def judgement_of(
    request: Request, pair: Pair, wish: Wish, evidence: Sequence[Evidence], t: Messages
) -> Judgement:
    """evidence: what was shown. The wish lacks nothing. Where nobody says which facility decides, it is the
    one that was chosen on this browser."""
    visit = visit_of(request.scope)
    assert wish.act is not None
    return Judgement(
        wish.act,
        pair,
        replace(visit.actor, facility=workplace_of(request)),
        now(),
        tuple(evidence),
        reason=wish.reason(t),
        op_id=wish.token and f"review/{wish.token}",
        if_version=wish.version,
        patients=wish.patients,
        correlation_id=visit.request_id,
    )


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
