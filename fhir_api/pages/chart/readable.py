"""What a document says, as plain text: nothing of its markup is ever shown as markup.

Narratives and attachments are written by whoever sent them (https://hl7.org/fhir/R4/narrative.html)."""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, NamedTuple

import msgspec

MOST_CHARACTERS, MOST_MARKUP, MOST_PARTS = 50_000, 100_000, 200
"""Of a document: characters that are shown and that are read for it with their markup, and its parts."""

LONGEST_TITLE = 200

_HIDDEN: Final = frozenset({"script", "style", "title"})
"""What is in these is no text for a reader: as in a browser, all that follows where one is never closed."""

_BLOCKS: Final = frozenset(
    "address|article|aside|blockquote|body|br|caption|dd|div|dl|dt|figcaption|figure|footer|h1|h2|h3|h4|h5|"
    "h6|header|hr|html|li|main|nav|ol|p|pre|section|table|tbody|tfoot|thead|tr|ul".split("|")
)
_CELLS: Final = frozenset({"td", "th"})
_BETWEEN: Final = " · "
_APART: Final = "\0"

_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE | re.ASCII)
_CHARSETS: Final = frozenset({"utf-8", "us-ascii", "iso-8859-1", "windows-1252", "windows-1258", "utf-16"})
_MARKED_UP: Final = frozenset({"text/html", "application/xhtml+xml"})


class Part(NamedTuple):
    """A section, or one of the texts. title: "" where it has none. level: 0 for the first. left_out: how many
    more characters it has, about as many where they are markup."""

    title: str
    level: int
    paragraphs: Sequence[str]
    left_out: int


class Other(NamedTuple):
    """What is attached and no text. size: in bytes, None where nobody says."""

    title: str
    kind: str
    size: int | None


class Readable(NamedTuple):
    """parts_left_out: how many more there are."""

    parts: Sequence[Part]
    others: Sequence[Other]
    parts_left_out: int


class _Narrative(msgspec.Struct, frozen=True, gc=False):
    div: str | None = None


class _Section(msgspec.Struct, frozen=True, gc=False):
    title: str | None = None
    text: _Narrative | None = None
    section: "tuple[_Section, ...]" = ()


class _Composition(msgspec.Struct, frozen=True, gc=False):
    text: _Narrative | None = None
    section: tuple[_Section, ...] = ()


class _Attachment(msgspec.Struct, frozen=True, gc=False):
    contentType: str | None = None
    title: str | None = None
    data: str | None = None
    size: int | None = None


class _Content(msgspec.Struct, frozen=True, gc=False):
    attachment: _Attachment = _Attachment()


class _DocumentReference(msgspec.Struct, frozen=True, gc=False):
    content: tuple[_Content, ...] = ()


class _Report(msgspec.Struct, frozen=True, gc=False):
    conclusion: str | None = None
    presentedForm: tuple[_Attachment, ...] = ()


_composition = msgspec.json.Decoder(_Composition).decode
_document = msgspec.json.Decoder(_DocumentReference).decode
_report = msgspec.json.Decoder(_Report).decode


def readable(type_: str, body: bytes) -> Readable:
    """What a resource of one of the types of DOCUMENTS says. It may take a while."""
    reading = _Reading()
    DOCUMENTS[type_](reading, body)
    return Readable(reading.parts, reading.others, reading.parts_left_out)


@dataclass(slots=True)
class _Reading:
    """As far as a document has been read. room, markup: characters that may still be shown, and read."""

    parts: list[Part] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    parts_left_out: int = 0
    room: int = MOST_CHARACTERS
    markup: int = MOST_MARKUP

    def sections(self, sections: Sequence[_Section], level: int = 0) -> None:
        """Each with those within it."""
        for one in sections:
            self.narrative(one.title, one.text, level)
            self.sections(one.section, level + 1)

    def narrative(self, title: str | None, text: _Narrative | None, level: int = 0) -> None:
        """A section's."""
        self._add(title, (text and text.div) or "", level, text_of_markup)

    def conclusion(self, text: str) -> None:
        """A report's."""
        self._add(None, text, 0, str)

    def attachment(self, one: _Attachment) -> None:
        """What it says, where it is a text; else what it is."""
        kind = (one.contentType or "").partition(";")[0].strip().lower()
        data = "".join((one.data or "").split())
        text = _decoded(data, one.contentType or "") if kind == "text/plain" or kind in _MARKED_UP else None
        if text is None:
            size = len(data) * 3 // 4 - data[-2:].count("=") if data else one.size
            self._other(Other(_line(one.title), _line(kind), size))
        else:
            self._add(one.title, text, 0, text_of_markup if kind in _MARKED_UP else str)

    def _other(self, other: Other) -> None:
        if len(self.others) < MOST_PARTS:
            self.others.append(other)
        else:
            self.parts_left_out += 1

    def _add(self, title: str | None, source: str, level: int, told: Callable[[str], str]) -> None:
        if len(self.parts) == MOST_PARTS:
            self.parts_left_out += 1
            return
        read = source[: self.markup]
        self.markup -= len(read)
        text = _clean(told(read))
        shown = text[: self.room]
        self.room -= len(shown)
        left_out = len(source) - len(read) + len(text) - len(shown)
        paragraphs = [one.strip() for one in re.split(r"\n\s*\n", shown)]
        self.parts.append(Part(_line(title), level, [one for one in paragraphs if one], left_out))


def _read_composition(reading: _Reading, body: bytes) -> None:
    stated = _composition(body)
    reading.sections(stated.section)
    if not any(part.paragraphs for part in reading.parts):
        reading.narrative(None, stated.text)


def _read_document(reading: _Reading, body: bytes) -> None:
    for content in _document(body).content:
        reading.attachment(content.attachment)


def _read_report(reading: _Reading, body: bytes) -> None:
    stated = _report(body)
    if stated.conclusion:
        reading.conclusion(stated.conclusion)
    for form in stated.presentedForm:
        reading.attachment(form)


DOCUMENTS: Final = {
    "Composition": _read_composition,
    "DocumentReference": _read_document,
    "DiagnosticReport": _read_report,
}


def text_of_markup(markup: str) -> str:
    """Of HTML, or the XHTML of a narrative, in paragraphs: entities decoded once; no scripts, no styles."""
    text = _Text()
    text.feed(markup)
    text.close()
    return "\n\n".join(text.paragraphs())


def _decoded(data: str, content_type: str) -> str | None:
    """The text in an attachment's base64; None where there is none, or nobody can say in which letters."""
    stated = _CHARSET.search(content_type)
    charset = stated[1].lower() if stated else "utf-8"
    if not data or charset not in _CHARSETS:
        return None
    try:
        return base64.b64decode(data).decode(charset, "replace")
    except ValueError:
        return None


def _clean(text: str) -> str:
    """Without what is no letter; each end of a line and each blank is one that is known."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_letters(line).rstrip() for line in lines).strip("\n")


def _letters(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else " " if one.isspace() else "" for one in line)


def _line(text: str | None) -> str:
    said = " ".join(_letters(text or "").split())
    return said if len(said) <= LONGEST_TITLE else f"{said[:LONGEST_TITLE]}…"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._said: list[str] = []
        self._hidden: str | None = None
        self._preformatted = 0

    def paragraphs(self) -> Iterator[str]:
        """Those that say anything."""
        for said in "".join(self._said).split(_APART):
            text = said.strip(f"\n{_BETWEEN}")
            if text:
                yield text

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        if tag in _HIDDEN:
            self._hidden = self._hidden or tag
        self._preformatted += tag == "pre"
        if tag in _CELLS:
            self._said.append(_BETWEEN)
        self._apart(tag)

    def handle_startendtag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        """Called by the parser: ``<br/>``."""
        self._apart(tag)

    def handle_endtag(self, tag: str) -> None:
        """Called by the parser."""
        if self._hidden == tag:
            self._hidden = None
        self._preformatted -= tag == "pre" and self._preformatted > 0
        self._apart(tag)

    def handle_data(self, data: str) -> None:
        """Called by the parser."""
        if self._hidden is None:
            self._said.append((data if self._preformatted else re.sub(r"\s+", " ", data)).replace(_APART, ""))

    def _apart(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._said.append(_APART)
