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

    facts = environment()
    found = [name for name, module in ENGINES.items() if importlib.util.find_spec(module)]
    rows = [
        ["commit", facts["commit"] or "installed package"],
        ["Python", facts["python"]],
        ["platform", facts["platform"]],
        *([name, version or "not installed"] for name, version in facts["packages"].items()),
        ["devices", ", ".join(device.name for device in tf.config.list_physical_devices())],
        ["ffmpeg", shutil.which("ffmpeg") or "not found, the packages musdb and stempeg need it"],
        ["engines", ", ".join(found)],
    ]
    for name, value in rows:
        typer.echo(f"{name:14}{value}")
