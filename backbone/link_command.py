"""The command by which Patients are linked."""

from typing import Annotated

import typer

from backbone import wiring
from backbone.log_commands import log_reasons
from backbone.settings import load
from projections.linking.post import judge_anew

Anew = Annotated[
    bool, typer.Option("--anew", help="Have everybody judged again, by whichever process works, and end.")
]


def link_command(anew: Anew = False) -> None:
    """Link Patients that are one person, and propose those that may be, until told to stop.

    Of several such processes one works and the others stand by. With --anew, for rules that have changed:
    what was stated stays, and is not stated again.
    """
    settings = load()
    if not anew:
        wiring.link(settings)
        return
    with log_reasons():
        judge_anew(wiring.database_url(settings))
    typer.echo("everybody is judged anew, from the first fact on")
