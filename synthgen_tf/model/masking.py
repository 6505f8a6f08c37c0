"""What the networks that mask a spectrum share: its features, and the way from a mask to samples.

Shape legend: b batch, t samples, c channels, f frames, k bins, g groups of bins.
"""

from collections.abc import Callable

from keras import KerasTensor, initializers, layers, ops

from synthgen_tf.config import MaskingModel
from synthgen_tf.model.spectrum import LOUD, Spectrum, Waveform, magnitude, mid_and_side

MAGNITUDES, MASKS = "magnitudes", "mask_of_bins"
"""Names of the layers that give the mixture's magnitudes and what they are multiplied with, both
(b, f, c, k)."""

FEATURES, MASK = "level_of_bins", "mask"
"""Names of the layers between which a network of masks has what it learns."""

FEATURE_GAIN = 5.0
"""Brings most magnitudes, relative to the level around them, where log1p bends."""

MASK_SLOPE = 0.01
"""Slope of a mask below zero, see `MaskedSpectrum.mask`."""


class MaskedSpectrum:
    """The mixture's spectrum in middle and side: what a network of masks sees of it and changes.

    Args:
        mixture: (b, t, c), left and right.
        config: its section `model`.
        synchronized: whether batch norm takes its statistics over all replicas.
    """

    def __init__(self, mixture: KerasTensor, config: MaskingModel, synchronized: bool) -> None:
        self.config, self.synchronized = config, synchronized
        self.mixture = mid_and_side(mixture)
        spectrum = Spectrum(config.window, config.hop, name="spectrum")
        self.real, self.imaginary = spectrum(self.mixture)  # b f c k
        self.magnitudes = layers.Identity(name=MAGNITUDES)(magnitude(self.real, self.imaginary))

    def features(self, cosine: bool = False) -> KerasTensor:
        """Return the log magnitudes in groups of bins, each group normalised: (b, f, c * g).

        Magnitudes are taken relative to the level around them, so that loud and quiet passages
        look alike wherever a song is cut. With `cosine`, stereo has one channel more: the cosine
        between middle and side, which tells left from right.
        """
        config, magnitudes = self.config, self.magnitudes
        loud = magnitudes * LOUD
        level = ops.mean(ops.square(loud), axis=(2, 3), keepdims=True)
        level = layers.Reshape((-1, 1), name="level_of_frames")(level)
        level = layers.AveragePooling1D(config.level_frames, 1, padding="same", name="level")(level)
        level = layers.Reshape((-1, 1, 1), name="level_around")(level)
        relative = loud / ops.sqrt(level + 1e-8 * LOUD**2)
        found = _grouped(ops.log1p(FEATURE_GAIN * relative), config)
        if cosine and config.channels == 2:
            found = ops.concatenate([found, self._cosine()], axis=2)
        size = found.shape[2] * config.groups
        found = layers.Reshape((-1, size), name="bins_as_channels")(found)
        return layers.BatchNormalization(synchronized=self.synchronized, name=FEATURES)(found)

    def _cosine(self) -> KerasTensor:
        real, imaginary, magnitudes = self.real, self.imaginary, self.magnitudes
        product = real[:, :, :1] * real[:, :, 1:] + imaginary[:, :, :1] * imaginary[:, :, 1:]
        bound = magnitudes[:, :, :1] * magnitudes[:, :, 1:]
        return _grouped(product, self.config) / _grouped(bound, self.config)

    def mask(
        self, hidden: KerasTensor, layer: Callable[..., layers.Layer], spread: float
    ) -> KerasTensor:
        """Return the mask that the last layer of a network makes of its hidden channels.

        It starts at `mask_start`, between silence and the mixture. A little slope below zero keeps
        it alive: normalized losses push towards silence first, where a ReLU would die.

        Args:
            hidden: what the layer takes.
            layer: makes it, from its initializers and name.
            spread: standard deviation of its first weights, around no weight at all.
        """
        mask = layer(
            bias_initializer=initializers.Constant(self.config.mask_start),
            kernel_initializer=initializers.RandomNormal(stddev=spread),
            name=MASK,
        )(hidden)
        return layers.LeakyReLU(negative_slope=MASK_SLOPE, name="mask_leaky_relu")(mask)

    def estimate(self, mask: KerasTensor) -> KerasTensor:
        """Return the samples under a mask: groups of bins (b, f, c, g) to left and right (b, t, c).

        The phase is the mixture's.
        """
        mask = layers.Identity(name=MASKS)(_ungrouped(mask, self.config))
        estimate = Waveform(self.config.window, self.config.hop, name="waveform")(
            self.real * mask, self.imaginary * mask, self.mixture
        )
        return mid_and_side(estimate)


def _grouped(bins: KerasTensor, config: MaskingModel) -> KerasTensor:
    """Replace the bins from `fine_bins` up by means of groups, and leave the last one out.

    From bins (b, f, c, k) to groups (b, f, c, g).
    """
    fine, last = config.fine_bins, config.window // 2
    if config.group == 1:
        return bins[..., :last]
    count = (last - fine) // config.group
    coarse = layers.Reshape((-1, bins.shape[2], count, config.group))(bins[..., fine:last])
    return ops.concatenate([bins[..., :fine], ops.mean(coarse, axis=-1)], axis=-1)


def _ungrouped(groups: KerasTensor, config: MaskingModel) -> KerasTensor:
    """Go back from groups (b, f, c, g) to bins (b, f, c, k).

    Every bin gets the value of its group, the last bin that of its neighbour.
    """
    fine = config.fine_bins
    coarse = ops.repeat(groups[..., fine:], config.group, axis=-1)
    return ops.concatenate([groups[..., :fine], coarse, coarse[..., -1:]], axis=-1)
