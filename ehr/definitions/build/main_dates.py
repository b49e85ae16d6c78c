"""The one date by which a clinician would sort a resource.

The default is drawn from the FiveWs mapping of the StructureDefinitions
(https://hl7.org/fhir/R4/fivews.html): what was done, else began, else is planned, else was recorded. The
exceptions are a choice of this project.
"""

from typing import Any

from ehr.definitions.build.element_table import Row
from ehr.definitions.build.package import Package

ORDER = ("FiveWs.done[x]", "FiveWs.init", "FiveWs.context", "FiveWs.planned", "FiveWs.recorded")
DATED = ("date", "dateTime", "instant", "Period", "Timing")

EXCEPTIONS: dict[str, list[str]] = {
    "AdverseEvent": ["date", "detected", "recordedDate"],
    "Appointment": ["start", "requestedPeriod", "created"],
    "AppointmentResponse": ["start"],
    "AuditEvent": ["recorded"],
    "BiologicallyDerivedProduct": ["collection.collected[x]"],
    "CatalogEntry": ["lastUpdated"],
    "ChargeItem": ["occurrence[x]", "enteredDate"],
    "Communication": ["sent", "received"],
    "Condition": ["onset[x]", "recordedDate"],
    "Contract": ["issued", "applies"],
    "Device": [],
    "DocumentReference": ["date", "context.period"],
    "EnrollmentRequest": ["created"],
    "EnrollmentResponse": ["created"],
    "Goal": ["start[x]", "statusDate"],
    "ImmunizationRecommendation": ["date"],
    "InsurancePlan": ["period"],
    "MeasureReport": ["date", "period"],
    "MedicationDispense": ["whenHandedOver", "whenPrepared"],
    "MedicinalProductAuthorization": ["statusDate"],
    "Slot": ["start"],
    "Specimen": ["collection.collected[x]", "receivedTime"],
    "Subscription": [],
    "Task": ["executionPeriod", "authoredOn", "lastModified"],
    "ValueSet": ["date"],
    "VerificationResult": ["statusDate", "lastPerformed"],
    "VisionPrescription": ["dateWritten", "created"],
}


def main_date_paths(package: Package, table: dict[str, list[Row]]) -> dict[str, list[tuple[str, str]]]:
    """Resource type -> (JSON path, type) candidates, the first that is there counts."""
    found = {}
    for structure in package.structures():
        if structure["kind"] == "resource" and not structure["abstract"]:
            name = structure["type"]
            paths = EXCEPTIONS[name] if name in EXCEPTIONS else _by_five_ws(structure)
            found[name] = [candidate for path in paths for candidate in _typed(table, name, path)]
    return found


def _by_five_ws(structure: dict[str, Any]) -> list[str]:
    ranked: list[tuple[int, str]] = []
    for element in structure["snapshot"]["element"]:
        path = element["path"].partition(".")[2]
        maps = [mapping["map"] for mapping in element.get("mapping", ()) if mapping["map"] in ORDER]
        if maps and path and "." not in path and _is_dated(element):
            ranked.append((ORDER.index(maps[0]), path))
    return [path for _, path in sorted(ranked, key=lambda found: found[0])]


def _is_dated(element: dict[str, Any]) -> bool:
    return any(type_["code"] in DATED for type_ in element.get("type", ()))


def _typed(table: dict[str, list[Row]], owner: str, path: str) -> list[tuple[str, str]]:
    """Choice elements become one candidate for each dated type; an unknown path is an error."""
    head, _, rest = path.partition(".")
    (types,) = [row[1] for row in table[owner] if row[0] == head]
    if rest:
        return [(f"{head}.{below}", type_) for below, type_ in _typed(table, types[0], rest)]
    dated = [type_ for type_ in DATED if type_ in types]
    return [(head.replace("[x]", type_[0].upper() + type_[1:]), type_) for type_ in dated]
