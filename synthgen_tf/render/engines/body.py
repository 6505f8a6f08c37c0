"""Makes what stands between strings, pipes or skins and the desk: bodies, walls, levels."""

from collections.abc import Callable

import numpy as np
from scipy import signal

from synthgen_tf.render.engines.base import stereo
from synthgen_tf.render.signals.dsp import (
    CONTROL,
    LN_1000,
    SAMPLE_RATE,
    convolve,
    fade_out,
    from_control,
    lowpass,
    noise,
    ring_modes,
    time_axis,
    to_frames,
)

TAPS = 4096


def wooden_body(
    rng: np.random.Generator,
    first_hz: list[float],
    *,
    direct: float,
    bright_hz: float,
    quality: float = 25.0,
) -> np.ndarray:
    """Draw the resonances of an instrument's body.

    Args:
        rng: source of the many resonances that nobody could name.
        first_hz: the lowest two or three, which everybody hears.
        direct: share of the sound that comes from the strings as it is, 0 to 1.
        bright_hz: above it the resonances grow weaker.
        quality: of the resonances; a body of metal or skin has a higher one.

    Returns:
        (TAPS, 2): responses to two microphones, each of about unit energy.
    """
    lowest = np.log(1.4 * max(first_hz))
    many = np.sort(np.exp(rng.uniform(lowest, np.log(11000.0), 110)))
    hz = np.concatenate([first_hz, many])
    rings = 2.2 * quality * rng.uniform(0.6, 1.4, len(hz)) / hz
    strength = np.sqrt(hz / first_hz[0]) / (1 + (hz / bright_hz) ** 2)
    strength[: len(first_hz)] *= 2.0
    levels = strength * rng.choice([-1.0, 1.0], len(hz)) * rng.uniform(0.3, 1.0, (2, len(hz)))
    # Two microphones hear the same low resonances, and of the others some upside down.
    levels[1] *= np.where(rng.random(len(hz)) < 0.35, -1.0, 1.0)
    levels[1, : len(first_hz)] = levels[0, : len(first_hz)]
    response = ring_modes(hz, levels, rings, np.zeros(len(hz)), TAPS).astype(np.float64)
    response /= np.sqrt(np.sum(response**2, axis=0))
    response *= np.sqrt(1 - direct)
    response[0] += np.sqrt(direct)
    fade = np.minimum(1.0, (TAPS - np.arange(TAPS)) / (0.01 * SAMPLE_RATE))
    return (response * fade[:, None]).astype(np.float32)


def near_walls(rng: np.random.Generator, seconds: float, bright_hz: float) -> np.ndarray:
    """Draw the response of a small room or a stage, (time, 2), unit energy on each side.

    Args:
        rng: source of the echoes.
        seconds: time to -60 dB.
        bright_hz: above it the walls swallow.
    """
    frames = to_frames(seconds)
    walls = np.stack([lowpass(noise(rng, frames), bright_hz, 1) for _ in range(2)]).T
    walls *= np.exp(-LN_1000 / seconds * time_axis(frames))[:, None]
    # The first echoes are single ones, and come before the rest.
    walls[: to_frames(0.004)] = 0.0
    for _ in range(6):
        at = int(rng.integers(to_frames(0.004), min(frames, to_frames(0.03))))
        walls[at] += rng.normal(0, 8.0, 2)
    walls = fade_out(walls.astype(np.float32), 0.01)
    return walls / np.sqrt(np.sum(walls**2, axis=0))


def mixed(*parts: np.ndarray) -> np.ndarray:
    """Add up responses of different lengths, (time, 2)."""
    response = np.zeros((max(len(part) for part in parts), 2), np.float32)
    for part in parts:
        response[: len(part)] += part
    return response


def in_front_of(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Run a part (time, 2) through a response (taps, 2), each side through its own."""
    return stereo(*(convolve(sound[:, side], response[:, side]) for side in (0, 1)))


def on_both(sound: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Apply a (time,) to (time,) function to both channels; once where they are the same."""
    left = function(np.ascontiguousarray(sound[:, 0]))
    if np.array_equal(sound[:, 0], sound[:, 1]):
        return stereo(left, left)
    return stereo(left, function(np.ascontiguousarray(sound[:, 1])))


def playing_level(sound: np.ndarray) -> float:
    """Return the root mean square of a part (time, ...) where it plays loudly, never 0."""
    mono = sound if sound.ndim == 1 else sound[:, 0]
    blocks = mono[: len(mono) // 2048 * 2048].reshape(-1, 2048)[:, ::4]
    power = np.mean(np.square(blocks), axis=1) if len(blocks) else np.mean(np.square(mono))[None]
    playing = power[power > 1e-4 * power.max()] if power.max() > 0 else power
    return float(np.sqrt(np.percentile(playing, 75))) + 1e-6


def levelled(sound: np.ndarray, level: float = 0.2) -> np.ndarray:
    """Scale a part such that it plays at about `level`, root mean square, or peaks at 4."""
    peak = max(float(sound.max()), -float(sound.min()), 1e-6)
    return sound * np.float32(min(level / playing_level(sound), 4.0 / peak))


def squeezed(sound: np.ndarray, amount: float) -> np.ndarray:
    """Compress a whole kit, (time, 2): `amount` is 0 to 1, from nothing to pumping."""
    blocks = -(-len(sound) // CONTROL) + 1
    padded = np.pad(sound[:, 0], (0, blocks * CONTROL - len(sound)))
    level = np.abs(padded).reshape(blocks, CONTROL).max(axis=1)
    pole = np.exp(-CONTROL / SAMPLE_RATE / 0.06)
    level = signal.lfilter([1 - pole], [1, -pole], level)
    gain = (1 + level / (playing_level(sound) + 1e-6)) ** -amount
    return sound * from_control(gain, len(sound))[:, None]
