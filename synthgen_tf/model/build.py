"""From a configuration to a Keras functional model."""

from collections.abc import Callable
from typing import Any

import keras
from keras import KerasTensor, layers

from synthgen_tf.config import Config
from synthgen_tf.level import mixture_gain
from synthgen_tf.model.band_mixer import band_mixer_network
from synthgen_tf.model.conv1d_networks import card_network, spectral_network
from synthgen_tf.model.masking import MAGNITUDES, MASKS
from synthgen_tf.model.spectrum import Shape
from synthgen_tf.model.unet import unet_network

NETWORKS: dict[str, Callable] = {
    "card": card_network,
    "spectral": spectral_network,
    "band_mixer": band_mixer_network,
    "unet": unet_network,
}
"""Kind of the configuration to what builds it: (mixture, config, synchronized) -> estimate."""


@keras.saving.register_keras_serializable("synthgen")
class MixtureGain(layers.Layer):
    """A layer that takes mixtures (b, t, c) to one gain each (b, 1, 1), by `level.mixture_gain`.

    Args:
        normalisation: as of `level.mixture_gain`.
        options: of `keras.layers.Layer`.
    """

    def __init__(self, normalisation: str, **options: Any) -> None:
        super().__init__(**options)
        self.normalisation = normalisation

    def call(self, mixture: KerasTensor) -> KerasTensor:
        return mixture_gain(mixture, self.normalisation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], 1, 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "normalisation": self.normalisation}


def build_model(config: Config, synchronized: bool = False) -> keras.Model:
    """Build the network that takes a mixture to an estimate of the target stem, at its scale.

    The gain is part of the model: scaling the mixture scales the estimate, in every exported form.

    Args:
        config: its section `model` decides everything.
        synchronized: whether batch norm takes its statistics over all replicas of a distribution
            strategy. Only the TensorFlow backend has it; it changes no weight, so leave it off to
            load them elsewhere.

    Input and output shape: (batch, time, channels), float32, batch and time free, time at least 1.
    """
    signal = config.model
    mixture = keras.Input((None, signal.channels), name="mixture")
    gain = MixtureGain(signal.normalisation, name="gain")(mixture)
    estimate = NETWORKS[signal.kind](mixture * gain, signal, synchronized)
    return keras.Model(mixture, estimate / gain, name=f"synthgen_{config.preset}")


def masked_magnitudes(model: keras.Model) -> keras.Model:
    """Return a network of masks without its way back to samples, with the same weights.

    Output: magnitudes of the estimate in middle and side, (b, f, c, k), at the level at which the
    network sees the mixture.
    """
    magnitudes, mask = (model.get_layer(name).output for name in (MAGNITUDES, MASKS))
    return keras.Model(model.input, magnitudes * mask, name=f"{model.name}_magnitudes")
