"""A page is read as a tree, and what stands in a row is told from what stands beside it."""

import pytest

from simulation.apart.page import Malformed, parse, reads

PAGE = """<!doctype html><meta charset="utf-8"><section id="acts"><ul class="entries wide">
<li><b>Khâu&nbsp;vết &amp; băng</b> <a data-reference="Procedure/1" href="/x?a=1&amp;b=2">FHIR</a><br></li>
<li><ul><li><a data-reference="Procedure/2"></a></li><li><a data-reference="Procedure/3"></a></li></ul></li>
<li>nothing</li></ul><svg><path d="M0"/></svg></section>
<table><tr data-reference="Procedure/4"><td>5.0</td><td>mg</td></tr></table>"""


def test_rows_are_the_outermost_that_tell_of_resources() -> None:
    page = parse(PAGE)
    assert [row.references for row in page.rows] == [
        ["Procedure/1"], ["Procedure/2", "Procedure/3"], ["Procedure/4"],
    ]  # fmt: skip
    (section,) = page.find("section", id="acts")
    assert len(list(section.rows)) == 2


def test_cells_are_rows_where_several_of_them_tell_of_resources() -> None:
    table = "<table><tr><th>MR</th><td>{}</td><td>{}</td></tr></table>"
    first, second = (f'{day} <a data-reference="Immunization/{day}"></a>' for day in "12")
    assert [row.text for row in parse(table.format(first, second)).rows] == ["1", "2"]
    assert [row.text for row in parse(table.format(first, "–")).rows] == ["MR 1 –"]


def test_text_is_what_is_read() -> None:
    first, *_, last = parse(PAGE).rows
    assert first.text == "Khâu vết & băng FHIR"
    assert last.text == "5.0 mg"
    assert [link.said["href"] for link in first.find("a")] == ["/x?a=1&b=2"]


def test_a_class_is_one_among_others() -> None:
    page = parse(PAGE)
    assert len(list(page.find("ul", _class="entries"))) == 1
    assert list(page.find("ul", _class="entr")) == []


@pytest.mark.parametrize("wrong", ["<ul><li></ul>", "</p>", "<div><p></p>"])
def test_what_is_not_closed_in_order_is_no_page(wrong: str) -> None:
    with pytest.raises(Malformed):
        parse(wrong)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("HbA1c 6.5 ↑ %", "6.5 ↑", True),
        ("HbA1c 16.5 %", "6.5", False),
        ("HbA1c 6.55 %", "6.5", False),
        ("120.5 g/L", "120", False),
        ("E11.9, I10.", "I10", True),
        ("Xã Hướng Lập A", "Xã Hướng  Lập", True),
        ("Xã Hướng Lập2", "Xã Hướng Lập", False),
    ],
)
def test_words_are_read_whole(text: str, words: str, found: bool) -> None:
    assert reads(text, words) is found


def test_what_is_folded_away_can_be_left_out() -> None:
    (cell,) = parse("<td>9,1 <b>↑</b><details><summary>◷</summary>late</details> +1</td>").find("td")
    assert (cell.text_beside("details"), cell.text) == ("9,1 ↑ +1", "9,1 ↑ ◷ late +1")
