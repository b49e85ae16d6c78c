"""Numbers of people: the keys under which they are stored, and those of what is typed."""

from ehr.formats.digits import compact
from ehr.formats.insurance_number import card_number
from ehr.identifiers import shortened
from ehr.names import plain


def number_key(text: str) -> str:
    """What the ways of writing an identifier share: capital letters, no blanks, dots or hyphens, and nothing
    invisible.

    Of an insurance card it is the person's own number. Short enough for an index.
    """
    card = card_number(text)
    return card.person if card else shortened(compact(plain(text)).upper())
