"""The desk: track levels, reverb, one limiter for all stems, and 16-bit stems that sum exactly.

Stems are (time, 2). Everything after the tracks is linear or one gain curve common to all stems,
so that the sum of the processed stems is the processed sum.
"""

from collections.abc import Mapping

import numpy as np
from scipy import fft
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from .dsp import LN_1000, SAMPLE_RATE, lowpass, noise, time_axis, to_frames

LEVEL_DB = {
    "drums": -16.0,
    "bass": -18.0,
    "guitar": -20.5,
    "keys": -21.0,
    "strings": -22.0,
    "brass": -22.0,
    "wind": -22.0,
    "vocals": -17.0,
    "backing": -24.0,
    "synth_lead": -20.0,
    "synth_pad": -23.0,
    "synth_arp": -22.5,
    "synth_pluck": -22.0,
    "synth_bass": -17.5,
    "synth_stab": -21.5,
}
"""Level of each role while it plays, before the spread of `LEVEL_SPREAD_DB`."""

LEVEL_SPREAD_DB = 2.5

FULL_SCALE = 32767
BLOCK = 64
"""Frames for which the limiter computes one gain."""


def rms_db(sound: np.ndarray) -> float:
    """Root mean square over all entries in dB relative to 1; -200 for silence."""
    power = np.mean(np.square(sound, dtype=np.float64))
    return float(10 * np.log10(max(power, 1e-20)))


def playing_rms_db(sound: np.ndarray) -> float:
    """Root mean square over the tenth-seconds in which a track plays, in dB.

    A tenth of a second counts as playing when it is within 40 dB of the loudest.
    """
    length = SAMPLE_RATE // 10
    padded = np.pad(sound, ((0, -len(sound) % length), (0, 0)))
    power = np.mean(np.square(padded).reshape(-1, length * 2), axis=1)
    playing = power[power > 1e-4 * power.max()]
    return float(10 * np.log10(max(np.mean(playing) if len(playing) else 0.0, 1e-20)))


class Room:
    """The song's reverb: noise that decays, with its first milliseconds left out.

    Args:
        rng: source of size and echoes.
    """

    def __init__(self, rng: np.random.Generator):
        self.seconds = float(np.exp(rng.uniform(np.log(0.4), np.log(2.8))))
        self.predelay_seconds = float(rng.uniform(0.0, 0.03))
        frames = to_frames(self.seconds)
        tail = np.stack([noise(rng, frames), noise(rng, frames)]).T
        tail *= np.exp(-LN_1000 / self.seconds * time_axis(frames))[:, None]
        tail = lowpass(tail, float(rng.uniform(3500, 9000)), 1)
        tail /= np.sqrt(np.sum(tail**2, axis=0))
        self.response = np.pad(tail, ((to_frames(self.predelay_seconds), 0), (0, 0)))

    def reverberate(self, sends: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Reverb of every send, (time,) to (time, 2) float32 of the same length."""
        result = {}
        spectrum = None
        for name, send in sends.items():
            if spectrum is None:
                size = fft.next_fast_len(len(send) + len(self.response), real=True)
                spectrum = fft.rfft(self.response.T.astype(np.float32), size)  # (2, bins)
            wet = fft.irfft(spectrum * fft.rfft(send, size), size)
            result[name] = wet[:, : len(send)].T
        return result


def limiter_gain(mixture: np.ndarray, ceiling: float) -> np.ndarray:
    """Gain that keeps a mixture at or below a ceiling.

    The gain falls before a peak comes and rises slowly after it.

    Args:
        mixture: (time, 2).
        ceiling: highest magnitude allowed.

    Returns:
        (time,) float32 in (0, 1].
    """
    frames = len(mixture)
    padded = np.pad(np.abs(mixture).max(axis=1), (0, -frames % BLOCK))
    peaks = padded.reshape(-1, BLOCK).max(axis=1)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    # Hold over 15 blocks and smooth over 13: at its own block and at both neighbours, between
    # which the gain is interpolated, every smoothed value covers the need.
    held = minimum_filter1d(needed, 15, mode="nearest")
    recovering = held.copy()
    for index in range(1, len(held)):
        recovering[index] = min(held[index], 0.985 * recovering[index - 1] + 0.015)
    smooth = uniform_filter1d(recovering, 13, mode="nearest")
    centres = (np.arange(len(smooth)) + 0.5) * BLOCK
    gain = np.interp(np.arange(frames), centres, smooth)
    return np.minimum(gain, 1.0).astype(np.float32)


def master(
    stems: Mapping[str, np.ndarray], loudness_db: float, ceiling_db: float
) -> dict[str, np.ndarray]:
    """Bring the sum of all stems to a loudness, with its peaks limited.

    Args:
        stems: (time, 2) float32 each.
        loudness_db: root mean square of the mixture in dB full scale, before limiting.
        ceiling_db: highest peak in dB full scale, below 0.

    Returns:
        Stems of the same shapes; neither they nor their sum exceed full scale.
    """
    mixture = sum(stems.values())
    gain = 10 ** ((loudness_db - rms_db(mixture)) / 20)
    ceiling = 10 ** (ceiling_db / 20)
    curve = (gain * limiter_gain(mixture * np.float32(gain), ceiling)).astype(np.float32)
    stems = {name: stem * curve[:, None] for name, stem in stems.items()}
    # Where stems cancel each other, one alone can be louder than the mixture.
    highest = max(float(np.abs(stem).max()) for stem in [*stems.values(), sum(stems.values())])
    if highest > ceiling:
        stems = {name: stem * np.float32(ceiling / highest) for name, stem in stems.items()}
    return stems


def quantise(stems: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Round stems to 16 bits and add `mixture`, their integer sum; all (time, 2) int16.

    Rounding may add half a step a stem; the scale leaves room for it, so nothing is clipped.
    """
    room = FULL_SCALE - len(stems)
    rounded = {name: np.rint(stem * room).astype(np.int32) for name, stem in stems.items()}
    rounded["mixture"] = np.sum(list(rounded.values()), axis=0)
    return {name: values.astype(np.int16) for name, values in rounded.items()}
