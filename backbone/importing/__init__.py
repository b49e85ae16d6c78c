"""Import: brings FHIR files that others wrote into the record, through the public API alone."""

from backbone.importing.command import import_command
from backbone.importing.delivery import Patience
from backbone.importing.importer import import_paths
from backbone.importing.progress import Progress, ProgressBar
from backbone.importing.refusals import Refusal, Skipped
from backbone.importing.report import ImportReport

__all__ = [
    "ImportReport",
    "Patience",
    "Progress",
    "ProgressBar",
    "Refusal",
    "Skipped",
    "import_command",
    "import_paths",
]
