"""TensorFlow starts here: without its noise, and without what is set for other users of Keras."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LIMITS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")
"""Variables of the environment by which Keras would end training and scoring early."""


@contextmanager
def native_noise_silenced() -> Iterator[None]:
    """Send file descriptor 2 nowhere while the block runs; exceptions pass as ever.

    TensorFlow 2.21 and LiteRT greet on it whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    fill_closed_streams()
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def fill_closed_streams() -> None:
    """Open standard streams that the caller closed, on nowhere.

    Else the next file to be opened would take their place, and be written to as if it were one.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def leave_out_keras_settings(backend: str) -> None:
    """Let Keras, unless it is imported already, have a backend and nothing else from outside."""
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = backend
        os.environ["KERAS_HOME"] = os.devnull
        for name in LIMITS:
            os.environ.pop(name, None)


def import_tensorflow() -> None:
    """Import TensorFlow without its start-up noise, as the backend of Keras.

    What the environment and a keras.json say for other programs (backend, order of channels,
    precision, limits) does not hold here: there is no configuration where Keras will look for one.
    """
    leave_out_keras_settings("tensorflow")
    with native_noise_silenced():
        import tensorflow  # noqa: F401
