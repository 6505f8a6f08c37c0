"""Batch norm folded into the layers that it follows: fewer operations, the same output."""

import keras
import numpy as np
from keras import KerasTensor

from synthgen_tf.model.band_mixer import AcrossBands, Linear
from synthgen_tf.model.spectrum import Shape

LINEAR = (keras.layers.Conv1D, keras.layers.Conv2D, Linear)


class Folded(keras.layers.Layer):
    """A layer that stands where a norm was: it is called like it and changes nothing."""

    def call(self, inputs: KerasTensor, mask: KerasTensor | None = None) -> KerasTensor:
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


def folded(model: keras.Model) -> keras.Model:
    """Return the same network without the norms that directly follow a layer without a bias.

    They become its bias and a factor of its weights; all other layers stay as they are.
    """
    norms = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            before = _before(layer)
            if isinstance(before, LINEAR) and not before.use_bias:
                norms[before.name] = layer
    gone = {norm.name for norm in norms.values()}

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in gone:
            return Folded(name=layer.name)
        with_bias = {"use_bias": True} if layer.name in norms else {}
        return type(layer).from_config(layer.get_config() | with_bias)

    result = keras.models.clone_model(model, clone_function=clone)
    for layer in model.layers:
        if layer.name in norms:
            _fold(layer, norms[layer.name], result.get_layer(layer.name))
        elif layer.name not in gone and layer.weights:
            result.get_layer(layer.name).set_weights(layer.get_weights())
    return result


def _before(layer: keras.layers.Layer) -> keras.Operation:
    """Return the layer whose output a layer takes."""
    return layer.input._keras_history.operation


def _fold(
    linear: keras.layers.Layer,
    norm: keras.layers.BatchNormalization,
    into: keras.layers.Layer,
) -> None:
    gamma, beta, mean, variance = (np.float64(weight) for weight in norm.get_weights())
    factor = gamma / np.sqrt(variance + norm.epsilon)
    shift = beta - mean * factor
    if isinstance(linear, AcrossBands):  # its units come first
        factor, shift = factor[:, None], shift[:, None, None]
    (kernel,) = linear.get_weights()
    into.set_weights([kernel * factor, np.broadcast_to(shift, into.bias.shape)])
