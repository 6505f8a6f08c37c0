"""A SavedModel as TFLite files of builtin ops with free length.

The converter can abort its process, so it runs in one of its own: `python -m
synthgen_tf.export.tflite SAVEDMODEL VARIANT OUT`.
"""

import os
import subprocess
import sys
from pathlib import Path

from synthgen_tf.errors import InputError

VARIANTS = ("fp32", "fp16", "dynamic")


def write_tflite(savedmodel: Path, variant: str, out: Path) -> None:
    """Convert the signature `serving_default`, in another process.

    Args:
        savedmodel: folder of the SavedModel.
        variant: `fp32`, `fp16` (weights in half precision) or `dynamic` (weights in 8 bits).
        out: file to write.

    Raises:
        RuntimeError: with the converter's last words when it fails.
    """
    check_variants([variant])
    command = [sys.executable, "-m", __name__, str(savedmodel), variant, str(out)]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet)
    if done.returncode or not out.is_file():
        words = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise RuntimeError(f"TFLite conversion to {variant} ended with {done.returncode}: {words}")


def check_variants(variants) -> None:
    """Raise `InputError` for a name that is no variant."""
    for variant in variants:
        if variant not in VARIANTS:
            raise InputError(
                f"unknown TFLite variant {variant!r}: choose from {', '.join(VARIANTS)}"
            )


def _convert(savedmodel: str, variant: str, out: str) -> None:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        savedmodel, signature_keys=["serving_default"]
    )
    if variant != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    Path(out).write_bytes(converter.convert())


if __name__ == "__main__":
    _convert(*sys.argv[1:])
