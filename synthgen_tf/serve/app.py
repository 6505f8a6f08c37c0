"""The service as one ASGI application."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from synthgen_tf.separate.predictors import SavedModelPredictor, read_exported
from synthgen_tf.serve import models, music_routes
from synthgen_tf.serve.answers import explain_failures
from synthgen_tf.serve.bounds import BoundedBodies
from synthgen_tf.serve.gauges import Counted, Gauges
from synthgen_tf.serve.jobs import Jobs
from synthgen_tf.serve.limits import Limits
from synthgen_tf.serve.service import Service
from synthgen_tf.serve.signatures import Signatures

PAGE = Path(__file__).parent / "page"
EXPIRE_EVERY = 5.0


def create_app(
    model: str | Path | None = None, limits: Limits | None = None, token: str | None = None
) -> FastAPI:
    """Make the service for an exported model, as a FastAPI application.

    Args:
        model: folder or shipped name, the default one if left out.
        limits: what it takes on.
        token: that clients must bear, as `Authorization: Bearer <token>`; None asks for none.

    Raises:
        InputError: when the model cannot be loaded.
    """
    limits = limits or Limits()
    card = read_exported(model)
    predictor = SavedModelPredictor(card)
    jobs = Jobs(limits)
    gauges = Gauges(jobs)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        jobs.open()
        sweeper = asyncio.create_task(_sweep(jobs))
        yield
        sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeper
        await asyncio.to_thread(jobs.close)

    app = FastAPI(
        title="SynthGen",
        description=f"Takes the {card.stem} out of music; it and the rest add up to the music.",
        version=version("synthgen_tf"),
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere; /openapi.json is here
        redoc_url=None,
    )
    signatures = Signatures(predictor.loaded.signatures, card)
    app.state.service = Service(card, predictor, signatures, jobs, limits)
    explain_failures(app)
    guarded = [Depends(bearer(token))] if token else []
    for router in (music_routes.router, *models.ROUTERS):
        app.include_router(router, dependencies=guarded)

    @app.get("/healthz", tags=["service"])
    async def health() -> dict:
        """That the service lives, and what it serves."""
        return {"status": "ok", "model": card.name, "version": card.version, "stem": card.stem}

    @app.get("/metrics", tags=["service"], response_class=Response)
    async def metrics() -> Response:
        """Measures in Prometheus' text format."""
        return Response(gauges.text(), media_type="text/plain; version=0.0.4")

    app.mount("/", StaticFiles(directory=PAGE, html=True), name="page")
    app.add_middleware(BoundedBodies, limits=limits)
    app.add_middleware(Counted, gauges=gauges)
    return app


def bearer(token: str) -> Callable[[Request], Awaitable[None]]:
    """Return a dependency that lets bearers of a token in, and answers 401 to others."""

    async def check(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = secrets.compare_digest(given.strip().encode(), token.encode())
        if scheme.lower() != "bearer" or not known:
            raise HTTPException(
                401, "expected Authorization: Bearer <token>", {"WWW-Authenticate": "Bearer"}
            )

    return check


async def _sweep(jobs: Jobs) -> None:
    while True:
        await asyncio.sleep(EXPIRE_EVERY)
        await asyncio.to_thread(jobs.expire)
