"""Small forms that pages send."""

from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST = 8192
"""Bytes of a form: some words."""


async def form_field(request: Request, name: str) -> str:
    """A field of a form (application/x-www-form-urlencoded), "" where it is missing. Raises HTTPException."""
    return (await form_fields(request)).get(name, "")


async def form_fields(request: Request, largest: int = LARGEST) -> dict[str, str]:
    """All fields of a form by name; of several of one name the first. largest: bytes.

    Raises HTTPException.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise HTTPException(413)
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
