"""Straight-line Python, made from the official expressions, that takes from a resource what is searched."""

from projections.search.extraction.compiler import Indexer, Indexers, compile_type, uncompiled
from projections.search.extraction.source import source
from projections.search.extraction.walk import Types, types_of

__all__ = ["Indexer", "Indexers", "Types", "compile_type", "source", "types_of", "uncompiled"]
