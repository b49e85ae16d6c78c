"""Numbers, names, dates and addresses of people follow the rules, and are nobody's."""

import re
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation import systems
from simulation.chance import chance_of
from simulation.code_lists import communes, ethnic_groups, former_provinces, name_lists, province_names
from simulation.names import draw_name
from simulation.numbers import (
    check_character,
    newborn_number,
    personal_number,
    serial_of,
    unidentified_number,
)
from simulation.province import Province, Sending
from tests.simulation.looking import Json, resources

SEEDS = st.integers(0, 2**48 - 1)
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
PARTIAL_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


@pytest.fixture(scope="module")
def patients(sendings: tuple[Sending, ...]) -> list[Json]:
    return resources(sendings, "Patient")


@pytest.fixture(scope="module")
def people() -> Province:
    return Province(5, 3_000)


def value(patient: Json, system: str) -> str | None:
    return next((i["value"] for i in patient["identifier"] if i["system"] == system), None)


@given(st.sampled_from([f"{n:02d}" for n in range(1, 97)]), DAYS, st.booleans(), st.integers(0, 999_999))
def test_a_personal_number_tells_birthplace_century_sex_and_year(
    birthplace: str, born: date, female: bool, serial: int
) -> None:
    number = personal_number(birthplace, born, female, serial)
    assert re.fullmatch(r"\d{12}", number)
    assert number[1:3] == birthplace
    century, sex = divmod(int(number[3]), 2)
    assert (1900 + 100 * century + int(number[4:6]), bool(sex)) == (born.year, female)


def test_numbers_agree_with_the_patients_they_belong_to(patients: list[Json]) -> None:
    prefixes = {f"0{former}" for former in former_provinces("44")}
    numbered = [patient for patient in patients if value(patient, systems.NATIONAL_ID)]
    assert len(numbered) > 0.8 * len(patients)
    for patient in numbered:
        number = value(patient, systems.NATIONAL_ID) or ""
        assert number[:3] in prefixes
        assert int(number[3]) % 2 == (patient["gender"] == "female")
        assert number[4:6] == patient["birthDate"][2:4]


def test_insurance_numbers_have_their_form(patients: list[Json]) -> None:
    found = [number for patient in patients if (number := value(patient, systems.INSURANCE_NUMBER))]
    assert found
    assert all(re.fullmatch(r"[A-Z]{2}[1-5]\d{2}\d{10}", number) for number in found)


@given(SEEDS, st.sets(st.integers(0, 999_999), min_size=2, max_size=50))
def test_no_two_people_share_a_serial(seed: int, people: set[int]) -> None:
    assert len({serial_of(seed, index) for index in people}) == len(people)


def test_everybody_has_a_key_of_their_own(people: Province) -> None:
    keys = [citizen.key for citizen in people.citizens]
    assert all(number for _, number in keys)
    assert len(set(keys)) == len(keys)
    used = Counter(system for system, _ in keys)
    assert used.keys() == {systems.NATIONAL_ID, systems.INSURANCE_NUMBER, systems.TEMPORARY_ID}


@given(DAYS, st.integers(0, 999_999))
def test_a_temporary_number_never_looks_like_a_personal_number(day: date, serial: int) -> None:
    for number in (newborn_number("44901", day, serial), unidentified_number("449V1", day, serial)):
        assert not re.fullmatch(r"\d{12}|\d{10}|[A-Z]{2}\d{13}", number)
        assert number[-1] == check_character(number[:-2])


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=20), st.data())
def test_the_check_character_notices_any_single_wrong_character(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(
        st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ").filter(lambda c: c != text[place])
    )
    assert check_character(text) != check_character(text[:place] + wrong + text[place + 1 :])


@given(SEEDS, st.sampled_from(sorted(ethnic_groups())), st.booleans())
def test_names_are_made_of_the_listed_words(seed: int, ethnic: str, female: bool) -> None:
    name = draw_name(chance_of(seed, "name"), ethnic, female)
    lists = name_lists()["groups"][name_lists()["group_of"].get(ethnic, "kinh")]
    sex = "female" if female else "male"
    words = {w for key in (f"middle_{sex}", f"given_{sex}") for phrase in lists[key] for w in phrase.split()}
    assert name.family in lists["surnames"]
    assert name.given
    assert set(name.given) <= words
    assert name.text == " ".join((name.family, *name.given))
    assert name.text not in name_lists()["not_used"]
    assert name.given.count("Thị") == 0 or female
    assert "Văn" not in name.given[:-1] or not female


def test_names_are_written_in_vietnamese_order(patients: list[Json]) -> None:
    official = [name for patient in patients for name in patient["name"] if name["use"] == "official"]
    assert official
    for name in official:
        assert name["text"] == " ".join((name["family"], *name["given"]))


def test_in_the_mountains_nearly_everybody_is_called_ho(people: Province) -> None:
    bru = [c.name for c in people.citizens if c.ethnic == "23" and c.name and c.mother is None]
    assert len(bru) > 50
    assert sum(name.family == "Hồ" for name in bru) > 0.85 * len(bru)
    groups = {c.ethnic for c in people.citizens if c.commune.code in ("19435", "19489")}
    assert "23" in groups


def test_some_people_have_the_same_name_and_birth_year(people: Province) -> None:
    alike = Counter((c.name.text, c.birth.year) for c in people.citizens if c.name and c.mother is None)
    assert sum(number > 1 for number in alike.values()) > 20


def test_dates_of_birth_are_partly_a_year_or_a_month_only(people: Province) -> None:
    texts = [c.birth_text for c in people.citizens if c.birth_text]
    assert all(PARTIAL_DATE.fullmatch(text) for text in texts)
    lengths = Counter(len(text) for text in texts)
    assert all(0.02 < lengths[size] / len(texts) < 0.15 for size in (4, 7))
    for citizen in people.citizens:
        assert citizen.birth.isoformat().startswith(citizen.birth_text or "")


def test_newborns_are_named_after_their_mother(sendings: tuple[Sending, ...]) -> None:
    newborns = [p for p in resources(sendings, "Patient") if p["name"][0]["use"] == "temp"]
    mothers = {r["name"][0]["text"] for r in resources(sendings, "RelatedPerson")}
    assert newborns
    for newborn in newborns:
        assert value(newborn, systems.NATIONAL_ID) is None
        assert (value(newborn, systems.TEMPORARY_ID) or "").startswith("MT-")
        assert newborn["name"][0]["text"].removeprefix("Con bà ") in mothers


def test_the_unidentified_have_neither_name_nor_birth_date(people: Province) -> None:
    unidentified = [c for c in people.citizens if c.found]
    assert len(unidentified) == 7
    for citizen in unidentified:
        assert (citizen.name, citizen.birth_text, citizen.ethnic) == (None, None, None)
        assert len(people.visits_of(citizen)) == 1


def test_addresses_are_coded_with_the_date_of_the_list(patients: list[Json]) -> None:
    known = {commune.code: commune.name for commune in communes("44")}
    addressed = [patient for patient in patients if "address" in patient]
    assert len(addressed) > 0.95 * len(patients)
    for patient in addressed:
        (address,) = patient["address"]
        (units,) = address["extension"]
        ward, state = (part["valueCodeableConcept"]["coding"][0] for part in units["extension"])
        assert (ward["version"], state["version"], state["code"]) == ("2025-07-01", "2025-07-01", "44")
        assert address["text"].endswith(f", {known[ward['code']]}, Tỉnh Quảng Trị")


def test_nobody_is_real(patients: list[Json]) -> None:
    for patient in patients:
        assert [tag["code"] for tag in patient["meta"]["tag"]] == ["HTEST"]
        assert all(number["value"].startswith("057") for number in patient.get("telecom", ()))
        assert patient["name"][0]["text"] not in name_lists()["not_used"]


@pytest.mark.parametrize("code", sorted(province_names()))
def test_any_of_the_provinces_can_be_told(code: str) -> None:
    province = Province(1, 4, code=code, months=2)
    codes = [facility.code for facility in province.network.facilities]
    assert len(set(codes)) == len(codes)
    assert {facility.commune.province for facility in province.network.facilities} == {code}
    assert next(iter(province)).bundle["entry"]
