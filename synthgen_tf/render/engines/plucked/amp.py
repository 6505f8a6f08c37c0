"""Plays through guitar and bass amplifiers: equaliser, tube, loudspeaker and microphone.

The tube sees the sum of all strings. That is what sets a distorted guitar apart from a synth: two
strings make sums and differences of all their partials, not one rich tone each.
"""

import numpy as np
from scipy import signal

from synthgen_tf.render.engines.base import draw_log
from synthgen_tf.render.engines.body import levelled, playing_level
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, convolve, minimum_phase, noise

HALF_BAND = signal.firwin(33, 0.5, window=("kaiser", 6.0)).astype(np.float32)

# Lowest and highest gain in front of the tube, corner of the high-pass there in Hz, and gain in
# dB of the middle before the tube.
CHARACTERS = {
    "clean": ((0.25, 1.2), (50, 110), (-3, 3)),
    "crunch": ((1.8, 6.0), (70, 160), (-2, 6)),
    "lead": ((7.0, 28.0), (90, 220), (0, 9)),
    "high gain": ((20.0, 90.0), (110, 320), (0, 8)),
    "fuzz": ((30.0, 160.0), (50, 120), (-4, 4)),
    "bass": ((0.25, 1.4), (25, 40), (-3, 3)),
    "driven bass": ((2.0, 14.0), (30, 60), (-2, 6)),
}
SHAPES = {"fuzz": ("hard", "uneven"), "lead": ("tube", "tube", "uneven", "hard")}


def sample_amplifier(rng: np.random.Generator, character: str) -> dict:
    """Draw an amplifier, ready for JSON.

    Args:
        rng: source of all choices.
        character: a key of `CHARACTERS`.
    """
    gains, tight_hz, middle_db = CHARACTERS[character]
    bass = character.endswith("bass")
    return {
        "character": character,
        "gain": draw_log(rng, *gains),
        "shape": str(rng.choice(SHAPES.get(character, ("tube", "tube", "uneven")))),
        "bias": float(rng.uniform(0.0, 0.35)),
        "before": _before(rng, float(rng.uniform(*tight_hz)), float(rng.uniform(*middle_db)), bass),
        "cabinet": _bass_cabinet(rng) if bass else _guitar_cabinet(rng),
        "mic_seconds": float(rng.uniform(0.0002, 0.0012)),
        "mic_level": float(rng.choice([0.0, rng.uniform(0.1, 0.5)])),
        "hiss_db": float(rng.uniform(-75.0, -54.0)),
    }


def _before(rng: np.random.Generator, low_hz: float, middle_db: float, bass: bool) -> list:
    """Draw pickup and preamplifier as a loudness curve: (Hz, dB)."""
    resonance_hz = draw_log(rng, 2200, 5000)
    middle_hz = draw_log(rng, 500, 1100)
    slope = rng.uniform(6, 14)
    return [
        [20.0, float(-slope * max(0.0, np.log2(low_hz / 20)))],
        [low_hz, -2.0],
        [2.2 * low_hz, 0.0],
        [middle_hz, 0.0 if bass else middle_db],
        [resonance_hz, float(rng.uniform(0, 6))],
        [1.8 * resonance_hz, -8.0],
        [20000.0, -40.0],
    ]


def _guitar_cabinet(rng: np.random.Generator) -> list:
    """Draw a guitar loudspeaker: a bump, a dip, a bite, and nothing above 5 kHz or so."""
    bump_hz, end_hz = rng.uniform(90, 150), rng.uniform(4200, 5800)
    known = [
        (20, -38),
        (55, -14),
        (bump_hz, rng.uniform(0, 6)),
        (rng.uniform(350, 600), rng.uniform(-7, 0)),
        (rng.uniform(1000, 1600), rng.uniform(-3, 2)),
        (rng.uniform(2200, 3000), rng.uniform(1, 7)),
        (rng.uniform(3200, 4000), rng.uniform(0, 6)),
        (end_hz, rng.uniform(-8, -3)),
        (1.35 * end_hz, rng.uniform(-28, -18)),
        (12000, -50),
        (22000, -75),
    ]
    return _rippled(rng, known, 3.0)


def _bass_cabinet(rng: np.random.Generator) -> list:
    """Draw a bass cabinet, now and then with a horn, or the desk without any cabinet."""
    end_hz = draw_log(rng, 1800, 9000)
    known = [
        (20, -16),
        (45, -2),
        (rng.uniform(70, 110), rng.uniform(0, 4)),
        (rng.uniform(300, 600), rng.uniform(-6, 1)),
        (rng.uniform(800, 1500), rng.uniform(-3, 4)),
        (end_hz, -3),
        (2 * end_hz, -22),
        (22050, -60),
    ]
    return _rippled(rng, known, 1.5)


def _rippled(rng: np.random.Generator, known: list, depth_db: float) -> list:
    """Add small peaks and notches to a curve, five an octave: cone and microphone."""
    hz, level_db = np.array(sorted(known), float).T
    grid = np.geomspace(20, 22000, 50)
    ripple = rng.normal(0, depth_db, len(grid)) * (grid > 150)
    curve = np.interp(np.log(grid), np.log(hz), level_db) + ripple
    return [[round(float(a), 1), round(float(b), 2)] for a, b in zip(grid, curve, strict=True)]


def amplify(rng: np.random.Generator, sound: np.ndarray, values: dict) -> np.ndarray:
    """Play a part through an amplifier.

    Args:
        rng: source of the hiss.
        sound: (time,), all strings together.
        values: from `sample_amplifier`.

    Returns:
        (time,) float32 at the level of `levelled`.
    """
    driven = convolve(sound, minimum_phase(values["before"], 512))
    loud = 1.8 * playing_level(driven)
    # Twice the rate around the tube, as its harmonics would fold back otherwise.
    wide = signal.resample_poly(driven, 2, 1, window=HALF_BAND)
    wide = _shaped(wide * np.float32(values["gain"] / loud), values["shape"], values["bias"])
    tube = signal.resample_poly(wide, 1, 2, window=HALF_BAND)
    response = minimum_phase(values["cabinet"], 1024)
    mic = round(values["mic_seconds"] * SAMPLE_RATE)
    # The floor's reflection reaches the microphone a little later: a comb.
    response[mic:] += np.float32(values["mic_level"]) * response[: len(response) - mic].copy()
    hiss = np.resize(noise(rng, SAMPLE_RATE), len(tube))
    tube += hiss * np.float32(playing_level(tube) * 10 ** (values["hiss_db"] / 20))
    return levelled(convolve(tube, response))


def _shaped(sound: np.ndarray, shape: str, bias: float) -> np.ndarray:
    """Bend a sound by the curve of the tube or diode; 1 is where it gives way."""
    offset = np.float32(bias)
    if shape == "hard":
        clipped = np.clip(0.67 * sound, -1, 1)
        return np.float32(1.5) * clipped - np.float32(0.5) * clipped**3
    if shape == "uneven":
        sound = np.where(sound < 0, sound * np.float32(1 - bias), sound)
    return np.tanh(sound + offset) - np.tanh(offset)
