"""A relay at work in a thread, for tests."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from kafka import KafkaAdminClient

from ehr.event_store.relaying import RelayPost, keep_by_kafka, standing
from streams.broker import Access, Administration, Place
from streams.event_log import LogUnreachable
from streams.relay import Relay, Way, run_relay, take_over
from streams.topics import Wish, ensure_topic
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


def make_anew(kafka: Access, admin: KafkaAdminClient, place: Place) -> None:
    """The topic, empty, under the same name."""
    admin.delete_topics([place.topic])

    def is_gone() -> bool:
        try:
            return administration.find(place.topic) is None
        except LogUnreachable:
            return False

    with closing(Administration(kafka)) as administration:
        until(is_gone, "the topic is gone")
        ensure_topic(administration, Wish(place.topic, copies=1))


@contextmanager
def begun(url: str, access: Access, place: Place) -> Iterator[Relay]:
    """A relay that holds the post."""
    with closing(RelayPost(url)) as post, closing(Relay(way(url, access, place), post)) as one:
        take_over(post)
        yield one
