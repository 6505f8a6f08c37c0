"""Level, peak and activity of a signal that comes in blocks."""

import math

import numpy as np

from synthgen_tf.data.store import SILENT


class Meter:
    """Measures a signal that comes in blocks of one second, float32 (time, channels)."""

    def __init__(self):
        self.energy, self.peak, self.clamped, self.samples = 0.0, 0.0, 0, 0
        self.levels: list[int] = []

    def add(self, block: np.ndarray) -> None:
        """Take the next second."""
        energy = float(np.vdot(block, block))
        peak = max(float(block.max()), -float(block.min()))
        if peak > 1.0:
            self.clamped += int(np.count_nonzero(np.abs(block) > 1.0))
        self.energy += energy
        self.peak = max(self.peak, peak)
        self.samples += block.size
        self.levels.append(round(min(max(-decibels(energy / block.size), 0.0), SILENT)))

    def clamped_share(self) -> float:
        """Share of the samples that 16 bits cannot hold."""
        return self.clamped / max(self.samples, 1)

    def facts(self) -> dict:
        """What the index says of a stem; levels in dB below full scale."""
        return {
            "rms_db": round(decibels(self.energy / max(self.samples, 1)), 2),
            "peak_db": round(decibels(self.peak**2), 2),
            "levels": self.levels,
        }


def decibels(power: float) -> float:
    """A mean square in dB, silence as -200."""
    return 10.0 * math.log10(max(power, 1e-20))
