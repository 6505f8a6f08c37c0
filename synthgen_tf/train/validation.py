"""How a network is judged between epochs: by the improvement of SI-SDR over the mixture's, which no
mere gain can earn."""

import math
from collections.abc import Iterable

import keras
from keras import KerasTensor

from synthgen_tf import metrics
from synthgen_tf.errors import InputError
from synthgen_tf.silence import SILENT

LEAST_SI_SDR = -30.0
"""dB that the SI-SDR of a validation segment counts as at least, so that none rules the mean."""


class Validation:
    """Scores of a network on held-out segments, as they choose the best model.

    Each metric is a mean over the segments whose target is audible. SI-SDR improvement is that of
    the estimate less that of the mixture, each SI-SDR counting as `LEAST_SI_SDR` at least.

    Args:
        model: the network, compiled with its metrics, `audible_si_sdr` among them.
        examples: batches of mixture and target, as `evaluate` of Keras takes them.

    Raises:
        InputError: when no segment has an audible target.
    """

    def __init__(
        self, model: keras.Model, examples: Iterable[tuple[KerasTensor, KerasTensor]]
    ) -> None:
        self.model, self.examples = model, examples
        mean = audible_si_sdr()
        for mixture, target in examples:
            mean.update_state(target, mixture)
        self.mixture_si_sdr = float(mean.result())
        if math.isnan(self.mixture_si_sdr):
            raise InputError(
                f"no validation segment has an audible target, above -{SILENT} dB full scale: "
                "raise data.valid_segments, or choose other data.valid_tracks or data.target"
            )

    def __call__(self, trained: keras.Model) -> dict[str, float]:
        """Return loss, metrics and SI-SDR improvement (dB), their names with `val_` before them.

        Args:
            trained: the part of the network that is trained, which knows the loss.
        """
        found = self.model.evaluate(self.examples, verbose=0, return_dict=True)
        if self.model.output is not trained.output:
            found |= trained.evaluate(self.examples, verbose=0, return_dict=True)
        found["si_sdr_improvement"] = found["si_sdr"] - self.mixture_si_sdr
        return {f"val_{name}": float(value) for name, value in found.items()}


def audible_si_sdr() -> metrics.AudibleMean:
    """Return the metric of the mean SI-SDR, in dB, as validation counts it."""
    return metrics.AudibleMean(metrics.si_sdr, floor=LEAST_SI_SDR)
