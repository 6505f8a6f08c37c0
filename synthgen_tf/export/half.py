"""Weights stored in half precision: half the size on disk, the same arithmetic."""

import keras

from synthgen_tf.model.band_mixer import Linear

WEIGHTED = (keras.layers.Conv1D, keras.layers.Conv2D, Linear)


class HalfStored(keras.DTypePolicy):
    """A policy that stores variables in float16 and computes with them in float32."""

    def _parse_name(self, name: str) -> tuple[str, str]:
        return "float32", "float16"


def half_stored(model: keras.Model) -> keras.Model:
    """Return the same network, its weights that multiply rounded to float16 and stored so.

    Batch norm keeps float32: its variances can be beyond what float16 holds.
    """

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, WEIGHTED):
            settings = layer.get_config() | {"dtype": HalfStored("float32")}
            return type(layer).from_config(settings)
        return type(layer).from_config(layer.get_config())

    half = keras.models.clone_model(model, clone_function=clone)
    half.set_weights(model.get_weights())
    return half
