"""A server that answers searches as the oracle itself would, and lies where a test tells it to."""

from collections.abc import Callable

import httpx
import orjson

from tests.oracle import including
from tests.oracle.asking import BASE
from tests.oracle.corpus import Corpus
from tests.oracle.evaluator import answer, directives_of, parse
from tests.oracle.values import Refused

Json = dict[str, object]
Distort = Callable[[Json, int], Json | int]
"""Makes of an honest page and its number another page, or a status without one."""


def honest(page: Json, number: int) -> Json | int:
    """No lie."""
    return page


class Stub:
    """distort: what becomes of each page before it is sent."""

    def __init__(self, corpus: Corpus, distort: Distort = honest) -> None:
        self._corpus = corpus
        self.distort = distort

    def client(self) -> httpx.Client:
        """Whoever asks through it is answered by the stub."""
        return httpx.Client(base_url=BASE, transport=httpx.MockTransport(self._answered))

    def _answered(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url).removeprefix(BASE).lstrip("/")
        path, pairs = parse(url)
        given = dict(pairs)
        start, count = int(given.get("_start", 0)), int(given.get("_count", 1000))
        asked = [pair for pair in pairs if pair[0] != "_start"]
        try:
            found = answer(self._corpus, path, asked)
        except Refused:
            page = self.distort({}, 0)
            return httpx.Response(page if isinstance(page, int) else 400)
        keys = [key for group in found.groups for key in group]
        shown = keys[start : start + count]
        included = including.included(self._corpus, shown, directives_of(asked))
        entries = [self._entry(key, "match") for key in shown]
        entries += [self._entry(key, "include") for key in sorted(included)]
        page = {"resourceType": "Bundle", "total": len(keys), "entry": entries}
        if start + count < len(keys):
            further = httpx.URL(f"{BASE}/{url}").copy_set_param("_start", str(start + count))
            page["link"] = [{"relation": "next", "url": str(further)}]
        sent = self.distort(page, start // count)
        return (
            httpx.Response(sent) if isinstance(sent, int) else httpx.Response(200, content=orjson.dumps(sent))
        )

    def _entry(self, key: str, mode: str) -> Json:
        type_, _, id_ = key.partition("/")
        return {"resource": {"resourceType": type_, "id": id_}, "search": {"mode": mode}}
