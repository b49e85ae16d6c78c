"""The narrative: a small subset of XHTML without anything active.

txt-1, https://hl7.org/fhir/R4/narrative.html: basic formatting of HTML 4.0 (chapters 7-11 without section 4
of chapter 9, and 15), ``a``, images and style attributes; no head, body, script, form, frame, object or event
attribute; no entities but those of XML. That it should not be blank (txt-2) is left to whoever reads it.
"""

import re
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml "
XML = "http://www.w3.org/XML/1998/namespace "

ELEMENT = re.compile(
    XHTML
    + "(?:a|abbr|acronym|address|b|bdo|big|blockquote|br|caption|cite|code|col|colgroup|dd|del|dfn|div|dl"
    "|dt|em|h[1-6]|hr|i|img|ins|kbd|li|ol|p|pre|q|samp|small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead"
    "|tr|tt|ul|var)"
)

ATTRIBUTE = re.compile(
    "abbr|accesskey|align|alt|axis|border|cellpadding|cellspacing|char|charoff|charset|class|colspan|coords"
    "|datetime|dir|frame|headers|height|hreflang|id|lang|name|rel|rev|rowspan|rules|scope|shape|span|style"
    f"|summary|tabindex|title|type|valign|width|{XML}(?:lang|space)"
)

LINKS = ("cite", "href", "longdesc", "src")

ACTIVE = re.compile(r"(?:javascript|vbscript|data(?!:image/(?:png|gif|jpeg)))\s*:", re.IGNORECASE)
"""A link that runs code when followed. Images may be given in place."""

IGNORED_IN_LINKS = re.compile(r"[\x00-\x20]")
"""Browsers skip these in the scheme of a link."""


class _NotAllowed(Exception):
    pass


def is_narrative(div: str) -> bool:
    """Whether the text of Narrative.div is one well-formed and harmless div. It may be empty."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = _Start()
    parser.StartDoctypeDeclHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    try:
        parser.Parse(div, True)
    except (expat.ExpatError, _NotAllowed, UnicodeError):
        return False
    return True


class _Start:
    """Called at each start tag."""

    def __init__(self) -> None:
        self.is_root = True

    def __call__(self, name: str, attributes: dict[str, str]) -> None:
        if not ELEMENT.fullmatch(name) or (self.is_root and name != XHTML + "div"):
            raise _NotAllowed
        self.is_root = False
        if attributes and not all(map(_is_harmless, attributes.items())):
            raise _NotAllowed


def _is_harmless(attribute: tuple[str, str]) -> bool:
    name, value = attribute
    if name in LINKS:
        return not ACTIVE.match(IGNORED_IN_LINKS.sub("", value))
    return ATTRIBUTE.fullmatch(name) is not None


def _refuse(*_: object) -> None:
    raise _NotAllowed
