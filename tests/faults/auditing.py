"""A topic read raw, and held against the store: every fact there, in order, as it is stored."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition

from streams.broker import Place
from tests.stating import looking

ROWS = """select notification_id, subject, subject_sequence, state from record.facts
    where notification_id > %s and notification_id <= %s order by notification_id"""

AT_ONCE = 5_000
SILENT_SECONDS = 10


@dataclass
class Audit:
    """Of one topic, in as many goes as one likes: each goes on where the one before it ended.

    position: the largest so far. records: with duplicates. wrong: what was found, and how often.
    """

    url: str
    servers: str
    place: Place
    position: int = 0
    records: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    _offset: int = 0
    _sequences: dict[UUID, int] = field(default_factory=dict)
    _stored: dict[int, tuple[bytes, int, bytes]] = field(default_factory=dict)

    @property
    def duplicates(self) -> int:
        """Records of positions that had been read before."""
        return self.records - self.position

    def go_on(self) -> None:
        """Reads to the end of the topic as it is now; the store must have no more by then."""
        consumer = KafkaConsumer(bootstrap_servers=self.servers, group_id=None, enable_auto_commit=False)
        place = TopicPartition(*self.place)
        consumer.assign([place])
        consumer.seek(place, self._offset)
        end = consumer.end_offsets([place])[place]
        while self._offset < end:
            found = consumer.poll(SILENT_SECONDS * 1000, max_records=AT_ONCE)
            assert found, "the broker that is to be read from says nothing"
            for record in found[place]:
                self._take(record)
        consumer.close()
        lost = self._end() - self.position
        self.wrong["positions are lost at the end"] += max(0, lost)
        self.wrong["positions were never stored"] += max(0, -lost)

    def found(self) -> list[str]:
        """What is wrong, in words."""
        return [f"{count} {what}" for what, count in self.wrong.items() if count]

    def _take(self, record: Any) -> None:
        headers = dict(record.headers)
        position, sequence = int(headers["position"]), int(headers["subject_sequence"])
        self.records += 1
        self._offset = record.offset + 1
        self.wrong["holes"] += position > self.position + 1
        stored = self._fact(position)
        self.wrong["facts are not what is stored"] += stored != (record.key, sequence, record.value)
        if position > self.position:
            self.position = position
            self._follow(UUID(record.key.decode()), sequence)

    def _follow(self, subject: UUID, sequence: int) -> None:
        """Of a citizen each next fact is the next one."""
        self.wrong["breaks in the order of a citizen"] += sequence != self._sequences.get(subject, 0) + 1
        self._sequences[subject] = sequence

    def _fact(self, position: int) -> tuple[bytes, int, bytes] | None:
        """What the store has there; kept for a while, as duplicates come soon."""
        if position not in self._stored:
            self._stored = {n: fact for n, fact in self._stored.items() if n > position - 4 * AT_ONCE}
            with looking(self.url) as connection:
                for n, subject, sequence, state in connection.execute(
                    ROWS, (position - 1, position + AT_ONCE)
                ):
                    self._stored[n] = (str(subject).encode(), sequence, state)
        return self._stored.get(position)

    def _end(self) -> int:
        with looking(self.url) as connection:
            row = connection.execute("select coalesce(max(notification_id), 0) from record.facts").fetchone()
        assert row
        return int(row[0])
