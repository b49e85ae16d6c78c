"""The tables of the report: the same on the page and as files."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ehr.linking import State
from ehr.matching.numbers import KINDS
from fhir_api.pages.facilities.coverage import Place
from fhir_api.pages.formats import number_text
from fhir_api.pages.languages import Messages
from fhir_api.pages.report.reading import Report
from fhir_api.pages.review.lists import MOST_COUNTED
from projections.citizens.numbers import CONTRARY, OBTAINED
from projections.citizens.tallies import Coverage

BEST = 5
"""Communes with the highest coverage, and with the lowest, that the page names; the file has all."""

MOST_SHOWN = 10
"""Silent facilities that the page names."""

Cell = str | int | float | datetime | None
"""Text, a number, a share from 0 to 1, a moment, or nothing."""

Row = Sequence[Cell]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What begins so is calculated by programs for tables (https://owasp.org/www-community/attacks/CSV_Injection)."""


class Table(NamedTuple):
    """name: of its file. columns: what each is called, "" for the first of numbers alone. rows: each begins
    with what it is called. shown: the rows of the page; the file has all."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Row]
    shown: Sequence[Row]


def tables_of(report: Report, t: Messages) -> list[Table]:
    """In the order of the page."""
    return [
        _table("people", _people(report, t), t),
        _table("links", _links(report, t), t, "period", "ever"),
        _table("facilities", _facilities(report, t), t),
        _silent(report, t),
        _table("numbers", _numbers(report, t), t, *(f"obtained.{one}" for one in OBTAINED)),
        _coverage(report, t),
        _table("warnings", _warnings(report, t), t),
    ]


def as_csv(table: Table) -> bytes:
    """UTF-8 with the mark by which programs for tables know it (https://www.rfc-editor.org/rfc/rfc4180)."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(map(_field, table.columns))
    writer.writerows(map(_field, row) for row in table.rows)
    return lines.getvalue().encode("utf-8-sig")


def _field(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, float):
        return f"{cell:.4f}"
    text = "" if cell is None else str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULA) else text


def _table(name: str, rows: Sequence[Row], t: Messages, *columns: str) -> Table:
    """columns: what those after the first are called, a number alone where they are not named."""
    named = [t(f"report.{one}") for one in columns or ("number",)]
    return Table(name, [t(f"report.table.{name}"), *named], rows, rows)


def _people(report: Report, t: Messages) -> list[Row]:
    everybody = report.covered.registered
    rows: list[tuple[str, Cell]] = [
        ("registered", everybody.registered),
        ("in_use", everybody.in_use),
        ("persons", report.people),
        ("linked", report.gathered.patients),
        ("seen", everybody.seen),
        ("visits", report.volume.visits),
        ("resources", report.volume.resources),
    ]
    return [(t(f"report.people.{key}"), number) for key, number in rows]


def _links(report: Report, t: Messages) -> list[Row]:
    wanted = (
        ("by_program", State.LINKED, True),
        ("by_hand", State.LINKED, False),
        ("undone", State.UNLINKED, None),
        ("different", State.DIFFERENT, None),
        ("proposed", State.PROPOSED, None),
        ("postponed", State.POSTPONED, None),
        ("doubted", State.DOUBTED, None),
    )
    rows: list[Row] = []
    for key, state, by_program in wanted:
        found = [one for one in report.made if one.state is state and by_program in (None, one.by_program)]
        rows.append((t(f"report.links.{key}"), sum(o.period for o in found), sum(o.ever for o in found)))
    return rows


def _facilities(report: Report, t: Messages) -> list[Row]:
    found = report.silence
    senders, silent, unjudged = (found.senders, found.silent, found.unjudged) if found else (None, None, None)
    regular = found.senders - found.silent - found.unjudged if found else None
    rows = (("senders", senders), ("regular", regular), ("silent", silent), ("unjudged", unjudged))
    return [(t(f"report.facilities.{key}"), number) for key, number in rows]


def _silent(report: Report, t: Messages) -> Table:
    rows: list[Row] = [(one.name or one.facility, one.last_recorded, one.usual_gap) for one in report.silent]
    return _table("silent", rows, t, "last", "usual_gap")._replace(shown=rows[:MOST_SHOWN])


def _numbers(report: Report, t: Messages) -> list[Row]:
    return [
        (t(f"report.kind.{kind}"), *(report.numbers.get(kind, {}).get(one, 0) for one in OBTAINED))
        for kind in KINDS
    ]


def _coverage(report: Report, t: Messages) -> Table:
    """The communes where somebody lives, the best covered first, and the sums."""
    covered = report.covered
    lived = [one for one in covered.communes if one.coverage.in_use]
    ranked = sorted(lived, key=lambda one: one.coverage.share or 0, reverse=True)
    sums = [
        *(
            [(t("report.coverage.province", name=covered.province), covered.of_all)]
            if covered.province
            else []
        ),
        *((one.name, one.coverage) for one in covered.others),
        (t("report.coverage.unplaced"), covered.unplaced),
        (t("report.coverage.all"), covered.registered),
    ]
    best = ranked if len(ranked) <= 2 * BEST else [*ranked[:BEST], *ranked[-BEST:]]
    named = ("coverage.in_use", "coverage.seen", "coverage.share")
    table = _table("coverage", [*_places(ranked), *_sums(sums)], t, *named)
    ends = [sums[0], sums[-1]] if len(sums) > 1 else sums
    return table._replace(shown=[*_places(best), *_sums(ends)])


def _places(places: Sequence[Place]) -> Iterator[Row]:
    return _sums([(one.name, one.coverage) for one in places])


def _sums(named: Sequence[tuple[str, Coverage]]) -> Iterator[Row]:
    return ((name, one.in_use, one.seen, one.share) for name, one in named)


def _warnings(report: Report, t: Messages) -> list[Row]:
    rows: list[tuple[str, Cell]] = [
        ("waiting", _counted(report.waiting, t)),
        ("doubted", _counted(report.doubted, t)),
        ("contradicted", _counted(report.contradicted, t)),
        ("contrary", sum(found.get(CONTRARY, 0) for found in report.numbers.values())),
        ("unplaced", report.covered.unplaced.registered),
        ("unknown", report.oddities.unknown),
        ("ahead", report.oddities.ahead),
        ("parked", report.parked),
        ("quarantined", report.quarantined),
    ]
    return [(t(f"report.warning.{key}"), number) for key, number in rows]


def _counted(pairs: int, t: Messages) -> Cell:
    """Pairs are counted no further."""
    most = number_text(MOST_COUNTED, t.language)
    return pairs if pairs <= MOST_COUNTED else t("report.more_than", number=most)
