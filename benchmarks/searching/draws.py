"""One function for each kind of search, which draws such searches from the data for as long as it is asked.

Each gives addresses below the base; the same one may come again. It ends where there are no values at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from urllib.parse import urlencode

from benchmarks.searching.drawing import Resource, Sample, subject, tokens

Draw = Callable[[Sample, Random], Iterator[str]]

FIRST = {"_count": "20"}
NEWEST = {"_sort": "-date", "_count": "20"}


def address(path: str, parameters: Mapping[str, str]) -> str:
    """An address below the base."""
    return f"{path}?{urlencode(parameters)}"


def identifier(sample: Sample, chance: Random) -> Iterator[str]:
    """Of people, visits, documents and places."""
    types = ("Patient", "Encounter", "DocumentReference", "Organization", "Practitioner")
    for one in _any(chance, sample.of(*types)):
        yield address(one["resourceType"], {"identifier": _one(chance, one["identifier"])})


def family(sample: Sample, chance: Random) -> Iterator[str]:
    """Three letters or more."""
    for one in _any(chance, sample.of("Patient", "Practitioner")):
        name = one["name"][0]["family"]
        beginning = name[: chance.randint(3, len(name))]
        yield address(one["resourceType"], {"family": beginning} | FIRST)


def patient_and_code(sample: Sample, chance: Random) -> Iterator[str]:
    """The newest of one kind about one patient."""
    for one in _any(chance, _observations(sample)):
        yield address("Observation", {"patient": subject(one), "code": _one(chance, one["code"])} | NEWEST)


def code_and_date(sample: Sample, chance: Random) -> Iterator[str]:
    """The newest up to a moment, or since."""
    for one in _any(chance, _observations(sample)):
        date = chance.choice(("le", "ge")) + one["effectiveDateTime"]
        yield address("Observation", {"code": _one(chance, one["code"]), "date": date} | NEWEST)


def category(sample: Sample, chance: Random) -> Iterator[str]:
    """There are few categories, and most have many resources."""
    types = ("Observation", "DiagnosticReport", "DocumentReference", "CarePlan")
    for one in _any(chance, [one for one in sample.of(*types) if "category" in one]):
        yield address(one["resourceType"], {"category": _one(chance, one["category"])} | NEWEST)


def code_and_value(sample: Sample, chance: Random) -> Iterator[str]:
    """One value in its unit."""
    for one in _any(chance, _measured(sample)):
        unit = "{value}|{system}|{code}".format(**one["valueQuantity"])
        yield address("Observation", {"code": _one(chance, one["code"]), "value-quantity": unit} | FIRST)


def code_and_range(sample: Sample, chance: Random) -> Iterator[str]:
    """What is above a value or below it, without a unit: on average half of all that have the code."""
    for one in _any(chance, _measured(sample)):
        wanted = f"{chance.choice(('gt', 'lt'))}{one['valueQuantity']['value']}"
        yield address("Observation", {"code": _one(chance, one["code"]), "value-quantity": wanted} | NEWEST)


def value_alone(sample: Sample, chance: Random) -> Iterator[str]:
    """What is above a value or below it in a unit, whatever it is of."""
    for one in _any(chance, _measured(sample)):
        unit = "{value}|{system}|{code}".format(**one["valueQuantity"])
        wanted = chance.choice(("gt", "lt")) + unit
        yield address("Observation", {"value-quantity": wanted} | NEWEST)


def chain(sample: Sample, chance: Random) -> Iterator[str]:
    """One kind about those of a family name."""
    for one in _any(chance, _observations(sample)):
        name, code = sample.patient_of(one)["name"][0]["family"], _one(chance, one["code"])
        yield address("Observation", {"subject:Patient.family": name, "code": code} | FIRST)


def chain_by_sex(sample: Sample, chance: Random) -> Iterator[str]:
    """The newest about half of all patients."""
    for one in _any(chance, _observations(sample)):
        wanted = {"subject:Patient.gender": sample.patient_of(one)["gender"], "date": f"le{_when(one)}"}
        yield address("Observation", wanted | NEWEST)


def chain_by_sex_counted(sample: Sample, chance: Random) -> Iterator[str]:
    """How many of one kind there are about half of all patients."""
    for one in _any(chance, _observations(sample)):
        sex, code = sample.patient_of(one)["gender"], _one(chance, one["code"])
        wanted = {"subject:Patient.gender": sex, "code": code, "_total": "accurate"}
        yield address("Observation", wanted | FIRST)


def has(sample: Sample, chance: Random) -> Iterator[str]:
    """Those of a family name of whom there is one kind."""
    for one in _any(chance, _observations(sample)):
        name, code = sample.patient_of(one)["name"][0]["family"], _one(chance, one["code"])
        yield address("Patient", {"family": name, "_has:Observation:patient:code": code} | FIRST)


def has_alone(sample: Sample, chance: Random) -> Iterator[str]:
    """Those of whom there is one kind: from what is known of nearly all to what is known of one."""
    for one in _any(chance, sample.of("Observation", "Condition", "Procedure")):
        name = f"_has:{one['resourceType']}:patient:code"
        yield address("Patient", {name: _one(chance, one["code"])} | FIRST)


def two_includes(sample: Sample, chance: Random) -> Iterator[str]:
    """The newest visits of a patient, with the patient and the providers."""
    included = "_include=Encounter:patient&_include=Encounter:service-provider"
    for one in _any(chance, sample.of("Encounter")):
        yield f"{address('Encounter', {'patient': subject(one)} | NEWEST)}&{included}"


def reverse_include(sample: Sample, chance: Random) -> Iterator[str]:
    """A visit and all that was observed at it."""
    included = {"_revinclude": "Observation:encounter"}
    for one in _any(chance, sample.of("Encounter")):
        yield address("Encounter", {"_id": one["id"]} | included)


def missing(sample: Sample, chance: Random) -> Iterator[str]:
    """The newest before a moment that have no value, or have no reason, or have one."""
    for one in _any(chance, sample.of("Observation", "Encounter")):
        type_ = one["resourceType"]
        name = "value-quantity" if type_ == "Observation" else "reason-code"
        wanted = {f"{name}:missing": chance.choice(("true", "false")), "date": f"le{_when(one)}"}
        yield address(type_, wanted | NEWEST)


def negated(sample: Sample, chance: Random) -> Iterator[str]:
    """The newest before a moment of every category, or class, but one."""
    found = [one for one in sample.of("Observation") if "category" in one] + sample.of("Encounter")
    for one in _any(chance, found):
        type_ = one["resourceType"]
        name, value = ("category", one["category"]) if type_ == "Observation" else ("class", one["class"])
        yield address(type_, {f"{name}:not": _one(chance, value), "date": f"le{_when(one)}"} | NEWEST)


def negated_in_vain(sample: Sample, chance: Random) -> Iterator[str]:
    """Nothing, or next to nothing, is left."""
    for one in _any(chance, sample.of("Observation", "Procedure")):
        wanted = {"status:not": one["status"], "date": f"le{_when(one)}"}
        yield address(one["resourceType"], wanted | NEWEST)


def name_containing(sample: Sample, chance: Random) -> Iterator[str]:
    """Three to five letters anywhere in a name."""
    for one in _any(chance, sample.of("Patient", "Practitioner")):
        name, length = one["name"][0]["family"], chance.randint(3, 5)
        start = chance.randint(0, max(0, len(name) - length))
        yield address(one["resourceType"], {"name:contains": name[start : start + length]} | FIRST)


def by_family(sample: Sample, chance: Random) -> Iterator[str]:
    """The beginning of the list of those born since."""
    for one in _any(chance, sample.of("Patient")):
        wanted = {"birthdate": chance.choice(("ge", "le")) + one["birthDate"], "gender": one["gender"]}
        yield address("Patient", wanted | {"_sort": "family", "_count": "20"})


def changed_since(sample: Sample, chance: Random) -> Iterator[str]:
    """What a client asks for that keeps a copy."""
    for one in _any(chance, sample.of("Observation", "Encounter", "Condition", "Procedure")):
        wanted = {"_lastUpdated": f"gt{one['meta']['lastUpdated']}", "_sort": "_lastUpdated"}
        yield address(one["resourceType"], wanted | {"_count": "100"})


def changed_since_of_code(sample: Sample, chance: Random) -> Iterator[str]:
    """The same of one kind."""
    for one in _any(chance, _observations(sample)):
        wanted = {"_lastUpdated": f"gt{one['meta']['lastUpdated']}", "_sort": "_lastUpdated"}
        yield address("Observation", {"code": _one(chance, one["code"])} | wanted | {"_count": "100"})


def two_types(sample: Sample, chance: Random) -> Iterator[str]:
    """Of two types about one patient."""
    for one in _any(chance, sample.of("Condition", "Procedure", "Encounter", "DiagnosticReport")):
        yield address("", {"_type": "Condition,Procedure", "patient": subject(one)} | FIRST)


def in_compartment(sample: Sample, chance: Random) -> Iterator[str]:
    """The newest observations about a patient."""
    for one in _any(chance, _observations(sample)):
        yield address(f"{subject(one)}/Observation", {"date": f"le{_when(one)}"} | NEWEST)


def walk_by_date(sample: Sample, chance: Random) -> Iterator[str]:
    """Back from a moment, before which half of all lies at least."""
    found = sorted(sample.of("Observation"), key=_when)
    for one in _any(chance, found[len(found) // 2 :]):
        yield address("Observation", {"status": one["status"], "date": f"le{_when(one)}"} | NEWEST)


def walk_as_stated(sample: Sample, chance: Random) -> Iterator[str]:
    """What is common, in no order that was asked for."""
    for one in _any(chance, sample.of("Observation", "Procedure", "Encounter")):
        yield address(one["resourceType"], {"status": one["status"], "_count": str(chance.randint(10, 25))})


def walk_in_compartment(sample: Sample, chance: Random) -> Iterator[str]:
    """All about a patient, newest first."""
    for one in _any(chance, _observations(sample)):
        yield address(f"{subject(one)}/Observation", {"_sort": "-date", "_count": "10"})


def _any(chance: Random, resources: Sequence[Resource]) -> Iterator[Resource]:
    while resources:
        yield chance.choice(resources)


def _one(chance: Random, value: object) -> str:
    """One of the tokens of an element."""
    return chance.choice([*tokens(value)])


def _when(resource: Resource) -> str:
    """The main date of an Observation, Encounter or Procedure."""
    period = resource.get("period") or resource.get("performedPeriod") or {}
    found: str = resource.get("effectiveDateTime") or resource.get("performedDateTime") or period["start"]
    return found


def _observations(sample: Sample) -> list[Resource]:
    return [one for one in sample.of("Observation") if subject(one)]


def _measured(sample: Sample) -> list[Resource]:
    return [
        one for one in sample.of("Observation") if {"system", "code"} <= one.get("valueQuantity", {}).keys()
    ]
