"""Two of the networks, and the blocks of layers that networks share.

Each goes from a normalised mixture (b, t, c) to an estimate (b, t, c). `band_mixer` and `unet` have
the others.

Shape legend: b batch, t samples, c channels, f frames.
"""

from collections.abc import Sequence
from functools import partial

from keras import KerasTensor, layers

from synthgen_tf.config import CardModel, SpectralModel
from synthgen_tf.model.masking import MaskedSpectrum


def card_network(mixture: KerasTensor, config: CardModel, synchronized: bool) -> KerasTensor:
    """Build the model card's encoder and mirrored decoder, which work on the waveform itself.

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


def spectral_network(
    mixture: KerasTensor, config: SpectralModel, synchronized: bool
) -> KerasTensor:
    """Build a Conv1D encoder, dilated bottleneck and decoder that make a mask out of magnitudes.

    High bins go through the network in groups.
    """
    spectrum = MaskedSpectrum(mixture, config, synchronized)
    features = spectrum.features()
    encoded = conv_norm(features, config.width, 1, "encoder", synchronized, activation="tanh")
    hidden = dilated_blocks(encoded, config.bottleneck, config.dilations, synchronized)
    hidden = layers.Concatenate(name="skip")([hidden, encoded])
    hidden = conv_norm(hidden, config.width, 1, "decoder", synchronized)
    last = partial(layers.Conv1D, config.channels * config.groups, 1)
    mask = spectrum.mask(hidden, last, 0.01)
    mask = layers.Reshape((-1, config.channels, config.groups), name="channels_as_bins")(mask)
    return spectrum.estimate(mask)


def dilated_blocks(
    hidden: KerasTensor, bottleneck: int, dilations: Sequence[int], synchronized: bool
) -> KerasTensor:
    """Add residual Conv1D blocks, one for each dilation, to a network: (b, f, c), as it was.

    Args:
        hidden: output of the layers before.
        bottleneck: channels inside a block, usually fewer than c.
        dilations: how far apart, in frames, the three taps of each block's convolution are.
        synchronized: whether batch norm takes its statistics over all replicas.
    """
    for i, dilation in enumerate(dilations):
        inner = conv_norm(hidden, bottleneck, 3, f"block_{i}_mix", synchronized, dilation)
        inner = layers.Conv1D(hidden.shape[-1], 1, name=f"block_{i}_out")(inner)
        hidden = layers.Add(name=f"block_{i}_add")([hidden, inner])
    return hidden


def conv_norm(
    hidden: KerasTensor,
    filters: int,
    kernel: int,
    name: str,
    synchronized: bool,
    dilation: int = 1,
    activation: str = "relu",
) -> KerasTensor:
    """Add a Conv1D, batch norm and an activation to a network: (b, f, c) to (b, f, filters).

    The norm makes the convolution's bias needless. The layers are called `name`, `<name>_norm` and
    `<name>_<activation>`.
    """
    hidden = layers.Conv1D(
        filters, kernel, padding="same", dilation_rate=dilation, use_bias=False, name=name
    )(hidden)
    hidden = layers.BatchNormalization(synchronized=synchronized, name=f"{name}_norm")(hidden)
    return layers.Activation(activation, name=f"{name}_{activation}")(hidden)
