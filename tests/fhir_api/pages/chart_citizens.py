"""Citizens for the tests of charts: one with a full life, one who has nothing, one made of hostile texts."""

from typing import Any

Json = dict[str, Any]

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
SID = "http://fhir.ehealth.gov.vn/core/sid/"
HOSTILE = "<script>window.broken=1</script>\"'><img src=x onerror=window.broken=1>{{7*7}}&amp;"

STATION = {
    "resourceType": "Organization",
    "id": "station",
    "name": "Trạm Y tế xã Hướng Lập",
    "identifier": [{"system": f"{SID}provider-code", "value": "45901"}],
}
HOSPITAL = {"resourceType": "Organization", "id": "hospital", "name": "Bệnh viện Đa khoa Khe Sanh"}


def patient(id_: str, **elements: Any) -> Json:
    return {"resourceType": "Patient", "id": id_, **elements}


def of(type_: str, id_: str, citizen: str, encounter: str | None = None, **elements: Any) -> Json:
    who = "patient" if type_ in ("AllergyIntolerance", "Immunization") else "subject"
    within = {"encounter": {"reference": f"Encounter/{encounter}"}} if encounter else {}
    named = {name.rstrip("_"): value for name, value in elements.items()}
    return {"resourceType": type_, "id": id_, who: {"reference": f"Patient/{citizen}"}, **within, **named}


def encounter(id_: str, citizen: str, start: str, facility: str, reason: str, **elements: Any) -> Json:
    return of(
        "Encounter",
        id_,
        citizen,
        class_={"code": "AMB"},
        status="finished",
        period={"start": start, "end": start},
        serviceProvider={"reference": f"Organization/{facility}"},
        reasonCode=[{"text": reason}],
        **elements,
    )


def condition(id_: str, citizen: str, encounter_: str, code: str, text: str, **elements: Any) -> Json:
    coding = [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]
    return of(
        "Condition",
        id_,
        citizen,
        encounter_,
        code={"coding": coding, "text": text},
        clinicalStatus=coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        verificationStatus=coded("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        **elements,
    )


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def glucose(id_: str, citizen: str, encounter_: str, at: str, value: float, unit: str = "mmol/L") -> Json:
    quantity = {"unit": unit, "system": UCUM, "code": unit}
    return of(
        "Observation",
        id_,
        citizen,
        encounter_,
        status="final",
        category=[coded("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")],
        code={"coding": [{"system": LOINC, "code": "2339-0"}], "text": "Glucose máu"},
        effectiveDateTime=at,
        valueQuantity={"value": value, **quantity},
        referenceRange=[{"low": {"value": 3.9, **quantity}, "high": {"value": 7.8, **quantity}}],
    )


def full_life() -> list[Json]:
    """Hồ Văn Thử: two facilities, three visits, an allergy, medicines past and present, results."""
    visits = [
        ("e1", "2026-10-01T08:00:00+07:00", "station", "Khám định kỳ", 9.1),
        ("e2", "2026-09-01T08:00:00+07:00", "hospital", "Chóng mặt", 7.25),
        ("e3", "2026-08-01T08:00:00+07:00", "station", "Khát nhiều", 11.5),
    ]
    care: list[Json] = []
    for id_, start, facility, reason, value in visits:
        diagnosis = [{"condition": {"reference": f"Condition/c-{id_}"}, "use": coded("x", "CC")}]
        care += [
            encounter(id_, "full", start, facility, reason, diagnosis=diagnosis),
            condition(f"c-{id_}", "full", id_, "E11.9", "Đái tháo đường típ 2"),
            glucose(f"g-{id_}", "full", id_, start, value),
        ]
    return [
        patient(
            "full",
            name=[{"use": "official", "text": "Hồ Văn Thử"}],
            gender="male",
            birthDate="1952",
            identifier=[
                {"system": f"{SID}national_id", "value": "045052000017"},
                {"system": f"{SID}insurance_number", "value": "GD4454500000017"},
                {"system": "http://example.org/mrn", "value": "BN-7", "type": {"text": "Mã bệnh án"}},
            ],
            address=[{"text": "Thôn Cuôi, Xã Hướng Lập, Tỉnh Quảng Trị"}],
        ),
        *care,
        glucose("g-other", "full", "e1", "2026-10-01T09:00:00+07:00", 131, "mg/dL"),
        of(
            "AllergyIntolerance",
            "a1",
            "full",
            code={"text": "Penicillin"},
            criticality="high",
            clinicalStatus=coded(
                "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"
            ),
            reaction=[{"manifestation": [{"text": "Nổi mề đay"}], "severity": "severe"}],
        ),
        of(
            "MedicationRequest",
            "m1",
            "full",
            "e1",
            status="active",
            intent="order",
            medicationCodeableConcept={"text": "Metformin 500 mg"},
            authoredOn="2026-10-01",
            dosageInstruction=[{"text": "Uống mỗi lần 1 viên, ngày 2 lần"}],
        ),
        of(
            "MedicationRequest",
            "m2",
            "full",
            "e3",
            status="stopped",
            intent="order",
            medicationCodeableConcept={"text": "Gliclazid 30 mg"},
            authoredOn="2026-08-01",
        ),
        of(
            "Immunization",
            "i1",
            "full",
            status="completed",
            vaccineCode={"text": "Cúm mùa"},
            occurrenceDateTime="2025-10",
            protocolApplied=[{"doseNumberPositiveInt": 1}],
        ),
        of(
            "ServiceRequest",
            "s1",
            "full",
            "e3",
            status="active",
            intent="order",
            category=[coded(SNOMED, "3457005")],
            code={"text": "Chuyển cơ sở khám bệnh"},
            authoredOn="2026-08-01",
        ),
        of("DiagnosticReport", "r1", "full", "e2", status="final", code={"text": "Sinh hoá máu"}),
        of("Procedure", "p1", "full", "e2", status="completed", code={"text": "Thay băng"}),
    ]


def none_known() -> list[Json]:
    denial = {"coding": [{"system": SNOMED, "code": "716186003"}], "text": "Không có tiền sử dị ứng"}
    return [
        patient(
            "denies", name=[{"text": "Lê Thị Mai"}], deceasedDateTime="2026-05-02", birthDate="1950-06-01"
        ),
        of("AllergyIntolerance", "d1", "denies", code=denial),
    ]


def bare() -> list[Json]:
    return [patient("bare", active=False)]


def hostile() -> list[Json]:
    """Every text that a page shows is an attack."""
    text, reference = {"text": HOSTILE}, {"display": HOSTILE}
    narrative = {"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{HOSTILE}</div>'}
    return [
        patient(
            "hostile",
            text=narrative,
            name=[{"text": HOSTILE}],
            birthDate="2020-05-01",
            gender="unknown",
            identifier=[{"system": HOSTILE.replace(" ", ""), "value": HOSTILE, "type": text}],
            address=[{"text": HOSTILE}],
            telecom=[{"system": "phone", "value": HOSTILE}],
        ),
        of(
            "Encounter",
            "he",
            "hostile",
            status="in-progress",
            class_={"code": "x", "display": HOSTILE},
            type=[text],
            reasonCode=[text],
            participant=[{"individual": reference}],
            serviceProvider=reference,
            location=[{"location": reference}],
            hospitalization={"dischargeDisposition": text},
        ),
        of(
            "Condition",
            "hc",
            "hostile",
            "he",
            text=narrative,
            code={"coding": [{"system": "http://x", "code": "<b>"}], **text},
            severity=text,
            onsetString=HOSTILE,
            recorder=reference,
        ),
        of(
            "Observation",
            "ho",
            "hostile",
            "he",
            status="final",
            code={"coding": [{"system": "http://x", "code": "<i>"}], **text},
            effectiveDateTime="2026-10-01",
            valueString=HOSTILE,
            interpretation=[text],
            referenceRange=[text],
        ),
        of(
            "MedicationRequest",
            "hm",
            "hostile",
            "he",
            status="active",
            intent="order",
            medicationCodeableConcept=text,
            dosageInstruction=[text],
            requester=reference,
            note=[text],
        ),
        of(
            "AllergyIntolerance",
            "ha",
            "hostile",
            code=text,
            reaction=[{"manifestation": [text]}],
            recorder=reference,
        ),
        of(
            "Immunization",
            "hi",
            "hostile",
            status="not-done",
            statusReason=text,
            vaccineCode=text,
            occurrenceString=HOSTILE,
            lotNumber=HOSTILE,
            protocolApplied=[{"series": HOSTILE, "doseNumberString": HOSTILE}],
        ),
        of(
            "DocumentReference",
            "hd",
            "hostile",
            status="current",
            description=HOSTILE,
            author=[reference],
            content=[{"attachment": {"contentType": "text/x", "title": HOSTILE}}],
        ),
        of(
            "ServiceRequest",
            "hs",
            "hostile",
            "he",
            status="active",
            intent="order",
            code=text,
            reasonCode=[text],
            requester=reference,
            performer=[reference],
            note=[text],
        ),
        of("Procedure", "hp", "hostile", "he", status="not-done", code=text, outcome=text),
    ]


def everybody() -> list[list[Json]]:
    """Transactions."""
    return [[STATION, HOSPITAL], full_life(), none_known(), bare(), hostile()]
