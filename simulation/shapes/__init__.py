"""FHIR R4 resources of the simulated facilities.

Every shape comes from a model of `fhir.resources` (its R4B classes: for the types used here R4B equals R4).
Checking one resource costs about half a millisecond, so the constant part of each shape is checked once and
kept, and what differs from visit to visit is laid over a copy. The tests check whole resources.

What the functions return shares its constant parts: treat it as read-only.
"""
