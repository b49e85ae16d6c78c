"""A TrueType font, as far as a PDF needs to know it that embeds it whole.

https://learn.microsoft.com/typography/opentype/spec/otff; ISO 32000-1, 9.7.4 and 9.10.3
"""

import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from struct import iter_unpack, unpack_from
from unicodedata import normalize

import pydyf

PLACE = Path(__file__).with_name("fonts")
UNKNOWN = "\ufffd"
"""Is shown for characters that a font does not have."""

_EM = 1000
"""Units of an em in a PDF."""

_BASIC_PLANE = (3, 1)
"""Platform and encoding of a font's table of these characters."""

_LAST = 0xFFFE
"""Of the characters of the first plane; behind it a table only says that it ends."""

_MOST_LINES = 100
"""Of a block of a CMap."""


class Typeface:
    """name: of the file in fonts/, without ``.ttf``."""

    def __init__(self, name: str) -> None:
        self.name = name
        content = (PLACE / f"{name}.ttf").read_bytes()
        (count,) = unpack_from(">H", content, 4)
        tables = {
            tag.decode(): content[start : start + length]
            for tag, _, start, length in iter_unpack(">4s3L", content[12 : 12 + 16 * count])
        }
        (units,) = unpack_from(">H", tables["head"], 18)
        self._scale: float = _EM / units
        self.glyphs = dict(_glyphs(tables["cmap"]))
        (metrics,) = unpack_from(">H", tables["hhea"], 34)
        pairs = iter_unpack(">HH", tables["hmtx"][: 4 * metrics])
        self._advances: list[int] = [round(advance * self._scale) for advance, _ in pairs]
        self._box = [round(at * self._scale) for at in unpack_from(">4h", tables["head"], 36)]
        self._ends = [round(at * self._scale) for at in unpack_from(">2h", tables["hhea"], 4)]
        self._size, self._file = len(content), zlib.compress(content, 9)
        self._meanings = zlib.compress(self._to_unicode(), 9)

    def shown(self, text: str) -> str:
        """The text in characters that the font has, composed, blanks and line ends as single blanks."""
        composed = normalize("NFC", " ".join(text.split()))
        return "".join(one if one in self.glyphs else UNKNOWN for one in composed)

    def width(self, text: str, size: float) -> float:
        """In points, of a text as ``shown`` gives it."""
        return sum(self._advances[self.glyphs[one]] for one in text) * size / _EM

    def encoded(self, text: str) -> bytes:
        """Its glyphs, two bytes each, as a string of a PDF."""
        return b"<%b>" % b"".join(b"%04x" % self.glyphs[one] for one in text)

    def embedded(self, pdf: pydyf.PDF) -> bytes:
        """A reference to the font, which is added to the PDF."""
        file = _packed(self._file, Length1=self._size)
        meanings = _packed(self._meanings)
        descriptor = pydyf.Dictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": f"/{self.name}",
                "Flags": 4,
                "FontBBox": pydyf.Array(self._box),
                "ItalicAngle": 0,
                "Ascent": self._ends[0],
                "Descent": self._ends[1],
                "CapHeight": self._ends[0],
                "StemV": 80,
            }
        )
        for one in (file, meanings, descriptor):
            pdf.add_object(one)
        descriptor["FontFile2"] = file.reference
        font = self._type0(descriptor.reference, meanings.reference)
        pdf.add_object(font)
        reference: bytes = font.reference
        return reference

    def _type0(self, descriptor: bytes, meanings: bytes) -> pydyf.Dictionary:
        system = pydyf.Dictionary({"Registry": "(Adobe)", "Ordering": "(Identity)", "Supplement": 0})
        glyphs = pydyf.Dictionary(
            {
                "Type": "/Font",
                "Subtype": "/CIDFontType2",
                "BaseFont": f"/{self.name}",
                "CIDSystemInfo": system,
                "FontDescriptor": descriptor,
                "W": pydyf.Array([0, pydyf.Array(self._advances)]),
                "CIDToGIDMap": "/Identity",
            }
        )
        return pydyf.Dictionary(
            {
                "Type": "/Font",
                "Subtype": "/Type0",
                "BaseFont": f"/{self.name}",
                "Encoding": "/Identity-H",
                "DescendantFonts": pydyf.Array([glyphs]),
                "ToUnicode": meanings,
            }
        )

    def _to_unicode(self) -> bytes:
        """What the glyphs mean, so that the text can be found and copied."""
        lines = [f"<{glyph:04x}> <{ord(one):04x}>" for one, glyph in self.glyphs.items()]
        parts = (lines[start : start + _MOST_LINES] for start in range(0, len(lines), _MOST_LINES))
        blocks = ("\n".join([f"{len(some)} beginbfchar", *some, "endbfchar\n"]) for some in parts)
        return "".join([_BEGIN, *blocks, _END]).encode()


@cache
def typeface(name: str) -> Typeface:
    """Read once."""
    return Typeface(name)


def _packed(content: bytes, **extra: int) -> pydyf.Stream:
    """A stream that is compressed already."""
    return pydyf.Stream([content], {"Filter": "/FlateDecode", **extra})


_BEGIN = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
"""
_END = """endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def _glyphs(cmap: bytes) -> Iterator[tuple[str, int]]:
    """(character, glyph), by the subtable of format 4, which has all of the first plane of Unicode."""
    (count,) = unpack_from(">H", cmap, 2)
    listed = iter_unpack(">HHL", cmap[4 : 4 + 8 * count])
    start = next(at for platform, encoding, at in listed if (platform, encoding) == _BASIC_PLANE)
    segments = unpack_from(">H", cmap, start + 6)[0] // 2
    step = 2 * segments
    ends, starts, deltas, ranges = (
        unpack_from(f">{segments}H", cmap, start + 14 + place)
        for place in (0, step + 2, 2 * step + 2, 3 * step + 2)
    )
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, _LAST) + 1):
            glyph = code
            if ranges[number]:
                at = start + 16 + 3 * step + 2 * number + ranges[number] + 2 * (code - first)
                (glyph,) = unpack_from(">H", cmap, at)
            if glyph:
                yield chr(code), (glyph + deltas[number]) % 65536
