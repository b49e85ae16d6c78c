"""A relay at work in a thread, for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ehr.event_store.relaying import keep_by_kafka, standing
from streams.broker import Access, Place
from streams.relay import Way, run_relay
from streams.topics import Wish
from tests.backbone.waiting import until
from tests.stating import looking


def way(url: str, access: Access, place: Place) -> Way:
    """From a record to a topic of one copy."""
    return Way(url, access, Wish(place.topic, copies=1), place.partition)


@contextmanager
def relayed(url: str, access: Access, place: Place) -> Iterator[None]:
    """Carries what is on the record to the log meanwhile, which Kafka keeps from now on."""
    with looking(url) as connection:
        keep_by_kafka(connection)
    stopped = threading.Event()
    thread = threading.Thread(target=run_relay, args=(way(url, access, place), stopped.is_set))
    thread.start()
    try:
        with looking(url) as connection:
            until(
                lambda: (told := standing(connection)) is not None and told.compared, "the tails are compared"
            )
        yield
    finally:
        stopped.set()
        thread.join()
