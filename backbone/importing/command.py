"""`ehr import`: the command."""

from pathlib import Path
from typing import Annotated

import typer

from backbone import settings
from backbone.errors import Refused
from backbone.running import base_url


def import_command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Bundles, single resources, NDJSON; folders or archives (.tar.xz, .tar.zst, .zip) of them."
        ),
    ],
    url: Annotated[
        str, typer.Option(help="The server's address; by default the one that the settings name.")
    ] = "",
    clients: Annotated[int, typer.Option(min=1, max=64, help="Requests under way at once.")] = 4,
    facility: Annotated[str, typer.Option(help="The facility whose facts these are, by its code.")] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Also send what the ledger says was stored before.")
    ] = False,
) -> None:
    """Load FHIR R4 into the record through the API. A second run adds nothing.

    Ends with 0 when all is stored, 1 when something was refused, 2 when it could not run (to its end).
    """
    from backbone.importing.importer import import_paths  # Other commands start faster without it.
    from backbone.importing.progress import ProgressBar

    try:
        configured = settings.load()
    except Refused as reason:
        typer.echo(f"ehr: {reason}", err=True)
        raise typer.Exit(2) from None
    headers = {"X-EHR-Facility": facility} if facility else {}
    with ProgressBar() as progress:
        report = import_paths(
            paths,
            url or base_url(configured),
            configured.data,
            clients=clients,
            progress=progress,
            headers=headers,
            again=again,
        )
    for line in report.lines():
        typer.echo(line)
    raise typer.Exit(report.exit_code)
