"""Routes for music: separate it, watch it, fetch it, forget it."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.background import BackgroundTask

from synthgen_tf.choices import Clip, Format, Subtype
from synthgen_tf.errors import InputError
from synthgen_tf.separate.output_format import OutputFormat
from synthgen_tf.serve.answers import failures, result
from synthgen_tf.serve.jobs import DONE, FAILED, Job, Jobs
from synthgen_tf.serve.separation import (
    UPLOAD,
    TooLong,
    Wanted,
    music_seconds,
    separate_job,
    separator_for,
    without_path,
)
from synthgen_tf.serve.service import Shared
from synthgen_tf.serve.uploads import BODY, receive_upload

MAX_SHIFTS = 8
MAX_SEGMENT = 60.0
"""Seconds; memory grows with it."""
POLL_SECONDS = 0.5

AUDIO = {
    "description": "The stem, or a zip of both",
    "content": {
        kind: {"schema": {"type": "string", "format": "binary"}}
        for kind in ("audio/wav", "audio/flac", "audio/mpeg", "application/zip")
    },
}


class JobStatus(BaseModel):
    """How a job stands."""

    id: str
    state: Literal["queued", "running", "done", "failed"]
    progress: float
    stems: list[str]
    error: str | None


router = APIRouter(prefix="/v1", tags=["music"])


@router.post(
    "/separate",
    openapi_extra=BODY,
    response_class=Response,
    responses={
        200: AUDIO,
        202: {"description": "Longer music: a job", "model": JobStatus},
        **failures(400, 401, 408, 413, 415, 422, 503),
    },
)
async def separate(
    request: Request,
    service: Shared,
    stems: Annotated[str | None, Query(description="comma-separated; all by default")] = None,
    format: Annotated[Format, Query()] = "wav",
    subtype: Annotated[Subtype | None, Query()] = None,
    clip: Annotated[Clip, Query()] = "clamp",
    overlap: Annotated[float, Query(ge=0.0, le=0.9)] = 0.25,
    shifts: Annotated[int, Query(ge=1, le=MAX_SHIFTS)] = 1,
    segment: Annotated[float | None, Query(gt=0.0, le=MAX_SEGMENT)] = None,
    wait: Annotated[
        bool | None, Query(description="true: answer with the result; false: with a job")
    ] = None,
) -> Response:
    """Separate a song, sent as the form's field `file` or as the body itself."""
    jobs, limits = service.jobs, service.limits
    names = None if stems is None else tuple(filter(None, map(str.strip, stems.split(","))))
    wanted = Wanted(OutputFormat(names, format, subtype, clip), overlap, shifts, segment)
    separator = separator_for(service.predictor, wanted)
    job = await run_in_threadpool(jobs.new_job)
    upload = job.folder / UPLOAD
    try:
        await receive_upload(request, upload)
        seconds = await run_in_threadpool(music_seconds, upload, limits)
        jobs.submit(job, lambda job: separate_job(job, separator, wanted, limits))
    except BaseException as error:
        jobs.drop(job)
        if isinstance(error, InputError):
            code = 413 if isinstance(error, TooLong) else 422
            raise HTTPException(code, without_path(str(error), upload)) from None
        raise
    if wait is False or (wait is None and seconds > limits.wait_seconds):
        place = {"Location": f"/v1/jobs/{job.id}"}
        return JSONResponse(status(job).model_dump(), 202, headers=place)
    await _finished(request, job, jobs)
    refuse_unfinished(job)
    return await run_in_threadpool(result, job, BackgroundTask(jobs.drop, job))


def find_job(service: Shared, id: str) -> Job:
    """The job that a path names; 404 when there is none."""
    job = service.jobs.find(id)
    if job is None:
        raise HTTPException(404, "no such job: it is done and gone, or never was")
    return job


Found = Annotated[Job, Depends(find_job)]


@router.get("/jobs/{id}", responses=failures(401, 404))
async def job_status(job: Found) -> JobStatus:
    """How a job stands."""
    return status(job)


@router.get(
    "/jobs/{id}/result",
    response_class=Response,
    responses={200: AUDIO, **failures(401, 404, 409, 413, 422)},
)
async def job_result(job: Found) -> Response:
    """All that a job gave: the stem, or a zip of both."""
    refuse_unfinished(job)
    return await run_in_threadpool(result, job)


@router.get(
    "/jobs/{id}/{stem}",
    response_class=Response,
    responses={200: AUDIO, **failures(401, 404, 409, 413, 422)},
)
async def job_stem(job: Found, stem: str) -> Response:
    """One stem of a job."""
    refuse_unfinished(job)
    return await run_in_threadpool(result, job, only=stem)


@router.delete("/jobs/{id}", status_code=204, responses=failures(401, 404))
async def forget_job(job: Found, service: Shared) -> None:
    """Stop a job where it is, and remove what it left."""
    await run_in_threadpool(service.jobs.drop, job)


def status(job: Job) -> JobStatus:
    """What a client may know of a job."""
    return JobStatus(
        id=job.id,
        state=job.state,
        progress=round(job.progress, 4),
        stems=list(job.stems),
        error=job.error[1] if job.error else None,
    )


def refuse_unfinished(job: Job) -> None:
    """Raise HTTPException unless a job's result can be fetched."""
    if job.state == FAILED:
        code, line = job.error or (404, "cancelled")
        raise HTTPException(code, line)
    if job.state != DONE:
        raise HTTPException(409, f"job is {job.state}: ask for its state until it is done")


async def _finished(request: Request, job: Job, jobs: Jobs) -> None:
    """Wait for a job; a client who leaves takes it with him."""
    if job.future is None:
        raise HTTPException(409, "job has not begun: ask again")
    future = asyncio.wrap_future(job.future)
    try:
        while not (await asyncio.wait({future}, timeout=POLL_SECONDS))[0]:
            if await request.is_disconnected():
                jobs.drop(job)
                raise HTTPException(400, "client left")
    except asyncio.CancelledError:
        jobs.drop(job)
        raise
    if job.state == FAILED:
        jobs.drop(job)
    future.result()
