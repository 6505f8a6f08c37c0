"""The networks, each from a normalised mixture (b, t, c) to an estimate (b, t, c).

Shape legend: b batch, t samples, c channels, f frames, k bins; `band_mixer` has the third.
"""

from collections.abc import Sequence

from keras import initializers, layers

from synthgen_tf.config import CardModel, SpectralModel
from synthgen_tf.model.masking import MASK_SLOPE, MaskedSpectrum


def card_network(mixture, config: CardModel, synchronized: bool):
    """The model card's encoder and mirrored decoder on the waveform, with a signed output.

    Its context is 13 samples. The card's sigmoid could not give negative samples; here the last
    layer is linear.
    """
    hidden = mixture
    for i, filters in enumerate(config.filters):
        hidden = conv_norm(hidden, filters, config.kernel, f"encoder_{i}", synchronized)
    for i, filters in enumerate(reversed(config.filters[:-1])):
        hidden = conv_norm(hidden, filters, config.kernel, f"decoder_{i}", synchronized)
    return layers.Conv1D(config.channels, config.kernel, padding="same", name="decoder_output")(
        hidden
    )


def spectral_network(mixture, config: SpectralModel, synchronized: bool):
    """Conv1D encoder, dilated bottleneck and decoder over magnitudes; a mask for every bin.

    High bins go through the network in groups.
    """
    spectrum = MaskedSpectrum(mixture, config, synchronized)
    features = spectrum.features()
    encoded = conv_norm(features, config.width, 1, "encoder", synchronized, activation="tanh")
    hidden = dilated_blocks(encoded, config.bottleneck, config.dilations, synchronized)
    hidden = layers.Concatenate(name="skip")([hidden, encoded])
    hidden = conv_norm(hidden, config.width, 1, "decoder", synchronized)
    mask = layers.Conv1D(
        config.channels * config.groups,
        1,
        bias_initializer=initializers.Constant(config.mask_start),
        kernel_initializer=initializers.RandomNormal(stddev=0.01),
        name="mask",
    )(hidden)
    mask = layers.LeakyReLU(negative_slope=MASK_SLOPE, name="mask_leaky_relu")(mask)
    mask = layers.Reshape((-1, config.channels, config.groups), name="channels_as_bins")(mask)
    return spectrum.estimate(mask)


def dilated_blocks(hidden, bottleneck: int, dilations: Sequence[int], synchronized: bool):
    """Residual Conv1D blocks, one for each dilation, inside which there are fewer channels."""
    for i, dilation in enumerate(dilations):
        inner = conv_norm(hidden, bottleneck, 3, f"block_{i}_mix", synchronized, dilation)
        inner = layers.Conv1D(hidden.shape[-1], 1, name=f"block_{i}_out")(inner)
        hidden = layers.Add(name=f"block_{i}_add")([hidden, inner])
    return hidden


def conv_norm(hidden, filters, kernel, name, synchronized, dilation=1, activation="relu"):
    """Conv1D, batch norm, activation; the norm makes the bias needless."""
    hidden = layers.Conv1D(
        filters, kernel, padding="same", dilation_rate=dilation, use_bias=False, name=name
    )(hidden)
    hidden = layers.BatchNormalization(synchronized=synchronized, name=f"{name}_norm")(hidden)
    return layers.Activation(activation, name=f"{name}_{activation}")(hidden)
