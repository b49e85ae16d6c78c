"""Coverage: of those who are registered and live in a commune, how many were seen."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehr.communes.table import communes, provinces
from ehr.names import fold
from fhir_api.pages.rendering import render
from projections.citizens.tallies import Coverage, coverage, together
from projections.database import Reader

LEVELS = 10
"""Shades of the grid: each is a tenth of all."""


class Place(NamedTuple):
    """A commune or a province and its coverage. level: of its shade; None where there is nobody."""

    name: str
    coverage: Coverage

    @property
    def level(self) -> int | None:
        """From 0 to LEVELS - 1."""
        share = self.coverage.share
        return None if share is None else min(int(share * LEVELS), LEVELS - 1)


class Covered(NamedTuple):
    """province: the one where most live, None where nobody does. communes: all of its communes; of_all: they
    together. others: further provinces. unplaced: those of whom it is not known where they live."""

    province: str | None
    communes: list[Place]
    of_all: Coverage
    others: list[Place]
    unplaced: Coverage

    @property
    def registered(self) -> Coverage:
        """Everybody, wherever they live."""
        return together([self.of_all, *(one.coverage for one in self.others), self.unplaced])


ORDERS: Mapping[str, Callable[[Place], Any]] = {
    "name": lambda one: fold(one.name),
    "share": lambda one: (one.coverage.share is None, one.coverage.share),
    "in-use": lambda one: -one.coverage.in_use,
    "seen": lambda one: -one.coverage.seen,
}


async def covered(connection: Reader) -> Covered:
    """By today's communes and provinces (ehr.communes)."""
    by_province: dict[str, dict[str, Coverage]] = {}
    known = communes()
    for one in await coverage(connection):
        commune = known.get(one.commune)
        by_province.setdefault(commune.province if commune else "", {})[one.commune] = one
    unplaced = together(by_province.pop("", {}).values())
    sums = {code: together(found.values()) for code, found in by_province.items()}
    home = max(sums, key=lambda code: sums[code].registered, default=None)
    places = [one for one in communes().values() if one.province == home]
    own = by_province.get(home or "", {})
    return Covered(
        provinces().get(home) if home else None,
        sorted(
            (Place(one.name, own.get(one.code, Coverage(one.code))) for one in places), key=ORDERS["name"]
        ),
        sums.get(home or "", Coverage("")),
        sorted((Place(provinces()[code], sums[code]) for code in sums if code != home), key=ORDERS["name"]),
        unplaced,
    )


async def coverage_page(request: Request) -> Response:
    """GET /facilities/coverage. sort: one of ORDERS."""
    async with request.app.state.views.connection() as connection:
        found = await covered(connection)
    wish = request.query_params.get("sort", "")
    order = wish if wish in ORDERS else "name"
    found = found._replace(communes=sorted(found.communes, key=ORDERS[order]))
    return render(request, "coverage.html", {"covered": found, "order": order})


routes = [Route("/facilities/coverage", coverage_page, methods=["GET"])]
