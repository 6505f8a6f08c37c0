"""Measures what training wants to know of finished sound: its level each second, and its width."""

import math

import numpy as np

from synthgen_tf.silence import SILENT


def levels_below_full_scale(sound: np.ndarray, sample_rate: int) -> list[int]:
    """Measure the level of each second, as a store of `synthgen prepare` has it.

    Args:
        sound: (time, channels) int16.
        sample_rate: Hz.

    Returns:
        For each second, the last of which may be a part of one, how many dB its RMS over time and
        channels is below full scale (32768): 0 to 100, and 100 is silence.
    """
    if not sound.any():
        return [SILENT] * -(-len(sound) // sample_rate)
    levels = []
    for start in range(0, len(sound), sample_rate):
        steps = sound[start : start + sample_rate].astype(np.int64)
        power = int(np.sum(steps * steps)) / steps.size / 32768**2
        level = round(-10.0 * math.log10(power)) if power else SILENT
        levels.append(min(SILENT, max(0, level)))
    return levels


def stereo_correlation(sound: np.ndarray) -> float | None:
    """Correlate left and right of (time, 2): -1 to 1, and None where one of them is silent."""
    left, right = np.ascontiguousarray(sound.T, np.float32)
    powers = float(np.dot(left, left)) * float(np.dot(right, right))
    if not powers:
        return None
    return round(float(np.clip(np.dot(left, right) / np.sqrt(powers), -1.0, 1.0)), 3)
