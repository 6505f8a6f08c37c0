"""Mastering: bus compression, limiter, clipping and coding, and 16-bit stems that sum exactly.

Stems are (time, 2). All that is done to them is one gain curve common to all, or linear, so that
the sum of the processed stems is the processed sum; coding, which is neither, is done to each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import signal
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from synthgen_tf.audio.aac import through_aac
from synthgen_tf.audio.mp3 import through_mp3
from synthgen_tf.render.mixing.desk import rms_db, total
from synthgen_tf.render.mixing.effects import tilt
from synthgen_tf.render.signals.dsp import CONTROL, SAMPLE_RATE, from_control

FULL_SCALE = 32767
STEP = 4
"""Stems are whole multiples of this: 14 bits, whose rounding lies at -86 dB full scale, below the
noise of any master; FLAC leaves the empty bits out and files are a third smaller.
"""
BLOCK = CONTROL
"""Frames for which the limiter computes one gain."""
RECOVERY = 0.985
"""What is left of the limiter's reduction from one block to the next: it recovers in 0.1 s."""

CODECS = {"mp3": through_mp3, "aac": through_aac}
CODED_SHARE = 0.04
"""Share of songs that have been mp3 or AAC; coding takes as long as all the rest of a song."""

LIMITED_SHARE = 0.4
LIMITED_DB = (2.0, 7.0)
"""By how much the limiter turns the peaks of a usual second down in songs made to be loud.

With those whose level alone drives them into it by more than 1 dB, half of the songs are limited.
"""
LOUDEST_DB = -5.0
"""Nothing is driven into the limiter at a higher root mean square than this."""


@dataclass(frozen=True)
class Mastering:
    """How a mixture is brought to its final shape.

    Attributes:
        loudness_db: root mean square of the mixture in dB full scale, before limiting; where
            `limiter_db` asks for more, it is louder.
        ceiling_db: highest peak in dB full scale, at most 0.
        glue: 0 none to 1: how hard the bus compressor holds the level.
        clip_db: by how much peaks are cut off above the ceiling, after the limiter; 0 is clean.
        tilt_db: balance of lows and highs of the whole mixture.
        limiter_db: by how much the peaks of a usual second stand above the limit; 0 for music
            whose limiter is there for single peaks only.
        codec: one of `CODECS`, None for uncoded music.
        bitrate: of the codec, 0 (64 kbit/s) to 1 (320 for mp3, 256 for AAC).
    """

    loudness_db: float
    ceiling_db: float
    glue: float = 0.0
    clip_db: float = 0.0
    tilt_db: float = 0.0
    limiter_db: float = 0.0
    codec: str | None = None
    bitrate: float | None = None


def sample_mastering(rng: np.random.Generator) -> Mastering:
    """Draw a mastering; loudness spreads as in releases of the last fifty years."""
    loudness_db = float(np.clip(rng.normal(-14.0, 3.5), -25.0, -8.0))
    loud = loudness_db > -13.0
    coded = rng.random() < CODED_SHARE
    return Mastering(
        loudness_db=loudness_db,
        ceiling_db=float(rng.choice([rng.uniform(-1.5, -0.1), 0.0])),
        glue=float(rng.uniform(0.1, 0.6)) if rng.random() < 0.5 else 0.0,
        clip_db=float(rng.uniform(0.5, 4.0)) if rng.random() < (0.3 if loud else 0.08) else 0.0,
        tilt_db=float(rng.normal(0.0, 3.0)) if rng.random() < 0.3 else 0.0,
        limiter_db=float(rng.uniform(*LIMITED_DB)) if rng.random() < LIMITED_SHARE else 0.0,
        codec=str(rng.choice(list(CODECS))) if coded else None,
        bitrate=float(rng.random()) if coded else None,
    )


def compressor_gain(mixture: np.ndarray, glue: float) -> np.ndarray:
    """Gain of a bus compressor, (time, 1) float32: level to the power of minus half the glue."""
    power = np.square(mixture[:, 0]) + np.square(mixture[:, 1])
    blocks = -(-len(power) // CONTROL) + 1
    power = np.pad(power, (0, blocks * CONTROL - len(power))).reshape(blocks, CONTROL).mean(axis=1)
    pole = np.exp(-CONTROL / SAMPLE_RATE / 0.12)
    level = np.sqrt(signal.lfilter([1 - pole], [1, -pole], power, zi=[pole * power.mean()])[0])
    usual = np.sqrt(power.mean()) + 1e-9
    gain = (0.3 + 0.7 * level / usual) ** (-0.5 * glue)
    return from_control(gain, len(mixture))[:, None]


def limiter_gain(mixture: np.ndarray, ceiling: float | np.floating) -> np.ndarray:
    """Gain that keeps a mixture at or below a ceiling.

    The gain falls before a peak comes and rises slowly after it.

    Args:
        mixture: (time, 2).
        ceiling: highest magnitude allowed.

    Returns:
        (time,) float32 in (0, 1].
    """
    needed = np.minimum(1.0, ceiling / np.maximum(block_peaks(mixture), 1e-9))
    if needed.min() == 1.0:
        return np.ones(len(mixture), np.float32)
    # Hold over 15 blocks and smooth over 13: at its own block and at both neighbours, between
    # which the gain is interpolated, every smoothed value covers the need.
    held = minimum_filter1d(needed, 15, mode="nearest")
    # Each block's reduction falls by a factor: the largest of all that came before, in logarithms.
    fall = -np.log(RECOVERY) * np.arange(len(held))
    with np.errstate(divide="ignore"):
        reduction = np.exp(np.maximum.accumulate(np.log(1.0 - held) + fall) - fall)
    smooth = np.minimum(uniform_filter1d(1.0 - reduction, 13, mode="nearest"), 1.0)
    # The curve's points are the middles of the blocks, its ends those of the sound.
    curve = np.concatenate([smooth[:1], smooth, smooth[-1:]])
    return from_control(curve, BLOCK // 2 + len(mixture))[BLOCK // 2 :]


def block_peaks(mixture: np.ndarray) -> np.ndarray:
    """Highest magnitude in each block of `BLOCK` frames, of both channels, (blocks,)."""
    louder = np.maximum(np.abs(mixture[:, 0]), np.abs(mixture[:, 1]))
    return np.pad(louder, (0, -len(louder) % BLOCK)).reshape(-1, BLOCK).max(axis=1)


def usual_peak(mixture: np.ndarray) -> float:
    """Median over the seconds that sound of each second's highest magnitude, of (time, 2)."""
    peaks = block_peaks(mixture)
    step = SAMPLE_RATE // BLOCK
    seconds = np.pad(peaks, (0, -len(peaks) % step)).reshape(-1, step).max(axis=1)
    return float(np.median(seconds[seconds > 1e-2 * seconds.max()])) if peaks.any() else 0.0


def clipping_gain(mixture: np.ndarray, ceiling: float) -> np.ndarray:
    """Gain that cuts every sample of a mixture off at a ceiling, in the shape of the mixture."""
    return np.float32(ceiling) / np.maximum(np.abs(mixture), np.float32(ceiling))


def master(
    stems: Mapping[str, np.ndarray], mastering: Mastering
) -> tuple[dict[str, np.ndarray], float]:
    """Bring the sum of all stems to its final loudness and shape.

    Args:
        stems: (time, 2) float32 each, one at least.
        mastering: what to do.

    Returns:
        Stems of the same shapes; neither they nor their sum exceed full scale. And by how many dB
        the limiter turns down in the median second, at that second's deepest.
    """
    if mastering.tilt_db:
        stems = {name: tilt(stem, 1000.0, mastering.tilt_db) for name, stem in stems.items()}
    mixture = total(stems.values())
    curve = (
        compressor_gain(mixture, mastering.glue) if mastering.glue else np.ones((1, 1), np.float32)
    )
    glued = mixture * curve if mastering.glue else mixture
    ceiling = 10 ** (mastering.ceiling_db / 20)
    limit = ceiling * 10 ** (mastering.clip_db / 20)
    gain = np.float32(10 ** (_gain_db(glued, mastering, limit) / 20))
    limiter = limiter_gain(glued, limit / gain)
    curve = curve * (gain * limiter)[:, None]
    if mastering.clip_db:
        curve = curve * clipping_gain(mixture * curve, ceiling)
    mixture *= curve
    stems = {name: stem * curve for name, stem in stems.items()}
    if mastering.codec is not None and mastering.bitrate is not None:
        through, share = CODECS[mastering.codec], mastering.bitrate
        stems = {
            name: through(stem, SAMPLE_RATE, share) if stem.any() else stem
            for name, stem in stems.items()
        }
        mixture = total(stems.values())
    # Where stems cancel each other, one alone can be louder than the mixture.
    highest = max(float(max(sound.max(), -sound.min())) for sound in (*stems.values(), mixture))
    if highest > ceiling:
        stems = {name: stem * np.float32(ceiling / highest) for name, stem in stems.items()}
    return stems, _usual_reduction_db(limiter)


def _gain_db(mixture: np.ndarray, mastering: Mastering, limit: float) -> float:
    """Gain in front of the limiter."""
    now_db = rms_db(mixture)
    gain_db = mastering.loudness_db - now_db
    if mastering.limiter_db and (peak := usual_peak(mixture)):
        into_limiter_db = mastering.limiter_db + 20 * np.log10(limit / peak)
        gain_db = max(gain_db, min(into_limiter_db, LOUDEST_DB - now_db))
    return float(gain_db)


def _usual_reduction_db(gain: np.ndarray) -> float:
    """Median over the seconds of the lowest gain (time,) in each, as dB taken away."""
    seconds = np.minimum.reduceat(gain, np.arange(0, len(gain), SAMPLE_RATE))
    return round(-20 * float(np.log10(np.median(seconds))), 2) + 0.0


def quantise(stems: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Round stems to multiples of `STEP` and add `mixture`, their sum; all (time, 2) int16.

    Rounding may add half a step a stem; the scale leaves room for it, so nothing is clipped.
    """
    room = np.float32(FULL_SCALE / STEP - len(stems))
    rounded = {}
    for name, stem in stems.items():
        steps = stem * room
        rounded[name] = np.rint(steps, out=steps).astype(np.int16) * np.int16(STEP)
    rounded["mixture"] = total(rounded.values())
    return rounded
