"""The networks, each from a normalised mixture (b, t, c) to an estimate (b, t, c).

Shape legend: b batch, t samples, c channels, f frames, k bins.
"""

import numpy as np
from keras import initializers, layers, ops

from synthgen_tf.config import CardModel, SpectralModel
from synthgen_tf.model.spectrum import Spectrum, Waveform


def card_network(mixture, config: CardModel, synchronized: bool):
    """The model card's encoder and mirrored decoder on the waveform, with a signed output.

    Its context is 13 samples. The card's sigmoid could not give negative samples; here the last
    layer is linear.
    """
    hidden = mixture
    for i, filters in enumerate(config.filters):
        hidden = _conv(hidden, filters, config.kernel, f"encoder_{i}", synchronized)
    for i, filters in enumerate(reversed(config.filters[:-1])):
        hidden = _conv(hidden, filters, config.kernel, f"decoder_{i}", synchronized)
    return layers.Conv1D(config.channels, config.kernel, padding="same", name="decoder_output")(
        hidden
    )


def spectral_network(mixture, config: SpectralModel, synchronized: bool):
    """Conv1D encoder, dilated bottleneck and decoder over magnitudes; a mask for every bin.

    The mask is linear and starts at `mask_start`, between silence and the mixture. Normalized
    losses push it towards silence first, where a ReLU would die and a sigmoid flatten.
    """
    mixture = _mid_and_side(mixture)
    real, imaginary = Spectrum(config.window, config.hop, name="spectrum")(mixture)  # b f c k
    bins = config.window // 2 + 1
    features = ops.log1p(ops.sqrt(ops.square(real) + ops.square(imaginary) + 1e-9))
    features = layers.Reshape((-1, config.channels * bins), name="bins_as_channels")(features)
    features = layers.BatchNormalization(synchronized=synchronized, name="level_of_bins")(features)
    encoded = _conv(features, config.width, 1, "encoder", synchronized, activation="tanh")
    hidden = encoded
    for i, dilation in enumerate(config.dilations):
        inner = _conv(hidden, config.bottleneck, 3, f"block_{i}_mix", synchronized, dilation)
        inner = layers.Conv1D(config.width, 1, name=f"block_{i}_out")(inner)
        hidden = layers.Add(name=f"block_{i}_add")([hidden, inner])
    hidden = layers.Concatenate(name="skip")([hidden, encoded])
    hidden = _conv(hidden, config.width, 1, "decoder", synchronized)
    mask = layers.Conv1D(
        config.channels * bins,
        1,
        bias_initializer=initializers.Constant(config.mask_start),
        kernel_initializer=initializers.RandomNormal(stddev=0.01),
        name="mask",
    )(hidden)
    mask = layers.Reshape((-1, config.channels, bins), name="channels_as_bins")(mask)
    estimate = Waveform(config.window, config.hop, name="waveform")(
        real * mask, imaginary * mask, mixture
    )
    return _mid_and_side(estimate)


def _mid_and_side(signal):
    """Left and right to middle and side or back, at equal energy; other than stereo stays as it is.

    Width tells instruments apart: voice, bass and drums are in the middle, wide synths are not.
    """
    if signal.shape[-1] != 2:
        return signal
    return ops.matmul(signal, np.array([[1, 1], [1, -1]], "float32") / np.sqrt(np.float32(2)))


def _conv(hidden, filters, kernel, name, synchronized, dilation=1, activation="relu"):
    """Conv1D, batch norm, activation; the norm makes the bias needless."""
    hidden = layers.Conv1D(
        filters, kernel, padding="same", dilation_rate=dilation, use_bias=False, name=name
    )(hidden)
    hidden = layers.BatchNormalization(synchronized=synchronized, name=f"{name}_norm")(hidden)
    return layers.Activation(activation, name=f"{name}_{activation}")(hidden)
