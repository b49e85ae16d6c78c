"""The parts of the local Apache Kafka, `backbone.embedded_kafka`: its programs, and one broker of it."""
