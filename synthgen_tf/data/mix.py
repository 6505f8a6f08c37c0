"""Cuts of stems to one example: turned, amplified, summed, and mastered as records are."""

import tensorflow as tf

from synthgen_tf.audio.mp3 import through_mp3
from synthgen_tf.config import Config
from synthgen_tf.data.draw import EQUALIZER_HZ, Draw

BLOCK = 64
"""Frames over which the limiter holds one peak: 1.5 ms at 44 100 Hz."""
REACH = 8
"""Blocks before and after a peak that the limiter turns down with it."""
FFT_STEP = 4096
"""Spectra have a multiple of so many frames, for which there is a fast transform."""


def mix(cuts, draw: Draw, config: Config) -> tuple[tf.Tensor, tf.Tensor]:
    """The mixture and the target of an example.

    Args:
        cuts: for each stem, the target first, float32 (frames, channels) at its gain.
        draw: what else to do with them.
        config: tells which steps can be left out of the graph.

    Returns:
        Two float32 (segment, channels).
    """
    data = config.data
    if data.equalize > 0.0:
        cuts = [
            equalize(cut, draw.curves[i], config.model.sample_rate) for i, cut in enumerate(cuts)
        ]
    mixture, target = add(cuts), cuts[0]
    if data.mono > 0.0:
        wide = (mixture, target)
        mixture, target = tf.cond(
            draw.mono, lambda: tuple(_to_mono(each) for each in wide), lambda: wide
        )
    if data.speed > 0.0:
        pair = (mixture, target)
        mixture, target = tf.cond(
            draw.frames == config.segment,
            lambda: pair,
            lambda: tuple(stretch(each, config.segment) for each in pair),
        )
    if data.limit > 0.0:
        pair = (mixture, target)
        mixture, target = tf.cond(
            draw.limit_db > 0.0, lambda: limit(*pair, draw.limit_db), lambda: pair
        )
    if data.code > 0.0:
        plain = mixture
        mixture = tf.cond(
            draw.bitrate >= 0.0,
            lambda: code(plain, config.model.sample_rate, draw.bitrate),
            lambda: plain,
        )
    shape = (config.segment, config.model.channels)
    return tf.ensure_shape(mixture, shape), tf.ensure_shape(target, shape)


def add(cuts) -> tf.Tensor:
    """The sum. tf.add_n begins with a buffer that it can reuse; this makes it always the same."""
    if len(cuts) == 1:
        return cuts[0]
    *others, one, two = cuts
    return tf.add_n([one + two, *others])


def equalize(signal, curve, sample_rate: int) -> tf.Tensor:
    """A signal through a filter of zero phase; a curve of zeros changes nothing.

    Args:
        signal: float32 (time, channels).
        curve: gains at `EQUALIZER_HZ`, dB, straight between them over log frequency.
        sample_rate: Hz.
    """

    def filtered():
        frames = tf.shape(signal)[0]
        length = -(-frames // FFT_STEP) * FFT_STEP
        spectrum = tf.signal.rfft(tf.transpose(signal), [length])
        hertz = tf.range(length // 2 + 1, dtype=tf.float32) * sample_rate
        octaves = tf.math.log(tf.maximum(hertz / tf.cast(length, tf.float32), 1.0))
        marks = tf.math.log(tf.constant(EQUALIZER_HZ))
        below = tf.clip_by_value(tf.searchsorted(marks, octaves) - 1, 0, len(EQUALIZER_HZ) - 2)
        low, high = tf.gather(marks, below), tf.gather(marks, below + 1)
        share = tf.clip_by_value((octaves - low) / (high - low), 0.0, 1.0)
        decibels = tf.gather(curve, below) * (1.0 - share) + tf.gather(curve, below + 1) * share
        spectrum *= tf.cast(10.0 ** (decibels / 20.0), tf.complex64)
        shaped = tf.transpose(tf.signal.irfft(spectrum, [length]))[:frames]
        return tf.ensure_shape(shaped, signal.shape)

    return tf.cond(tf.reduce_any(curve != 0.0), filtered, lambda: signal)


def _to_mono(signal) -> tf.Tensor:
    """The mean of all channels on each."""
    mean = tf.reduce_mean(signal, axis=1, keepdims=True)
    return tf.repeat(mean, tf.shape(signal)[1], axis=1)


def stretch(signal, frames: int) -> tf.Tensor:
    """(time, channels) played faster or slower until it has `frames`, by linear interpolation.

    It dulls the highest octave a little, in mixture and target alike.
    """
    picture = tf.image.resize(signal[None, :, None, :], (frames, 1), "bilinear")
    return picture[0, :, 0, :]


def limit(mixture, target, decibels) -> tuple[tf.Tensor, tf.Tensor]:
    """Turn the mixture down around its peaks, and the target with it, so that the rest still fits.

    Args:
        mixture, target: float32 (time, channels).
        decibels: how far below the highest peak the threshold lies.

    Returns:
        Both, times the same gain of at most 1. No sample of the mixture is above the threshold.
    """
    frames = tf.shape(mixture)[0]
    padding = [[0, -frames % BLOCK], [0, 0]]
    blocks = tf.reshape(tf.pad(mixture, padding), (-1, BLOCK * mixture.shape[1]))
    peaks = tf.reduce_max(tf.abs(blocks), axis=1)
    threshold = tf.reduce_max(peaks) * 10.0 ** (-decibels / 20.0)
    needed = tf.minimum(1.0, threshold / tf.maximum(peaks, 1e-9))
    # the least gain around each boundary of blocks, then a mean over as many of them
    around = 2 * REACH + 1
    edges = tf.pad(needed, [[around, around]], constant_values=1.0)[None, :, None]
    least = -tf.nn.max_pool1d(-edges, around + 1, 1, "VALID")
    smooth = tf.nn.avg_pool1d(least, around, 1, "VALID")[0, :, 0]
    ramp = tf.range(BLOCK, dtype=tf.float32) / BLOCK
    gain = smooth[:-1, None] * (1.0 - ramp) + smooth[1:, None] * ramp
    gain = tf.reshape(gain, (-1, 1))[:frames]
    return mixture * gain, target * gain


def code(mixture, sample_rate: int, bitrate) -> tf.Tensor:
    """The mixture as mp3 gives it back, at its level and in its place.

    Args:
        mixture: float32 (time, channels).
        sample_rate: Hz.
        bitrate: 0 (64 kbit/s) to 1 (320 kbit/s).
    """

    def coded(samples, share):
        return through_mp3(samples, sample_rate, float(share))

    decoded = tf.numpy_function(coded, [mixture, bitrate], tf.float32, stateful=False)
    return tf.ensure_shape(decoded, mixture.shape)
