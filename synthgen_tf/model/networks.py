"""The networks, each from a normalised mixture (b, t, c) to an estimate (b, t, c).

Shape legend: b batch, t samples, c channels, f frames, k bins.
"""

from keras import initializers, layers, ops

from synthgen_tf.config import CardModel, SpectralModel
from synthgen_tf.model.spectrum import Spectrum, Waveform, magnitude, mid_and_side

MAGNITUDES, MASKS = "magnitudes", "mask_of_bins"
"""Layers of the mixture's magnitudes and of what they are multiplied with, both (b, f, c, k)."""

FEATURE_GAIN = 5.0
"""Brings most magnitudes, relative to the level around them, where log1p bends."""

MASK_SLOPE = 0.01


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

    High bins go through the network in groups. Magnitudes are taken relative to the level around
    them, so that loud and quiet passages look alike wherever a song is cut.

    The mask starts at `mask_start`, between silence and the mixture. A little slope below zero
    keeps it alive: normalized losses push towards silence first, where a ReLU would die.
    """
    mixture = mid_and_side(mixture)
    real, imaginary = Spectrum(config.window, config.hop, name="spectrum")(mixture)  # b f c k
    magnitudes = layers.Identity(name=MAGNITUDES)(magnitude(real, imaginary))
    level = ops.mean(ops.square(magnitudes), axis=(2, 3), keepdims=True)
    level = layers.Reshape((-1, 1), name="level_of_frames")(level)
    level = layers.AveragePooling1D(config.level_frames, 1, padding="same", name="level")(level)
    level = layers.Reshape((-1, 1, 1), name="level_around")(level)
    relative = magnitudes / ops.sqrt(level + 1e-8)
    features = _grouped(ops.log1p(FEATURE_GAIN * relative), config)
    groups = features.shape[-1]
    features = layers.Reshape((-1, config.channels * groups), name="bins_as_channels")(features)
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
        config.channels * groups,
        1,
        bias_initializer=initializers.Constant(config.mask_start),
        kernel_initializer=initializers.RandomNormal(stddev=0.01),
        name="mask",
    )(hidden)
    mask = layers.LeakyReLU(negative_slope=MASK_SLOPE, name="mask_leaky_relu")(mask)
    mask = layers.Reshape((-1, config.channels, groups), name="channels_as_bins")(mask)
    mask = layers.Identity(name=MASKS)(_ungrouped(mask, config))
    estimate = Waveform(config.window, config.hop, name="waveform")(
        real * mask, imaginary * mask, mixture
    )
    return mid_and_side(estimate)


def _grouped(bins, config: SpectralModel):
    """Means over groups of the bins from `fine_bins` up, without the last: (b, f, c, k)."""
    fine, last = config.fine_bins, config.window // 2
    if config.group == 1:
        return bins[..., :last]
    count = (last - fine) // config.group
    coarse = layers.Reshape((-1, config.channels, count, config.group), name="groups")(
        bins[..., fine:last]
    )
    return ops.concatenate([bins[..., :fine], ops.mean(coarse, axis=-1)], axis=-1)


def _ungrouped(groups, config: SpectralModel):
    """Every bin gets the value of its group, the last bin that of its neighbour."""
    fine = config.fine_bins
    coarse = ops.repeat(groups[..., fine:], config.group, axis=-1)
    return ops.concatenate([groups[..., :fine], coarse, coarse[..., -1:]], axis=-1)


def _conv(hidden, filters, kernel, name, synchronized, dilation=1, activation="relu"):
    """Conv1D, batch norm, activation; the norm makes the bias needless."""
    hidden = layers.Conv1D(
        filters, kernel, padding="same", dilation_rate=dilation, use_bias=False, name=name
    )(hidden)
    hidden = layers.BatchNormalization(synchronized=synchronized, name=f"{name}_norm")(hidden)
    return layers.Activation(activation, name=f"{name}_{activation}")(hidden)
