"""Values to search for, drawn from the resources that there are: the same database gives the same ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from projections.fhir_resources.found import Found, bodies_of
from projections.search.tree import KINDS

Resource = dict[str, Any]

TYPES = (
    "CarePlan", "Claim", "Condition", "DiagnosticReport", "DocumentReference", "Encounter", "Immunization",
    "MedicationRequest", "Observation", "Organization", "Patient", "Practitioner", "Procedure",
)  # fmt: skip
"""Types that are searched for."""

OBSERVATION_SHARE = 4
"""Of Observations so many times as many are drawn: most values are theirs."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some resources of every type.

    counts: type -> how many there are in all. patients: reference -> the Patient, of all that the resources
    are about.
    """

    resources: dict[str, list[Resource]]
    patients: dict[str, Resource]
    counts: dict[str, int]

    def of(self, *types: str) -> list[Resource]:
        """Those of some types."""
        return [one for type_ in types for one in self.resources.get(type_, ())]

    def patient_of(self, resource: Resource) -> Resource:
        """The Patient whom a resource is about."""
        return self.patients[subject(resource)]

    @property
    def everything(self) -> list[Resource]:
        """Every resource once, the Patients too."""
        named = {f"{one['resourceType']}/{one['id']}": one for one in self.of(*self.resources)}
        return [*(named | self.patients).values()]

    @property
    def total(self) -> int:
        """Resources of all types."""
        return sum(self.counts.values())


def draw(database: str, each: int) -> Sample:
    """At most so many of each type, of Observations OBSERVATION_SHARE times as many."""
    with psycopg.connect(database) as connection:
        resources = {
            type_: _some(connection, type_, each * (OBSERVATION_SHARE if type_ == "Observation" else 1))
            for type_ in TYPES
        }
        named = {subject(one) for found in resources.values() for one in found} - {""}
        patients = {f"Patient/{one['id']}": one for one in _patients(connection, named)}
        counts: dict[str, int] = dict(connection.execute(_COUNTS).fetchall())
    return Sample(resources, patients, counts)


def read_all(connection: psycopg.Connection[Any]) -> list[Resource]:
    """All resources that there are."""
    return _read(connection, _ALL, [])


def subject(resource: Resource) -> str:
    """The reference to the Patient whom it is about; empty where there is none."""
    named = resource.get("subject") or resource.get("patient") or {}
    reference = named.get("reference", "")
    return reference if reference.startswith("Patient/") else ""


def tokens(value: Any) -> Iterator[str]:
    """What finds a code, Coding, Identifier, CodeableConcept or any number of them: ``system|code``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from tokens(one)
    elif isinstance(value, dict):
        if "coding" in value:
            yield from tokens(value["coding"])
        code = value.get("code") or value.get("value")
        if code:
            yield f"{value.get('system', '')}|{code}"


def _some(connection: psycopg.Connection[Any], type_: str, most: int) -> list[Resource]:
    return _read(connection, _SOME, [KINDS[type_], most])


def _patients(connection: psycopg.Connection[Any], references: set[str]) -> list[Resource]:
    ids = sorted(reference.removeprefix("Patient/") for reference in references)
    return _read(connection, _PATIENTS, [ids])


def _read(connection: psycopg.Connection[Any], query: str, parameters: Sequence[Any]) -> list[Resource]:
    found = [Found(*row) for row in connection.execute(query, parameters)]
    served = [one.served(body) for one, body in zip(found, bodies_of(found), strict=True)]
    return [orjson.loads(b"".join(map(bytes, pieces))) for pieces in served]


_COLUMNS = "r.type, r.id, r.version, r.last_updated, r.splice, r.body, r.pk, r.position"
_SOME = f"""select {_COLUMNS} from (
                select pk from fhir_resources.search where kind = %s order by hashint8(pk), pk limit %s
            ) s join fhir_resources.current r using (pk) order by r.pk"""  # noqa: S608
_PATIENTS = f"""select {_COLUMNS} from fhir_resources.current r
                where type = 'Patient' and id = any(%s) order by id"""  # noqa: S608
_ALL = f"select {_COLUMNS} from fhir_resources.current r where not deleted order by pk"  # noqa: S608
_COUNTS = "select type, count(*) from fhir_resources.current where not deleted group by type"
