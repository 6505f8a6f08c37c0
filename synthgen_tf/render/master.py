"""Mastering: bus compression, limiter, clipping and coding, and 16-bit stems that sum exactly.

Stems are (time, 2). All that is done to them is one gain curve common to all, or linear, so that
the sum of the processed stems is the processed sum; coding, which is neither, is done to each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import signal
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from synthgen_tf.audio.mp3 import through_mp3

from .dsp import CONTROL, SAMPLE_RATE, from_control
from .effects import tilt
from .mix import rms_db

FULL_SCALE = 32767
STEP = 4
"""Stems are whole multiples of this: 14 bits, whose rounding lies at -86 dB full scale, below the
noise of any master; FLAC leaves the empty bits out and files are a third smaller.
"""
BLOCK = 64
"""Frames for which the limiter computes one gain."""

CODED_SHARE = 0.03
"""Share of songs that have been mp3; coding takes as long as all the rest of a song."""


@dataclass(frozen=True)
class Mastering:
    """How a mixture is brought to its final shape.

    Attributes:
        loudness_db: root mean square of the mixture in dB full scale, before limiting.
        ceiling_db: highest peak in dB full scale, at most 0.
        glue: 0 none to 1: how hard the bus compressor holds the level.
        clip_db: by how much peaks are cut off above the ceiling, after the limiter; 0 is clean.
        tilt_db: balance of lows and highs of the whole mixture.
        bitrate: of mp3, 0 (64 kbit/s) to 1 (320 kbit/s); None for uncoded music.
    """

    loudness_db: float
    ceiling_db: float
    glue: float = 0.0
    clip_db: float = 0.0
    tilt_db: float = 0.0
    bitrate: float | None = None


def sample_mastering(rng: np.random.Generator) -> Mastering:
    """Draw a mastering; loudness spreads as in releases of the last fifty years."""
    loudness_db = float(np.clip(rng.normal(-14.0, 3.5), -25.0, -8.0))
    loud = loudness_db > -13.0
    return Mastering(
        loudness_db=loudness_db,
        ceiling_db=float(rng.choice([rng.uniform(-1.5, -0.1), 0.0])),
        glue=float(rng.uniform(0.1, 0.6)) if rng.random() < 0.5 else 0.0,
        clip_db=float(rng.uniform(0.5, 4.0)) if rng.random() < (0.3 if loud else 0.08) else 0.0,
        tilt_db=float(rng.normal(0.0, 3.0)) if rng.random() < 0.3 else 0.0,
        bitrate=float(rng.random()) if rng.random() < CODED_SHARE else None,
    )


def compressor_gain(mixture: np.ndarray, glue: float) -> np.ndarray:
    """Gain of a bus compressor, (time, 1) float32: level to the power of minus half the glue."""
    power = np.square(mixture).sum(axis=1)
    blocks = -(-len(power) // CONTROL) + 1
    power = np.pad(power, (0, blocks * CONTROL - len(power))).reshape(blocks, CONTROL).mean(axis=1)
    pole = np.exp(-CONTROL / SAMPLE_RATE / 0.12)
    level = np.sqrt(signal.lfilter([1 - pole], [1, -pole], power, zi=[pole * power.mean()])[0])
    usual = np.sqrt(power.mean()) + 1e-9
    gain = (0.3 + 0.7 * level / usual) ** (-0.5 * glue)
    return from_control(gain, len(mixture))[:, None]


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


def clipping_gain(mixture: np.ndarray, ceiling: float) -> np.ndarray:
    """Gain that cuts every sample of a mixture off at a ceiling, in the shape of the mixture."""
    return ceiling / np.maximum(np.abs(mixture), np.float32(ceiling))


def master(stems: Mapping[str, np.ndarray], mastering: Mastering) -> dict[str, np.ndarray]:
    """Bring the sum of all stems to its final loudness and shape.

    Args:
        stems: (time, 2) float32 each.
        mastering: what to do.

    Returns:
        Stems of the same shapes; neither they nor their sum exceed full scale.
    """
    if mastering.tilt_db:
        stems = {name: tilt(stem, 1000.0, mastering.tilt_db) for name, stem in stems.items()}
    mixture = sum(stems.values())
    curve = compressor_gain(mixture, mastering.glue) if mastering.glue else np.float32(1.0)
    mixture = mixture * curve
    gain = 10 ** ((mastering.loudness_db - rms_db(mixture)) / 20)
    ceiling = 10 ** (mastering.ceiling_db / 20)
    limit = ceiling * 10 ** (mastering.clip_db / 20)
    curve = curve * (gain * limiter_gain(mixture * np.float32(gain), limit))[:, None]
    if mastering.clip_db:
        curve = curve * clipping_gain(sum(stems.values()) * curve, ceiling)
    curve = curve.astype(np.float32)
    stems = {name: stem * curve for name, stem in stems.items()}
    if mastering.bitrate is not None:
        stems = {
            name: through_mp3(stem, SAMPLE_RATE, mastering.bitrate) if stem.any() else stem
            for name, stem in stems.items()
        }
    # Where stems cancel each other, one alone can be louder than the mixture.
    highest = max(float(np.abs(stem).max()) for stem in [*stems.values(), sum(stems.values())])
    if highest > ceiling:
        stems = {name: stem * np.float32(ceiling / highest) for name, stem in stems.items()}
    return stems


def quantise(stems: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Round stems to multiples of `STEP` and add `mixture`, their sum; all (time, 2) int16.

    Rounding may add half a step a stem; the scale leaves room for it, so nothing is clipped.
    """
    room = np.float32(FULL_SCALE / STEP - len(stems))
    rounded = {name: STEP * np.rint(stem * room) for name, stem in stems.items()}
    # Whole numbers of this size add up exactly in single precision.
    rounded["mixture"] = sum(rounded.values())
    return {name: values.astype(np.int16) for name, values in rounded.items()}
