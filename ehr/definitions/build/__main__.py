"""``python -m ehr.definitions.build PACKAGE``: write the compact definitions beside this package.

PACKAGE is the folder or .tgz of ``npm pack hl7.fhir.r4.examples@4.0.1``.
"""

import sys
from pathlib import Path

import msgspec
import orjson
import zstandard

from ehr.definitions.build.compartments import encounter_paths, subject_paths
from ehr.definitions.build.element_table import element_table
from ehr.definitions.build.main_dates import main_date_paths
from ehr.definitions.build.package import Package
from ehr.definitions.build.search_parameters import compartments, left_out, search_parameters
from ehr.definitions.build.search_parameters import main_dates as search_dates
from ehr.definitions.build.value_sets import required_codes

FOLDER = Path(__file__).parents[1]


def build(package: Package, folder: Path) -> None:
    """Write ``resources.json`` (loaded at import), ``elements.json.zst``, ``search_parameters.json.zst``
    (loaded when first asked)."""
    table = element_table(package)
    dates = main_date_paths(package, table)
    resources = {
        "subject": subject_paths(package),
        "encounter": encounter_paths(package),
        "main_date": dict(sorted(dates.items())),
    }
    text = orjson.dumps(resources, option=orjson.OPT_INDENT_2)
    (folder / "resources.json").write_bytes(text + b"\n")
    elements = orjson.dumps(
        {"elements": table, "codes": required_codes(package, table)}, option=orjson.OPT_SORT_KEYS
    )
    (folder / "elements.json.zst").write_bytes(zstandard.compress(elements, 19))
    parameters = search_parameters(package, table)
    tables = {
        "parameters": [row for row, _ in parameters],
        "left_out": left_out(package),
        "compartments": compartments(package),
        "main_dates": search_dates(parameters, dates),
    }
    (folder / "search_parameters.json.zst").write_bytes(zstandard.compress(msgspec.json.encode(tables), 19))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build(Package(Path(sys.argv[1])), FOLDER)
