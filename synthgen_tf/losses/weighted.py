"""Any weighted sum of the losses on signals."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import KerasTensor

from synthgen_tf.config.schema import LossName
from synthgen_tf.losses.signal import FLOOR, NormalizedMSE, l1, mse, negative_si_sdr
from synthgen_tf.losses.spectral import log_mel, mr_stft


@keras.saving.register_keras_serializable("synthgen")
class WeightedLoss(keras.losses.Loss):
    """A weighted sum of losses, chosen by name.

    Args:
        terms: name (`nmse`, `unit_norm`, `mse`, `l1`, `si_sdr`, `mr_stft`, `log_mel`) to weight.
        floor: of `nmse` and `unit_norm`, see `NormalizedMSE`.
        name, options: of `keras.losses.Loss`.

    Input shape: two of (batch, time, channels). Output shape: (batch,), before Keras reduces.
    """

    def __init__(
        self,
        terms: Mapping[LossName, float],
        floor: float = FLOOR,
        name: str = "weighted_loss",
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        self.terms, self.floor = dict(terms), floor
        self.functions: dict[LossName, Callable[[KerasTensor, KerasTensor], KerasTensor]] = {
            "nmse": NormalizedMSE("target", floor).call,
            "unit_norm": NormalizedMSE("unit_norm", floor).call,
            "mse": mse,
            "l1": l1,
            "si_sdr": negative_si_sdr,
            "mr_stft": mr_stft,
            "log_mel": log_mel,
        }

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        return sum(
            weight * self.functions[name](y_true, y_pred) for name, weight in self.terms.items()
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "terms": self.terms, "floor": self.floor}
