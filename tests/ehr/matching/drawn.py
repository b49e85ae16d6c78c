"""People as hypothesis draws them: few values of each field, so that they often agree."""

from typing import Any

from hypothesis import strategies as st

from ehr.matching.person import person_of
from tests.ehr.matching.people import address, cccd, mother, number

NAMES = (
    *("Hồ Văn Thương", "HO VAN THUONG", "Hồ Thương", "Thương Hồ Văn", "Hồ Văn Thường", "Hồ V. Thương"),
    *("Hồi Văn Thương", "Hồ Thị Thương", "Hồ Đức Văn Thương", "Hồ Văn Phương", "Lê Văn Thương"),
    *("Vàng Thị Mỷ", "Sùng Thị Mỷ", "con bà Lành"),
)
DATES = (
    *("1990-05-12", "1990-12-05", "1990", "1990-01-01", "1990-05", "1991", "1980-05-12", "1990-08-30"),
    "2015-07-07",
)
CODES = ("qr", "verified", "typed", None)


def some(*options: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(options)


numbers = st.lists(
    st.one_of(
        st.builds(cccd, some("045090000017", "045090000018", "045090987654"), some(*CODES)),
        st.builds(cccd, st.just("045090000017"), some(*CODES), use=st.just("old")),
        st.builds(number, st.just("insurance_number"), some("GD4454500000017", "4500000018"), some(*CODES)),
        st.builds(number, st.just("citizen_id"), some("191234567", "191234576"), some(*CODES)),
        st.builds(number, st.just("temporary-id"), some("MT-45901-1", "MT-45901-2"), some(*CODES)),
    ),
    max_size=3,
)
patients = st.fixed_dictionaries(
    {
        "name": st.lists(
            st.fixed_dictionaries({"text": some(*NAMES)}, optional={"use": st.just("old")}), max_size=2
        )
    },
    optional={
        "birthDate": some(*DATES),
        "gender": some("male", "female", "unknown"),
        "identifier": numbers,
        "telecom": some(
            [], [{"system": "phone", "value": "0570123456"}], [{"system": "phone", "value": "0570654321"}]
        ),
        "contact": some([], [mother("Hồ Thị Lành")], [mother("HO THI LANH")], [mother("Lê Thị Mai")]),
        "address": some(
            [], [address("19435")], [address("19435", "2024-01-01")], [address("02701", province="15")]
        ),
        "multipleBirthInteger": some(1, 2),
    },
)
people = patients.map(person_of)
