"""Looking people up, against a small place full of namesakes."""

import pytest

from ehr.event_store.connections import connect_async
from ehr.formats.warning_codes import WarningCode
from ehr.systems import BIRTH_PAPER, NATIONAL_ID, OLD_CITIZEN_ID, TEMPORARY_ID
from projections.citizens import queries
from projections.citizens.queries import ANYWHERE, MOST, Here, Lookup, look_up
from projections.citizens.view import Citizens
from projections.links.view import Links
from tests.projections.citizens.people import Json, encounter, patient
from tests.projections.citizens.stating import Record, follow, put, run

LAP = ("19435", "Xã Hướng Lập")
PHUNG = ("19441", "Xã Hướng Phùng")
PHONE = [{"system": "phone", "value": "0912 345 678"}]

PEOPLE: list[Json] = [
    patient(
        "p-hoa", "Nguyễn Thị Hoa", "1990-05-15", cccd="045190000017", bhyt="GD4454500000017", commune=LAP
    ),
    patient("p-hoa-1962", "Nguyễn Thị Hoa", "1962", commune=PHUNG),
    patient("p-hoa-undated", "Nguyễn Thị Hoa", commune=PHUNG),
    patient("p-hoa-grave", "Nguyễn Thị Hòa", "1990-01-01", bhyt="4500000018", telecom=PHONE),
    patient("p-hoa-late", "Nguyễn Thị Hoà", "1991-02"),
    patient("p-hoang", "Nguyễn Thị Hoàng", "1990-07-01"),
    patient("p-van", "Hồ Văn Hoa", "1985", commune=LAP),
    patient("p-thuy", "Lê Thị Thuý", "1970"),
    patient("p-quy", "Lý Quí", "1971"),
    patient("p-hnao", "Kpă H'Nao", "1980"),
    patient("p-duc", "Đặng Đức", "1980"),
    patient("p-copied", "\ufeffTrịnh\u200bＶăn\u00a0Th\u00adử", "1980"),
    patient("p-synthea", birth="1955-01-01") | {"name": [{"family": "Ullrich385", "given": ["Adam631"]}]},
    patient("p-married")
    | {"name": [{"use": "official", "text": "Trần Thị Mai"}, {"use": "old", "text": "Trần Mão"}]},
    patient("p-other", "Vàng A Sử", identifier=[{"system": "urn:bn", "value": "BN-000123"}]),
    patient(
        "p-newborn",
        "Con bà Hồ Thị Lành",
        "2026-11-20",
        identifier=[
            {"system": TEMPORARY_ID, "value": "MT-45901-20261120-A10017-6"},
            {"system": BIRTH_PAPER, "value": "00012.GCS.45901.26"},
        ],
    ),
    patient(
        "p-carded",
        "Bùi Văn Sáu",
        "1960",
        identifier=[{"system": OLD_CITIZEN_ID, "value": "191 234 568"}],
        telecom=[{"system": "phone", "value": "038 345 6789"}],
    ),
    patient("p-shared", "Lục Văn Mười", "1950", bhyt="0912345678"),
    patient("p-former", "Côn Văn Viết", "1975", commune=("19438", "Xã Hướng Việt")),
    patient("p-texted", "Côn Văn Viết", "1976", address=[{"text": "Bản 1, Hướng Lập, Hướng Hóa, Quảng Trị"}]),
    patient("p-away", "Côn Văn Viết", "1977", commune=PHUNG),
    patient("p-surname", "Hoa Bảy", "1949"),
    patient("p-unmarked", "Giàng Páo", "1988"),
    patient("p-retired", "Hồ Văn Hoa", "1985", active=False),
    *(
        patient(f"crowd-{n}", "Hồ Thị Đông", f"{1920 + n}", commune=LAP if n == 99 else PHUNG)
        for n in range(100)
    ),
]
RENUMBERED = [
    patient(
        "p-known",
        "Kha Văn Tư",
        "1979",
        identifier=[
            {"system": TEMPORARY_ID, "value": "MT-45901-20261120-A10025-9"},
            {"system": NATIONAL_ID, "value": "045079000017"},
        ],
    ),
    patient(
        "p-known",
        "Kha Văn Tư",
        "1979",
        identifier=[{"use": "old", "system": OLD_CITIZEN_ID, "value": "191234599"}],
    ),
    patient("p-owner", "Kha Văn Năm", "1979-02-03"),
]
"""A number was written down where it does not belong, and left out again."""
VISITS = [
    encounter("v1", "p-hoa-1962", "2026-10-01T08:00:00+07:00"),
    encounter("v2", "p-hoa-1962", "2026-10-02"),
    encounter("v3", "crowd-42", "2026-10-03"),
]


@pytest.fixture(scope="module")
def place(module_database: str) -> str:
    async def state() -> None:
        async with Record(module_database) as record:
            await record.state(*(put(person, index) for index, person in enumerate(PEOPLE)))
            for person in RENUMBERED:
                await record.state(put(person))
            for visit, facility in zip(VISITS, ("45901", "45902", "45901"), strict=True):
                await record.state(put(visit), facility=facility)

    run(state())
    follow(module_database, Citizens(), Links())
    return module_database


def found(place: str, text: str, here: Here = ANYWHERE) -> Lookup:
    async def ask() -> Lookup:
        async with await connect_async(place) as connection:
            return await look_up(connection, text, here)

    return run(ask())


def ids(place: str, text: str, here: Here = ANYWHERE) -> list[str]:
    return [one.id for one in found(place, text, here).exact]


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("045190000017", "p-hoa"),
        ("045 190 000 017", "p-hoa"),
        ("045190000017|191234567|Nguyễn Thị Hoa|15051990|Nữ|Thôn Mẫu|01072021", "p-hoa"),
        ("GD4454500000017", "p-hoa"),
        ("gd4 45 4500000017", "p-hoa"),
        ("4500000017", "p-hoa"),
        ("GD4454500000018", "p-hoa-grave"),
        ("+84 912 345 678", "p-hoa-grave"),
        ("BN-000123", "p-other"),
        ("bn000123", "p-other"),
        ("p-hoa-1962", "p-hoa-1962"),
        ("45190000017", "p-hoa"),
        ("O45 19O OOO O17", "p-hoa"),
        (
            "IDVNM1900000174045190000017<<1\n9005156F3005154VNM<<<<<<<<<<<0\nNGUYEN<<THI<HOA<<<<<<<<<<<<<<<",
            "p-hoa",
        ),
        ("MT-45901-20261120-A10017-6", "p-newborn"),
        ("00012.gcs.45901.26", "p-newborn"),
        ("191234568", "p-carded"),
        ("0168 345 6789", "p-carded"),
    ],
)
def test_finds_one_by_number(place: str, text: str, id_: str) -> None:
    assert ids(place, text) == [id_]


@pytest.mark.parametrize("text", ["045190000018", "04519000001", "BN-0001", "", " ", "%", "1990", "_"])
def test_finds_nobody_by_another_number(place: str, text: str) -> None:
    assert found(place, text)._replace(warnings=()) == Lookup([], [], more=False)


HOA = {"p-hoa", "p-hoa-1962", "p-hoa-undated", "p-hoa-grave", "p-hoa-late"}


@pytest.mark.parametrize(
    "text",
    [
        "nguyen thi hoa",
        "NGUYỄN THỊ HOA",
        "hoa nguyen thi",
        "Hoa Thị",
        "nguyễn  hoa",
        "Nguyễn Thị Hoà",
        "nguyen thi hòa",
    ],
)
def test_finds_a_name_in_any_order_with_or_without_accents(place: str, text: str) -> None:
    assert set(ids(place, text)) - {"p-van", "p-retired"} == HOA


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("thúy", "p-thuy"),
        ("Lê Thị Thúy", "p-thuy"),
        ("Lê\u200bＴｈị\u00a0Th\u00adúy\ufeff", "p-thuy"),
        ("Trịnh Văn Thử", "p-copied"),
        ("van thu", "p-copied"),
        ("ly quy", "p-quy"),
        ("Quý Lí", "p-quy"),
        ("kpa hnao", "p-hnao"),
        ("H Nao", "p-hnao"),
        ("h'nao", "p-hnao"),
        ("dang duc", "p-duc"),
        ("ĐẶNG ĐỨC", "p-duc"),
        ("Adam631 Ullrich385", "p-synthea"),
        ("adam631", "p-synthea"),
        ("Trần Thị Mai", "p-married"),
    ],
)
def test_finds_names_however_they_are_written(place: str, text: str, id_: str) -> None:
    assert ids(place, text) == [id_]


def test_a_former_name_is_told(place: str) -> None:
    [one] = found(place, "trần mão").exact
    assert (one.id, one.name, one.found_as) == ("p-married", "Trần Thị Mai", "Trần Mão")


def test_one_word_may_be_meant_twice(place: str) -> None:
    """Hoàng is whole, and begins as ``ho`` does; no name holds it twice."""
    lookup = found(place, "hoang ho")
    assert (lookup.exact, [one.id for one in lookup.begun]) == ([], ["p-hoang"])
    assert set(ids(place, "hoa hoa")) == set(ids(place, "hoa"))


@pytest.mark.parametrize("text", ["nguyen thi ho", "thi nguyen h", "nguyen thi hoan"])
def test_the_last_word_may_be_a_beginning(place: str, text: str) -> None:
    lookup = found(place, text)
    assert lookup.exact == []
    assert "p-hoang" in {one.id for one in lookup.begun}


def test_whole_words_come_apart_from_beginnings(place: str) -> None:
    lookup = found(place, "nguyen thi hoa")
    assert {one.id for one in lookup.exact} == HOA
    assert [one.id for one in lookup.begun] == ["p-hoang"]


def test_a_word_before_the_last_is_whole(place: str) -> None:
    assert found(place, "nguye thi hoa") == Lookup([], [], more=False)


def test_y_at_the_end_may_go_on(place: str) -> None:
    """``thuy`` is Thúy, and the beginning of nobody's name here; ``qu`` is the beginning of Quí."""
    assert [one.id for one in found(place, "ly qu").begun] == ["p-quy"]


def test_exact_accents_go_first(place: str) -> None:
    assert set(ids(place, "Nguyễn Thị Hòa")[:2]) == {"p-hoa-grave", "p-hoa-late"}
    assert set(ids(place, "Nguyễn Thị Hoa")[:3]) == {"p-hoa", "p-hoa-1962", "p-hoa-undated"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nguyen thi hoa 1990", {"p-hoa", "p-hoa-grave"}),
        ("1990 hoa nguyen thi", {"p-hoa", "p-hoa-grave"}),
        ("nguyen thi hoa 15/05/1990", {"p-hoa"}),
        ("nguyen thi hoa 05/1990", {"p-hoa"}),
        ("nguyen thi hoa 15051962", {"p-hoa-1962"}),
        ("nguyen thi hoa 02/1991", {"p-hoa-late"}),
        ("nguyen thi hoa 2001", set()),
    ],
)
def test_a_birth_date_narrows_down(place: str, text: str, expected: set[str]) -> None:
    """A year only is compatible with each of its days."""
    assert set(ids(place, text)) == expected


def test_those_seen_here_go_first_then_the_own_commune(place: str) -> None:
    here = Here(["45901", "Organization/o1"], "19435")
    lookup = found(place, "nguyễn thị hoa", here)
    assert [one.id for one in lookup.exact][:3] == ["p-hoa-1962", "p-hoa", "p-hoa-undated"]
    assert [(one.seen_here, one.same_commune) for one in lookup.exact][:3] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_exact_accents_go_before_those_seen_here(place: str) -> None:
    assert ids(place, "Nguyễn Thị Hòa", Here(["45901"]))[:1] != ["p-hoa-1962"]


def test_records_in_use_go_first(place: str) -> None:
    assert ids(place, "hồ văn hoa") == ["p-van", "p-retired"]


def test_the_last_visit_is_told(place: str) -> None:
    [one] = found(place, "nguyen thi hoa 1962").exact
    assert (one.last_facility, one.last_started) == ("45902", "2026-10-02")


def test_a_crowd_is_cut_with_the_likeliest_first(place: str) -> None:
    lookup = found(place, "hồ thị đông", Here(["45901"], "19435"))
    assert len(lookup.exact) == MOST
    assert (lookup.more, lookup.cut) == (True, False)
    assert [one.id for one in lookup.exact[:2]] == ["crowd-42", "crowd-99"]
    assert found(place, "nguyen thi hoa").more is False


@pytest.mark.parametrize(
    "text", ["'; drop table x; --", "\\", "a\0b", "%%%", "_ _", "🙂", "ạ" * 500, "x " * 400]
)
def test_whatever_is_typed_is_answered(place: str, text: str) -> None:
    assert found(place, text).more is False


def test_ten_digits_are_an_insurance_number_or_a_telephone(place: str) -> None:
    lookup = found(place, "0912345678")
    assert {one.id for one in lookup.exact} == {"p-hoa-grave", "p-shared"}
    assert WarningCode.SEVERAL_MEANINGS in lookup.warnings


def test_a_card_whose_number_nobody_has_finds_the_name(place: str) -> None:
    card = "045060000099||Bùi Văn Sáu|01011960|Nam|Thôn Mẫu|01072021"
    assert ids(place, card) == ["p-carded"]
    assert ids(place, card.replace("1960", "1961")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("côn văn viết, hướng lập", {"p-former", "p-texted"}),
        ("con van viet, xa huong viet", {"p-former", "p-texted"}),
        ("con van viet, huong phung", {"p-away"}),
        ("con van viet, huong linh", {"p-away"}),
        ("con van viet, huong lap 1975", {"p-former"}),
        ("con van viet, ta rut", set()),
    ],
)
def test_a_commune_narrows_down_also_by_its_former_name(place: str, text: str, expected: set[str]) -> None:
    assert set(ids(place, text)) == expected


def test_the_own_commune_counts_before_and_after_the_merger(place: str) -> None:
    lookup = found(place, "con van viet", Here(commune="19435"))
    assert [(one.id, one.same_commune) for one in lookup.exact] == [
        ("p-former", True),
        ("p-texted", True),
        ("p-away", False),
    ]
    assert found(place, "con van viet", Here(commune="19438")).exact[0].same_commune


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("con van viet 1977 huong phung", "p-away"),
        ("Giàng A Páo", "p-unmarked"),
        ("Buif Vawn Saus", "p-carded"),
    ],
)
def test_what_may_have_been_meant_comes_apart(place: str, text: str, id_: str) -> None:
    lookup = found(place, text)
    assert (lookup.exact, lookup.begun) == ([], [])
    assert [one.id for one in lookup.similar] == [id_]


def test_by_the_given_name_alone_those_who_are_called_so_go_first(place: str) -> None:
    assert ids(place, "hoa")[-1] == "p-surname"
    assert set(ids(place, "hoa")) == {*HOA, "p-van", "p-retired", "p-surname"}
    assert ids(place, "Hoa Bảy")[0] == "p-surname"


@pytest.mark.parametrize("text", ["MT-45901-20261120-A10025-9", "045079000017", "191234599"])
def test_a_number_that_is_not_in_use_any_more_still_leads_to_its_bearer(place: str, text: str) -> None:
    assert [(one.id, one.former) for one in found(place, text).exact] == [("p-known", True)]
    assert not any(one.former for one in found(place, "045190000017").exact)


def test_of_a_card_whose_number_is_a_former_one_the_name_is_looked_for_too(place: str) -> None:
    card = "045079000017||Kha Văn Năm|03021979|Nam|Thôn Mẫu|01072021"
    assert [(one.id, one.former) for one in found(place, card).exact] == [
        ("p-owner", False),
        ("p-known", True),
    ]
    same = card.replace("Năm", "Tư")
    assert ids(place, same) == ["p-known"]


def test_a_card_finds_whoever_has_its_own_number_first(place: str) -> None:
    card = "045190000017|191234568|Nguyễn Thị Hoa|15051990|Nữ|Thôn Mẫu|01072021"
    assert ids(place, card) == ["p-hoa", "p-carded"]


def test_a_misspelt_tone_is_found_behind_the_right_one(place: str) -> None:
    assert set(ids(place, "Nguyễn Thị Họa")) == HOA


def test_a_name_that_too_many_bear_is_cut_and_says_so(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(place, "thi 1990").cut is False
    monkeypatch.setitem(queries.BOUNDS, "most_names", 2)
    assert found(place, "thi 1990").cut
