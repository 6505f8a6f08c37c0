"""Losses on samples: stateless functions, and a class of Keras around the two that have a floor.

All compare (batch, time, channels) signals and give one value per example; Keras reduces,
weights and scales by replicas. Signals are taken after normalisation, where the
mixture's mean square is 1.
"""

from typing import Any

import keras
from keras import KerasTensor, ops

from synthgen_tf import metrics
from synthgen_tf.level import power

FLOOR = 1e-3
"""Power of a target, the mixture's being 1, below which it counts as silence: -30 dB.

Training uses a higher one, see `config.schema.Loss`."""


def normalized_mse(y_true: KerasTensor, y_pred: KerasTensor, floor: float = FLOOR) -> KerasTensor:
    """Return NMSE with a floor under the target's power, one value per example.

    Formula: `error / max(target, floor)`, each a mean square.
    """
    return power(y_true - y_pred) / ops.maximum(power(y_true), floor)


def unit_norm_mse(y_true: KerasTensor, y_pred: KerasTensor, floor: float = FLOOR) -> KerasTensor:
    """Return the MSE between both signals at unit RMS, so that levels do not count.

    Where the target lies below the floor, both are divided by the floor's root instead.
    """
    target = power(y_true)
    silent = target < floor
    target_norm = ops.sqrt(ops.maximum(target, floor))
    estimate_norm = ops.sqrt(ops.maximum(power(y_pred), 1e-12))
    estimate_norm = ops.where(silent, target_norm, estimate_norm)
    return power(y_true / target_norm[:, None, None] - y_pred / estimate_norm[:, None, None])


@keras.saving.register_keras_serializable("synthgen")
class NormalizedMSE(keras.losses.Loss):
    """The squared error relative to the target's energy, so that quiet stems count like loud ones.

    Formula, with means over time and channels:
        `mode="target"`: `mean|y - x|^2 / max(mean|y|^2, floor)`: NMSE; the level counts.
        `mode="unit_norm"`: `mean|y / rms(y) - x / rms(x)|^2`: 2 - 2 cos(x, y); the level is free.
        It is the model card's, with unit RMS for unit norm: length does not change the value.
    Silence: a target below `floor` gives `mean|y - x|^2 / floor` in both modes: finite, learnable.

    Args:
        mode: `target` or `unit_norm`.
        floor: mean square that counts as silence, relative to the mixture's (which is 1).
        name, options: of `keras.losses.Loss`.

    Input shape: two of (batch, time, channels). Output shape: (batch,), before Keras reduces.

    Raises:
        ValueError: for another mode or a negative floor.

    Example: target 3, 4 and estimate 3, 2 give 0.16 in mode `target`, 0.1140 in mode `unit_norm`.
    """

    def __init__(
        self,
        mode: str = "target",
        floor: float = FLOOR,
        name: str = "normalized_mse",
        **options: Any,
    ) -> None:
        if mode not in ("target", "unit_norm"):
            raise ValueError(f"mode is {mode!r}: choose 'target' or 'unit_norm'")
        if floor < 0:
            raise ValueError(f"floor is {floor}: expected a mean square of 0 or more")
        super().__init__(name=name, **options)
        self.mode, self.floor = mode, floor

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        function = normalized_mse if self.mode == "target" else unit_norm_mse
        return function(y_true, y_pred, self.floor)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode, "floor": self.floor}


def mse(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return the mean squared error over time and channels, one per example."""
    return power(y_true - y_pred)


def l1(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return the mean absolute error over time and channels, one per example."""
    return ops.mean(ops.abs(y_true - y_pred), axis=(1, 2))


def negative_si_sdr(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return minus the SI-SDR in dB, one per example; a silent target gives 0 and no gradient."""
    ratio = metrics.si_sdr(y_true, y_pred)
    return ops.where(ops.isnan(ratio), 0.0, ratio) * -1.0
