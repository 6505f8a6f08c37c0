"""Batch norm folded into the layers that it follows, and taken out again to train on."""

from collections.abc import Sequence

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
    norms = {linear.name: norm for linear, norm in _normed(model)}
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


def norm_weights(model: keras.Model) -> list[np.ndarray]:
    """Return what `folded` forgets: scale, offset, mean and variance of each norm, (4, units)."""
    return [np.stack(norm.get_weights()) for _, norm in _normed(model)]


def unfold(model: keras.Model, weights: Sequence[np.ndarray], norms: Sequence[np.ndarray]) -> None:
    """Give a network the weights that it had before it was folded.

    Args:
        model: the network with its norms, of whatever weights.
        weights: of the folded network, in its order.
        norms: of `norm_weights`.
    """
    flat = folded(model)
    flat.set_weights(weights)
    gone = set()
    for (linear, norm), values in zip(_normed(model), norms, strict=True):
        norm.set_weights(list(values))
        factor = _factor(norm)
        factor[factor == 0.0] = 1.0  # whose weights are 0 as well
        kernel, _ = flat.get_layer(linear.name).get_weights()
        linear.set_weights([kernel / _beside(factor, linear)])
        gone |= {linear.name, norm.name}
    for layer in model.layers:
        if layer.name not in gone and layer.weights:
            layer.set_weights(flat.get_layer(layer.name).get_weights())


def _normed(
    model: keras.Model,
) -> list[tuple[keras.layers.Layer, keras.layers.BatchNormalization]]:
    """Return the layers without a bias that a norm directly follows, each with its norm."""
    pairs = [
        (_before(layer), layer)
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    return [(each, norm) for each, norm in pairs if isinstance(each, LINEAR) and not each.use_bias]


def _factor(norm: keras.layers.BatchNormalization) -> np.ndarray:
    """Return by what a norm multiplies each unit, in double precision."""
    gamma, _, _, variance = (np.float64(weight) for weight in norm.get_weights())
    return gamma / np.sqrt(variance + norm.epsilon)


def _beside(factor: np.ndarray, linear: keras.layers.Layer) -> np.ndarray:
    """Shape a factor of each unit so that it multiplies a layer's weights."""
    return factor[:, None] if isinstance(linear, AcrossBands) else factor  # its units come first


def _before(layer: keras.layers.Layer) -> keras.Operation:
    """Return the layer whose output a layer takes."""
    return layer.input._keras_history.operation


def _fold(
    linear: keras.layers.Layer,
    norm: keras.layers.BatchNormalization,
    into: keras.layers.Layer,
) -> None:
    _, beta, mean, _ = (np.float64(weight) for weight in norm.get_weights())
    factor = _factor(norm)
    shift = beta - mean * factor
    if isinstance(linear, AcrossBands):
        shift = shift[:, None, None]
    (kernel,) = linear.get_weights()
    into.set_weights([kernel * _beside(factor, linear), np.broadcast_to(shift, into.bias.shape)])
