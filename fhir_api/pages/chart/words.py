"""What codes are called on the pages."""

from collections.abc import Callable

from ehr.dates import span
from fhir_api.pages.chart.ages import Age
from fhir_api.pages.languages import Messages, catalogue

Told = Callable[[str | None], str]
Said = Callable[[str, str | None], str]


def sayer(language: str) -> Said:
    """A function (group, code) -> what the code is called; the code itself where it has no name."""
    texts = catalogue(language)

    def said(group: str, code: str | None) -> str:
        return texts.get(f"chart.{group}.{code}", code) if code else ""

    return said


def told(form: Told) -> Told:
    """A function that forms dates and times, and leaves what is no date as it is written."""

    def tell(text: str | None) -> str:
        return form(text) if text and span(text) else text or ""

    return tell


def age_text(age: Age | None, t: Messages) -> str:
    """``36 tuổi``, ``35–36 tuổi``, ``14 tháng tuổi``; "" for an unknown age."""
    if age is None:
        return ""
    number = str(age.most) if age.least == age.most else f"{age.least}–{age.most}"
    return t(f"chart.age.{age.unit}", number=number)
