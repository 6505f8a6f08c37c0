"""Weights stored in half precision: half the size on disk, the same arithmetic."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from synthgen_tf.config import Config
from synthgen_tf.model import build_model


class HalfStored(keras.DTypePolicy):
    """float16 variables, float32 in all that is computed with them."""

    def _parse_name(self, name):
        return "float32", "float16"


@contextmanager
def _half_stored() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(HalfStored("float32"))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def half_stored(model: keras.Model, config: Config) -> keras.Model:
    """The same network with its weights rounded to float16 and stored so."""
    with _half_stored():
        half = build_model(config)
    half.set_weights(model.get_weights())
    return half
