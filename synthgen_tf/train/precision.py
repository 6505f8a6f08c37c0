"""Products in bfloat16 where the device has instructions for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from synthgen_tf.config import Config
from synthgen_tf.model.masking import FEATURES, MASK

PROCESSOR = Path("/proc/cpuinfo")
INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""Flags of x86 processors; those without would round in software, and be slower."""


@contextmanager
def bfloat16_products(config: Config) -> Iterator[bool]:
    """Let oneDNN, in TensorFlow on CPUs, multiply in bfloat16, if `training.precision` asks for it.

    Weights, sums, norms, spectra and the loss stay float32: it is TensorFlow that decides what is
    safe. On GPUs see `compute_in_bfloat16`; elsewhere nothing changes.

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


def compute_in_bfloat16(model: keras.Model, config: Config) -> bool:
    """Have a network compute in bfloat16 on GPUs and TPUs, if `training.precision` asks for it.

    That is what it learns, from its features to its mask. Weights, statistics of batch norm,
    spectra and the loss stay float32.

    Args:
        model: of `model.build_model`; its layers change.
        config: section `training`.

    Returns:
        Whether it has an effect.
    """
    names = [layer.name for layer in model.layers]
    if config.training.precision != "bfloat16" or FEATURES not in names or not has_accelerator():
        return False
    for layer in model.layers[names.index(FEATURES) + 1 : names.index(MASK) + 1]:
        layer.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
    return True


def has_accelerator() -> bool:
    """Tell whether the backend of Keras computes on something else than a CPU."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    if backend == "torch":
        import torch

        return torch.cuda.is_available()
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
