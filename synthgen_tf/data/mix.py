"""How cuts of stems become an example: turned, amplified, summed, and mastered as records are."""

from collections.abc import Sequence

import tensorflow as tf

from synthgen_tf.config import Config
from synthgen_tf.data.draw import Draw
from synthgen_tf.data.effects import code, equalize, limit, saturate, stretch, to_mono, widen
from synthgen_tf.data.example import Cuts, Example
from synthgen_tf.data.store import FULL_SCALE
from synthgen_tf.level import power
from synthgen_tf.silence import AUDIBLE_POWER


def taken(cuts: Cuts, draw: Draw, config: Config) -> Cuts:
    """Bring the cuts of an example to the gain they have in the mix: float32 (frames, channels).

    It is a step of its own in the chain: in one graph with `mix`, TensorFlow rounds otherwise.

    Args:
        cuts: as a reader gives them, (time, channels of the song) each.
        draw: what to do with them, its stems in the order of theirs.
        config: tells how many channels they come to have.
    """
    frames, channels = draw.frames, config.model.channels
    return Cuts.of(
        at_gain(cut, draw.gains[stem], draw.swapped[stem], frames, channels)
        for stem, cut in enumerate(cuts.stems)
    )


def mix(cuts: Cuts, draw: Draw, config: Config) -> Example:
    """Make the example of a draw out of its cuts: all that is done to them but their scale.

    Args:
        cuts: of `taken`, float32 (frames, channels) each.
        draw: what else to do with them, its stems in the order of theirs.
        config: tells which steps can be left out of the graph.

    Returns:
        Float32 (segment, channels) each.
    """
    shaped = Cuts.of(_stem(cut, stem, draw, config) for stem, cut in enumerate(cuts.stems))
    example = Example(add(shaped.stems), shaped.target)
    return _whole(_mastered(example, draw, config), config)


def plain(cuts: Cuts, config: Config) -> Example:
    """Make an example out of cuts as they are, for validation: float32 (segment, channels).

    What nobody hears is no target, however quiet the mixture that is raised with it.
    """
    frames, straight = tf.constant(config.segment, tf.int64), tf.constant(False)
    channels = config.model.channels
    cuts = Cuts.of(at_gain(cut, 1.0, straight, frames, channels) for cut in cuts.stems)
    heard = tf.cast(power(cuts.target[None])[0] > AUDIBLE_POWER, tf.float32)
    return _whole(Example(add(cuts.stems), heard * cuts.target), config)


def _whole(example: Example, config: Config) -> Example:
    """Return the same example, its shape known to the graph."""
    shape = (config.segment, config.model.channels)
    return example.each(lambda signal: tf.ensure_shape(signal, shape))


def _stem(cut: tf.Tensor, stem: int, draw: Draw, config: Config) -> tf.Tensor:
    """Do to one cut what is done before the sum."""
    data, rate = config.data, config.model.sample_rate
    if data.saturate > 0.0:
        cut = saturate(cut, draw.drives[stem])
    if data.equalize > 0.0:
        cut = equalize(cut, draw.curves[stem], rate)
    if data.width > 0.0:
        cut = widen(cut, draw.widths[stem])
    return cut


def _mastered(example: Example, draw: Draw, config: Config) -> Example:
    """Do what is done to the sum, and to the target with it."""
    data, rate = config.data, config.model.sample_rate
    if data.mono > 0.0:
        wide = example
        example = tf.cond(draw.mono, lambda: wide.each(to_mono), lambda: wide)
    if data.speed > 0.0:
        unstretched = example
        example = tf.cond(
            draw.frames == config.segment,
            lambda: unstretched,
            lambda: unstretched.each(lambda signal: stretch(signal, config.segment)),
        )
    if data.equalize_mix > 0.0:
        example = example.each(lambda signal: equalize(signal, draw.mix_curve, rate))
    if data.limit > 0.0:
        free = example
        example = tf.cond(
            draw.limit_db > 0.0, lambda: Example(*limit(*free, draw.limit_db)), lambda: free
        )
    if data.code > 0.0:
        clean = example.mixture
        coded = tf.cond(draw.bitrate >= 0.0, lambda: code(clean, rate, draw.bitrate), lambda: clean)
        example = example._replace(mixture=coded)
    return example


def at_gain(
    cut: tf.Tensor, gain: tf.Tensor | float, swapped: tf.Tensor, frames: tf.Tensor, channels: int
) -> tf.Tensor:
    """Bring a cut to its gain, length and channels in the mix, in one pass over the samples.

    Args:
        cut: (time, channels of the song), int16 of a file or float32.
        gain: factor; a negative one flips the polarity.
        swapped: whether left and right change places, where there are two.
        frames: int64, of the result: silence follows where the song ended.
        channels: of the result. Mono spreads to all, any other count is averaged to mono first.

    Returns:
        Float32 (frames, channels).
    """
    stored = cut
    if stored.shape[1] in (None, 2):
        turned = swapped & (tf.shape(stored)[1] == 2)
        cut = tf.cond(turned, lambda: _swap(stored), lambda: stored)
    factor = gain / FULL_SCALE if cut.dtype == tf.int16 else gain
    samples = tf.cast(cut, tf.float32) * factor
    samples = tf.pad(samples, [[0, frames - tf.shape(samples, tf.int64)[0]], [0, 0]])
    return _fit_channels(samples, channels)


def _swap(samples: tf.Tensor) -> tf.Tensor:
    """Exchange the channels of int16 or float32 (time, 2), four times as fast as tf.reverse."""
    word = tf.uint32 if samples.dtype == tf.int16 else tf.uint64
    pairs, half = tf.bitcast(samples, word), tf.constant(word.size * 4, word)
    left, right = tf.bitwise.left_shift(pairs, half), tf.bitwise.right_shift(pairs, half)
    return tf.bitcast(tf.bitwise.bitwise_or(left, right), samples.dtype)


def _fit_channels(samples: tf.Tensor, channels: int) -> tf.Tensor:
    samples = tf.cond(
        tf.shape(samples)[1] == channels,
        lambda: samples,
        lambda: tf.repeat(tf.reduce_mean(samples, axis=1, keepdims=True), channels, axis=1),
    )
    return tf.ensure_shape(samples, (None, channels))


def add(cuts: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return the sum of tensors of one shape, the same to the last bit every time."""
    if len(cuts) == 1:
        return cuts[0]
    # tf.add_n begins with whichever buffer it can reuse: the first of these is the only one
    *others, one, two = cuts
    return tf.add_n([one + two, *others])
