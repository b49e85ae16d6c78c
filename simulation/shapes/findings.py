"""Observation and DiagnosticReport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.observation import Observation

from simulation import systems
from simulation.code_lists import Measurement, measurements, panels
from simulation.shapes.elements import Json, checked, concept, text_only
from simulation.shapes.scene import Scene
from simulation.visits import Finding, Report

_PRESSURE = ("systolic", "diastolic")
_SECTIONS = {"LAB": "Laboratory", "RAD": "Radiology", "EC": "Electrocardiac"}
_JUDGED = {
    "N": concept(systems.INTERPRETATION, "N", "Normal"),
    "H": concept(systems.INTERPRETATION, "H", "High"),
    "L": concept(systems.INTERPRETATION, "L", "Low"),
}
_CORRECTION = "Kết quả đã hiệu chỉnh sau khi kiểm tra lại mẫu"


def _code(measured: Measurement) -> Json:
    return concept(systems.LOINC, measured.loinc, text=measured.name)


def _range(measured: Measurement) -> Json:
    limits = {"low": measured.low, "high": measured.high}
    return {side: _quantity(measured, limit) for side, limit in limits.items() if limit is not None}


def _quantity(measured: Measurement, value: float) -> Json:
    return {"value": _rounded(measured, value), **_unit(measured.key)}


@cache
def _unit(key: str) -> Json:
    measured = measurements()[key]
    return {"unit": measured.unit, "system": systems.UCUM, "code": measured.ucum}


def _rounded(measured: Measurement, value: float) -> float:
    return round(value, measured.decimals) if measured.decimals else round(value)


@cache
def _observation(key: str, adult: bool) -> Json:
    """Reference ranges are those of adults: vital signs of children are sent without."""
    measured = measurements()[key]
    limits = _range(measured) if adult or measured.category == "laboratory" else {}
    elements = {
        "status": "final",
        "category": [concept(systems.OBSERVATION_CATEGORY, measured.category)],
        "code": _code(measured),
        **({"referenceRange": [limits]} if limits else {}),
    }
    return checked(Observation, elements)


@cache
def _pressure() -> Json:
    parts = [
        {"code": _code(measurements()[key]), "valueQuantity": _quantity(measurements()[key], 100)}
        for key in _PRESSURE
    ]
    elements = {
        "status": "final",
        "category": [concept(systems.OBSERVATION_CATEGORY, "vital-signs")],
        "code": concept(systems.LOINC, "85354-9", text="Huyết áp"),
        "component": parts,
    }
    return checked(Observation, elements)


def observations(findings: Sequence[Finding], scene: Scene, adult: bool) -> list[Json]:
    """One Observation a finding; the two pressures share one."""
    values = {finding.key: finding.value for finding in findings}
    single = [observation(finding, scene, adult) for finding in findings if finding.key not in _PRESSURE]
    return [blood_pressure(values, scene), *single] if "systolic" in values else single


def observation(finding: Finding, scene: Scene, adult: bool) -> Json:
    """One measurement at the start of the visit."""
    return {
        **_observation(finding.key, adult),
        "subject": scene.subject,
        "encounter": scene.encounter,
        "effectiveDateTime": scene.starts,
        **_value(finding, adult),
    }


def blood_pressure(values: Mapping[str, float | str | date], scene: Scene) -> Json:
    """Systolic and diastolic as components of one panel."""
    skeleton = _pressure()
    parts = zip(_PRESSURE, skeleton["component"], strict=True)
    return {
        **skeleton,
        "subject": scene.subject,
        "encounter": scene.encounter,
        "effectiveDateTime": scene.starts,
        "component": [{**part, "valueQuantity": _measured(key, values[key])} for key, part in parts],
    }


def _measured(key: str, value: float | str | date) -> Json:
    if isinstance(value, str | date):
        raise ValueError(f"{key} is measured as a number")
    return _quantity(measurements()[key], value)


def _value(finding: Finding, adult: bool) -> Json:
    if isinstance(finding.value, str):
        return {"valueString": finding.value}
    if isinstance(finding.value, date):
        return {"valueDateTime": finding.value.isoformat()}
    measured = measurements()[finding.key]
    quantity = _quantity(measured, finding.value)
    judged = _judged(measured, quantity["value"]) if adult or measured.category == "laboratory" else {}
    return {"valueQuantity": quantity, **judged}


def _judged(measured: Measurement, value: float) -> Json:
    if measured.low is None and measured.high is None:
        return {}
    low = measured.low is not None and value < measured.low
    high = measured.high is not None and value > measured.high
    return {"interpretation": [_JUDGED["L" if low else "H" if high else "N"]]}


def laboratory_result(finding: Finding, scene: Scene, number: str) -> Json:
    """A result under the id that the laboratory gave it."""
    return {
        **observation(finding, scene, adult=True),
        "id": number,
        "issued": scene.ends,
        "performer": [scene.facility],
    }


def corrected(result: Json, value: float, issued: str) -> Json:
    """The same result after the sample was examined again."""
    key = next(k for k, m in measurements().items() if m.loinc == result["code"]["coding"][0]["code"])
    changed = _value(Finding(key, value), adult=True)
    return {**result, **changed, "status": "corrected", "issued": issued, "note": [{"text": _CORRECTION}]}


@cache
def _report(key: str) -> Json:
    panel = panels()[key]
    named = concept(systems.LOINC, panel.loinc, text=panel.name) if panel.loinc else text_only(panel.name)
    section = concept(systems.DIAGNOSTIC_SECTION, panel.category, _SECTIONS[panel.category])
    return checked(DiagnosticReport, {"status": "final", "category": [section], "code": named})


def diagnostic_report(report: Report, scene: Scene, number: str, results: Sequence[str]) -> Json:
    """A report under its own id over results by reference."""
    return {
        **_report(report.panel),
        "id": number,
        "subject": scene.subject,
        "encounter": scene.encounter,
        "effectiveDateTime": scene.starts,
        "issued": scene.ends,
        "performer": [scene.facility],
        **({"result": [{"reference": url} for url in results]} if results else {}),
        **({"conclusion": report.conclusion} if report.conclusion else {}),
    }
