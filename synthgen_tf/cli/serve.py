"""`synthgen serve`: a model behind HTTP, for a page, for programs and for TensorFlow Serving's
clients."""

from typing import Annotated

import typer

from synthgen_tf.cli.options import Model
from synthgen_tf.errors import InputError, install
from synthgen_tf.quiet import import_tensorflow

GRACE_SECONDS = 10


def serve(
    model: Model = None,
    host: Annotated[str, typer.Option(help="Address; 0.0.0.0 lets other machines in.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8501,
    token: Annotated[
        str | None,
        typer.Option(envvar="SYNTHGEN_TOKEN", help="That clients must bear; none by default."),
    ] = None,
    max_upload: Annotated[float, typer.Option(help="Largest upload, MB.")] = 500.0,
    max_minutes: Annotated[float, typer.Option(help="Longest music, minutes.")] = 60.0,
    max_queue: Annotated[int, typer.Option(help="Separations that may wait or run.")] = 16,
    max_disk: Annotated[float, typer.Option(help="Room for uploads and results, MB.")] = 8000.0,
    keep: Annotated[float, typer.Option(help="Minutes that a result can be fetched.")] = 30.0,
) -> None:
    """Serve a model: a page at /, music at /v1/separate, TensorFlow Serving's REST API.

    Longer music becomes a job. /openapi.json describes it all; /healthz and /metrics watch it.
    """
    import_tensorflow()
    try:
        import uvicorn

        from synthgen_tf.serve import Limits, create_app
    except ImportError as error:
        raise InputError(f"the service needs {error.name}: {install('serve')}") from None
    limits = Limits(
        upload_mb=max_upload,
        audio_seconds=60.0 * max_minutes,
        queue=max_queue,
        disk_mb=max_disk,
        keep_seconds=60.0 * keep,
    )
    app = create_app(model, limits, token)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"serving {app.state.service.card.name} at http://{shown}:{port}/ (Ctrl-C ends it)")
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
