"""``python -m tests.conformance BASE_URL [FILE…]``: all cases, or those of some files, at any server."""

import sys
from collections import Counter
from pathlib import Path

import httpx

from tests.conformance.reading import Topic, files, read_topic
from tests.conformance.running import NotSetUp, Server, failures, judged, listening, set_up


def main(base: str, *paths: str) -> int:
    """Prints a line for each case that fails, and how many did; gives the exit status."""
    topics = [read_topic(path) for path in map(Path, paths)] if paths else [*map(read_topic, files())]
    with listening(base) as server:
        totals = sum((_run(server, topic) for topic in topics), Counter[str]())
    print(
        f"{totals.total()} cases, {totals['passed']} passed, {totals['failed']} failed, "
        f"{totals['expected']} expected failures"
    )
    return 1 if totals["failed"] else 0


def _run(server: Server, topic: Topic) -> Counter[str]:
    try:
        shared = set_up(server, topic)
    except NotSetUp as error:
        print(f"{topic.file}: not set up: {error}")
        return Counter(failed=len(topic.cases))
    results: Counter[str] = Counter()
    for case in topic.cases:
        result, told = judged(case, server, failures(server, case, shared))
        results[result] += 1
        if result == "failed":
            print(f"{topic.file}: {case.name}: {'; '.join(told)}", flush=True)
    return results


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except httpx.ConnectError:
        sys.exit(f"nobody answers at {sys.argv[1]}")
