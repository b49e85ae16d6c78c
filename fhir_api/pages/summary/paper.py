"""The summary as a PDF (ISO 32000-1) on A4: each page says whose it is, and who has printed it."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import NamedTuple

import pydyf

from fhir_api.pages.languages import Messages
from fhir_api.pages.summary.rows import Row
from fhir_api.pages.summary.sections import Section
from fhir_api.pages.summary.sheet import Sheet
from fhir_api.pages.summary.typeface import Typeface, typeface

WIDTH, HEIGHT = 595.28, 841.89
"""Of A4, in points, as all measures here."""

MARGIN = 40.0
LEADING = 1.35
"""From line to line, in sizes of the text."""

COLUMNS = (0.0, 0.29, 0.62, 0.78, 1.0)
"""Where the columns of a section begin and end, as parts of the width between the margins."""

GAP = 6.0
"""Between columns, and before a title."""

ROW_GAP = 2.0
"""Between rows."""

FACES = ("DejaVuSans", "DejaVuSans-Bold")


class Style(NamedTuple):
    """face: name of a typeface. size: in points."""

    face: str
    size: float

    @property
    def font(self) -> Typeface:
        """The typeface itself."""
        return typeface(self.face)

    @property
    def height(self) -> float:
        """Of a line."""
        return self.size * LEADING


PLAIN, BOLD = Style(FACES[0], 8.0), Style(FACES[1], 8.0)
SMALL, TITLE, NAME = Style(FACES[0], 7.0), Style(FACES[1], 10.0), Style(FACES[1], 13.0)


class _Line(NamedTuple):
    """text: as the typeface shows it. x: of its beginning. y: of its foot, from the bottom of the page."""

    text: str
    style: Style
    x: float
    y: float


def pdf_of(sheet: Sheet, t: Messages) -> bytes:
    """The file. t: in this language."""
    pages = _Pages(sheet)
    for notice in sheet.notices:
        pages.write(notice, BOLD)
    pages.write(sheet.as_of, SMALL)
    for section in sheet.sections:
        _write_section(pages, section, t)
    return _file(pages, sheet, t)


class _Pages:
    """Lines on pages, written from top to bottom below the head that all have."""

    def __init__(self, sheet: Sheet) -> None:
        self._head = list(_head(sheet))
        self.top = self._head[-1].y - GAP  # Below it the lines begin.
        self._bottom = MARGIN + 2 * SMALL.height
        self.pages: list[list[_Line]] = []
        self._turn()

    def _turn(self) -> None:
        self.pages.append([*self._head])
        self._y = self.top

    def keep(self, height: float) -> None:
        """Begins a page where that is more than what is left of this one, and no more than a page has."""
        if self._y - height < self._bottom <= self.top - height:
            self._turn()

    def write(self, text: str, style: Style) -> None:
        """As many lines as it takes."""
        self.write_row([text], [style], (0.0, 1.0))

    def write_row(self, texts: Sequence[str], styles: Sequence[Style], columns: Sequence[float]) -> None:
        """Texts side by side. columns: where each begins, and the last ends. One that is higher than a page
        goes on with the next."""
        room = WIDTH - 2 * MARGIN
        starts = [MARGIN + at * room for at in columns]
        cells = [
            wrapped(text, style, end - start - GAP)
            for text, style, start, end in zip(texts, styles, starts, starts[1:], strict=False)
        ]
        height, lines = max(style.height for style in styles), max(map(len, cells))
        self.keep(height * lines)
        for number in range(lines):
            self.keep(height)
            self._y -= height
            self.pages[-1] += [
                _Line(cell[number], style, start, self._y)
                for cell, style, start in zip(cells, styles, starts, strict=False)
                if number < len(cell)
            ]

    def skip(self, height: float) -> None:
        """Leaves room."""
        self._y -= height


def wrapped(text: str, style: Style, width: float) -> list[str]:
    """Its lines, in characters that the typeface has; at least one. A word that is too long is cut."""
    lines, line, left = [], "", width
    for word in style.font.shown(text).split(" "):
        piece = f" {word}" if line else word
        needed = style.font.width(piece, style.size)
        if needed > left:
            lines += [line] if line else []
            *cut, piece = _cut(word, style, width)
            lines += cut
            line, left, needed = "", width, style.font.width(piece, style.size)
        line, left = line + piece, left - needed
    return [*lines, line]


def _cut(word: str, style: Style, width: float) -> Iterator[str]:
    """Pieces of a word, each of which has room on a line."""
    piece, left = "", width
    for one in word:
        needed = style.font.width(one, style.size)
        if piece and needed > left:
            yield piece
            piece, left = "", width
        piece, left = piece + one, left - needed
    yield piece


MOST_HEAD_LINES = 3
"""Of each text at the head of a page."""

MOST_FOOT_LINES = 2


def _head(sheet: Sheet) -> Iterator[_Line]:
    y = HEIGHT - MARGIN
    texts = ((sheet.name.upper(), NAME), (" · ".join(sheet.facts), PLAIN), (sheet.allergies, BOLD))
    for text, style in texts:
        for line in wrapped(text, style, WIDTH - 2 * MARGIN)[:MOST_HEAD_LINES]:
            y -= style.height
            yield _Line(line, style, MARGIN, y)


def _write_section(pages: _Pages, section: Section, t: Messages) -> None:
    pages.skip(GAP)
    pages.keep(TITLE.height + 3 * PLAIN.height)  # A title does not stand alone at the end of a page.
    pages.write(section.title, TITLE)
    if not section.rows:
        pages.write(section.nothing, PLAIN)
        return
    names = [t(f"summary.{name}") for name in ("what", "more", "when", "where")]
    pages.write_row(names, [SMALL] * 4, COLUMNS)
    for row in section.rows:
        _write_row(pages, row)
    if section.left_out:
        pages.write(section.left_out, SMALL)


def _write_row(pages: _Pages, row: Row) -> None:
    pages.write_row([row.what, row.more, row.when, row.where], [BOLD, PLAIN, PLAIN, PLAIN], COLUMNS)
    pages.skip(ROW_GAP)


def _file(pages: _Pages, sheet: Sheet, t: Messages) -> bytes:
    pdf = pydyf.PDF()
    title = pydyf.String(t("summary.title"))
    pdf.catalog["Lang"] = pydyf.String(t.language)
    pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
    pdf.info["Title"] = title
    fonts = pydyf.Dictionary({name: typeface(name).embedded(pdf) for name in FACES})
    resources = pydyf.Dictionary({"Font": fonts})
    pdf.add_object(resources)
    for number, lines in enumerate(pages.pages, 1):
        foot = _foot(sheet, t("summary.page", number=number, total=len(pages.pages)), t)
        _add_page(pdf, resources, [*lines, *foot], pages.top)
    written = BytesIO()
    pdf.write(written, version=b"1.7", identifier=True, compress=True)
    return written.getvalue()


def _foot(sheet: Sheet, number: str, t: Messages) -> Iterator[_Line]:
    text = SMALL.font.shown(number)
    width = SMALL.font.width(text, SMALL.size)
    yield _Line(text, SMALL, WIDTH - MARGIN - width, MARGIN)
    said = f"{t('summary.title')} · {sheet.printed}"
    lines = wrapped(said, SMALL, WIDTH - 2 * MARGIN - width - GAP)[:MOST_FOOT_LINES]
    for above, line in enumerate(reversed(lines)):
        yield _Line(line, SMALL, MARGIN, MARGIN + above * SMALL.height)


def _add_page(pdf: pydyf.PDF, resources: pydyf.Dictionary, lines: Sequence[_Line], rule: float) -> None:
    """rule: height of the line below the head."""
    content = pydyf.Stream(compress=True)
    content.move_to(MARGIN, rule)
    content.line_to(WIDTH - MARGIN, rule)
    content.stroke()
    content.begin_text()
    for line in lines:
        content.set_font_size(line.style.face, line.style.size)
        content.set_text_matrix(1, 0, 0, 1, round(line.x, 2), round(line.y, 2))
        content.stream.append(line.style.font.encoded(line.text) + b" Tj")
    content.end_text()
    pdf.add_object(content)
    page = {
        "Type": "/Page",
        "Parent": pdf.pages.reference,
        "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
        "Resources": resources.reference,
        "Contents": content.reference,
    }
    pdf.add_page(pydyf.Dictionary(page))
