"""What the names in braces stand for: resources, answers, and what is other in every run."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.conformance.matching import select, text_of

_NAMED = re.compile(r"\{([a-z]\w*)((?:[.\[][^{}]*)?)\}")


class Unnamed(Exception):
    """A case names what nobody has set up."""


@dataclass
class Names:
    """words: stand for themselves (run, case, base). kept: name -> resource or answer."""

    words: dict[str, str]
    kept: dict[str, Any] = field(default_factory=dict)

    def within(self, **words: str) -> "Names":
        """The same names, for what may add some of its own."""
        return Names(self.words | words, dict(self.kept))

    def fill(self, value: Any) -> Any:
        """A JSON value with every name in its texts replaced."""
        if isinstance(value, dict):
            return {name: self.fill(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        return _NAMED.sub(self._named, value) if isinstance(value, str) else value

    def fill_address(self, text: str) -> str:
        """The same for an address, in which no part but its beginning may be taken for more than it is."""
        return _NAMED.sub(
            lambda found: quote(self._named(found), safe="/:") if found.start() else self._named(found), text
        )

    def name_of(self, reference: str) -> str:
        """What a resource is called here; its reference if it has no name."""
        return next((name for name in self.kept if self.reference(name) == reference), reference)

    def reference(self, name: str) -> str:
        """``Type/id`` of a resource. Raises Unnamed."""
        if name not in self.kept:
            raise Unnamed(name)
        kept = self.kept[name]
        return f"{kept.get('resourceType')}/{kept.get('id')}"

    def _named(self, found: re.Match[str]) -> str:
        name, path = found.groups()
        if name in self.words:
            return self.words[name] + path
        if not path:
            return self.reference(name)
        if name not in self.kept:
            raise Unnamed(name)
        values = select(self.kept[name], path)
        if len(values) != 1:
            raise Unnamed(f"{name}{path}")
        return text_of(values[0])
