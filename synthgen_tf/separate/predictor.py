"""What a model must offer to separate music, and its channels fitted to the music's.

Shape legend: b batch, t samples, c channels of the music, m channels of the model, l lanes: the
groups of m channels in which the music goes through the model.
"""

from collections.abc import Callable
from typing import Protocol, get_args

import numpy as np

from synthgen_tf.choices import Level
from synthgen_tf.errors import InputError

MAX_SHIFT = 1024
"""Frames that the delays of averaged shifts are spread over: a hop of the networks here."""

MAX_SHIFTS = 32

MAX_EXCESS = 4.0
"""Energy of an estimate by that of the mixture: 6 dB, which no stem of real music reaches."""


class Predictor(Protocol):
    """What a model offers on any engine, so that a `Separator` can use it.

    Attributes:
        sample_rate: Hz that it was trained at.
        channels: that it takes and gives.
        segment: frames of the blocks it likes.
        stem: what it extracts: `synth`, or `other` when trained on MUSDB.
        identity: name and digest of the model, and its engine.

    One that knows how loud its estimates are has `level_error` too, see `Card.level_error`:
    `--level match` needs it.
    """

    sample_rate: int
    channels: int
    segment: int
    stem: str
    identity: str

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        """Estimate the stem: float32 (batch, time, channels) in, the same shape out."""
        ...


class FittedChannels:
    """A predictor as a function of (b, t, c) for any number of channels c.

    The music's channels go through the model in groups of m, each group an item of the batch:
    stereo through a mono model is two items, six channels through a stereo model are three pairs.
    A last group that is not full is filled by repeating its channels, and their estimates are
    averaged: mono through a stereo model is duplicated.

    Models that see the channels' middle and sides put a part of each into the others. So where the
    estimate of a channel has `MAX_EXCESS` times the energy of the block's channel, it is turned
    down to that: a silent channel stays silent.

    Args:
        predictor: the model.
        channels: c.
        batch_size: most items that the model sees at a time.

    Raises:
        ValueError: on a call, when the model gives another shape.
        InputError: on a call, when it gives values that are not finite.
    """

    def __init__(self, predictor: Predictor, channels: int, batch_size: int):
        self.predictor = predictor
        self.batch_size = batch_size
        width = predictor.channels
        groups = [range(at, min(at + width, channels)) for at in range(0, channels, width)]
        self.lanes = len(groups)
        # which channel of the music each slot of the lanes holds, and the other way round
        self.sources = [group[i % len(group)] for group in groups for i in range(width)]
        self.slots = [
            [slot for slot, source in enumerate(self.sources) if source == channel]
            for channel in range(channels)
        ]

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        batch, time, channels = blocks.shape
        width = self.predictor.channels
        if channels == width and batch <= self.batch_size:  # the usual case, without any copy
            return _limited(self._predict(blocks), blocks)
        lanes = blocks[:, :, self.sources].reshape(batch, time, self.lanes, width)  # b t l m
        items = np.ascontiguousarray(lanes.transpose(0, 2, 1, 3)).reshape(-1, time, width)
        estimates = [
            self._predict(items[at : at + self.batch_size])
            for at in range(0, len(items), self.batch_size)
        ]
        lanes = np.concatenate(estimates).reshape(batch, self.lanes, time, width)  # b l t m
        slots = lanes.transpose(0, 2, 1, 3).reshape(batch, time, -1)  # b t (l m)
        estimate = np.stack([slots[:, :, own].mean(axis=-1) for own in self.slots], axis=-1)
        return _limited(estimate, blocks)

    def _predict(self, items: np.ndarray) -> np.ndarray:
        estimate = np.asarray(self.predictor(items), np.float32)
        if estimate.shape != items.shape:
            raise ValueError(
                f"the model gave shape {estimate.shape} for {items.shape}: expected the same"
            )
        if not np.isfinite(estimate).all():
            raise InputError(
                "the model gave values that are not finite: try music below full scale, "
                "or another model"
            )
        return estimate


def _limited(estimate: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Return the estimate, no channel of a block with more than `MAX_EXCESS` of its own energy."""
    most = MAX_EXCESS * np.einsum("btc,btc->bc", blocks, blocks, dtype=np.float64)
    energy = np.einsum("btc,btc->bc", estimate, estimate, dtype=np.float64)
    if (energy <= most).all():
        return estimate
    gain = np.sqrt(np.minimum(most / np.maximum(energy, np.finfo(np.float64).tiny), 1.0))
    return estimate * gain[:, None].astype(np.float32)


def checked_level(name: str) -> str:
    """Return the name of a `choices.Level`, in lower case and without blanks around it.

    Raises:
        InputError: when it is none.
    """
    level = name.strip().lower()
    if level not in get_args(Level):
        raise InputError(f"unknown level {name!r}: choose {' or '.join(get_args(Level))}")
    return level


def matching_gain(predictor: Predictor, level: str) -> float:
    """The factor that gives estimates the level of `choices.Level`.

    Raises:
        InputError: for an unknown level, or when the predictor does not know what its estimates
            lack.
    """
    if checked_level(level) == "as_is":
        return 1.0
    error = getattr(predictor, "level_error", None)
    if error is None:
        raise InputError(
            f"level match: nobody measured how quiet model {predictor.identity.split()[0]} is: "
            "synthgen evaluate --split valid its run, then synthgen export --level SCORES"
        )
    return 10.0 ** (-error / 20.0)


class AveragedShifts:
    """A function of blocks that gives the mean of what another gives for them at several delays.

    A network that hops through time hears a delayed block a little differently: averaging takes the
    difference out. It costs as many predictions as there are shifts.

    Args:
        predict: float32 (b, t, c) -> the same shape, for any t.
        shifts: how many delays, 1 or more: 0, and others up to `MAX_SHIFT` frames.

    Raises:
        InputError: for fewer shifts than one, or more than `MAX_SHIFTS`.

    Reference: the "shift trick" of Defossez et al., Music source separation in the waveform domain
    (arXiv:1911.13254), here with even steps instead of random ones.
    """

    def __init__(self, predict: Callable[[np.ndarray], np.ndarray], shifts: int):
        if not 1 <= shifts <= MAX_SHIFTS:
            raise InputError(f"shifts is {shifts}: expected 1 to {MAX_SHIFTS}")
        self.predict = predict
        self.delays = [MAX_SHIFT * i // shifts for i in range(shifts)]

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        time = blocks.shape[1]
        total = np.zeros_like(blocks)
        for delay in self.delays:
            late = np.pad(blocks, ((0, 0), (delay, 0), (0, 0)))
            total += self.predict(late)[:, delay : delay + time]
        return total / len(self.delays)
