"""Fixtures of the tests with a broker."""

import secrets
from contextlib import closing

import pytest

from streams.broker import Access, Administration, Place
from streams.topics import Wish, ensure_topic


@pytest.fixture(scope="session")
def kafka(kafka_servers: str) -> Access:
    """How the tests' broker is reached."""
    return Access(kafka_servers)


@pytest.fixture
def place(kafka: Access) -> Place:
    """A new topic of one partition."""
    wish = Wish(f"test.{secrets.token_hex(6)}", copies=1)
    with closing(Administration(kafka)) as administration:
        ensure_topic(administration, wish)
    return Place(wish.name, 0)
