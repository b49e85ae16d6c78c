"""A value of the corpus written as what someone would search for: cut, rounded, in other letters.

Everything is drawn from one ``Random``; the same seed gives the same searches.
"""

import random
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from math import isinf
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle import dates, numbers, references, strings, tokens
from tests.oracle.corpus import Corpus
from tests.oracle.expressions import Value
from tests.oracle.values import PREFIXES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Written(NamedTuple):
    """What follows a parameter's name: ``:modifier=text``."""

    modifier: str | None
    text: str


def escaped(text: str) -> str:
    """With a backslash before what would part the value."""
    return re.sub(r"([\\,$|])", r"\\\1", text)


class Writing:
    """Writes values of one corpus."""

    def __init__(self, corpus: Corpus, chance: random.Random) -> None:
        self._corpus = corpus
        self._chance = chance

    def written(self, kind: str, value: Value, plainly: bool = False) -> Written | None:
        """None: there is nothing in it to search for. plainly: without a modifier."""
        match kind:
            case "string":
                return self._string(value, plainly)
            case "token":
                return self._token(value, plainly)
            case "reference":
                return self._reference(value, plainly)
            case "uri":
                return self._uri(value, plainly)
            case "date":
                return self._date(value)
            case "number":
                return self._number(value)
            case _:
                return self._quantity(value)

    def _one_in(self, number: int) -> bool:
        return self._chance.randrange(number) == 0

    def _string(self, value: Value, plainly: bool) -> Written | None:
        fields = [field for field in strings.fields(value) if strings.normal(field.text)]
        if not fields:
            return None
        field = self._chance.choice(fields)
        modifier = None if plainly else self._chance.choice((None, None, "exact", "contains"))
        if modifier == "exact":
            return Written(
                modifier, escaped(field.text if self._chance.random() < 0.8 else field.text.upper())
            )
        text = (
            self._from_a_word(field)
            if modifier is None
            else field.text[self._chance.randrange(len(field.text)) :]
        )
        cut = text[: self._chance.randint(1, len(text))] if text else ""
        return Written(modifier, escaped(self._in_other_letters(cut if strings.normal(cut) else field.text)))

    def _from_a_word(self, field: strings.Field) -> str:
        words = [match.start() for match in re.finditer(r"\S+", field.text)] if field.by_word else [0]
        return field.text[self._chance.choice(words) :]

    def _in_other_letters(self, text: str) -> str:
        """Other case, marks, blanks; the same once it is normalised."""
        if self._one_in(4):
            text = text.swapcase()
        if self._one_in(5):
            text = re.sub(r"([aeiou])", "\\1\u0301", text, count=1)
        return f" {text} " if self._one_in(10) else text

    def _token(self, value: Value, plainly: bool) -> Written | None:
        if not plainly and self._one_in(6) and tokens.texts(value):
            text = self._chance.choice(tokens.texts(value))
            word = self._chance.choice(re.findall(r"\S+", text) or [text])
            return Written("text", escaped(word)) if strings.normal(word) else None
        if not plainly and value.type == "Identifier" and self._one_in(3):
            return self._of_type(value)
        found = [token for token in tokens.tokens(value) if token.code or token.systems]
        if not found:
            return None
        modifier = "not" if not plainly and self._one_in(8) else None
        return Written(modifier, self._code(self._chance.choice(found), value.type))

    def _of_type(self, value: Value) -> Written | None:
        kinds = tokens.tokens(Value("CodeableConcept", value.content.get("type", {})))
        whole = [kind for kind in kinds if kind.systems and kind.code]
        if not whole or not value.content.get("value"):
            return None
        kind = self._chance.choice(whole)
        parts = (*kind.systems, str(kind.code), str(value.content["value"]))
        return Written("of-type", "|".join(map(escaped, parts)))

    def _code(self, token: tokens.Token, type_: str) -> str:
        code = escaped(token.code or "")
        if code and not token.exact and self._one_in(6):
            code = code.swapcase()
        if type_ == "boolean":
            return code
        if not code or (token.systems and self._one_in(12)):
            return f"{escaped(self._chance.choice(sorted(token.systems)))}|"
        if self._one_in(20):
            return f"|{code}"
        if token.systems and not self._one_in(3):
            return f"{escaped(self._chance.choice(sorted(token.systems)))}|{code}"
        return code

    def _reference(self, value: Value, plainly: bool) -> Written | None:
        identifier = value.content.get("identifier") if value.type == "Reference" else None
        target = references.target(value, self._corpus.bases)
        if identifier and not plainly and (not target or self._one_in(2)):
            token = self._token(Value("Identifier", identifier), plainly=True)
            return Written("identifier", token.text) if token else None
        if not target:
            return None
        key = references.KEY.fullmatch(target.text)
        if not key:
            return Written(None, escaped(target.text) + (f"|{target.version}" if target.version else ""))
        forms = [
            key[0],
            key[0],
            key[2],
            f"{key[0]}/_history/1",
            *(f"{base}/{key[0]}" for base in self._corpus.bases),
        ]
        if not plainly and self._one_in(5):
            return Written(key[1], self._chance.choice(forms[1:3]))
        return Written(None, self._chance.choice(forms))

    def _date(self, value: Value) -> Written | None:
        ends = [end for span in dates.spans(value, self._corpus.zone) for end in span if not isinf(end)]
        if not ends:
            return None
        moment = _EPOCH + timedelta(microseconds=int(self._chance.choice(ends)))
        if self._one_in(4):
            moment += timedelta(days=self._chance.randint(-40, 40), seconds=self._chance.randint(-90, 90))
        return Written(None, self._prefix() + self._moment(moment))

    def _prefix(self) -> str:
        return self._chance.choice(("", "", *PREFIXES))

    def _moment(self, moment: datetime) -> str:
        """Less precise than it is, in some zone."""
        zones = (
            ZoneInfo(self._corpus.zone),
            UTC,
            timezone(timedelta(hours=-5)),
            timezone(timedelta(hours=5.5)),
        )
        zone = self._chance.choice(zones)
        clock = moment.astimezone(zone).isoformat(timespec="milliseconds")
        text, offset = clock[:23], "Z" if clock.endswith("+00:00") else clock[23:29]
        length = self._chance.choice((4, 7, 7, 10, 10, 10, 16, 19, 23))
        local = zone is zones[0] and self._one_in(2)
        return text[:length] + ("" if length <= 10 or local else offset)

    def _number(self, value: Value) -> Written | None:
        found = [end for amount in numbers.amounts(value) for end in amount.size if end is not None]
        if not found:
            return None
        chosen = self._chance.choice(found)
        return Written(
            None, self._prefix() + self._rounded(Decimal(chosen.numerator) / Decimal(chosen.denominator))
        )

    def _rounded(self, number: Decimal) -> str:
        """With fewer or more places, a little more or less, or in exponential form."""
        places = self._chance.randint(-1, 4)
        rounded = number if self._one_in(2) else round(number, places)
        if self._one_in(4):
            rounded += Decimal(self._chance.randint(-3, 3)).scaleb(-places)
        return f"{rounded:e}" if self._one_in(8) else f"{rounded:f}"

    def _quantity(self, value: Value) -> Written | None:
        number = self._number(value)
        units = [amount for amount in numbers.amounts(value) if amount.codes | amount.units]
        if not number or not units or self._one_in(2):
            return number
        unit = units[0]
        code = self._chance.choice(sorted(unit.codes | unit.units))
        if unit.system and code in unit.codes and self._one_in(2):
            return Written(None, f"{number.text}|{escaped(unit.system)}|{escaped(code)}")
        return Written(None, f"{number.text}||{escaped(code)}")

    def _uri(self, value: Value, plainly: bool) -> Written | None:
        text, _, version = str(value.content).partition("|")
        parts = text.split("/")
        if plainly or "://" not in text or self._one_in(2):
            whole = escaped(text) + (f"|{version}" if version and self._one_in(2) else "")
            return Written(None, whole)
        if self._one_in(2):
            return Written("above", escaped(f"{text}/{self._chance.choice(('1', 'x/y'))}"))
        return Written(
            "below", escaped("/".join(parts[: self._chance.randint(min(3, len(parts)), len(parts))]))
        )
