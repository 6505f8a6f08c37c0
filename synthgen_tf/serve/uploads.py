"""How music in a request becomes a file of our own naming."""

from pathlib import Path

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect

FIELD = "file"
CHUNK = 1 << 20

BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "audio/*": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""What OpenAPI says of it."""


async def receive_upload(request: Request, path: Path) -> None:
    """Write the music of a request, a multipart field `file` or the whole body, to a file.

    Raises:
        HTTPException: for another content type, a form without music, or a body that is empty or
            ends early.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            await _from_form(request, path)
        elif kind in ("", "application/octet-stream") or kind.startswith(("audio/", "video/")):
            with path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
        else:
            raise HTTPException(
                415, f"content type is {kind!r}: expected multipart/form-data or audio"
            )
    except ClientDisconnect:
        raise HTTPException(400, "body ended early") from None
    if not path.stat().st_size:
        raise HTTPException(400, "body is empty: expected an audio file")


async def _from_form(request: Request, path: Path) -> None:
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            upload = form.get(FIELD)
            if not isinstance(upload, UploadFile):
                raise HTTPException(400, f"form has no file {FIELD!r}: expected the music there")
            with path.open("wb") as file:
                while chunk := await upload.read(CHUNK):
                    file.write(chunk)
    except MultiPartException as error:
        raise HTTPException(400, f"broken multipart body: {error.message}") from None
