"""Products in bfloat16 where the processor has instructions for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from synthgen_tf.config import Config

PROCESSOR = Path("/proc/cpuinfo")
INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""Flags of x86 processors; those without would round in software, and be slower."""


@contextmanager
def bfloat16_products(config: Config) -> Iterator[bool]:
    """Let oneDNN, in TensorFlow on CPUs, multiply in bfloat16, if `training.precision` asks for it.

    Weights, sums, norms, spectra and the loss stay float32: it is TensorFlow that decides what is
    safe. Elsewhere nothing changes: other backends, other processors, GPUs.

    Yields:
        Whether it has an effect.
    """
    if not (config.training.precision == "bfloat16" and has_bfloat16()):
        yield False
        return
    import tensorflow as tf

    options = tf.config.optimizer
    options.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})
    try:
        yield True
    finally:
        options.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": False})


def has_bfloat16() -> bool:
    """Tell whether TensorFlow is the backend and the processor multiplies in bfloat16.

    Only Linux says so of its processor; elsewhere the answer is no.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    try:
        flags = PROCESSOR.read_text().split()
    except OSError:
        return False
    return any(name in flags for name in INSTRUCTIONS)
