"""Results as HTTP answers, and failures as one line of JSON."""

import secrets
import zipfile
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException as AnyHTTPException

from synthgen_tf.errors import InputError
from synthgen_tf.serve.jobs import Busy, Job

MEDIA_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg"}
ZIP = "stems.zip"

ERRORS = {
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {"error": {"type": "string"}},
            }
        }
    }
}
"""What OpenAPI says of every failure."""


def failures(*codes: int) -> dict:
    """Return the part of a route's OpenAPI description that names its failures."""
    meaning = {
        400: "Not a request that makes sense",
        401: "No token, or a wrong one",
        404: "Nothing of that name",
        408: "The body came too slowly",
        409: "Not done yet",
        413: "Too large or too long",
        415: "Another content type than audio",
        422: "Not music, or a parameter out of range",
        503: "Too much to do; ask again after Retry-After",
    }
    return {code: {"description": meaning[code], **ERRORS} for code in codes}


def stem_file(job: Job, stem: str) -> Path:
    """Return the file of a job's stem.

    Raises:
        HTTPException: when the job has no such stem.
    """
    if stem not in job.stems:
        raise HTTPException(404, f"no stem {stem!r}: this job has {', '.join(job.stems)}")
    return next(job.folder.glob(f"{stem}.*"))


def result(
    job: Job, afterwards: BackgroundTask | None = None, only: str | None = None
) -> FileResponse:
    """Answer with one stem of a job; without `only` the one it has, or a zip of all."""
    files = [stem_file(job, stem) for stem in ([only] if only else job.stems)]
    path = files[0] if len(files) == 1 else _zipped(job, files)
    kind = MEDIA_TYPES.get(path.suffix, "application/zip")
    return FileResponse(path, media_type=kind, filename=path.name, background=afterwards)


def _zipped(job: Job, files: list[Path]) -> Path:
    path = job.folder / ZIP
    if not path.is_file():
        draft = path.with_name(secrets.token_hex(8))  # several may ask at once
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:  # audio hardly shrinks
            for file in files:
                archive.write(file, file.name)
        draft.replace(path)
    return path


def explain_failures(app: FastAPI) -> None:
    """Give every failure of an application the same shape: `{"error": "one line"}`."""

    @app.exception_handler(AnyHTTPException)
    async def refused(request: Request, error: AnyHTTPException) -> JSONResponse:
        return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return JSONResponse({"error": f"{place}: {first['msg']}"}, 422)

    @app.exception_handler(InputError)
    async def unusable(request: Request, error: InputError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)

    @app.exception_handler(Busy)
    async def busy(request: Request, error: Busy) -> JSONResponse:
        line = f"too much to do: {error}"
        return JSONResponse({"error": line}, 503, headers={"Retry-After": str(error.seconds)})
