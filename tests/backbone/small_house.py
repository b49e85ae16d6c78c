"""A house with one small program: `python small_house.py DEMO API`."""

import os
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg

from backbone.errors import Refused
from backbone.processes import Program
from backbone.running import Demo, Parts, run
from backbone.settings import load

FILLED = Path("filled")
DEMOS = {
    "fills": "echo filling; echo filled",
    "fills for ever": "echo filling; exec sleep 600",
    "fails": "exit 3",
}


say = partial(print, flush=True)


class Handler(BaseHTTPRequestHandler):
    """Answers 200 when the database answers."""

    def do_GET(self) -> None:
        try:
            with psycopg.connect(os.environ["EHR_DATABASE_URL"]) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            self.send_response(503)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def serve() -> None:
    Path("api.unfinished").write_text(str(os.getpid()))
    Path("api.unfinished").rename("api.pid")
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["EHR_PORT"])), Handler).serve_forever()


def prepare(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists prepared ()")
    say("prepared")


def main(demo: str, api: str) -> None:
    commands = {"serves": [sys.executable, __file__, "serve", "now"], "dies": ["sh", "-c", "exit 1"]}
    parts = Parts(
        prepare=prepare,
        programs=lambda url, _: [Program("api", commands[api], {"EHR_DATABASE_URL": url})],
        demo=lambda _: None if FILLED.exists() else Demo(Program("demo", ["sh", "-c", DEMOS[demo]]), FILLED),
    )
    try:
        run(load(), parts, say)
    except Refused as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        main(*sys.argv[1:])
