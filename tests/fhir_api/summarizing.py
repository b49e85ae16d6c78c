"""A server that can tell summaries, and what it tells."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from projections.fhir_resources.view import FhirResources
from projections.health_record.view import HealthRecord
from projections.links.view import Links
from projections.matching.view import Matching
from tests.fhir_api.running import FHIR_JSON, Door, Json, prepare, projecting, serving

VIEWS = (FhirResources, Links, Matching, HealthRecord)


@contextmanager
def summarizing(url: str) -> Iterator[Door]:
    """A server on an empty database, with projectors of all views that a summary reads."""
    prepare(url, *(view() for view in VIEWS))
    with projecting(url), projecting(url, HealthRecord()), serving(url) as served:
        yield served


def state(door: Door, *resources: Json) -> dict[str, str]:
    """States them all in one transaction; the headers by which a read waits for them."""
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    answer = door.send("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return {"X-EHR-Position": answer.headers["x-ehr-position"]}


class Summary(NamedTuple):
    """A document. raw: as it came."""

    raw: bytes
    bundle: Json

    @property
    def composition(self) -> Json:
        """Its first resource."""
        first: Json = self.bundle["entry"][0]["resource"]
        return first

    @property
    def names(self) -> list[str]:
        """``Type/id`` of the resources that are stated."""
        told = (entry["resource"] for entry in self.bundle["entry"])
        return [f"{one['resourceType']}/{one['id']}" for one in told if "id" in one]

    def section(self, title: str) -> Json:
        """By its title."""
        (found,) = [one for one in self.composition["section"] if one["title"] == title]
        section: Json = found
        return section

    def words(self, title: str) -> str:
        """What the section of this title says."""
        div: str = self.section(title)["text"]["div"]
        return div

    def entries(self, title: str) -> list[str]:
        """``Type/id`` of what the section of this title refers to."""
        told = self.section(title).get("entry", [])
        return [one["reference"].split("/fhir/")[1] for one in told]


def summary_of(
    door: Door, patient: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> Summary:
    """The document about a Patient."""
    body = b'{"resourceType":"Parameters"}' if method == "POST" else None
    answer = door.client.request(
        method, f"Patient/{patient}/$summary", content=body, headers=FHIR_JSON | (headers or {})
    )
    assert answer.status_code == 200, answer.text
    return Summary(answer.content, orjson.loads(answer.content))


def coded(system: str, code: str, text: str | None = None) -> Json:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def of(type_: str, id_: str, citizen: str, **elements: object) -> Json:
    """A resource about a citizen."""
    who = "patient" if type_ in ("AllergyIntolerance", "Immunization") else "subject"
    return {"resourceType": type_, "id": id_, who: {"reference": f"Patient/{citizen}"}, **elements}


def glucose(id_: str, citizen: str, day: str, value: float) -> Json:
    """A result of a laboratory."""
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return of(
        "Observation",
        id_,
        citizen,
        status="final",
        category=[coded(category, "laboratory")],
        code=coded("http://loinc.org", "2339-0", "Glucose máu"),
        effectiveDateTime=day,
        valueQuantity={
            "value": value,
            "unit": "mmol/L",
            "system": "http://unitsofmeasure.org",
            "code": "mmol/L",
        },
    )


def vaccination(id_: str, citizen: str, day: str) -> Json:
    """A dose that was given."""
    return of(
        "Immunization",
        id_,
        citizen,
        status="completed",
        vaccineCode={"text": "Cúm mùa"},
        occurrenceDateTime=day,
    )


def allergy(id_: str, citizen: str, what: str, code: str | None = None) -> Json:
    """An active one."""
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance"
    return of(
        "AllergyIntolerance",
        id_,
        citizen,
        clinicalStatus=coded(f"{system}-clinical", "active"),
        verificationStatus=coded(f"{system}-verification", "confirmed"),
        code=coded("http://snomed.info/sct", code, what) if code else {"text": what},
    )


def problem(id_: str, citizen: str, what: str, code: str) -> Json:
    """An active and confirmed one."""
    system = "http://terminology.hl7.org/CodeSystem/condition"
    return of(
        "Condition",
        id_,
        citizen,
        clinicalStatus=coded(f"{system}-clinical", "active"),
        verificationStatus=coded(f"{system}-ver-status", "confirmed"),
        code=coded("http://hl7.org/fhir/sid/icd-10", code, what),
        recordedDate="2026-08-01",
    )


def prescription(id_: str, citizen: str, what: str, by: str | None = None) -> Json:
    """One that is in use."""
    requester = {"requester": {"reference": by}} if by else {}
    return of(
        "MedicationRequest",
        id_,
        citizen,
        status="active",
        intent="order",
        medicationCodeableConcept={"text": what},
        authoredOn="2026-10-01",
        dosageInstruction=[{"text": "Uống mỗi lần 1 viên, ngày 2 lần"}],
        **requester,
    )


def person(id_: str, name: str, **elements: object) -> Json:
    """A Patient."""
    return {"resourceType": "Patient", "id": id_, "name": [{"text": name}], **elements}


def rich() -> Iterable[Json]:
    """Hồ Văn Thử, of whom every section has something to say."""
    yield {"resourceType": "Organization", "id": "station", "name": "Trạm Y tế xã Hướng Lập"}
    yield {"resourceType": "Practitioner", "id": "doctor", "name": [{"text": "Lê Thị Mẫu"}]}
    yield person("rich", "Hồ Văn Thử", birthDate="1952", gender="male")
    yield problem("p-now", "rich", "Đái tháo đường típ 2", "E11.9")
    past = problem("p-past", "rich", "Viêm phế quản cấp", "J20.9")
    yield past | {
        "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved")
    }
    for id_, what, code, day in (
        ("d-new", "Viêm họng cấp", "J02.9", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("d-old", "Viêm mũi họng cấp", "J00", "2019-03-01"),
    ):
        found = problem(id_, "rich", what, code) | {"recordedDate": day}
        del found["clinicalStatus"]
        yield found
    yield prescription("m-now", "rich", "Metformin 500 mg", "Practitioner/doctor")
    yield prescription("m-past", "rich", "Gliclazid 30 mg") | {"status": "stopped"}
    yield allergy("a-1", "rich", "Penicillin", "91936005")
    yield vaccination("i-1", "rich", "2025-10")
    for day, value in (("01", 11.5), ("02", 9.1), ("03", 7.25), ("04", 6.5)):
        yield glucose(f"g-{day}", "rich", f"2026-10-{day}", value)
    pulse = glucose("v-1", "rich", "2026-10-04", 72)
    vital = coded("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")
    unit = {"unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}
    heart = {"code": coded("http://loinc.org", "8867-4", "Mạch"), "valueQuantity": {"value": 72, **unit}}
    yield pulse | heart | {"category": [vital]}
    yield of(
        "Procedure",
        "act",
        "rich",
        status="completed",
        code={"text": "Thay băng"},
        performedDateTime="2026-09",
    )
    yield of(
        "Encounter",
        "visit",
        "rich",
        status="finished",
        **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
        period={"start": "2026-10-01T08:00:00+07:00"},
        reasonCode=[{"text": "Khám định kỳ"}],
        serviceProvider={"reference": "Organization/station"},
    )
    referral = coded("http://snomed.info/sct", "3457005")
    yield of("ServiceRequest", "sent", "rich", status="active", intent="order", category=[referral],
             code={"text": "Chuyển khám mắt"}, authoredOn="2026-10-01")  # fmt: skip
    yield of("DiagnosticReport", "xray", "rich", status="final", code={"text": "X-quang ngực"},
             effectiveDateTime="2026-10-02", conclusion="Không thấy tổn thương")  # fmt: skip


HOSTILE = "<script>window.broken=1</script>\"'><img src=x onerror=window.broken=1>{{7*7}}&amp;]]>\x0b"


def hostile() -> Iterable[Json]:
    """Whoever says things that are to break out of wherever they stand."""
    yield person("hostile", HOSTILE, birthDate="1980-05-01", gender="other")
    yield problem("h-p", "hostile", HOSTILE, "A00")
    yield prescription("h-m", "hostile", HOSTILE) | {"note": [{"text": HOSTILE}]}
    yield allergy("h-a", "hostile", HOSTILE)
    yield vaccination("h-i", "hostile", "2025") | {"lotNumber": HOSTILE}
    result = glucose("h-g", "hostile", "2026-10-01", 1)
    yield {**result, "valueQuantity": {"value": 1, "unit": HOSTILE}, "referenceRange": [{"text": HOSTILE}]}
    yield of("Procedure", "h-act", "hostile", status="completed", code={"text": HOSTILE},
             outcome={"text": HOSTILE}, performedString=HOSTILE)  # fmt: skip
