"""The first page: one box to look citizens up, whose charts were opened lately, and what a look-up finds.

What is looked for travels in the body of a POST: an address would stay in histories and logs. Programs that
accept JSON and no page are answered with it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ehr.dates import ZONE
from ehr.formats.warning_codes import TEXTS
from ehr.values import Key, subject_of
from fhir_api.pages.chart.ages import Age, age_on
from fhir_api.pages.chart.words import age_text
from fhir_api.pages.forms import form_field
from fhir_api.pages.languages import Messages, language_of
from fhir_api.pages.recent import recent_ids
from fhir_api.pages.rendering import render
from fhir_api.pages.workplace import here, name_of
from projections.citizens.people import Group, Groups, groups_of
from projections.citizens.queries import MOST, Found, Here, Lookup, look_up, patients
from projections.citizens.view import Citizens
from projections.database import Reader
from projections.facilities.queries import Organization, organizations
from projections.links.person import people_of
from projections.links.view import Links
from projections.standing import Lacks, at_one_moment

SEXES = ("male", "female", "other", "unknown")
_VIEWS = (Citizens.name, Links.name)
_UNTOLD = ("subject", "likeness", "linked")


class Row(NamedTuple):
    """A person as the list shows them, by a Patient. age: in words, "" for the deceased and where it is
    unknown.

    sex: key of its name. seen_at: name of the facility where they were seen last. others: further Patients of
    the same person that were found; patients: how many it has in all.
    """

    person: Found
    age: str
    sex: str
    seen_at: str | None
    others: Sequence["Row"] = ()
    patients: int = 1


async def search_page(request: Request) -> Response:
    """GET /: the box, how to use it, and whose charts were opened lately."""
    async with request.app.state.views.connection() as connection:
        place, workplace = await here(connection, request)
        recent = await _recent(connection, recent_ids(request), place)
        facilities = await _seen_at(connection, recent)
    t, today = Messages(language_of(request)), datetime.now(ZONE).date()
    rows = [_row(one, facilities, t, today) for one in recent]
    return render(request, "search.html", {"workplace": workplace, "recent": rows, "focus_search": True})


async def lookup(request: Request) -> Response:
    """POST /lookup: whom the text may mean."""
    text = (await form_field(request, "text")).strip()
    async with (
        request.app.state.views.connection() as connection,
        at_one_moment(connection, *_VIEWS) as lacks,
    ):
        place, workplace = await here(connection, request)
        found = await look_up(connection, text, place)
        groups = await _grouped(connection, found, place)
        facilities = await _seen_at(connection, _everybody(groups))
    if _wants_json(request):
        return JSONResponse(_answer(found, groups, facilities, lacks))
    t, today = Messages(language_of(request)), datetime.now(ZONE).date()
    shown = {
        **{
            name: [_rows(one, facilities, t, today) for one in listed]
            for name, listed in groups._asdict().items()
        },
        "more": found.more,
        "cut": found.cut,
        "warnings": [getattr(TEXTS[code], t.language) for code in found.warnings],
        **lacks._asdict(),
        "most": MOST,
        "typed": text,
        "workplace": workplace,
    }
    return render(request, "results.html", shown)


async def _grouped(connection: Reader, found: Lookup, place: Here) -> Groups:
    subjects = {one.subject: one.linked for one in (*found.exact, *found.begun, *found.similar)}
    people = await people_of(connection, [subject for subject, linked in subjects.items() if linked])
    linked = {subject for others in people.values() for subject in others}
    return groups_of(found, people, await patients(connection, linked - subjects.keys(), place))


async def _recent(connection: Reader, ids: Sequence[str], place: Here) -> list[Found]:
    """Those that there are, in the order of the ids."""
    if not ids:
        return []
    subjects = [subject_of(Key("Patient", one).reference) for one in ids]
    found = {one.subject: one for one in await patients(connection, subjects, place)}
    return [found[subject] for subject in subjects if subject in found]


def _everybody(groups: Groups) -> list[Found]:
    listed = (group for groups_ in groups for group in groups_)
    return [one for group in listed for one in (group.first, *group.others)]


async def _seen_at(connection: Reader, people: Sequence[Found]) -> Mapping[str, Organization]:
    """The facilities where people were seen last."""
    names = [one.last_facility for one in people if one.last_facility]
    return await organizations(connection, names) if names else {}


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _answer(
    found: Lookup, groups: Groups, facilities: Mapping[str, Organization], lacks: Lacks
) -> dict[str, Any]:
    """See docs/identity.md."""
    return {
        **{
            name: [_group_told(one, facilities) for one in listed]
            for name, listed in groups._asdict().items()
        },
        "more": found.more,
        "cut": found.cut,
        **lacks._asdict(),
        "warnings": [{"code": code.value, **TEXTS[code]._asdict()} for code in found.warnings],
    }


def _group_told(group: Group, facilities: Mapping[str, Organization]) -> dict[str, Any]:
    others = [_told(one, facilities) for one in group.others]
    return {**_told(group.first, facilities), "others": others, "patients": group.patients}


def _told(one: Found, facilities: Mapping[str, Organization]) -> dict[str, Any]:
    seen_at = name_of(one.last_facility, facilities.get(one.last_facility)) if one.last_facility else None
    known = {name: value for name, value in one._asdict().items() if name not in _UNTOLD}
    return {**known, "last_facility_name": seen_at}


async def to_first_page(_: Request) -> Response:
    """GET /lookup: what was typed is not in the address, so there is nothing to show again."""
    return RedirectResponse("/", status_code=303)


def _rows(group: Group, facilities: Mapping[str, Organization], t: Messages, today: date) -> Row:
    others = [_row(one, facilities, t, today) for one in group.others]
    return _row(group.first, facilities, t, today)._replace(others=others, patients=len(group.patients))


def _row(one: Found, facilities: Mapping[str, Organization], t: Messages, today: date) -> Row:
    age: Age | None = None if one.deceased else age_on(one.birth_date, today)
    sex = f"sex.{one.sex}" if one.sex in SEXES else "sex.missing"
    seen_at = name_of(one.last_facility, facilities.get(one.last_facility)) if one.last_facility else None
    return Row(one, age_text(age, t), sex, seen_at)


routes = [
    Route("/", search_page),
    Route("/lookup", lookup, methods=["POST"]),
    Route("/lookup", to_first_page, methods=["GET"]),
]
