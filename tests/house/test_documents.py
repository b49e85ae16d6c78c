"""What exists is documented, and what is documented exists."""

import re
from pathlib import Path

import pytest

from backbone import reference
from fhir_api.pages.chart.pages import PANELS
from fhir_api.pages.languages import LANGUAGES, catalogue
from tests import kafka_broker
from tests.pictures.__main__ import SCENES

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock")


@pytest.mark.parametrize(
    ("page", "text"), list(reference.pages()), ids=lambda value: Path(str(value)[:200]).stem
)
def test_reference_pages_are_what_the_code_says(page: Path, text: str) -> None:
    assert page.read_text() == text, "out of date: make docs"


def test_every_setting_of_the_makefile_and_the_documents_exists() -> None:
    known = {*re.findall(r"`(EHR_\w+)`", reference.configuration()), kafka_broker.VARIABLE}
    pages = [ROOT / "Makefile", *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        named = set(re.findall(r"\bEHR_[A-Z_]*[A-Z]\b", page.read_text()))
        assert named <= known, f"{page.name} names {named - known}"


def test_every_command_that_the_documents_name_exists() -> None:
    known = set(re.findall(r"^## ehr (\w+)", reference.commands(), re.MULTILINE))
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        named = set(
            re.findall(r"(?:`|^ {4}|^\$ |bin/| run --rm \S+ )ehr ([a-z]+)", page.read_text(), re.MULTILINE)
        )
        assert named <= known, f"{page.name} names {named - known}"


def test_every_link_of_the_documents_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for picture in re.findall(r'<img src="([^"]+)"', page.read_text()):
            assert (page.parent / picture).exists(), f"{page.name} shows {picture}"
        for target, _, place in re.findall(r"\]\(([^)#:\s]*)(#([^)\s]+))?\)", page.read_text()):
            named = page if not target else (page.parent / target).resolve()
            assert named.exists(), f"{page.name} leads to {target}"
            if place:
                assert place in headings(named), f"{page.name} leads to {target}#{place}"


def headings(page: Path) -> set[str]:
    """The places of a page that links may name."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


WORDS = re.compile(r"(?<![*\w])\*([^*|]+)\*(?: \(\*([^*|]+)\*)?")
"""Words of the screen as the guide has them: in Vietnamese, and perhaps in English behind."""


def test_words_of_the_screen_in_the_guide_are_those_of_the_screen() -> None:
    """Whoever follows it looks for these very words."""
    told = words_of_the_screen("clinician.md")
    pairs = {(vietnamese, english) for vietnamese, english in told if english}
    texts = {language: catalogue(language) for language in LANGUAGES}
    assert {tuple(texts[one][f"chart.panel.{panel}"] for one in LANGUAGES) for panel in PANELS} <= pairs
    assert [words for words, _ in told if not saying("vi", words)] == []
    assert [pair for pair in pairs if not saying("vi", pair[0]) & saying("en", pair[1])] == []


def test_words_of_the_screen_in_the_vietnamese_guide_are_those_of_the_screen() -> None:
    told = {vietnamese for vietnamese, _ in words_of_the_screen("clinician.vi.md")}
    assert {catalogue("vi")[f"chart.panel.{panel}"] for panel in PANELS} <= told
    assert [words for words in sorted(told) if not saying("vi", words)] == []


def words_of_the_screen(guide: str) -> list[tuple[str, str]]:
    """In italics in a guide: in Vietnamese, and in English or nothing."""
    text = " ".join((ROOT / "docs" / guide).read_text().split())
    return WORDS.findall(re.sub(r"`[^`]*`|\*\*.*?\*\*|\*FHIR\*", "", text))


def saying(language: str, words: str) -> set[str]:
    """Keys of the texts that read so, with some values in their places; … stands for the rest."""
    begin = words.removesuffix("…").rstrip() if words.endswith("…") else None

    def reads(text: str) -> bool:
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(text))
        return bool(re.fullmatch(pattern, words) or (begin and text.startswith(begin)))

    return {key for key, text in catalogue(language).items() if reads(text)}


def test_every_picture_of_a_page_is_small_and_shown() -> None:
    """``python -m tests.pictures`` makes them."""
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs" / "images").glob("page-*.png")}
    assert set(pictures) == {f"page-{name}.png" for name in SCENES}
    assert max(pictures.values()) <= 150_000, pictures
    shown = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    assert [name for name in pictures if f"images/{name})" not in shown] == []


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    pages = {path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md")}
    apart = {page for page in pages if page.parent.name == "decisions"}
    assert [str(page) for page in sorted(pages - apart) if f"({page})" not in readme] == []


def test_log_lines_are_those_that_the_documents_name() -> None:
    page = (ROOT / "docs" / "how-to" / "watch.md").read_text()
    table = page.partition("| `event` | Meaning |")[2].partition("\n\n")[0]
    named = [line for row in table.splitlines() for line in re.findall(r"`([^`]+)`", row.partition(" | ")[0])]
    assert len(named) > 5
    packages = ("ehr", "streams", "projections", "fhir_api", "backbone")
    code = "".join(file.read_text() for package in packages for file in (ROOT / package).rglob("*.py"))
    assert [line for line in named if f'"{line}"' not in code] == []
    written = set(re.findall(r'\blog\.(?:error|warning|info)\(\s*"([^"]+)"', code))
    assert written - set(named) == set()


def test_every_verb_of_the_makefile_is_described_at_its_head() -> None:
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()) - {"programs"}
    described = set(re.findall(r"make (\w+)  ", makefile.split("\n.PHONY", maxsplit=1)[0]))
    assert verbs == described


def test_what_continuous_integration_runs_is_make_test() -> None:
    script = ROOT / ".ci" / "run"
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ['cd "$(dirname "$0")/.." && exec make test']
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("name", LOCKS)
def test_every_version_is_pinned_with_its_hash_and_no_index_is_named(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    packages = [line for line in lines if line[:1].isalnum()]
    assert packages
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+( ; .+)? \\", line) for line in packages)
    others = [line for line in lines if line not in packages and not line.startswith("#")]
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in others)


def test_tests_run_with_the_versions_that_run() -> None:
    runs, tests = (set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS)
    assert runs <= tests
