"""Losses on short-time spectra: on magnitudes alone, at several resolutions, in mel bands."""

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from synthgen_tf.losses.signal import FLOOR
from synthgen_tf.model.spectrum import Spectrum, hann, magnitude, mid_and_side

RESOLUTIONS = (512, 2048, 8192)
"""Windows of `mr_stft`, each with a quarter of it as hop."""

MEL_WINDOW, MEL_BANDS, MEL_RATE = 2048, 64, 44_100
MEL_FLOOR = 1e-3
"""Power of a band, that of noise at the mixture's level being about 1, that is as good as none."""


@keras.saving.register_keras_serializable("synthgen")
class MagnitudeNMSE(keras.losses.Loss):
    """The normalized squared error between magnitudes of short-time spectra.

    Phases do not count: the estimate has those of the mixture.

    Args:
        window, hop: of the spectra, samples.
        floor: as of `NormalizedMSE`.
        name, options: of `keras.losses.Loss`.

    Input: the target as a signal (b, t, c), the estimate as magnitudes (b, f, c, k) of its
    `model.spectrum.Spectrum` in middle and side. Output shape: (b,), before Keras reduces.
    """

    def __init__(
        self,
        window: int,
        hop: int,
        floor: float = FLOOR,
        name: str = "magnitude_nmse",
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        self.window, self.hop, self.floor = window, hop, floor
        self.spectrum = Spectrum(window, hop)
        self.noise_power = float(np.square(hann(window)).sum())  # of a bin, in noise of power 1

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        target = magnitude(*self.spectrum(mid_and_side(y_true)))
        return self._power(target - y_pred) / ops.maximum(self._power(target), self.floor)

    def _power(self, magnitudes: KerasTensor) -> KerasTensor:
        """Return about the mean square of the signals that have these magnitudes: (b,)."""
        return ops.mean(ops.square(magnitudes), axis=(1, 2, 3)) / self.noise_power

    def get_config(self) -> dict[str, Any]:
        own = {"window": self.window, "hop": self.hop, "floor": self.floor}
        return {**super().get_config(), **own}


def mr_stft(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return the mean absolute error of short-time spectra, complex and of their magnitudes alike.

    One value per example, the mean over windows of 512, 2048 and 8192 samples; of each, noise at
    unit power has bins at unit power. The complex part holds phase and level, the magnitudes what
    is left when phase is lost: a plain error would rather have nothing than the right sound at the
    wrong phase.

    Reference: Yamamoto, Song, Kim, Parallel WaveGAN (arXiv:1910.11480), for the resolutions.
    """
    total = 0.0
    for window in RESOLUTIONS:
        transform = Spectrum(window, window // 4)
        scale = 1.0 / np.sqrt(np.square(hann(window)).sum())
        target, estimate = transform(y_true * scale), transform(y_pred * scale)
        complex_error = magnitude(target[0] - estimate[0], target[1] - estimate[1])
        magnitude_error = ops.abs(magnitude(*target) - magnitude(*estimate))
        total += ops.mean(complex_error + magnitude_error, axis=(1, 2, 3))
    return total / (2 * len(RESOLUTIONS))


def log_mel(y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
    """Return the mean absolute difference of log-mel spectra, in units of 10 dB, one per example.

    64 bands of the mel scale up to half of 44.1 kHz; bands below -30 dB of the mixture's level
    count as that. It hears quiet bands like loud ones, and no phase.
    """
    filters = mel_filters(MEL_WINDOW, MEL_BANDS, MEL_RATE)

    def bands(signal: KerasTensor) -> KerasTensor:
        real, imaginary = Spectrum(MEL_WINDOW, MEL_WINDOW // 4)(signal)
        power = (ops.square(real) + ops.square(imaginary)) / np.square(hann(MEL_WINDOW)).sum()
        return ops.log10(ops.matmul(power, filters) + MEL_FLOOR)

    return ops.mean(ops.abs(bands(y_true) - bands(y_pred)), axis=(1, 2, 3))


def mel_filters(window: int, bands: int, sample_rate: int) -> np.ndarray:
    """Return the weights of a spectrum's bins in each mel band: float32 (window / 2 + 1, bands).

    They are triangles, evenly spaced on the mel scale up to half the sample rate (Hz), and those of
    a band sum to 1.

    Formula: `mel = 2595 log10(1 + f / 700)`, as HTK has it.
    """
    top = 2595.0 * np.log10(1.0 + sample_rate / 2 / 700.0)
    edges_hz = 700.0 * (10.0 ** (np.linspace(0.0, top, bands + 2) / 2595.0) - 1.0)
    bins = np.arange(window // 2 + 1)[:, None]
    low, middle, high = (edges_hz[i : i + bands] * window / sample_rate for i in range(3))
    # narrow triangles at the bottom still hold the bin nearest to their middle
    low, high = np.minimum(low, middle - 1.0), np.maximum(high, middle + 1.0)
    rise, fall = (bins - low) / (middle - low), (high - bins) / (high - middle)
    filters = np.maximum(0.0, np.minimum(rise, fall))
    return (filters / filters.sum(axis=0)).astype("float32")
