"""Any sum of the losses on signals."""

import keras

from synthgen_tf.losses.signal import FLOOR, NormalizedMSE, l1, mse, negative_si_sdr
from synthgen_tf.losses.spectral import log_mel, mr_stft


@keras.saving.register_keras_serializable("synthgen")
class WeightedLoss(keras.losses.Loss):
    """Weighted sum of the named losses.

    Args:
        terms: name (`nmse`, `unit_norm`, `mse`, `l1`, `si_sdr`, `mr_stft`, `log_mel`) to weight.
        floor: of `nmse` and `unit_norm`, see `NormalizedMSE`.

    Input shape: two of (batch, time, channels). Output shape: (batch,), before Keras reduces.
    """

    def __init__(self, terms, floor=FLOOR, name="weighted_loss", **options):
        super().__init__(name=name, **options)
        self.terms, self.floor = dict(terms), floor
        self.functions = {
            "nmse": NormalizedMSE("target", floor).call,
            "unit_norm": NormalizedMSE("unit_norm", floor).call,
            "mse": mse,
            "l1": l1,
            "si_sdr": negative_si_sdr,
            "mr_stft": mr_stft,
            "log_mel": log_mel,
        }

    def call(self, y_true, y_pred):
        return sum(
            weight * self.functions[name](y_true, y_pred) for name, weight in self.terms.items()
        )

    def get_config(self):
        return {**super().get_config(), "terms": self.terms, "floor": self.floor}
