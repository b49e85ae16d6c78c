"""``python -m fhir_api.pages.pico.cut`` cuts Pico to what the pages use: a seventh of its weight.

A rule stays when one of its selectors can match an element of ELEMENTS with attributes of ATTRIBUTES; a
variable stays when something that stays, or a style of ours, reads it, and tokens.css does not set it.
"""

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import NamedTuple

from fhir_api.pages.static_files import PLACE

ORIGINAL = Path(__file__).with_name("pico-2.1.1.classless.min.css")
CUT = PLACE / "pico-2.1.1.cut.css"

ELEMENTS = frozenset(
    """a abbr article b body button caption code dd details dialog div dl dt em fieldset figure form h1 h2
    h3 h4 header hr html input kbd label legend li main mark nav ol optgroup option p pre section select
    small strong summary svg table tbody td textarea tfoot th thead tr ul""".split()
)
ATTRIBUTES = frozenset(
    """aria-current disabled open readonly title type=hidden type=number type=search type=submit
    type=text""".split()
)
"""Of selectors, as they name them: type=text, not every type."""

OURS = re.compile(
    r"^body>|nav (ul|ol|li)|dialog|article>|^article$|type=(reset|date|checkbox|radio)|details.*summary"
)
"""Selectors of what pages.css does in its own way."""

STILL = re.compile(r"(transition|-ms-|-moz-|-o-|-webkit-(text-decoration|user-select))")
"""Declarations that nothing needs: no movement, and browsers of today."""

_NAMES = re.compile(r"\[([^\]]+)\]|(?<![\w:.#-])([a-z][a-z0-9]*)|(:host|::?-(?:moz|ms)-[\w-]+|::file-[\w-]+)")
_VARIABLE = re.compile(r"var\((--pico-[\w-]+)")
_TOKENS = re.compile(r"(--pico-[\w-]+):")


class Rule(NamedTuple):
    """A rule with selectors and declarations, or an at-rule (``@media …``) with rules."""

    head: str
    declarations: tuple[str, ...] = ()
    rules: tuple["Rule", ...] = ()

    def __str__(self) -> str:
        return f"{self.head}{{{';'.join(self.declarations)}{''.join(map(str, self.rules))}}}"


def cut(css: str, ours: str, tokens: str) -> str:
    """The part of a style that is used. ours: the styles over it; tokens: the one that sets its variables."""
    licence = re.search(r"/\*!.*?\*/", css, re.DOTALL)
    assert licence
    rules = [kept for rule in _parsed(css.partition("*/")[2]) if (kept := _matching(rule))]
    while True:
        read = {*_VARIABLE.findall("".join(map(str, rules))), *_VARIABLE.findall(ours)}
        fewer = [kept for rule in rules if (kept := _read(rule, read, set(_TOKENS.findall(tokens))))]
        if fewer == rules:
            return f"{licence[0]}\n" + "".join(f"{rule}\n" for rule in rules)
        rules = fewer


def split(text: str, mark: str) -> list[str]:
    """At marks that stand neither in brackets nor in quotation marks."""
    parts, depth, quoted = [""], 0, ""
    for letter in text:
        if letter == quoted:
            quoted = ""
        elif not quoted and letter in "\"'":
            quoted = letter
        elif not quoted:
            depth += (letter in "([{") - (letter in ")]}")
        if letter == mark and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def wanted(selector: str) -> bool:
    """Whether it can match something on the pages."""
    bare = re.sub(r":not\((?:[^()]|\([^()]*\))*\)", "", selector)
    if OURS.search(bare):
        return False
    choice = re.compile(r":(?:is|where)\(((?:[^()]|\([^()]*\))*)\)")
    while group := choice.search(bare):
        if not any(map(wanted, split(group[1], ","))):
            return False
        bare = bare[: group.start()] + bare[group.end() :]
    named = _NAMES.findall(bare)
    return all(
        not unused and (attribute.replace('"', "") in ATTRIBUTES if attribute else element in ELEMENTS)
        for attribute, element, unused in named
    )


def _parsed(css: str) -> Iterator[Rule]:
    for block in _blocks(css):
        head, _, body = block.partition("{")
        if head.startswith("@media"):
            yield Rule(head, rules=tuple(_parsed(body)))
        else:
            yield Rule(head, tuple(one for one in split(body, ";") if one))


def _blocks(css: str) -> Iterator[str]:
    """``head{body`` of each rule that stands in no other."""
    depth, start, quoted = 0, 0, ""
    for place, letter in enumerate(css):
        if letter in "\"'" and quoted in ("", letter):
            quoted = "" if quoted else letter
        elif not quoted and letter in "{}":
            depth += 1 if letter == "{" else -1
            if not depth:
                yield css[start:place].strip()
                start = place + 1


def _matching(rule: Rule) -> Rule | None:
    if rule.rules:
        return _with(rule, [_matching(one) for one in rule.rules])
    selectors = [one for one in split(rule.head, ",") if wanted(one)]
    declarations = tuple(one for one in rule.declarations if not STILL.match(one))
    return Rule(",".join(selectors), declarations) if selectors and declarations else None


def _read(rule: Rule, read: Set[str], replaced: Set[str]) -> Rule | None:
    """Without the variables that nothing reads, and at the root those that are replaced."""
    if rule.rules:
        return _with(rule, [_read(one, read, replaced) for one in rule.rules])
    known = read - replaced if rule.head.startswith(":root") else read
    names = [one.partition(":")[0] for one in rule.declarations]
    kept = [
        one
        for name, one in zip(names, rule.declarations, strict=True)
        if name in known or not name.startswith("--")
    ]
    return Rule(rule.head, tuple(kept)) if kept else None


def _with(rule: Rule, rules: Iterable[Rule | None]) -> Rule | None:
    kept = tuple(one for one in rules if one)
    return rule._replace(rules=kept) if kept else None


def made() -> str:
    """The file as it should be."""
    ours = {path.name: path.read_text("utf8") for path in sorted(PLACE.glob("*.css")) if path != CUT}
    return cut(ORIGINAL.read_text("utf8"), "".join(ours.values()), ours["tokens.css"])


if __name__ == "__main__":
    CUT.write_text(made(), "utf8")
