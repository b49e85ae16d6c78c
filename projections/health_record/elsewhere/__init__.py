"""What other facilities know or do that whoever reads a chart should be told of, each with its sources. It
never blocks anything."""

from projections.health_record.elsewhere.notices import Elsewhere, elsewhere_of

__all__ = ["Elsewhere", "elsewhere_of"]
