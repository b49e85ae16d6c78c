"""The record: what facilities state, and the one place that decides."""
