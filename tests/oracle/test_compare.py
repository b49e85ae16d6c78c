"""The comparer says nothing of an honest server, and tells every lie that is planted."""

from typing import Any

import pytest

from tests.oracle import compare
from tests.oracle.asking import corpus, resource
from tests.oracle.compare import Comparison
from tests.oracle.generator import Search
from tests.oracle.stub import Distort, Stub, honest


def record() -> list[bytes]:
    patients = [
        resource("Patient", f"p{n}", name=[{"family": f"Name{n}"}], birthDate=f"19{n}0", gender="male")
        for n in range(1, 8)
    ]
    observations = [
        resource("Observation", f"o{n}", subject={"reference": f"Patient/p{n}"}) for n in range(1, 8)
    ]
    return patients + observations


CORPUS = corpus(record())
BY_DATE = Search("Patient", (("_sort", "-birthdate"),))
INCLUDING = Search("Observation", (("_include", "Observation:subject"),))
UNSORTED = Search("Patient", (("gender", "male"),))
WRONG = Search("Patient", (("gender", "man"),))
BOTH = Search("", (("_type", "Patient,Observation"),))


def difference(search: Search, distort: Distort) -> str:
    with Stub(CORPUS, distort).client() as client:
        return str(Comparison(client, CORPUS, seed=3).difference(search))


@pytest.mark.parametrize("search", [BY_DATE, INCLUDING, UNSORTED, WRONG, BOTH])
def test_an_honest_server_agrees(search: Search) -> None:
    assert difference(search, honest) == "None"


def changed(page: Any, **elements: Any) -> Any:
    return {**page, **elements}


def losing(page: Any, number: int) -> Any:
    return changed(page, entry=page["entry"][1:]) if number == 0 else page


def adding(page: Any, number: int) -> Any:
    return changed(page, entry=[{"resource": {"resourceType": "Patient", "id": "x"}}, *page["entry"]])


def repeating(page: Any, number: int) -> Any:
    return changed(page, entry=[page["entry"][0], *page["entry"]]) if number == 0 else page


def turning(page: Any, number: int) -> Any:
    return changed(page, entry=page["entry"][::-1])


def miscounting(page: Any, number: int) -> Any:
    return changed(page, total=page["total"] + 1)


def ending_early(page: Any, number: int) -> Any:
    return changed(page, link=[])


def never_ending(page: Any, number: int) -> Any:
    link = {"relation": "next", "url": "http://example.org/fhir/Patient?_sort=-birthdate&_count=2"}
    return changed(page, link=[link])


def not_including(page: Any, number: int) -> Any:
    return changed(page, entry=[entry for entry in page["entry"] if entry["search"]["mode"] == "match"])


def including_all(page: Any, number: int) -> Any:
    more = {"resource": {"resourceType": "Patient", "id": "stranger"}, "search": {"mode": "include"}}
    return changed(page, entry=[*page["entry"], more])


def including_twice(page: Any, number: int) -> Any:
    return changed(page, entry=[*page["entry"], page["entry"][-1]])


def telling_of(code: str) -> Distort:
    """Including nothing, and saying why."""
    outcome = {"resourceType": "OperationOutcome", "issue": [{"code": code}]}

    def distort(page: Any, number: int) -> Any:
        kept = not_including(page, number)["entry"]
        return changed(page, entry=[*kept, {"resource": outcome, "search": {"mode": "outcome"}}])

    return distort


def answering(status: int) -> Distort:
    return lambda _page, _number: status


LIES = [
    (BY_DATE, losing, "lacks Patient/p7"),
    (BY_DATE, adding, "has too many Patient/x"),
    (BY_DATE, repeating, "repeats Patient/p7"),
    (BY_DATE, turning, "order from match 0: "),
    (UNSORTED, turning, "order from match 0: "),
    (BOTH, turning, "order from match 0: "),
    (BY_DATE, miscounting, "total 8 instead of 7"),
    (BY_DATE, ending_early, "lacks Patient/p"),
    (BY_DATE, never_ending, "repeats Patient/p"),
    (BY_DATE, answering(500), "answered with 500"),
    (BY_DATE, answering(400), "answered with 400"),
    (INCLUDING, answering(413), "answered with 413"),
    (WRONG, answering(200), "answered with 200, though it must be refused"),
    (WRONG, answering(500), "answered with 500, though it must be refused"),
    (INCLUDING, not_including, "page 1 does not include Patient/p1"),
    (INCLUDING, telling_of("not-supported"), "page 1 does not include Patient/p1"),
    (INCLUDING, including_all, "page 1 includes too much Patient/stranger"),
    (INCLUDING, including_twice, "page 1 includes more than once Patient/p"),
]


@pytest.mark.parametrize(("search", "lie", "told"), LIES)
def test_every_lie_is_told(search: Search, lie: Distort, told: str) -> None:
    found = difference(search, lie)
    assert told in found
    assert search.pairs[0][0] in found.splitlines()[0]


def test_more_than_is_included_at_once_may_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "MOST_INCLUDED", 6)
    assert difference(INCLUDING, answering(413)) == "None"
    assert "answered with 413" in difference(BY_DATE, answering(413))


def test_inclusions_may_be_cut_where_this_is_told() -> None:
    assert difference(INCLUDING, telling_of("too-costly")) == "None"


def test_equal_ones_of_several_types_may_stand_in_any_order() -> None:
    def by_type(page: Any, number: int) -> Any:
        return changed(
            page, entry=sorted(page["entry"], key=lambda entry: str(entry["resource"]["resourceType"]))
        )

    assert difference(BOTH, by_type) == "None"
