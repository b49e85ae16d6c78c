"""Who sends: every facility, since when, how late, how much."""

from starlette.routing import Route

routes: list[Route] = []
