"""``python -m tests.oracle BASE_URL --searches 20000 --seed 1``: random searches, the server against it.

``--search URL`` puts one search instead, below the FHIR base (``Patient?name=an``). The server must not be
written to meanwhile. Ends with ``n searches, f differences``, and with 1 if there are any.
"""

import argparse
import sys

from tests.oracle.compare import Comparison, compared, opened
from tests.oracle.corpus import read
from tests.oracle.evaluator import parse
from tests.oracle.generator import Search


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("base_url", help="the server's address, without /fhir")
    parser.add_argument("--searches", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--search", help="one search, below the FHIR base")
    given = parser.parse_args()
    if given.search:
        return _one(given.base_url, given.search)
    found = compared(given.base_url, given.searches, given.seed, every=100)
    print(f"{given.searches} searches, {len(found)} differences")
    return 1 if found else 0


def _one(base_url: str, url: str) -> int:
    path, pairs = parse(url)
    with opened(base_url) as client:
        found = Comparison(client, read(client)).difference(Search(path, tuple(pairs)))
    print(found or "no difference")
    print(f"1 searches, {int(bool(found))} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
