"""Which vaccine is meant, by code or by name."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from ehr.names import fold, plain
from ehr.vaccines.schedule import Vaccine, schedule

ATC: Final = "http://www.whocc.no/atc"
CVX: Final = "http://hl7.org/fhir/sid/cvx"


class Contradictory(Exception):
    """Its codes are those of different vaccines."""


def vaccine_of(codings: Iterable[tuple[str | None, str | None]], name: str | None) -> Vaccine | None:
    """codings: (system, code). name: decides where no code is known. Raises Contradictory."""
    found = [by_code()[coding] for coding in codings if coding in by_code()]
    if len({vaccine.antigens for vaccine in found}) > 1:
        raise Contradictory
    if found:
        return found[0]
    return by_name().get(name_key(name)) if name else None


def name_key(name: str) -> str:
    """Letters and digits without accents: ``Sởi - Rubella (MR)`` is ``soi rubella mr``."""
    return fold(re.sub(r"\W+", " ", plain(name)))


@cache
def by_code() -> Mapping[tuple[str | None, str | None], Vaccine]:
    """(system, code) -> vaccine."""
    return MappingProxyType(
        {
            (system, code): vaccine
            for vaccine in schedule().vaccines
            for system, codes in ((ATC, vaccine.atc), (CVX, vaccine.cvx))
            for code in codes
        }
    )


@cache
def by_name() -> Mapping[str, Vaccine]:
    """Key of a name -> vaccine."""
    return MappingProxyType(
        {name_key(name): vaccine for vaccine in schedule().vaccines for name in vaccine.names}
    )
