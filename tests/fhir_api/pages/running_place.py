"""The place of the review, where besides one facility sends daily and one does so no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.fhir_api.pages.review_serving import Site, reviewing, settle
from tests.projections.facilities.sending import send_daily

DAILY, QUIET = "daily", "=1+1|<i>quiet</i>"
"""Names as no facility should have: a program for tables would calculate the second."""


@contextmanager
def running_place(url: str) -> Iterator[Site]:
    """Nam was seen at both, and at the one that is silent first."""
    now = datetime.now(UTC).replace(microsecond=0)
    with reviewing(url) as site:
        settle(site)
        send_daily(url, QUIET, now - timedelta(days=9), "nam-1")
        send_daily(url, DAILY, now - timedelta(hours=1), "nam-1")
        site.wait()
        yield site
