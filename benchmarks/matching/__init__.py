"""How well people are matched, on people whose truth is known: ``python -m benchmarks.matching``."""
