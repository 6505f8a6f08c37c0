"""Silence for what native libraries print while they start; Python's own messages still show."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_noise_silenced() -> Iterator[None]:
    """Send file descriptor 2 nowhere while the block runs; exceptions pass as ever.

    TensorFlow 2.21 and LiteRT greet on it whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def import_tensorflow() -> None:
    """Import TensorFlow without its start-up noise."""
    with native_noise_silenced():
        import tensorflow  # noqa: F401
