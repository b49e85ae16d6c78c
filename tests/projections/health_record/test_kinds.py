"""What each kind of entry says of a resource; results have a file of their own."""

from typing import Any

import msgspec
import pytest

from projections.health_record.elements import LONGEST
from projections.health_record.entry import Coded, Named, Origin
from projections.health_record.kinds import (
    READERS,
    Act,
    Allergy,
    Diagnosis,
    Document,
    Immunisation,
    Medicine,
    Numbered,
    Order,
    Person,
    Problem,
    Visit,
)
from tests.projections.health_record.kinds_reading import read

SNOMED = "http://snomed.info/sct"


# People.


def test_patient() -> None:
    person = read(
        {
            "resourceType": "Patient",
            "name": [
                {"use": "old", "text": "Tên Cũ"},
                {"use": "official", "family": "Hồ", "given": ["Văn", "Thử"]},
            ],
            "birthDate": "1990-05",
            "gender": "male",
            "deceasedBoolean": True,
            "identifier": [
                {
                    "system": "http://fhir.ehealth.gov.vn/core/sid/national_id",
                    "value": "045090000017",
                    "type": {
                        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "NI"}]
                    },
                },
                {"system": "http://example.org"},
            ],
            "address": [{"line": ["Thôn 5"], "city": "Xã Lìa", "state": "Quảng Trị"}],
            "telecom": [{"system": "email", "value": "x"}, {"system": "phone", "value": "0912345678"}],
        }
    )
    assert isinstance(person, Person)
    number = Numbered("045090000017", "http://fhir.ehealth.gov.vn/core/sid/national_id", "NI", "NI")
    assert msgspec.structs.asdict(person) == {
        "origin": Origin("Patient", "1", "2026-10-05T08:00:00.000Z"),
        "at": None,
        "encounter": None,
        "name": "Hồ Văn Thử",
        "birth_date": "1990-05",
        "gender": "male",
        "deceased": "true",
        "active": True,
        "identifiers": [number],
        "address": "Thôn 5, Xã Lìa, Quảng Trị",
        "phone": "0912345678",
    }


def test_somebody_of_whom_nothing_is_known() -> None:
    person = read({"resourceType": "Patient", "_birthDate": {"extension": [{"url": "http://x"}]}})
    assert isinstance(person, Person)
    assert (person.name, person.birth_date, person.deceased, person.identifiers) == (None, None, None, [])


# Encounters.


def test_encounter() -> None:
    visit = read(
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"code": "AMB", "display": "ambulatory"},
            "type": [{"text": "Khám bệnh"}, {"coding": [{"code": "01", "display": "Khám"}]}],
            "period": {"start": "2026-10-01T08:00:00+07:00", "end": "2026-10-01T08:30:00+07:00"},
            "reasonCode": [{"text": "Sốt"}],
            "reasonReference": [{"reference": "Condition/c9", "display": "Ho"}],
            "diagnosis": [
                {
                    "condition": {"reference": "Condition/c1/_history/2"},
                    "use": {"coding": [{"code": "CC"}]},
                    "rank": 1,
                }
            ],
            "participant": [
                {"individual": {"display": "Bác sĩ Lan"}},
                {"individual": {"reference": "Practitioner/p1"}},
                {"individual": {"reference": "#p"}},
                {"type": [{"text": "nobody"}]},
            ],
            "contained": [{"resourceType": "Practitioner", "id": "p", "name": [{"text": "Y sĩ Hoa"}]}],
            "serviceProvider": {"reference": "Organization/o1"},
            "location": [{"location": {"display": "Phòng 2"}}],
            "hospitalization": {"dischargeDisposition": {"text": "Ra viện"}},
        }
    )
    assert isinstance(visit, Visit)
    assert (visit.at, visit.ends) == ("2026-10-01T08:00:00+07:00", "2026-10-01T08:30:00+07:00")
    assert (visit.encounter, visit.status, visit.kind) == ("e1", "finished", "AMB")
    assert visit.types == ["Khám bệnh", "Khám"]
    assert visit.reasons == [Named("Sốt"), Named("Ho")]
    assert visit.diagnoses == [Diagnosis("Condition/c1", None, "CC", 1)]
    assert visit.practitioners == [Named("Bác sĩ Lan"), Named(None, "Practitioner/p1"), Named("Y sĩ Hoa")]
    assert (visit.provider, visit.place, visit.outcome) == (
        Named(None, "Organization/o1"),
        Named("Phòng 2"),
        "Ra viện",
    )


def test_a_facility_that_has_words_keeps_the_organization_beside_them() -> None:
    """Another one may be called the same."""
    said = {"reference": "Organization/o1", "display": "Trạm"}
    visit = read({"resourceType": "Encounter", "serviceProvider": said})
    sent = read(
        {
            "resourceType": "ServiceRequest",
            "performer": [said, {"reference": "Practitioner/p", "display": "Lan"}],
        }
    )
    assert isinstance(visit, Visit)
    assert isinstance(sent, Order)
    assert visit.provider == Named("Trạm", "Organization/o1")
    assert sent.to == [Named("Trạm", "Organization/o1"), Named("Lan")]


def test_a_reference_that_leads_nowhere_is_shown_as_it_is_written() -> None:
    visit = read(
        {
            "resourceType": "Encounter",
            "participant": [
                {"individual": {"reference": "#missing"}},
                {"individual": {"reference": "https://elsewhere.example/Practitioner/1"}},
            ],
        }
    )
    assert isinstance(visit, Visit)
    assert visit.practitioners == [
        Named("#missing"),
        Named("https://elsewhere.example/Practitioner/1"),
    ]


# Problems.


@pytest.mark.parametrize(
    ("stated", "onset"),
    [
        ({"onsetDateTime": "2020"}, "2020"),
        ({"onsetPeriod": {"start": "2020-01", "end": "2021"}}, "2020-01"),
        ({"onsetAge": {"value": 40, "unit": "tuổi"}}, "40 tuổi"),
        ({"onsetRange": {"low": {"value": 40}, "high": {"value": 45, "unit": "a"}}}, "40–45 a"),
        ({"onsetString": "từ nhỏ"}, "từ nhỏ"),
        ({}, None),
    ],
)
def test_condition(stated: dict[str, Any], onset: str | None) -> None:
    problem = read(
        {
            "resourceType": "Condition",
            "code": {
                "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}],
                "text": "Tăng huyết áp",
            },
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "confirmed"}]},
            "category": [{"coding": [{"code": "problem-list-item"}]}],
            "encounter": {"reference": "Encounter/e1"},
            "recordedDate": "2026-10-01",
            "recorder": {"display": "Lan"},
            **stated,
        }
    )
    assert isinstance(problem, Problem)
    assert problem.code == Coded("Tăng huyết áp", "http://hl7.org/fhir/sid/icd-10", "I10")
    assert (problem.clinical, problem.verification, problem.categories) == (
        "active",
        "confirmed",
        ["problem-list-item"],
    )
    assert (problem.encounter, problem.onset, problem.source) == ("e1", onset, Named("Lan"))


# Medicines.


def test_medication_request_in_words() -> None:
    medicine = read(
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": {
                "coding": [{"system": "http://www.whocc.no/atc", "code": "N02BE01"}],
                "text": "Paracetamol 500 mg",
            },
            "encounter": {"reference": "Encounter/e1"},
            "authoredOn": "2026-10-01",
            "dosageInstruction": [{"text": "Uống mỗi lần 1 viên, ngày 3 lần"}, {"text": "khi sốt"}],
            "dispenseRequest": {"validityPeriod": {"start": "2026-10-01", "end": "2026-10-06"}},
            "requester": {"display": "Lan"},
            "reasonCode": [{"text": "Sốt"}],
            "note": [{"text": "Uống sau ăn"}],
        }
    )
    assert isinstance(medicine, Medicine)
    assert medicine.code == Coded("Paracetamol 500 mg", "http://www.whocc.no/atc", "N02BE01")
    assert (medicine.dosage, medicine.composed) == ("Uống mỗi lần 1 viên, ngày 3 lần; khi sốt", False)
    assert (medicine.at, medicine.until, medicine.by) == ("2026-10-01", "2026-10-06", Named("Lan"))
    assert (medicine.status, medicine.intent, medicine.forbidden) == ("active", "order", False)
    assert (medicine.reasons, medicine.note) == (["Sốt"], "Uống sau ăn")


def test_a_dosage_without_words_is_put_together_with_its_digits() -> None:
    medicine = read(
        '{"resourceType":"MedicationRequest","doNotPerform":true,'
        '"medicationReference":{"reference":"Medication/m1"},'
        '"dosageInstruction":[{"timing":{"repeat":{"frequency":2,"period":1.0,"periodUnit":"d",'
        '"boundsPeriod":{"end":"2026-10-09"}}},'
        '"route":{"text":"Uống"},"doseAndRate":[{"doseQuantity":{"value":0.50,"unit":"viên"}}]}]}'
    )
    assert isinstance(medicine, Medicine)
    assert (medicine.dosage, medicine.composed) == ("0.50 viên · 2 × / 1.0 d · Uống", True)
    assert (medicine.name, medicine.forbidden) == (Named(None, "Medication/m1"), True)
    assert medicine.until == "2026-10-09"


@pytest.mark.parametrize(
    "stated",
    [
        {"resourceType": "MedicationAdministration", "effectiveDateTime": "2026-10-01"},
        {"resourceType": "MedicationStatement", "effectivePeriod": {"start": "2026-10-01"}},
        {"resourceType": "MedicationDispense", "whenHandedOver": "2026-10-01"},
    ],
)
def test_other_statements_about_medicines(stated: dict[str, Any]) -> None:
    medicine = read(
        {
            "status": "completed",
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Amoxicillin"}}],
            "context": {"reference": "Encounter/e1"},
            **stated,
        }
    )
    assert isinstance(medicine, Medicine)
    assert (medicine.at, medicine.encounter, medicine.name) == ("2026-10-01", "e1", Named("Amoxicillin"))


def test_a_contained_medicine_is_known_by_its_code_of_atc() -> None:
    codings = [
        {"system": "http://local", "code": "7"},
        {"system": "http://www.whocc.no/atc", "code": "B01AA03"},
    ]
    medicine = read(
        {
            "resourceType": "MedicationRequest",
            "medicationReference": {"reference": "#m"},
            "contained": [
                {"resourceType": "Practitioner", "id": "p"},
                {"resourceType": "Medication", "id": "m", "code": {"coding": codings, "text": "Warfarin"}},
            ],
        }
    )
    assert isinstance(medicine, Medicine)
    assert medicine.code == Coded("Warfarin", "http://www.whocc.no/atc", "B01AA03")


# Allergies.


def test_allergy() -> None:
    allergy = read(
        {
            "resourceType": "AllergyIntolerance",
            "code": {"text": "Penicillin"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "confirmed"}]},
            "criticality": "high",
            "category": ["medication"],
            "recordedDate": "2020",
            "reaction": [
                {"manifestation": [{"text": "Nổi mề đay"}], "severity": "mild"},
                {"description": "Khó thở", "severity": "severe"},
            ],
        }
    )
    assert isinstance(allergy, Allergy)
    assert (allergy.code.text, allergy.denies, allergy.at) == ("Penicillin", False, "2020")
    assert (allergy.reactions, allergy.severity) == (["Nổi mề đay", "Khó thở"], "severe")
    assert (allergy.criticality, allergy.categories) == ("high", ["medication"])


@pytest.mark.parametrize(
    ("system", "code", "denies"),
    [
        (SNOMED, "716186003", True),
        (SNOMED, "409137002", True),
        ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-known-allergies", True),
        ("http://example.org", "716186003", False),
        (SNOMED, "91936005", False),
    ],
)
def test_codes_that_deny_allergies(system: str, code: str, denies: bool) -> None:
    allergy = read(
        {"resourceType": "AllergyIntolerance", "code": {"coding": [{"system": system, "code": code}]}}
    )
    assert isinstance(allergy, Allergy)
    assert allergy.denies is denies


@pytest.mark.parametrize(
    ("text", "denies"),
    [("Không có tiền sử dị ứng", True), ("KHONG DI UNG", True), ("Không rõ dị ứng gì", False), ("", False)],
)
def test_words_that_deny_allergies_where_there_is_no_code(text: str, denies: bool) -> None:
    allergy = read({"resourceType": "AllergyIntolerance", "code": {"text": text}})
    assert isinstance(allergy, Allergy)
    assert allergy.denies is denies


def test_that_nobody_asked_is_no_entry() -> None:
    system = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    coding = [{"system": system, "code": "no-allergy-info"}]
    assert read({"resourceType": "AllergyIntolerance", "code": {"coding": coding}}) is None


def test_a_substance_that_only_the_reaction_names() -> None:
    reaction = {"substance": {"text": "Tôm"}, "manifestation": [{"text": "Ngứa"}]}
    allergy = read({"resourceType": "AllergyIntolerance", "reaction": [reaction]})
    assert isinstance(allergy, Allergy)
    assert allergy.code.text == "Tôm"


# Immunisations.


@pytest.mark.parametrize(
    ("number", "dose"), [({"doseNumberPositiveInt": 2}, "2"), ({"doseNumberString": "nhắc"}, "nhắc")]
)
def test_immunization(number: dict[str, Any], dose: str) -> None:
    given_ = read(
        {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": {"text": "Viêm gan B"},
            "occurrenceString": "lúc mới sinh",
            "lotNumber": "L1",
            "doseQuantity": {"value": 0.5, "unit": "ml"},
            "protocolApplied": [{"series": "HepB", "targetDisease": [{"text": "Viêm gan B"}], **number}],
            "performer": [{"actor": {"display": "Lan"}}],
        }
    )
    assert isinstance(given_, Immunisation)
    assert (given_.at, given_.dose, given_.series) == ("lúc mới sinh", dose, "HepB")
    assert (given_.targets, given_.lot, given_.quantity) == (["Viêm gan B"], "L1", "0.5 ml")
    assert given_.by == Named("Lan")


# Documents, orders, acts.


def test_reports_and_documents() -> None:
    report = read(
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": {"text": "Sinh hoá máu"},
            "category": [{"text": "LAB"}],
            "issued": "2026-10-01T08:00:00Z",
            "result": [{"reference": "Observation/1"}, {"reference": "Observation/2"}],
            "conclusion": "Bình thường",
            "presentedForm": [{"contentType": "text/plain; charset=utf-8", "data": "AAAA"}],
        }
    )
    assert isinstance(report, Document)
    assert (report.title, report.category, report.parts) == ("Sinh hoá máu", "LAB", 2)
    assert (report.conclusion, report.attached) == ("Bình thường", ["text/plain"])
    document = read(
        {
            "resourceType": "DocumentReference",
            "type": {"text": "Giấy ra viện"},
            "date": "2026-10-01T08:00:00Z",
            "author": [{"display": "Lan"}],
            "content": [{"attachment": {"contentType": "application/pdf", "title": "Ra viện.pdf"}}],
            "context": {
                "encounter": [{"reference": "EpisodeOfCare/1"}, {"reference": "Encounter/e1"}],
            },
        }
    )
    assert isinstance(document, Document)
    assert (document.title, document.category) == ("Ra viện.pdf", "Giấy ra viện")
    assert (document.encounter, document.author, document.attached) == (
        "e1",
        Named("Lan"),
        ["application/pdf"],
    )
    composition = read(
        {"resourceType": "Composition", "title": "Tóm tắt", "date": "2026", "section": [{"title": "a"}]}
    )
    assert isinstance(composition, Document)
    assert (composition.title, composition.at, composition.parts) == ("Tóm tắt", "2026", 1)


def test_referral() -> None:
    order = read(
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "category": [{"coding": [{"system": SNOMED, "code": "3457005"}]}],
            "code": {"text": "Chuyển tuyến"},
            "occurrenceTiming": {"event": ["2026-10-01"], "_event": [None]},
            "requester": {"display": "Lan"},
            "performer": [{"display": "Bệnh viện"}],
            "reasonCode": [{"text": "Khó thở"}],
        }
    )
    assert isinstance(order, Order)
    assert (order.referral, order.at, order.to, order.reasons) == (
        True,
        "2026-10-01",
        [Named("Bệnh viện")],
        ["Khó thở"],
    )


def test_who_is_named_by_an_identifier_alone_has_no_name() -> None:
    order = read(
        {"resourceType": "ServiceRequest", "requester": {"identifier": {"value": "1"}}, "performer": [{}]}
    )
    assert isinstance(order, Order)
    assert (order.by, order.to) == (None, [])


def test_procedure() -> None:
    act = read(
        {
            "resourceType": "Procedure",
            "status": "completed",
            "code": {"text": "Nhổ răng"},
            "performedPeriod": {"start": "2026-10-01", "end": "2026-10-02"},
            "performer": [{"actor": {"display": "Lan"}}],
        }
    )
    assert isinstance(act, Act)
    assert (act.code.text, act.at, act.ends, act.by) == ("Nhổ răng", "2026-10-01", "2026-10-02", Named("Lan"))


@pytest.mark.parametrize(
    ("stated", "at"),
    [
        ({"performedDateTime": "2026-10"}, "2026-10"),
        ({"performedAge": {"value": 35, "unit": "tuổi"}}, "35 tuổi"),
        (
            {"performedRange": {"low": {"value": 3, "unit": "tuổi"}, "high": {"value": 5, "unit": "tuổi"}}},
            "3–5 tuổi",
        ),
        ({"performedString": "hồi nhỏ"}, "hồi nhỏ"),
    ],
)
def test_when_a_procedure_was_done(stated: dict[str, Any], at: str) -> None:
    act = read({"resourceType": "Procedure", "status": "completed", **stated})
    assert isinstance(act, Act)
    assert act.at == at


# What all have in common.


@pytest.mark.parametrize(
    "stated",
    [
        *({"resourceType": type_, "status": "entered-in-error"} for type_ in sorted(READERS)
          if type_ not in ("AllergyIntolerance", "Condition", "Patient")),
        *({"resourceType": type_, "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
          for type_ in ("AllergyIntolerance", "Condition")),
    ],
)  # fmt: skip
def test_what_was_entered_in_error_is_not_shown(stated: dict[str, Any]) -> None:
    assert read(stated) is None


def test_a_long_text_is_cut_where_one_sees_it() -> None:
    problem = read({"resourceType": "Condition", "code": {"text": "á" * 5000}})
    assert isinstance(problem, Problem)
    assert problem.code.text == "á" * LONGEST + "…"
