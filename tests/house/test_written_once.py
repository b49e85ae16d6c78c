"""What is the same everywhere is written in one place."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("ehr", "streams", "projections", "fhir_api", "backbone")
ID = re.compile(r"\[A-Za-z0-9(?:\\?[.-]){2}\]\{+1,64")


def test_what_an_id_is() -> None:
    sources = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    found = [str(path.relative_to(ROOT)) for path in sources if ID.search(path.read_text("utf8"))]
    assert found == ["ehr/values.py"]
