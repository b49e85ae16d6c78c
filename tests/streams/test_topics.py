"""The topic of the log is made so that it keeps every fact, and refused when it would not."""

import secrets
from collections.abc import Iterator
from contextlib import closing

import pytest

from streams.broker import Access, Administration
from streams.event_log import LogMisconfigured, LogUnreachable
from streams.topics import Wish, ensure_topic


@pytest.fixture
def administration(kafka: Access) -> Iterator[Administration]:
    with closing(Administration(kafka)) as found:
        yield found


@pytest.fixture
def wish() -> Wish:
    return Wish(f"test.{secrets.token_hex(6)}", 2, 1)


def test_a_missing_topic_is_made_and_then_used(administration: Administration, wish: Wish) -> None:
    ensure_topic(administration, wish)
    ensure_topic(administration, wish)
    found = administration.find(wish.name)
    assert found is not None
    assert (found.partitions, found.replicas) == (2, 1)
    assert wish.settings.items() <= found.settings.items()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("cleanup.policy", "compact", "all but the newest fact"),
        ("cleanup.policy", "compact,delete", "all but the newest fact"),
        ("retention.ms", "604800000", "by their age"),
        ("retention.bytes", "1000000000", "for room"),
        ("message.timestamp.type", "CreateTime", "clock of a sender"),
        ("max.message.bytes", "1048588", "would be refused"),
        ("unclean.leader.election.enable", "true", "lacks facts"),
    ],
)
def test_what_would_lose_facts_is_refused_with_its_mend(
    administration: Administration, wish: Wish, setting: str, value: str, said: str
) -> None:
    administration.create(wish.name, 2, 1, wish.settings | {setting: value})
    with pytest.raises(LogMisconfigured) as refused:
        ensure_topic(administration, wish)
    assert said in str(refused.value)
    assert f"--add-config {setting}={wish.settings[setting]}" in str(refused.value)


def test_all_copies_but_one_have_a_fact_before_it_counts() -> None:
    """With two, that is one."""
    least = [Wish("any", copies=copies).settings["min.insync.replicas"] for copies in range(1, 6)]
    assert least == ["1", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [((1, 1), "EHR_KAFKA_PARTITIONS"), ((2, 3), "EHR_KAFKA_REPLICATION")],
)
def test_another_topic_than_the_settings_say_is_refused(
    administration: Administration, wish: Wish, wrong: tuple[int, int], said: str
) -> None:
    ensure_topic(administration, wish)
    with pytest.raises(LogMisconfigured, match=said):
        ensure_topic(administration, Wish(wish.name, *wrong))


def test_more_copies_than_brokers_are_refused(administration: Administration, wish: Wish) -> None:
    with pytest.raises(LogMisconfigured, match="there are 1 brokers"):
        ensure_topic(administration, wish._replace(copies=3))


def test_a_topic_of_which_not_all_brokers_have_heard_is_waited_for(
    administration: Administration, wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Administration, "find", lambda _self, _name: None)
    with pytest.raises(LogUnreachable, match="yet to hear"):
        ensure_topic(administration, wish)
