"""`synthgen info`: versions, devices, ffmpeg and engines."""

import importlib.util
import shutil

import typer

from synthgen_tf.choices import Engine
from synthgen_tf.quiet import import_tensorflow

ENGINES: dict[Engine, str] = {
    "tflite": "ai_edge_litert",
    "keras": "keras",
    "savedmodel": "tensorflow",
}
"""Engine to the package that it needs."""


def info() -> None:
    """Show versions, devices, ffmpeg and engines."""
    import_tensorflow()
    import tensorflow as tf

    from synthgen_tf.runs import environment

    versions = environment()
    found = [name for name, module in ENGINES.items() if importlib.util.find_spec(module)]
    rows = [
        ["commit", versions["commit"] or "installed package"],
        ["Python", versions["python"]],
        ["platform", versions["platform"]],
        *([name, version or "not installed"] for name, version in versions["packages"].items()),
        ["devices", ", ".join(device.name for device in tf.config.list_physical_devices())],
        ["ffmpeg", shutil.which("ffmpeg") or "not found, the packages musdb and stempeg need it"],
        ["engines", ", ".join(found)],
    ]
    for name, value in rows:
        typer.echo(f"{name:14}{value}")
