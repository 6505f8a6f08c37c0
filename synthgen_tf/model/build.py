"""From a configuration to a Keras functional model."""

from collections.abc import Callable

import keras
from keras import layers

from synthgen_tf.config import Config
from synthgen_tf.level import mixture_gain
from synthgen_tf.model.band_mixer import band_mixer_network
from synthgen_tf.model.masking import MAGNITUDES, MASKS
from synthgen_tf.model.networks import card_network, spectral_network
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
    """One gain per mixture, (b, t, c) -> (b, 1, 1): see `level.mixture_gain`."""

    def __init__(self, normalisation, **options):
        super().__init__(**options)
        self.normalisation = normalisation

    def call(self, mixture):
        return mixture_gain(mixture, self.normalisation)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 1, 1)

    def get_config(self):
        return {**super().get_config(), "normalisation": self.normalisation}


def build_model(config: Config, synchronized: bool = False) -> keras.Model:
    """Build the network: a mixture in, the estimate of the target stem out, at the mixture's scale.

    The gain is part of the model: scaling the mixture scales the estimate, in every exported form.

    Args:
        config: its section `model` decides everything.
        synchronized: batch statistics over all replicas of a distribution strategy. Only the
            TensorFlow backend has it; it changes no weight, so leave it off to load them elsewhere.

    Input and output shape: (batch, time, channels), float32, batch and time free, time at least 1.
    """
    signal = config.model
    mixture = keras.Input((None, signal.channels), name="mixture")
    gain = MixtureGain(signal.normalisation, name="gain")(mixture)
    estimate = NETWORKS[signal.kind](mixture * gain, signal, synchronized)
    return keras.Model(mixture, estimate / gain, name=f"synthgen_{config.preset}")


def masked_magnitudes(model: keras.Model) -> keras.Model:
    """The part of a network of masks ahead of the way back to samples, with the same weights.

    Output: magnitudes of the estimate in middle and side, (b, f, c, k), at the level at which the
    network sees the mixture.
    """
    magnitudes, mask = (model.get_layer(name).output for name in (MAGNITUDES, MASKS))
    return keras.Model(model.input, magnitudes * mask, name=f"{model.name}_magnitudes")
