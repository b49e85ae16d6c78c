"""The event store: the record in PostgreSQL, through eventsourcing's application recorder."""
