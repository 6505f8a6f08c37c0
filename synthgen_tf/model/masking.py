"""What networks that mask bins share: features ahead of them, and from a mask to samples.

Shape legend: b batch, t samples, c channels, f frames, k bins, g groups of bins.
"""

from keras import layers, ops

from synthgen_tf.config import MaskingModel
from synthgen_tf.model.spectrum import Spectrum, Waveform, magnitude, mid_and_side

MAGNITUDES, MASKS = "magnitudes", "mask_of_bins"
"""Layers of the mixture's magnitudes and of what they are multiplied with, both (b, f, c, k)."""

FEATURE_GAIN = 5.0
"""Brings most magnitudes, relative to the level around them, where log1p bends."""

MASK_SLOPE = 0.01


class MaskedSpectrum:
    """The mixture's spectrum in middle and side, as a network of masks sees and changes it.

    Args:
        mixture: (b, t, c), left and right.
        config: its section `model`.
        synchronized: batch statistics over all replicas.

    The mask starts at `mask_start`, between silence and the mixture. A little slope below zero
    keeps it alive: normalized losses push towards silence first, where a ReLU would die.
    """

    def __init__(self, mixture, config: MaskingModel, synchronized: bool):
        self.config, self.synchronized = config, synchronized
        self.mixture = mid_and_side(mixture)
        spectrum = Spectrum(config.window, config.hop, name="spectrum")
        self.real, self.imaginary = spectrum(self.mixture)  # b f c k
        self.magnitudes = layers.Identity(name=MAGNITUDES)(magnitude(self.real, self.imaginary))

    def features(self, cosine: bool = False):
        """Log magnitudes in groups of bins, each group normalised: (b, f, c * g).

        Magnitudes are taken relative to the level around them, so that loud and quiet passages
        look alike wherever a song is cut. With `cosine`, stereo has one channel more: the cosine
        between middle and side, which tells left from right.
        """
        config, magnitudes = self.config, self.magnitudes
        level = ops.mean(ops.square(magnitudes), axis=(2, 3), keepdims=True)
        level = layers.Reshape((-1, 1), name="level_of_frames")(level)
        level = layers.AveragePooling1D(config.level_frames, 1, padding="same", name="level")(level)
        level = layers.Reshape((-1, 1, 1), name="level_around")(level)
        relative = magnitudes / ops.sqrt(level + 1e-8)
        found = _grouped(ops.log1p(FEATURE_GAIN * relative), config)
        if cosine and config.channels == 2:
            found = ops.concatenate([found, self._cosine()], axis=2)
        size = found.shape[2] * config.groups
        found = layers.Reshape((-1, size), name="bins_as_channels")(found)
        return layers.BatchNormalization(synchronized=self.synchronized, name="level_of_bins")(
            found
        )

    def _cosine(self):
        real, imaginary, magnitudes = self.real, self.imaginary, self.magnitudes
        product = real[:, :, :1] * real[:, :, 1:] + imaginary[:, :, :1] * imaginary[:, :, 1:]
        bound = magnitudes[:, :, :1] * magnitudes[:, :, 1:]
        return _grouped(product, self.config) / _grouped(bound, self.config)

    def estimate(self, mask):
        """Samples (b, t, c), left and right, under a mask of groups (b, f, c, g)."""
        mask = layers.Identity(name=MASKS)(_ungrouped(mask, self.config))
        estimate = Waveform(self.config.window, self.config.hop, name="waveform")(
            self.real * mask, self.imaginary * mask, self.mixture
        )
        return mid_and_side(estimate)


def _grouped(bins, config: MaskingModel):
    """Means over groups of the bins from `fine_bins` up, without the last: (b, f, c, k)."""
    fine, last = config.fine_bins, config.window // 2
    if config.group == 1:
        return bins[..., :last]
    count = (last - fine) // config.group
    coarse = layers.Reshape((-1, bins.shape[2], count, config.group))(bins[..., fine:last])
    return ops.concatenate([bins[..., :fine], ops.mean(coarse, axis=-1)], axis=-1)


def _ungrouped(groups, config: MaskingModel):
    """Every bin gets the value of its group, the last bin that of its neighbour."""
    fine = config.fine_bins
    coarse = ops.repeat(groups[..., fine:], config.group, axis=-1)
    return ops.concatenate([groups[..., :fine], coarse, coarse[..., -1:]], axis=-1)
