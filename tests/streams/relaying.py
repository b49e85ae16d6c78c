"""A relay at work in a thread, for tests."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ehr.event_store.notifications import Notifications
from ehr.event_store.relaying import RelayPost
from streams.broker import Access, Place
from streams.relay import Relay


@contextmanager
def relayed(url: str, access: Access, place: Place) -> Iterator[None]:
    """Carries what is on the record to the log meanwhile."""
    stopped = threading.Event()
    with closing(Notifications(url)) as store, closing(RelayPost(url)) as post:
        assert post.take()
        relay = Relay(store, post, access, place)
        thread = threading.Thread(target=relay.carry, args=(stopped.is_set,))
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()
