"""Metrics of an estimate against its target stem: one value per example.

All take `y_true` and `y_pred` of shape (batch, time, channels) and return (batch,). Where the
target is not audible, at -100 dB re full scale or below, none is defined and the value is NaN:
silence is scored apart, by output level.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import KerasTensor, ops

from synthgen_tf.level import SILENCE_POWER, power
from synthgen_tf.silence import AUDIBLE_POWER

CEILING = 1e-10
"""Smallest ratio of energies told apart from zero: SNR and level end at +-100 dB."""


def _decibels(ratio: KerasTensor) -> KerasTensor:
    return 10.0 * ops.log10(ratio + CEILING)


def audible(y_true: KerasTensor) -> KerasTensor:
    """Tell which examples have a target of more power than `AUDIBLE_POWER`: bool (batch,)."""
    return power(y_true) > AUDIBLE_POWER


def _where_audible(y_true: KerasTensor, values: KerasTensor) -> KerasTensor:
    return ops.where(audible(y_true), values, float("nan"))


def nmse(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return the normalized mean squared error, error energy over target energy.

    It is 0 for an exact estimate and 1 for a silent one.

    Formula: `sum|y - x|^2 / sum|y|^2` over time and channels.

    Example: target 3, 4 and estimate 3, 2 give 4 / 25 = 0.16.
    """
    target = ops.maximum(power(y_true), SILENCE_POWER)
    return _where_audible(y_true, power(y_true - y_pred) / target)


def snr(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return the signal-to-noise ratio in dB, `-10 log10(NMSE)`.

    A silent estimate scores 0, an exact copy 100.

    The field also calls it nSDR or uSDR. Example: target 3, 4 and estimate 3, 2 give 7.96 dB.
    """
    return -_decibels(nmse(y_true, y_pred))


def si_sdr(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return the scale-invariant signal-to-distortion ratio in dB.

    It is the same however loud the estimate is.

    Formula: with `a = <x, y> / |y|^2`, `10 log10(|a y|^2 / |a y - x|^2)`, no mean removed.
    Reference: Le Roux et al., SDR - half-baked or well done?, ICASSP 2019 (arXiv:1811.02508).

    Example: target 3, 4 and estimate 3, 2 give a = 17/25 and 9.05 dB.
    """
    target = ops.maximum(power(y_true), SILENCE_POWER)
    scale = ops.mean(y_true * y_pred, axis=(1, 2)) / target
    projection = ops.square(scale) * target
    distortion = power(scale[:, None, None] * y_true - y_pred)
    scored = _decibels(projection / ops.maximum(distortion, CEILING * projection + SILENCE_POWER))
    return _where_audible(y_true, scored)


def level_error(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return how much louder (+) or quieter (-) the estimate is than the target: dB, -100 or above.

    Formula: `10 log10(sum|x|^2 / sum|y|^2)`. Example: half the target gives -6.02 dB.
    """
    target = ops.maximum(power(y_true), SILENCE_POWER)
    return _where_audible(y_true, _decibels(power(y_pred) / target))


def best_gain(y_true: KerasTensor, mixture: KerasTensor) -> KerasTensor:
    """Return the one gain, by least squares, at which the mixture comes closest to the target.

    Formula: `g = <x, y> / |x|^2` of mixture x and target y; 0 for a silent mixture. The SNR of
    `g x` is `10 log10(1 / (1 - rho^2))`, with rho the correlation `<x, y> / (|x| |y|)`: what
    turning the mixture down earns, and so what a separator has to beat.

    Example: target 3, 4 and mixture 3, 2 give g = 17/13, rho^2 = 289/325 and 9.56 dB.
    """
    return ops.mean(y_true * mixture, axis=(1, 2)) / ops.maximum(power(mixture), SILENCE_POWER)


class AudibleMean(keras.metrics.Mean):
    """The mean of a metric over the examples whose target is audible, each with the same weight.

    It is NaN where an audible example's value is NaN, as for an estimate that is not finite, and
    where no target was audible: neither is a score.

    Args:
        function: `(y_true, y_pred) -> (batch,)`, one of this module.
        floor: least value, in the metric's unit, that an example counts with, so that a single
            one does not rule the mean; None for no limit.
        name: of this metric in logs; the function's by default.
        options: of `keras.metrics.Mean`.
    """

    def __init__(
        self,
        function: Callable[[KerasTensor, KerasTensor], KerasTensor],
        floor: float | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name or function.__name__, **options)
        self.function, self.floor = function, floor

    def update_state(
        self, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor | None = None
    ) -> None:
        values = self.function(y_true, y_pred)
        if self.floor is not None:
            values = ops.where(values < self.floor, self.floor, values)  # NaN stays
        counts = audible(y_true)
        weight = ops.cast(counts, values.dtype)
        if sample_weight is not None:
            weight = weight * ops.reshape(sample_weight, (-1,))
        super().update_state(ops.where(counts, values, 0.0), weight)

    def result(self) -> KerasTensor:
        return ops.where(self.count > 0.0, super().result(), float("nan"))
