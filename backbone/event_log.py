"""Who keeps the log, by the settings: the record itself, or Kafka."""

from backbone.embedded_kafka import running_servers
from backbone.errors import Refused
from backbone.settings import Settings, text_of
from ehr.event_store.connections import Connection
from ehr.event_store.relaying import is_kept_by_kafka, keep_by_kafka, keeps_up
from streams.broker import Access
from streams.event_log import EventLog
from streams.fallback import Fallback
from streams.kafka_log import KafkaLog
from streams.notification_log import NotificationLog
from streams.relay import Way
from streams.topics import Wish

NO_KAFKA = "no Kafka: start `ehr run` with EHR_LOG=kafka, or name brokers in EHR_KAFKA"


def open_log(settings: Settings, url: str) -> EventLog:
    """The log that the views are made from. url: of the record's database."""
    kept = open_log_alone(settings, url)
    if settings.log == "embedded" or settings.kafka_away == "wait":
        return kept
    return Fallback(kept, NotificationLog(url), lambda: not keeps_up(url))


def open_log_alone(settings: Settings, url: str) -> EventLog:
    """The same, never the record in place of Kafka: for those who compare."""
    if settings.log == "embedded":
        return NotificationLog(url)
    to = way(settings, url)
    return KafkaLog(to.access, to.place)


def way(settings: Settings, url: str) -> Way:
    """From the record to Kafka. Refuses while no broker is named or runs here."""
    servers = settings.kafka or running_servers(settings.data / "kafka")
    if settings.log != "kafka" or servers is None:
        raise Refused(NO_KAFKA)
    copies = settings.kafka_replication if settings.kafka else 1
    topic = Wish(settings.kafka_topic, settings.kafka_partitions, copies)
    return Way(url, access(settings, servers), topic, settings.kafka_partition)


def access(settings: Settings, servers: str) -> Access:
    """How the brokers are reached."""
    password = settings.kafka_password
    return Access(
        servers,
        user=settings.kafka_user,
        password=password.get_secret_value() if password else None,
        ca=text_of(settings.kafka_ca),
        certificate=text_of(settings.kafka_certificate),
        key=text_of(settings.kafka_key),
    )


def note_keeper(settings: Settings, connection: Connection) -> None:
    """Lets the record know that Kafka keeps its log: then nothing is appended before a relay has compared.

    Refuses to forget that for want of a setting.
    """
    if settings.log == "kafka":
        keep_by_kafka(connection)
    elif is_kept_by_kafka(connection):
        raise Refused(
            "Kafka keeps the log of this record: set EHR_LOG=kafka. To let the record keep its log itself "
            "again: ehr relay --leave"
        )
