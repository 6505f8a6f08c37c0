"""What is done to the sound of an example, at random: in the graph, one signal at a time."""

import numpy as np
import tensorflow as tf

from synthgen_tf.audio.mp3 import through_mp3
from synthgen_tf.data.draw import BLOCK, REACH, SPECTRUM, TAPS, curve_shares


def saturate(signal: tf.Tensor, drive: tf.Tensor) -> tf.Tensor:
    """Round off the peaks of a signal, as tape or a tube does, at the level it had.

    Args:
        signal: float32 (time, channels).
        drive: how much what is quiet gains on the highest peak, dB; 0 changes nothing.
    """

    def driven() -> tf.Tensor:
        peak = tf.maximum(tf.reduce_max(tf.abs(signal)), 1e-9)
        bend = (10.0 ** (drive / 10.0) - 1.0) / peak**2
        bent = signal * tf.math.rsqrt(1.0 + bend * tf.square(signal))
        lost = tf.reduce_sum(tf.square(signal)) / tf.maximum(tf.reduce_sum(tf.square(bent)), 1e-20)
        return bent * tf.sqrt(lost)

    return tf.cond(drive > 0.0, driven, lambda: signal)


def widen(signal: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Make a stereo signal narrower or wider: its side, left less right, is multiplied.

    Args:
        signal: float32 (time, channels); of other than two channels it stays as it is.
        width: the factor: 0 makes it mono, 1 changes nothing.
    """
    if signal.shape[1] != 2:
        return signal
    own, other = (1.0 + width) / 2.0, (1.0 - width) / 2.0
    matrix = tf.reshape(tf.stack([own, other, other, own]), (2, 2))
    return tf.cond(width == 1.0, lambda: signal, lambda: signal @ matrix)


def equalize(signal: tf.Tensor, curve: tf.Tensor, sample_rate: int) -> tf.Tensor:
    """Send a signal through a filter of zero phase; a curve of zeros changes nothing.

    Args:
        signal: float32 (time, channels).
        curve: gains at `EQUALIZER_HZ`, dB, straight between them over log frequency.
        sample_rate: Hz.
    """
    shares = tf.constant(curve_shares(sample_rate))

    def filtered() -> tf.Tensor:
        half = 10.0 ** (tf.linalg.matvec(shares, curve) / 20.0)
        response = tf.cast(tf.concat([half, half[-2:0:-1]], 0), tf.complex64)
        lags = tf.minimum(tf.range(SPECTRUM), SPECTRUM - tf.range(SPECTRUM))
        near = tf.cast(lags < TAPS // 2, tf.complex64)
        response = tf.signal.fft(tf.signal.ifft(response) * near)
        frames, hop = tf.shape(signal)[0], SPECTRUM - TAPS
        blocks = -(-frames // hop)
        padding = [[TAPS // 2, (blocks + 1) * hop - TAPS // 2 - frames], [0, 0]]
        rows = _to_complex(tf.pad(signal, padding))
        rows = tf.reshape(rows, (-1, blocks + 1, hop))
        rows = tf.concat([rows[:, :-1], rows[:, 1:, :TAPS]], 2)
        rows = tf.signal.ifft(tf.signal.fft(rows) * response)[:, :, TAPS // 2 : TAPS // 2 + hop]
        rows = tf.reshape(rows, (-1, blocks * hop))
        return _from_complex(rows, signal.shape[1])[:frames]

    return tf.cond(tf.reduce_any(curve != 0.0), filtered, lambda: signal)


def _to_complex(signal: tf.Tensor) -> tf.Tensor:
    """Turn (time, channels) into complex rows of time: left and right are real and imaginary part.

    Real factors, in time or of a filter of zero phase, leave the two apart.
    """
    if signal.shape[1] == 2:
        return tf.bitcast(signal, tf.complex64)[None]
    return tf.cast(tf.transpose(signal), tf.complex64)


def _from_complex(rows: tf.Tensor, channels: int) -> tf.Tensor:
    if channels == 2:
        return tf.bitcast(rows[0], tf.float32)
    return tf.ensure_shape(tf.transpose(tf.math.real(rows)), (None, channels))


def to_mono(signal: tf.Tensor) -> tf.Tensor:
    """Put the mean of all channels on each."""
    mean = tf.reduce_mean(signal, axis=1, keepdims=True)
    return tf.repeat(mean, tf.shape(signal)[1], axis=1)


def stretch(signal: tf.Tensor, frames: int) -> tf.Tensor:
    """Play (time, channels) faster or slower, by linear interpolation, so that it has `frames`.

    It dulls the highest octave a little, in mixture and target alike.
    """
    return tf.image.resize(signal[None, None], (1, frames), "bilinear")[0, 0]


def limit(
    mixture: tf.Tensor, target: tf.Tensor, decibels: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
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
    gain = tf.cast(tf.reshape(gain, (-1,))[:frames], tf.complex64)
    channels = mixture.shape[1]
    return tuple(_from_complex(_to_complex(each) * gain, channels) for each in (mixture, target))


def code(mixture: tf.Tensor, sample_rate: int, bitrate: tf.Tensor) -> tf.Tensor:
    """Send a mixture through mp3 and back, at its level and in its place.

    Args:
        mixture: float32 (time, channels).
        sample_rate: Hz.
        bitrate: 0 (64 kbit/s) to 1 (320 kbit/s).
    """

    def coded(samples: np.ndarray, share: np.float32) -> np.ndarray:
        return through_mp3(samples, sample_rate, float(share))

    decoded = tf.numpy_function(coded, [mixture, bitrate], tf.float32, stateful=False)
    return tf.ensure_shape(decoded, mixture.shape)
