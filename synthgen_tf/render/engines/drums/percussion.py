"""Makes hand percussion: everything of the General MIDI drum map that is no kit.

`PERCUSSION` maps numbers to functions (rng, values, force) to (time,) float32. `values` are three
factors near 1 that `sample_percussion` draws: on pitch, on length and on noise.
"""

from collections.abc import Callable

import numpy as np
from scipy import signal

from synthgen_tf.render.engines.base import draw
from synthgen_tf.render.engines.drums.acoustic import skin
from synthgen_tf.render.engines.keys.piano import struck
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    coloured_noise,
    highpass,
    ring_modes,
    time_axis,
    to_frames,
)

Strike = Callable[[np.random.Generator, dict, float], np.ndarray]
"""Take (rng, values, force), return one hit of an instrument, (time,) float32."""


def sample_percussion(rng: np.random.Generator) -> dict:
    """Draw the three factors of one instrument."""
    return draw(rng, pitch=(0.85, 1.18), length=(0.7, 1.4), noise=(0.6, 1.5))


def drum(hz: float, seconds: float, slap: float, upper: float = 0.5, shell: float = 0.0) -> Strike:
    """Make a hand drum with a skin tuned to `hz`, which rings for `seconds`.

    `slap` is the level of the hand or stick, `upper` the share of the higher modes, and `shell`
    the level of the metal around the drum; all three are 0 to 1.
    """

    def strike(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
        frames = to_frames(seconds * values["length"] + 0.1)
        tone_hz = hz * values["pitch"]
        sound = skin(
            rng, frames, tone_hz, seconds * values["length"], bend=1.2 * force, upper=upper
        )
        hand = struck(rng, frames, 500, 4500, 0.005)
        sound += slap * values["noise"] * force * hand
        if shell:
            partials = tone_hz * np.array([2.8, 4.1, 5.9, 7.7])
            sound += ring_modes(partials, np.full(4, shell), np.full(4, 0.4), np.zeros(4), frames)
        return np.float32(0.7) * sound

    return strike


def bar(
    hz: float,
    ratios: tuple[float, ...],
    levels: tuple[float, ...],
    seconds: float,
    click: float = 0.2,
) -> Strike:
    """Make a piece of wood or metal with few partials: claves, blocks, bells, triangle.

    The partials lie at `ratios` times `hz` and sound at `levels`, the lowest for `seconds`;
    `click` is the level of the stick.
    """

    def strike(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
        frames = to_frames(1.1 * seconds * values["length"] + 0.05)
        partials = hz * values["pitch"] * np.array(ratios)
        rings = seconds * values["length"] / np.arange(1, len(ratios) + 1) ** 0.5
        sound = ring_modes(
            partials, np.array(levels), rings, rng.uniform(0, 1, len(ratios)), frames
        )
        hit = struck(rng, frames, hz, 12000, 0.0025)
        return 0.6 * sound + click * values["noise"] * force * hit

    return strike


def grains(
    low_hz: float, high_hz: float, rise: float, seconds: float, jingles: float = 0.0
) -> Strike:
    """Make an instrument of many small hits: shaker, maracas, cabasa, tambourine.

    The grains hiss between `low_hz` and `high_hz`, grow denser for `rise` seconds and die away
    within about `seconds`; `jingles` is the level of small plates that ring.
    """

    def strike(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
        time = time_axis(to_frames(rise + 1.4 * seconds * values["length"] + 0.05))
        frames = len(time)
        length = np.float32(seconds * values["length"])
        level = np.minimum(time / rise, 1.0) ** 1.5 * np.exp(
            -np.maximum(time - rise, 0) / (length / 3)
        )
        # Grains are counted, not a steady hiss.
        hits = rng.random(frames) < 0.02 + 0.1 * level
        clicks = signal.lfilter([1.0], [1, -0.93], hits * rng.standard_normal(frames))
        sound = 0.4 * clicks * level + 0.3 * values["noise"] * level * coloured_noise(
            rng, frames, low_hz, high_hz
        )
        if jingles:
            hz = rng.uniform(low_hz, 1.6 * high_hz, 24) * values["pitch"]
            rings = rng.uniform(0.3, 1.0, 24) * 3 * length
            tones = ring_modes(hz, rng.uniform(0.1, 0.5, 24), rings, rng.uniform(0, 6, 24), frames)
            sound += jingles * tones * np.minimum(time / rise, 1.0)
        return highpass(sound.astype(np.float32), 0.5 * low_hz) * np.float32(0.6 + 0.4 * force)

    return strike


def scraped(seconds: float, teeth_hz: float) -> Strike:
    """Make a guiro: a stick runs over notches, at first `teeth_hz` of them a second."""

    def strike(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
        frames = to_frames(seconds * values["length"] + 0.05)
        time = time_axis(frames)
        speed = teeth_hz * (1 + 0.5 * time / np.float32(seconds))
        teeth = np.exp(-8 * ((np.cumsum(speed) / SAMPLE_RATE) % 1.0))
        gate = np.minimum(time / 0.01, 1) * (time < seconds * values["length"])
        return 0.5 * gate * teeth * coloured_noise(rng, frames, 1800 * values["pitch"], 6000)

    return strike


def whistle(seconds: float) -> Strike:
    """Make a pea whistle: a tone whose pitch and level flutter, `seconds` long."""

    def strike(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
        frames = to_frames(seconds * values["length"] + 0.03)
        time = time_axis(frames)
        flutter = np.sin(2 * np.pi * rng.uniform(28, 42) * time)
        phase = 2 * np.pi * np.cumsum(2450 * values["pitch"] * (1 + 0.02 * flutter)) / SAMPLE_RATE
        gate = np.minimum(time / 0.01, 1) * np.clip((time[-1] - time) / 0.02, 0, 1)
        tone = np.sin(phase) + 0.25 * np.sin(2.02 * phase)
        hiss = 0.15 * values["noise"] * coloured_noise(rng, frames, 1500, 8000)
        return 0.4 * gate * ((1 + 0.4 * flutter) * tone + hiss)

    return strike


def cuica(seconds: float, start_hz: float, end_hz: float) -> Strike:
    """Make a cuica: a rubbed drum whose tone cries from `start_hz` up to `end_hz`."""

    def strike(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
        frames = to_frames(seconds * values["length"] + 0.03)
        time = time_axis(frames)
        share = np.minimum(time / np.float32(seconds * values["length"]), 1.0)
        hz = values["pitch"] * start_hz * (end_hz / start_hz) ** share
        phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
        tone = np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.25 * np.sin(3 * phase)
        return 0.5 * np.sqrt(np.maximum(np.sin(np.pi * share), 0.0)) * tone

    return strike


def rattle(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Return one hit of a vibraslap, whose teeth rattle in a box, (time,) float32."""
    frames = to_frames(1.2 * values["length"])
    time = time_axis(frames)
    teeth = np.exp(-6 * ((rng.uniform(22, 30) * time) % 1.0))
    box = coloured_noise(rng, frames, 1400 * values["pitch"], 3500)
    return 0.5 * teeth * box * np.exp(-time / np.float32(0.25 * values["length"]))


BELL = (1.0, 1.48, 2.9, 4.3, 5.8)
WOOD = (1.0, 2.6, 4.4)

PERCUSSION = {
    54: grains(5000, 9500, 0.006, 0.16, jingles=0.9),
    56: bar(560, BELL, (0.7, 0.8, 0.3, 0.25, 0.15), 0.3, click=0.4),
    58: rattle,
    60: drum(430, 0.16, 0.5),
    61: drum(300, 0.22, 0.4),
    62: drum(270, 0.07, 0.9),
    63: drum(235, 0.4, 0.4),
    64: drum(165, 0.5, 0.35),
    65: drum(330, 0.35, 0.5, 0.6, shell=0.2),
    66: drum(215, 0.45, 0.45, 0.6, shell=0.2),
    67: bar(920, (1.0, 2.42, 3.9, 5.2), (0.8, 0.5, 0.3, 0.2), 0.6),
    68: bar(640, (1.0, 2.42, 3.9, 5.2), (0.8, 0.5, 0.3, 0.2), 0.7),
    69: grains(3500, 9000, 0.03, 0.1),
    70: grains(4500, 11000, 0.012, 0.06),
    71: whistle(0.16),
    72: whistle(0.5),
    73: scraped(0.1, 110),
    74: scraped(0.36, 75),
    75: bar(2450, (1.0, 1.02, 2.7), (0.9, 0.2, 0.1), 0.1),
    76: bar(1150, WOOD, (0.9, 0.3, 0.2), 0.12),
    77: bar(790, WOOD, (0.9, 0.3, 0.2), 0.14),
    78: cuica(0.16, 480, 720),
    79: cuica(0.3, 300, 520),
    80: bar(2900, (1.0, 1.72, 2.55, 3.4, 4.3), (0.4, 0.6, 0.5, 0.4, 0.3), 0.12, click=0.3),
    81: bar(2900, (1.0, 1.72, 2.55, 3.4, 4.3), (0.4, 0.6, 0.5, 0.4, 0.3), 2.2, click=0.3),
}
