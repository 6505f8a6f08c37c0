"""Losses of an estimate against its target stem, in keras.ops: one value per example.

All but `MagnitudeNMSE` compare (batch, time, channels) signals, after normalisation, where the
mixture's mean square is 1. Keras reduces, weights and scales by replicas.

Module      -> what it compares
signal      -> samples: NMSE, unit-norm MSE, MSE, L1, SI-SDR
spectral    -> short-time spectra: magnitudes, several resolutions, mel bands
weighted    -> any sum of those on signals
objectives  -> Config, network -> what is trained, and the loss that the configuration names
"""

from synthgen_tf.losses.objectives import Objective, objective
from synthgen_tf.losses.signal import NormalizedMSE, l1, mse, normalized_mse, unit_norm_mse
from synthgen_tf.losses.spectral import MagnitudeNMSE, log_mel, mr_stft
from synthgen_tf.losses.weighted import WeightedLoss

__all__ = [
    "MagnitudeNMSE",
    "NormalizedMSE",
    "Objective",
    "WeightedLoss",
    "l1",
    "log_mel",
    "mr_stft",
    "mse",
    "normalized_mse",
    "objective",
    "unit_norm_mse",
]
