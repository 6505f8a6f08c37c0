"""What `data.mix` does, by batches on the device: examples out of shards and draws.

All in keras.ops with shapes that stay the same from step to step, so that every backend compiles it
once. What differs from `data.mix`: cuts begin at whole rows, an equalizer works on at most a fixed
number of stems a batch, and there is no coding.

Shape legend: b examples, s stems (the target at `TARGET`), r rows, t samples, c channels, p points.
"""

import math
from typing import NamedTuple

import numpy as np
from keras import KerasTensor, ops

from synthgen_tf.config import Config
from synthgen_tf.data.draw import BLOCK, REACH, SPECTRUM, TAPS, Draw, curve_shares
from synthgen_tf.data.example import TARGET, Cuts, Example
from synthgen_tf.data.store import FULL_SCALE
from synthgen_tf.resident.songs import ROW, rows_of

STRETCH_BLOCK = 1024
"""Frames of an example that are counted from one place in the cut where the speed is changed."""


class Plan(NamedTuple):
    """A batch to be made, in numbers that a device takes: NumPy arrays with the batch first.

    Attributes:
        rows: first row of each cut in its shard, int32 (b, s).
        inside: rows of the cut that the song has and the example needs, int32 (b, s).
        borrowed: whether the cut comes from the second shard, (b, s).
        equalized: for each stem the examples whose cut is equalized, int32 (s, most).
        stretches: frames of the cut for each frame of the example, float32 (b,).
        bases, shares: where in the cut every `STRETCH_BLOCK`th frame lies, whole frames as int32
            and the rest as float32 (b, blocks): single precision is too coarse for both in one.
        gains, swapped, mono, limit_db, curves, mix_curve, widths, drives: as of `data.draw.Draw`,
            float32 and bool.
    """

    rows: np.ndarray
    inside: np.ndarray
    borrowed: np.ndarray
    equalized: np.ndarray
    stretches: np.ndarray
    bases: np.ndarray
    shares: np.ndarray
    gains: np.ndarray
    swapped: np.ndarray
    mono: np.ndarray
    limit_db: np.ndarray
    curves: np.ndarray
    mix_curve: np.ndarray
    widths: np.ndarray
    drives: np.ndarray


def plan(draws: Draw, config: Config) -> Plan:
    """Turn the draws of a batch into the numbers that `mix` takes."""
    most = most_equalized(config)
    drawn = np.any(draws.curves != 0.0, axis=2)
    first_drawn = np.argsort(~drawn, axis=0, kind="stable")[:most]
    left = rows_of(draws.lengths) - draws.starts // ROW
    ratios = draws.frames / config.segment
    blocks = np.arange(-(-config.segment // STRETCH_BLOCK)) * STRETCH_BLOCK
    places = (blocks + 0.5) * ratios[:, None] - 0.5
    single = {
        name: np.asarray(getattr(draws, name), np.float32)
        for name in ("gains", "limit_db", "curves", "mix_curve", "widths", "drives")
    }
    return Plan(
        rows=((draws.firsts + draws.starts) // ROW).astype(np.int32),
        inside=np.minimum(left, rows_of(draws.frames)[:, None]).astype(np.int32),
        borrowed=draws.borrowed,
        equalized=first_drawn.T.astype(np.int32),
        stretches=ratios.astype(np.float32),
        bases=np.floor(places).astype(np.int32),
        shares=(places - np.floor(places)).astype(np.float32),
        swapped=draws.swapped,
        mono=draws.mono,
        **single,
    )


def most_equalized(config: Config) -> int:
    """Return how many cuts of a stem can be equalized in a batch: seldom fewer than are drawn."""
    batch, share = config.data.batch_size, config.data.equalize
    return min(batch, math.ceil(batch * share + 1.5 * math.sqrt(batch * share * (1 - share))))


def cut_rows(config: Config) -> int:
    """Return how many rows every cut has: what the fastest example needs."""
    return rows_of(math.ceil(config.segment * config.data.fastest))


def mix(own: KerasTensor, other: KerasTensor, plan: Plan, config: Config) -> Example:
    """Make the examples of a batch, float32 (b, t, c): all that is done to them but their scale.

    Args:
        own, other: int16 (s, r, ROW, c), the shard of the targets and the one that remixes borrow.
        plan: of `plan`.
        config: tells which steps can be left out.
    """
    data, rate = config.data, config.model.sample_rate
    cuts = []
    for stem in range(plan.rows.shape[1]):
        cut = _cut(own, other if stem != TARGET and data.remix > 0.0 else None, stem, plan, config)
        if data.saturate > 0.0:
            cut = saturate(cut, plan.drives[:, stem])
        if data.equalize > 0.0:
            chosen = plan.equalized[stem]
            shaped = equalize(
                ops.take(cut, chosen, axis=0), ops.take(plan.curves[:, stem], chosen, axis=0), rate
            )
            cut = ops.scatter_update(cut, chosen[:, None], shaped)
        if data.width > 0.0 and config.model.channels == 2:
            cut = widen(cut, plan.widths[:, stem])
        cuts.append(cut)
    pair = ops.concatenate([sum(cuts), Cuts.of(cuts).target], axis=0)
    if data.mono > 0.0:
        mean = ops.mean(pair, axis=2, keepdims=True) * ops.ones_like(pair)
        pair = ops.where(_twice(plan.mono), mean, pair)
    pair = stretch(pair, plan, config) if data.speed > 0.0 else pair
    pair = pair[:, : config.segment]
    if data.equalize_mix > 0.0:
        pair = equalize(pair, ops.concatenate([plan.mix_curve] * 2, axis=0), rate)
    example = Example(*ops.split(pair, 2, axis=0))
    if data.limit > 0.0:
        gain = limiter_gain(example.mixture, plan.limit_db)
        example = example.each(lambda signal: signal * gain)
    return example


def _twice(values: KerasTensor) -> KerasTensor:
    """Repeat a value of each example, for mixtures and targets: (b,) to (2 b, 1, 1)."""
    return ops.concatenate([values, values], axis=0)[:, None, None]


def _cut(
    own: KerasTensor, other: KerasTensor | None, stem: int, plan: Plan, config: Config
) -> KerasTensor:
    """Cut one stem of all examples, at its gain: float32 (b, t, c)."""
    count, channels = cut_rows(config), config.model.channels
    steps = ops.arange(count, dtype="int32")
    rows = ops.minimum(plan.rows[:, stem, None] + steps, own.shape[1] - 1)
    samples = ops.take(own[stem], rows, axis=0)
    if other is not None:
        borrowed = ops.take(other[stem], rows, axis=0)
        samples = ops.where(plan.borrowed[:, stem, None, None, None], borrowed, samples)
    inside = ops.cast(steps < plan.inside[:, stem, None], "float32")
    gain = plan.gains[:, stem, None] / FULL_SCALE * inside
    samples = ops.cast(samples, "float32") * gain[..., None, None]
    samples = ops.reshape(samples, (-1, count * ROW, channels))
    if channels == 2 and config.data.swap_channels > 0.0:
        samples = ops.where(plan.swapped[:, stem, None, None], ops.flip(samples, axis=2), samples)
    return samples


def saturate(signal: KerasTensor, drives: KerasTensor) -> KerasTensor:
    """Do as `data.effects.saturate` does, to each example (b, t, c) by its drive in dB (b,)."""
    peak = ops.maximum(ops.max(ops.abs(signal), axis=(1, 2), keepdims=True), 1e-9)
    bend = (10.0 ** (drives[:, None, None] / 10.0) - 1.0) / ops.square(peak)
    bent = signal * ops.rsqrt(1.0 + bend * ops.square(signal))
    energy = ops.sum(ops.square(signal), axis=(1, 2), keepdims=True)
    left = ops.maximum(ops.sum(ops.square(bent), axis=(1, 2), keepdims=True), 1e-20)
    return bent * ops.sqrt(energy / left)


def widen(signal: KerasTensor, widths: KerasTensor) -> KerasTensor:
    """Do as `data.effects.widen` does, to each stereo example (b, t, 2) by its factor (b,)."""
    widths = widths[:, None, None]
    return signal * ((1.0 + widths) / 2.0) + ops.flip(signal, axis=2) * ((1.0 - widths) / 2.0)


def equalize(signal: KerasTensor, curves: KerasTensor, sample_rate: int) -> KerasTensor:
    """Do as `data.effects.equalize` does, to each example (b, t, c) by its curve in dB (b, p).

    Two channels are real and imaginary part of one transform: the filter is real and even.
    """
    frames, channels = signal.shape[1:]
    half = 10.0 ** (ops.matmul(curves, curve_shares(sample_rate).T) / 20.0)
    lags = np.minimum(np.arange(SPECTRUM), SPECTRUM - np.arange(SPECTRUM))
    taps = ops.irfft((half, ops.zeros_like(half)), SPECTRUM) * (lags < TAPS // 2)
    half, _ = ops.rfft(taps, SPECTRUM)
    response = ops.concatenate([half, ops.flip(half[:, 1:-1], axis=1)], axis=1)[:, None]
    hop = SPECTRUM - TAPS
    blocks = -(-frames // hop)
    padding = (TAPS // 2, (blocks + 1) * hop - TAPS // 2 - frames)
    padded = ops.pad(signal, ((0, 0), padding, (0, 0)))
    rows = ops.reshape(padded, (-1, blocks + 1, hop, channels))
    rows = ops.concatenate([rows[:, :-1], rows[:, 1:, :TAPS]], axis=2)
    parts = [rows[..., channel] for channel in range(channels)]
    pairs = [tuple(parts)] if channels == 2 else [(part, ops.zeros_like(part)) for part in parts]
    shaped = []
    for pair in pairs:
        real, imaginary = ops.fft(pair)
        # the inverse transform is the transform with both parts exchanged, over the length
        second, first = ops.fft((imaginary * response, real * response))
        shaped += [first, second] if channels == 2 else [first]
    kept = ops.stack(shaped, axis=3)[:, :, TAPS // 2 : TAPS // 2 + hop] / SPECTRUM
    return ops.reshape(kept, (-1, blocks * hop, channels))[:, :frames]


def stretch(signal: KerasTensor, plan: Plan, config: Config) -> KerasTensor:
    """Play examples at another speed, by linear interpolation: (2 b, more, c) to (2 b, segment, c).

    The first half are mixtures, the second their targets, at the same speeds.
    """
    base, share, ratios = (
        ops.concatenate([each, each], axis=0) for each in (plan.bases, plan.shares, plan.stretches)
    )
    steps = ops.arange(STRETCH_BLOCK, dtype="float32")
    places = share[..., None] + steps * ratios[:, None, None]
    below = ops.floor(places)
    share = ops.reshape(places - below, (places.shape[0], -1, 1))
    index = ops.reshape(base[..., None] + ops.cast(below, "int32"), share.shape)
    last = ops.cast(ops.round(ratios * config.segment), "int32")[:, None, None] - 1
    low = ops.take_along_axis(signal, ops.clip(index, 0, last), axis=1)
    high = ops.take_along_axis(signal, ops.clip(index + 1, 0, last), axis=1)
    return (low * (1.0 - share) + high * share)[:, : config.segment]


def limiter_gain(mixture: KerasTensor, decibels: KerasTensor) -> KerasTensor:
    """Return the gain by which `data.effects.limit` turns examples down, of at most 1: (b, t, 1).

    Args:
        mixture: (b, t, c).
        decibels: how far below the highest peak of each the threshold lies, (b,).
    """
    frames, channels = mixture.shape[1:]
    padded = ops.pad(mixture, ((0, 0), (0, -frames % BLOCK), (0, 0)))
    blocks = padded.shape[1] // BLOCK
    peaks = ops.max(ops.abs(ops.reshape(padded, (-1, blocks, BLOCK * channels))), axis=2)
    threshold = ops.max(peaks, axis=1, keepdims=True) * 10.0 ** (-decibels[:, None] / 20.0)
    needed = ops.minimum(1.0, threshold / ops.maximum(peaks, 1e-9))
    around = 2 * REACH + 1
    edges = ops.pad(needed, ((0, 0), (around, around)), constant_values=1.0)[..., None]
    least = -ops.max_pool(-edges, around + 1, 1, "valid")
    smooth = ops.average_pool(least, around, 1, "valid")
    ramp = ops.arange(BLOCK, dtype="float32") / BLOCK
    gain = smooth[:, :-1] * (1.0 - ramp) + smooth[:, 1:] * ramp
    return ops.reshape(gain, (-1, blocks * BLOCK))[:, :frames, None]
