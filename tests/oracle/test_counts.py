"""The oracle finds just what was counted from Synthea's files; a server that counts otherwise is told."""

import json
from pathlib import Path

import httpx
import pytest

from tests.oracle.asking import BASE
from tests.oracle.corpus import Corpus
from tests.oracle.counts import Total, counts, disagreements, totals
from tests.oracle.evaluator import answer, parse
from tests.oracle.stub import Stub
from tests.oracle.synthea import resources

DATA = Path(__file__).parents[1] / "data"
SMALL, MEDIUM = DATA / "oracle-small.json", DATA / "oracle-medium.json"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """synthea-small."""
    return Corpus(resources(), [BASE])


@pytest.fixture
def total(corpus: Corpus) -> Total:
    """How many the oracle finds."""
    return lambda url: sum(map(len, answer(corpus, *parse(url)).groups))


def test_the_oracle_agrees_with_every_count(total: Total) -> None:
    assert disagreements(total, SMALL) == []


@pytest.mark.parametrize(("file", "number"), [(SMALL, 331), (MEDIUM, 932)])
def test_every_table_is_a_search(file: Path, number: int) -> None:
    known = json.loads(file.read_text())
    urls = [count.url for count in counts(known)]
    assert len(urls) == len(set(urls)) == number


def test_a_server_is_asked_for_its_total(corpus: Corpus, total: Total) -> None:
    with Stub(corpus).client() as client:
        assert totals(client)("Patient") == 12
        assert totals(client)("Patient?gender=male") == total("Patient?gender=male")


def test_a_wrong_total_is_told(total: Total) -> None:
    found = disagreements(lambda url: total(url) + url.startswith("Condition?code="), SMALL)
    assert len(found) == 10
    assert "Condition?code=http://snomed.info/sct|314529007 finds 72 instead of 71" in found


def test_a_refusal_is_no_total() -> None:
    refusing = httpx.MockTransport(lambda _: httpx.Response(400))
    with httpx.Client(transport=refusing, base_url=BASE) as client, pytest.raises(httpx.HTTPStatusError):
        totals(client)("Patient")
