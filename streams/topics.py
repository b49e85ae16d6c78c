"""The topic that keeps the log: made as it must be, and looked at before it is used.

https://kafka.apache.org/documentation/#topicconfigs
"""

from typing import NamedTuple

from streams.broker import LARGEST_RECORD, Administration
from streams.event_log import LogMisconfigured, LogUnreachable


class Wish(NamedTuple):
    """A topic. partitions: one for each record store. copies: of each partition, 3 where facts are to survive
    the loss of a machine."""

    name: str
    partitions: int = 1
    copies: int = 3

    @property
    def settings(self) -> dict[str, str]:
        """What must hold so that no fact is lost: kept for ever, and on all copies but one before it counts.
        Of two copies one is then enough, and a fact that the other one lacks is lost with its machine."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(LARGEST_RECORD),
            "min.insync.replicas": str(max(1, self.copies - 1)),
            "unclean.leader.election.enable": "false",
        }


_HARM = {
    "cleanup.policy": "compaction would delete all but the newest fact of a citizen",
    "retention.ms": "facts would be deleted by their age",
    "retention.bytes": "facts would be deleted for room",
    "message.timestamp.type": "the clock of a sender could make facts expire",
    "max.message.bytes": "the largest fact would be refused, and all that follow would wait",
    "min.insync.replicas": "a fact would count as stored before enough copies have it",
    "unclean.leader.election.enable": "a copy that lacks facts could become the log",
}


def ensure_topic(administration: Administration, wish: Wish) -> None:
    """Makes the topic when there is none, and refuses one that would lose facts.

    Raises LogMisconfigured with a sentence that says how to mend it, and LogUnreachable.
    """
    if administration.broker_settings().get("auto.create.topics.enable") == "true":
        raise LogMisconfigured(
            "The brokers make topics of whatever name they are asked for: a wrong name would be a new, empty "
            "log. Set auto.create.topics.enable=false in each broker's server.properties and restart it."
        )
    if administration.find(wish.name) is None:
        _make(administration, wish)
    found = administration.find(wish.name)
    if found is None:
        raise LogUnreachable(
            f"topic {wish.name} was just made, and the broker that was asked has yet to hear of it"
        )
    if found.partitions != wish.partitions:
        raise LogMisconfigured(
            f"Topic {wish.name} has {found.partitions} partitions, and EHR_KAFKA_PARTITIONS says "
            f"{wish.partitions}: set it to {found.partitions}, or name another topic in EHR_KAFKA_TOPIC."
        )
    if found.replicas < wish.copies:
        raise LogMisconfigured(
            f"Topic {wish.name} has {found.replicas} copies, and EHR_KAFKA_REPLICATION says {wish.copies}: "
            "add copies with kafka-reassign-partitions.sh, or lower the setting."
        )
    _check_settings(wish, found.settings)


def _check_settings(wish: Wish, found: dict[str, str]) -> None:
    wrong = [
        (key, value) for key, value in wish.settings.items() if not _holds(key, value, found.get(key, ""))
    ]
    if wrong:
        harms = "; ".join(f"{key}={found.get(key)}: {_HARM[key]}" for key, _ in wrong)
        mend = ",".join(f"{key}={value}" for key, value in wrong)
        raise LogMisconfigured(
            f"Topic {wish.name} would lose facts ({harms}). Mend it: kafka-configs.sh --alter --entity-type "
            f"topics --entity-name {wish.name} --add-config {mend}"
        )


def _holds(key: str, wanted: str, found: str) -> bool:
    if key in ("max.message.bytes", "min.insync.replicas"):
        return found.isdigit() and int(found) >= int(wanted)
    return found == wanted


def _make(administration: Administration, wish: Wish) -> None:
    brokers = administration.brokers()
    if brokers < wish.copies:
        raise LogMisconfigured(
            f"EHR_KAFKA_REPLICATION says {wish.copies}, and there are {brokers} brokers: start more, or "
            "lower it."
        )
    administration.create(wish.name, wish.partitions, wish.copies, wish.settings)
