"""The command line `ehr`: one function a command."""

import sys
from functools import partial
from typing import Annotated

import typer

from backbone import running, wiring
from backbone.errors import Refused
from backbone.importing.command import import_command
from backbone.link_command import link_command
from backbone.log_commands import relay_command, restore_command
from backbone.settings import Settings, load, shown, variable
from backbone.verify_command import verify_command
from backbone.view_commands import (
    drop_command,
    parked_command,
    rebuild_command,
    switch_command,
    views_command,
)

app = typer.Typer(
    name="ehr",
    help="The health record backbone of a province. Settings are environment variables: `ehr settings`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
say = partial(print, flush=True)


def main() -> None:
    """Runs the command; what its user can mend is told in one line on standard error, with exit code 1."""
    try:
        app()
    except Refused as reason:
        sys.exit(f"ehr: {reason}")


@app.command()
def run() -> None:
    """Start everything on this machine.

    Fills an empty record with the demo province, says `ready:` with the addresses, and stays until Ctrl-C.
    """
    settings = load()
    running.run(settings, wiring.parts(settings), say)


@app.command()
def settings() -> None:
    """Show the settings in force, as an environment file."""
    values = load()
    for field, info in Settings.model_fields.items():
        say(f"# {info.description}\n{variable(field)}={shown(getattr(values, field))}\n")


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date, and rebuild views that other code has built.

    Safe to repeat, and to run in several places at once.
    """
    settings = load()
    wiring.migrate(settings, wiring.database_url(settings))


@app.command()
def serve() -> None:
    """Serve the FHIR API and the pages until told to stop."""
    wiring.serve(load())


@app.command()
def project(
    views: Annotated[list[str], typer.Argument(help="Names of views.")],
) -> None:
    """Carry views along the log until told to stop."""
    wiring.project(load(), views)


app.command("link")(link_command)
app.command("relay")(relay_command)
app.command("restore")(restore_command)
app.command("verify")(verify_command)
app.command("import")(import_command)
app.command("views")(views_command)
app.command("rebuild")(rebuild_command)
app.command("switch")(switch_command)
app.command("drop")(drop_command)
app.command("parked")(parked_command)
