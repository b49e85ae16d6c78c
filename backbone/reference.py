"""Writes the reference pages that are made from the code: `python -m backbone.reference`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic.fields import FieldInfo
from typer.core import TyperCommand, TyperGroup

from backbone.cli import app
from backbone.settings import Settings, shown, variable
from ehr.definitions import RESOURCE_TYPES
from ehr.definitions.search_parameters import SearchParameter, common_search_parameters
from ehr.definitions.search_parameters import search_parameters as search_parameters_of
from ehr.interactions.table import table as interaction_table
from ehr.vaccines.schedule import Antigen, Dose, Schedule, schedule
from fhir_api.pages.languages import Messages
from projections.search.extraction import uncompiled
from projections.search.indexing import INDEXERS
from projections.search.reading import NOT_SEARCHABLE, modifiers_of, parameters_of

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- Made from the code by `make docs`. -->"


HOW_TO_SET = """\
Settings are environment variables, read once when a command starts. They are variables of make too:
`make run EHR_PORT=9000 EHR_DATA=/somewhere EHR_DEMO=none`. An empty value counts as not given; a name that
begins with `EHR_` and is not in this table is refused, unless it begins with `EHR_TEST_` (the tests').
`ehr settings` shows the values in force."""


def configuration() -> str:
    """The page of all settings."""
    table = ["| variable | default | values | meaning |", "|---|---|---|---|"]
    table += [_row(field, info) for field, info in Settings.model_fields.items()]
    return "\n\n".join(["# Configuration", MADE, HOW_TO_SET, "\n".join(table)]) + "\n"


def _row(field: str, info: FieldInfo) -> str:
    return f"| `{variable(field)}` | {_default(info.default)} | {_values(field)} | {info.description} |"


def _default(value: Any) -> str:
    if value is None:
        return "none"
    return f"`{shown(value)}`"


def _values(field: str) -> str:
    """What a setting may be, read off its JSON schema."""
    schema = Settings.model_json_schema()["properties"][field]
    schema = next((one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"), schema)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = {"path": "path", "password": "secret"}.get(schema.get("format", ""), schema["type"])
    if kind == "boolean":
        return "`yes`, `no`"
    least, most = schema.get("minimum"), schema.get("maximum")
    return kind if least is None else f"{kind}, {least} to {most}"


def commands() -> str:
    """The page of all commands."""
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    sections = [
        _section(name, one) for name, one in command.commands.items() if isinstance(one, TyperCommand)
    ]
    head = "Every command reads the [settings](configuration.md). Exit code 1: refused, with the reason."
    return "\n\n".join(["# Commands", MADE, head, *sections]) + "\n"


def _section(name: str, command: TyperCommand) -> str:
    usage = " ".join([f"ehr {name}", *(_usage(parameter) for parameter in command.params)])
    meanings = [
        f"- `{_usage(parameter)}`: {_help(parameter)}" for parameter in command.params if _help(parameter)
    ]
    return "\n\n".join([f"## ehr {name}", f"    {usage}", str(command.help), *_list(meanings)])


def _help(parameter: Any) -> str:
    return parameter.help or ""


def _list(lines: list[str]) -> list[str]:
    return ["\n".join(lines)] if lines else []


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.name.upper() + ("…" if parameter.nargs == -1 else "")
        return name if parameter.required else f"[{name}]"
    return (
        f"[{parameter.opts[0]}]" if parameter.is_flag else f"[{parameter.opts[0]} {parameter.name.upper()}]"
    )


SEARCHING = """\
What the values of each type of parameter mean: [search](../search.md). Dates, numbers and quantities take
prefixes; references take as modifiers the types that they may refer to."""

MOST_TOLD = 8
"""Types of targets that are told of one parameter."""


def search_parameters() -> str:
    """The page of all search parameters."""
    common = common_search_parameters()
    sections = ["# Search parameters", MADE, SEARCHING, "## Every type", _parameters(common.values())]
    for type_ in sorted(RESOURCE_TYPES):
        own = [one for code, one in parameters_of(type_).items() if code not in common]
        if own:
            sections += [f"## {type_}", _parameters(own)]
    return "\n\n".join([*sections, "## Left out", _left_out()]) + "\n"


def _parameters(parameters: Iterable[SearchParameter]) -> str:
    table = ["| parameter | type | modifiers |", "|---|---|---|"]
    return "\n".join([*table, *(f"| `{one.code}` | {one.type} | {_modifiers(one)} |" for one in parameters)])


def _modifiers(parameter: SearchParameter) -> str:
    known = modifiers_of(parameter)
    types = [modifier for modifier in known if modifier in RESOURCE_TYPES]
    more = f" and {len(types) - MOST_TOLD} more types" if len(types) > MOST_TOLD else ""
    told = [modifier for modifier in known if modifier not in types] + types[:MOST_TOLD]
    return " ".join(f"`:{modifier}`" for modifier in told) + more


def _left_out() -> str:
    """What the definitions of R4 have besides."""
    reasons = {
        (type_, code): "spelling is compared, not sound"
        for type_ in RESOURCE_TYPES
        for code in NOT_SEARCHABLE & search_parameters_of(type_).keys()
    }
    found = sorted({**uncompiled(INDEXERS), **reasons}.items())
    rows = [f"| {type_} | `{code}` | {why} |" for (type_, code), why in found]
    return "\n".join(["| of | parameter | why |", "|---|---|---|", *rows])


INTERACTIONS = """\
What a chart tells of prescriptions of two facilities that are both in use, from `ehr/interactions`
([how it was chosen](../../ehr/interactions/README.md)). Version {version}, **{verified}**: nobody has checked
the choice, the wording or the translation, and it is far from complete. That nothing is told does not mean
that nothing interacts. Codes are those of ATC; a shorter one stands for all codes that begin with it. The
severity follows the wording of the source: `contraindicated`, `avoid` (or only where nothing else will do),
`caution`."""


def interactions() -> str:
    """The page of all interactions."""
    shipped = interaction_table()
    verified = "clinically verified" if shipped.verified else "not clinically verified"
    lines = ["| one | other | severity | what is said | source |", "|---|---|---|---|---|"]
    lines += [
        f"| {_codes(one.first)} | {_codes(one.second)} | {one.severity} | {one.vi}<br>{one.en}"
        f" | [{one.source}]({one.url}) |"
        for one in shipped.interactions
    ]
    head = INTERACTIONS.format(version=shipped.version, verified=verified)
    return "\n\n".join(["# Interactions of medicines", MADE, head, "\n".join(lines)]) + "\n"


def _codes(codes: Iterable[str]) -> str:
    return " ".join(f"`{code}`" for code in codes)


ABOUT_VACCINES = """\
What the panel of immunisations computes ([how it reads](../clinician.md#immunisations),
[why so](../decisions/0020-immunisations-against-the-schedule.md)). An aid: nobody has verified it
clinically. `counts from`: the age, and the days after the dose before, from which a given dose counts as this
one. `group until`: the age at which the group ends that the schedule speaks of. `over`: the age from which it
is not given any more."""


def vaccines() -> str:
    """The page of the schedule of vaccinations."""
    named, texts = schedule(), Messages("en")
    law = " and ".join(named.circulars)
    head = f"The national immunisation schedule of Circulars {law}, data of {named.version}."
    sources = "\n".join(f"- {part}: {source}" for part, source in named.sources.items())
    parts = ["# Vaccinations", MADE, ABOUT_VACCINES, head, "## Sources", sources, "## Schedule"]
    table = ["| against | dose | due at | counts from | overdue after | group until | over |"]
    table += ["|---|---|---|---|---|---|---|"]
    table += [_dose(antigen, dose, texts) for antigen in named.antigens for dose in antigen.doses]
    return "\n\n".join([*parts, "\n".join(table), "## Vaccines", _vaccines(named, texts)]) + "\n"


def _dose(antigen: Antigen, dose: Dose, texts: Messages) -> str:
    due = f"{dose.months} months" if dose.months else "birth"
    due += f", {dose.after_days} days after the one before" if dose.after_days else ""
    least = f"{dose.least_days} days" + (f", {dose.least_after} after" if dose.after_days else "")
    over = f"{dose.over_months} months" if dose.over_months else ""
    columns = (dose.number, due, least, f"{dose.window_days} days", f"{dose.until_months} months", over)
    return " | ".join([f"| {texts(f'vaccines.antigen.{antigen.key}')}", *map(str, columns)]) + " |"


def _vaccines(named: Schedule, texts: Messages) -> str:
    rows = ["| ATC | CVX | names | counts against |", "|---|---|---|---|"]
    for vaccine in named.vaccines:
        against = ", ".join(texts(f"vaccines.antigen.{key}") for key in vaccine.antigens)
        lists = (", ".join(values) for values in (vaccine.atc, vaccine.cvx, vaccine.names))
        rows.append(f"| {' | '.join([*lists, against or 'listed, not computed'])} |")
    return "\n".join(rows)


def pages() -> Iterator[tuple[Path, str]]:
    """Each page with its text."""
    yield REFERENCE / "configuration.md", configuration()
    yield REFERENCE / "commands.md", commands()
    yield REFERENCE / "search-parameters.md", search_parameters()
    yield REFERENCE / "interactions.md", interactions()
    yield REFERENCE / "vaccines.md", vaccines()


def main() -> None:
    """Writes all pages."""
    for page, text in pages():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
        typer.echo(f"written: {page}")


if __name__ == "__main__":
    main()
