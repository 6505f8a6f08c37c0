"""A U-Net over time and frequency around a dilated bottleneck.

Patterns are learnt once for all pitches, and what is fine comes back past the bottleneck.

Shape legend: b batch, f frames, g groups of bins, n bands, c channels.
"""

from functools import partial
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from synthgen_tf.config import UNetModel
from synthgen_tf.config.networks import FIRST_BAND
from synthgen_tf.model.conv1d_networks import conv_norm, dilated_blocks
from synthgen_tf.model.masking import MaskedSpectrum
from synthgen_tf.model.spectrum import Shape

Pair = tuple[int, int]
"""Lengths along frames and along bands."""


def unet_network(mixture: KerasTensor, config: UNetModel, synchronized: bool) -> KerasTensor:
    """Build convolutions down to few bands, Conv1D blocks over all of them, and the way up again.

    From a normalised mixture to an estimate, both (batch, time, channels).
    """
    spectrum = MaskedSpectrum(mixture, config, synchronized)

    def linear(
        hidden: KerasTensor, filters: int, kernel: Pair, name: str, strides: Pair = (1, 1)
    ) -> KerasTensor:
        hidden = layers.Conv2D(filters, kernel, strides, padding="same", use_bias=False, name=name)(
            hidden
        )
        return layers.BatchNormalization(synchronized=synchronized, name=f"{name}_norm")(hidden)

    def conv(
        hidden: KerasTensor, filters: int, kernel: Pair, name: str, strides: Pair = (1, 1)
    ) -> KerasTensor:
        hidden = linear(hidden, filters, kernel, name, strides)
        return layers.ReLU(name=f"{name}_relu")(hidden)

    bins = _bins_of(spectrum.features(cosine=True), config)
    hidden = WholeFrames(config.frame_stride, name="whole_frames")(bins)
    hidden = conv(hidden, config.widths[0], (3, 7), "encoder_0", (1, FIRST_BAND))
    skips = [hidden]
    for i, (width, stride) in enumerate(config.levels, start=1):
        hidden = conv(hidden, width, (3, 5), f"encoder_{i}", (stride, 2))
        if i < len(config.levels):
            hidden = conv(hidden, width, (3, 3), f"encoder_{i}_more")
        skips.append(hidden)
    hidden = _bottleneck(hidden, config, synchronized)
    for i, (_, stride) in reversed(list(enumerate(config.levels, start=1))):
        skip = skips[i - 1]
        hidden = linear(hidden, 2 * skip.shape[3], (1, 3), f"decoder_{i}_up")
        # channels side by side become neighbouring bands
        shape = (-1, skip.shape[2], skip.shape[3])
        hidden = layers.Reshape(shape, name=f"decoder_{i}_bands")(hidden)
        if stride > 1:
            hidden = ops.repeat(hidden, stride, axis=1)
        hidden = layers.Add(name=f"decoder_{i}_add")([hidden, skip])
        hidden = layers.ReLU(name=f"decoder_{i}_up_relu")(hidden)
        if i > 1:
            hidden = conv(hidden, skip.shape[3], (3, 3), f"decoder_{i}")
    last = partial(layers.Conv2D, config.channels * FIRST_BAND, 3, padding="same")
    mask = spectrum.mask(hidden, last, 0.003)
    mask = layers.Reshape((-1, config.groups, config.channels), name="bands_as_bins")(mask)
    mask = FramesOf(name="frames_of")(mask, bins)
    return spectrum.estimate(layers.Permute((1, 3, 2), name="mask_of_channels")(mask))


def _bins_of(features: KerasTensor, config: UNetModel) -> KerasTensor:
    """Turn bins as channels (b, f, c * g) into an image (b, f, g, c)."""
    channels = features.shape[-1] // config.groups
    bins = layers.Reshape((-1, channels, config.groups), name="channels_as_bins")(features)
    return layers.Permute((1, 3, 2), name="bins_before_channels")(bins)


def _bottleneck(image: KerasTensor, config: UNetModel, synchronized: bool) -> KerasTensor:
    """Add dilated Conv1D blocks that see all bands at once, and a way past them: (b, f, n, c)."""
    _, _, bands, channels = image.shape
    size, inner = bands * channels, config.bottleneck
    hidden = layers.Reshape((-1, size), name="bands_as_channels")(image)
    hidden = conv_norm(hidden, 2 * inner, 1, "into", synchronized)
    hidden = dilated_blocks(hidden, inner, config.dilations, synchronized)
    hidden = conv_norm(hidden, size, 1, "out_of", synchronized)
    hidden = layers.Reshape((-1, bands, channels), name="channels_as_bands")(hidden)
    return layers.Add(name="past_the_blocks")([hidden, image])


@keras.saving.register_keras_serializable("synthgen")
class WholeFrames(layers.Layer):
    """A layer that fills images up with silent frames to a multiple: (b, f, n, c) to (b, f', n, c).

    Args:
        multiple: frames of which f' is a multiple.
        options: of `keras.layers.Layer`.
    """

    def __init__(self, multiple: int, **options: Any) -> None:
        super().__init__(**options)
        self.multiple = multiple

    def call(self, image: KerasTensor) -> KerasTensor:
        batch, frames, bands, channels = ops.shape(image)
        image = ops.pad(image, ((0, 0), (0, -frames % self.multiple), (0, 0), (0, 0)))
        return ops.reshape(image, (batch, -1, bands, channels))  # padding forgets them in TFLite

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, frames, *rest = input_shape
        return batch, None if frames is None else frames + -frames % self.multiple, *rest

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable("synthgen")
class FramesOf(layers.Layer):
    """A layer that cuts an image to as many frames as another has.

    Input: the images (b, f', n, c) and (b, f, ...), f' being f or more. Output shape: (b, f, n, c).
    """

    def call(self, image: KerasTensor, other: KerasTensor) -> KerasTensor:
        return image[:, : ops.shape(other)[1]]

    def compute_output_shape(self, image_shape: Shape, other_shape: Shape) -> Shape:
        return image_shape[0], other_shape[1], *image_shape[2:]
