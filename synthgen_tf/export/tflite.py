"""A SavedModel as TFLite files of builtin ops with free length.

The converter can abort its process, so it runs in one of its own: `python -m
synthgen_tf.export.tflite SAVEDMODEL VARIANT OUT [EXAMPLES]`.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np

from synthgen_tf.choices import Variant
from synthgen_tf.errors import InputError
from synthgen_tf.export.dequantize import with_float_arithmetic

VARIANTS = get_args(Variant)

FLOAT_OPS = (
    "ADD",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "DIV",
    "FULLY_CONNECTED",
    "GATHER",
    "LOG",
    "MAXIMUM",
    "MEAN",
    "MUL",
    "NEG",
    "PACK",
    "PAD",
    "RESHAPE",
    "REVERSE_V2",
    "RSQRT",
    "SELECT_V2",
    "SPLIT",
    "SQRT",
    "SQUARE",
    "STRIDED_SLICE",
    "SUB",
    "TILE",
    "TRANSPOSE",
)
"""Never in integers: only convolutions are, since 8 bits of a spectrum could be heard."""


def write_tflite(savedmodel: Path, variant: str, out: Path, examples: Path | None = None) -> None:
    """Convert the signature `serving_default`, in another process.

    Args:
        savedmodel: folder of the SavedModel.
        variant: `fp32`, `fp16` (weights in half precision), `dynamic` (weights in 8 bits,
            computed with in float32, see `dequantize`) or `int8` (weights of
            convolutions and what they compute with, in 8 bits).
        out: file to write.
        examples: for `int8`, a file of `examples.write_examples`, to take ranges from.

    Raises:
        RuntimeError: with the converter's last words when it fails.
    """
    check_variants([variant])
    files = [str(out), str(examples)] if variant == "int8" else [str(out)]
    command = [sys.executable, "-m", __name__, str(savedmodel), variant, *files]
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


def _convert(savedmodel: str, variant: str, out: str, examples: str = "") -> None:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        savedmodel, signature_keys=["serving_default"]
    )
    if variant != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if variant == "int8":
        Path(out).write_bytes(_in_integers(converter, np.load(examples)))
        return
    model = converter.convert()
    Path(out).write_bytes(with_float_arithmetic(model) if variant == "dynamic" else model)


def _in_integers(converter, blocks: np.ndarray) -> bytes:
    import tensorflow as tf

    def examples():
        for block in blocks:
            yield {"mixture": block[None]}

    converter.representative_dataset = examples
    # the debugger is TensorFlow's own way to leave operations out
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=list(FLOAT_OPS))
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=examples, debug_options=options
    )
    return debugger.get_nondebug_quantized_model()


if __name__ == "__main__":
    _convert(*sys.argv[1:])
