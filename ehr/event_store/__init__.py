"""The event store: the record in PostgreSQL. What of eventsourcing is used: docs/decisions/0007."""
