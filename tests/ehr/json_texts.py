"""JSON texts as anybody might write them: any order, white space, escapes and ways to write a number."""

from typing import NamedTuple

from hypothesis import strategies as st

BLANKS = st.sampled_from(["", "", "", " ", "\n\t", "  "])
SHORT = {'"': r"\"", "\\": r"\\", "/": r"\/", "\b": r"\b", "\n": r"\n", "\t": r"\t"}
NUMBERS = st.sampled_from(["0", "72.50", "-1.0E-3", "0.10", "1e5", "100000000000000000000"])


class Member(NamedTuple):
    """A member of an object. name and value are texts; before, around and after are white space."""

    before: str
    name: str
    around: str
    value: str
    after: str

    @property
    def text(self) -> str:
        """The member as it is written, up to the comma or bracket that follows it."""
        return f"{self.before}{self.name}:{self.around}{self.value}{self.after}"


def written(text: str) -> st.SearchStrategy[str]:
    """The string as JSON, each character as it is or by one of its escapes."""
    return st.tuples(*(_character(one) for one in text)).map(lambda parts: f'"{"".join(parts)}"')


def _character(one: str) -> st.SearchStrategy[str]:
    units = one.encode("utf-16-be").hex()
    escaped = "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
    ways = [SHORT.get(one, one if one >= " " else escaped)] * 4 + [escaped]
    return st.sampled_from([*ways, one] if one == "/" else ways)


STRINGS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6).flatmap(written)
NAMES = st.sampled_from(["id", "meta", "versionId", "lastUpdated", "name", "value", "tên", "a/b"])


def members(name: str, value: st.SearchStrategy[str]) -> st.SearchStrategy[Member]:
    """A member of this name."""
    return st.builds(Member, BLANKS, written(name), BLANKS, value, BLANKS)


def joined(parts: list[Member]) -> str:
    """The object of these members."""
    return "{" + ",".join(part.text for part in parts) + "}"


def objects(values: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    """Objects of some names, each once."""
    names = st.lists(NAMES, max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.tuples(*(members(n, values) for n in chosen))).map(
        lambda parts: joined(list(parts))
    )


VALUES: st.SearchStrategy[str] = st.recursive(
    STRINGS | NUMBERS | st.sampled_from(["true", "false", "null"]),
    lambda inner: objects(inner) | st.lists(inner, max_size=3).map(lambda items: f"[{' ,'.join(items)}]"),
    max_leaves=6,
)
