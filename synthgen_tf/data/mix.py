"""Cuts of stems to one example: turned, amplified, summed, and mastered as records are."""

import tensorflow as tf

from synthgen_tf.audio.mp3 import through_mp3
from synthgen_tf.config import Config
from synthgen_tf.data.draw import BLOCK, REACH, SPECTRUM, TAPS, Draw, curve_shares


def mix(cuts, draw: Draw, config: Config) -> tuple[tf.Tensor, tf.Tensor]:
    """The mixture and the target of an example.

    Args:
        cuts: for each stem, the target first, float32 (frames, channels) at its gain.
        draw: what else to do with them.
        config: tells which steps can be left out of the graph.

    Returns:
        Two float32 (segment, channels).
    """
    data, rate = config.data, config.model.sample_rate
    cuts = list(cuts)
    for i, cut in enumerate(cuts):
        if data.saturate > 0.0:
            cut = saturate(cut, draw.drives[i])
        if data.equalize > 0.0:
            cut = equalize(cut, draw.curves[i], rate)
        if data.width > 0.0:
            cut = widen(cut, draw.widths[i])
        cuts[i] = cut
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
    if data.equalize_mix > 0.0:
        mixture, target = (equalize(each, draw.mix_curve, rate) for each in (mixture, target))
    if data.limit > 0.0:
        pair = (mixture, target)
        mixture, target = tf.cond(
            draw.limit_db > 0.0, lambda: limit(*pair, draw.limit_db), lambda: pair
        )
    if data.code > 0.0:
        plain = mixture
        mixture = tf.cond(
            draw.bitrate >= 0.0,
            lambda: code(plain, rate, draw.bitrate),
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


def saturate(signal, drive) -> tf.Tensor:
    """A signal with its peaks rounded off, as by tape or a tube, at the level it had.

    Args:
        signal: float32 (time, channels).
        drive: by which what is quiet gains on the highest peak, dB; 0 changes nothing.
    """

    def driven():
        peak = tf.maximum(tf.reduce_max(tf.abs(signal)), 1e-9)
        bend = (10.0 ** (drive / 10.0) - 1.0) / peak**2
        bent = signal * tf.math.rsqrt(1.0 + bend * tf.square(signal))
        lost = tf.reduce_sum(tf.square(signal)) / tf.maximum(tf.reduce_sum(tf.square(bent)), 1e-20)
        return bent * tf.sqrt(lost)

    return tf.cond(drive > 0.0, driven, lambda: signal)


def widen(signal, width) -> tf.Tensor:
    """A stereo signal whose side, left less right, is multiplied; its middle stays.

    Args:
        signal: float32 (time, channels); of other than two channels it stays as it is.
        width: the factor: 0 makes it mono, 1 changes nothing.
    """
    if signal.shape[1] != 2:
        return signal
    own, other = (1.0 + width) / 2.0, (1.0 - width) / 2.0
    matrix = tf.reshape(tf.stack([own, other, other, own]), (2, 2))
    return tf.cond(width == 1.0, lambda: signal, lambda: signal @ matrix)


def equalize(signal, curve, sample_rate: int) -> tf.Tensor:
    """A signal through a filter of zero phase; a curve of zeros changes nothing.

    Args:
        signal: float32 (time, channels).
        curve: gains at `EQUALIZER_HZ`, dB, straight between them over log frequency.
        sample_rate: Hz.
    """
    shares = tf.constant(curve_shares(sample_rate))

    def filtered():
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


def _to_complex(signal) -> tf.Tensor:
    """(time, channels) as complex rows of time: left and right are real and imaginary part.

    Real factors, in time or of a filter of zero phase, leave the two apart.
    """
    if signal.shape[1] == 2:
        return tf.bitcast(signal, tf.complex64)[None]
    return tf.cast(tf.transpose(signal), tf.complex64)


def _from_complex(rows, channels: int) -> tf.Tensor:
    if channels == 2:
        return tf.bitcast(rows[0], tf.float32)
    return tf.transpose(tf.math.real(rows))


def _to_mono(signal) -> tf.Tensor:
    """The mean of all channels on each."""
    mean = tf.reduce_mean(signal, axis=1, keepdims=True)
    return tf.repeat(mean, tf.shape(signal)[1], axis=1)


def stretch(signal, frames: int) -> tf.Tensor:
    """(time, channels) played faster or slower until it has `frames`, by linear interpolation.

    It dulls the highest octave a little, in mixture and target alike.
    """
    return tf.image.resize(signal[None, None], (1, frames), "bilinear")[0, 0]


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
    gain = tf.cast(tf.reshape(gain, (-1,))[:frames], tf.complex64)
    channels = mixture.shape[1]
    return tuple(_from_complex(_to_complex(each) * gain, channels) for each in (mixture, target))


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
