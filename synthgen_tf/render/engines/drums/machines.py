"""Drum machines: analogue circuits, early samplers, and what producers make of both.

Pieces are pairs of functions as in `acoustic`.
"""

import numpy as np

from synthgen_tf.render.engines.base import draw, draw_log
from synthgen_tf.render.engines.keys.piano import struck
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    coloured_noise,
    highpass,
    lowpass,
    noise,
    peaks,
    time_axis,
    to_frames,
)

METAL_HZ = np.array([205.3, 304.4, 369.6, 522.7, 540.0, 800.0])
"""Six oscillators that share no harmonic: the metal of the classic machines."""


def swept(time: np.ndarray, start_hz: float, end_hz: float, fall_seconds: float) -> np.ndarray:
    """Phase in radians of a tone that falls from one frequency to another."""
    sweep = (start_hz - end_hz) * fall_seconds * (1.0 - np.exp(-time / np.float32(fall_seconds)))
    return (2 * np.pi * (end_hz * time + sweep)).astype(np.float32)


def sample_machine_kick(rng: np.random.Generator) -> dict:
    """Draw a kick, from a long sine to a driven thump."""
    values = draw(rng, hz=(40, 62), sweep=(1.5, 9.0), fall=(0.008, 0.06), click=(0.0, 0.5))
    values |= {"seconds": draw_log(rng, 0.2, 1.6), "drive": draw_log(rng, 0.5, 6.0)}
    return values | draw(rng, noise=(0.0, 0.15), tone=(0.0, 1.0))


def machine_kick(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """A sine or triangle that falls, driven, with a click."""
    seconds = values["seconds"] * (0.7 + 0.3 * force)
    frames = to_frames(seconds + 0.05)
    time = time_axis(frames)
    start = values["hz"] * (1 + (values["sweep"] - 1) * (0.4 + 0.6 * force))
    phase = swept(time, start, values["hz"], values["fall"])
    body = np.sin(phase) + np.float32(0.11 * values["tone"]) * np.sin(3 * phase)
    body *= np.exp(-6.9 / seconds * time) * np.minimum(time / 0.0008, 1.0)
    body = np.tanh(np.float32(values["drive"]) * body) / np.float32(np.tanh(values["drive"]))
    body += values["click"] * force * struck(rng, frames, 1200, 9000, 0.0025)
    return body + values["noise"] * struck(rng, frames, 200, 3000, 0.02)


def sample_machine_snare(rng: np.random.Generator) -> dict:
    """Draw a snare: two tones and a noise, in any proportion."""
    values = draw(rng, hz=(150, 260), ratio=(1.5, 2.1), tone_seconds=(0.06, 0.25), tone=(0.1, 0.8))
    values |= draw(rng, noise=(0.3, 1.0), seconds=(0.08, 0.4), low_hz=(400, 2500))
    return values | draw(rng, high_hz=(5000, 14000), bend=(1.0, 2.2), snap=(0.0, 0.5))


def machine_snare(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Two falling tones and filtered noise."""
    frames = to_frames(values["seconds"] + 0.1)
    time = time_axis(frames)
    hz = values["hz"]
    tone = np.sin(swept(time, values["bend"] * hz, hz, 0.012))
    tone += np.float32(0.7) * np.sin(2 * np.pi * np.float32(hz * values["ratio"]) * time)
    tone *= np.exp(-6.9 / values["tone_seconds"] * time) * np.minimum(time / 0.0006, 1.0)
    hiss = coloured_noise(rng, frames, values["low_hz"], values["high_hz"])
    hiss *= np.exp(-6.9 / values["seconds"] * time)
    snap = values["snap"] * force * struck(rng, frames, 2000, 12000, 0.002)
    return values["tone"] * tone + 0.5 * values["noise"] * (0.5 + 0.5 * force) * hiss + snap


def sample_clap(rng: np.random.Generator) -> dict:
    """Draw a clap: hands, their distances in time, and the tail."""
    values = draw(rng, hz=(800, 1700), seconds=(0.08, 0.4), apart=(0.007, 0.014), tail=(0.3, 0.9))
    return values | {"hands": int(rng.integers(3, 6)), "width": float(rng.uniform(0.6, 2.2))}


def clap(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """A few bursts one after the other, and the room behind them."""
    frames = to_frames(values["seconds"] + 0.12)
    last = (values["hands"] - 1) * values["apart"]
    envelope = np.zeros(frames, np.float32)
    for hand in range(values["hands"]):
        shift = to_frames(hand * values["apart"] * rng.uniform(0.88, 1.12))
        envelope[shift:] += np.exp(-time_axis(frames - shift) / 0.003)
    shift = to_frames(last)
    fall = np.exp(-6.9 / values["seconds"] * time_axis(frames - shift))
    envelope[shift:] += np.float32(values["tail"]) * fall
    low = values["hz"] / (1 + 0.5 * values["width"])
    burst = coloured_noise(rng, frames, low, values["hz"] * (1 + values["width"]))
    return np.float32(0.35 * (0.4 + 0.6 * force)) * envelope * burst


def sample_metal(rng: np.random.Generator) -> dict:
    """Draw the metal of a machine, for all its hats and cymbals."""
    values = draw(rng, tune=(1.0, 2.2), hz=(5500, 9500), seconds=(0.03, 0.12), long=(5.0, 14.0))
    return values | draw(rng, hiss=(0.0, 1.0), hardness=(0.0, 1.0))


def metal(rng: np.random.Generator, values: dict, force: float, *, length: float) -> np.ndarray:
    """Six squares or noise through a steep high-pass; `length` is a factor of the time."""
    seconds = values["seconds"] * length
    frames = to_frames(min(seconds, 2.5) + 0.02)
    time = time_axis(frames)
    turns = time[:, None] * (values["tune"] * METAL_HZ).astype(np.float32) + rng.random(6)
    squares = np.where(turns % 1.0 < 0.5, 1.0, -1.0).sum(axis=1) / 2.4
    tone = (1 - values["hiss"]) * squares + values["hiss"] * noise(rng, frames)
    tone = highpass(tone.astype(np.float32), values["hz"] * (1.1 - 0.2 * force), 4)
    fall = np.exp(-6.9 / seconds * time) + 0.3 * np.exp(-time / 0.004)
    return tone * fall.astype(np.float32)


def machine_tom(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """A falling sine or triangle with a breath of noise; `size` is 0 for the lowest to 5."""
    seconds = values["seconds"]
    frames = to_frames(seconds + 0.05)
    time = time_axis(frames)
    hz = values["hz"] * 2 ** (values["size"] * values["step"] / 12)
    phase = swept(time, hz * (1 + values["drop"]), hz, values["fall"])
    tone = np.sin(phase) - np.float32(0.11 * values["tone"]) * np.sin(3 * phase)
    tone *= np.exp(-6.9 / seconds * time) * np.minimum(time / 0.001, 1.0)
    hiss = coloured_noise(rng, frames, 2 * hz, 4000) * np.exp(-time / 0.05)
    return 0.8 * tone + values["noise"] * force * hiss


def sample_machine_tom(rng: np.random.Generator) -> dict:
    """Draw what the toms of a machine have in common."""
    values = draw(rng, hz=(70, 120), seconds=(0.2, 0.8), drop=(0.2, 2.0), fall=(0.02, 0.25))
    return values | draw(rng, noise=(0.0, 0.25), tone=(0.0, 1.0), step=(2.5, 5.0))


def sample_bell(rng: np.random.Generator) -> dict:
    """Draw a machine's cowbell."""
    return draw(rng, hz=(520, 620), ratio=(1.42, 1.52), seconds=(0.12, 0.5))


def machine_bell(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Two squares through a band-pass."""
    frames = to_frames(values["seconds"] + 0.05)
    time = time_axis(frames)
    ratios = np.array([1.0, values["ratio"]], np.float32)
    turns = time[:, None] * np.float32(values["hz"]) * ratios
    squares = np.where(turns % 1.0 < 0.5, 1.0, -1.0).sum(axis=1).astype(np.float32)
    fall = np.exp(-6.9 / values["seconds"] * time) + 0.6 * np.exp(-time / 0.012)
    tone = peaks(highpass(lowpass(squares, 4000.0), 400.0), [(900.0, 6.0, 1.0)])
    return np.float32(0.35) * tone * fall.astype(np.float32)


def machine_rim(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Two short sines and a click."""
    frames = to_frames(0.1)
    time = time_axis(frames)
    tone = np.sin(2 * np.pi * np.float32(values["hz"]) * time)
    tone += np.sin(2 * np.pi * np.float32(values["hz"] * 3.6) * time)
    fall = np.exp(-time / np.float32(0.3 * values["seconds"])) * np.minimum(time / 0.0003, 1)
    return 0.6 * tone * fall + 0.4 * force * struck(rng, frames, 2000, 10000, 0.0015)


def crushed(sound: np.ndarray, bits: int, rate_hz: float, edge_hz: float) -> np.ndarray:
    """A part (time,) as an early sampler plays it: few bits, few samples, and a dull filter."""
    hold = max(1, round(SAMPLE_RATE / rate_hz))
    held = np.repeat(sound[::hold], hold)[: len(sound)]
    steps = np.float32(2 ** (bits - 1) / (np.abs(held).max() + 1e-6))
    return lowpass(np.rint(held * steps) / steps, min(edge_hz, 0.49 * SAMPLE_RATE))
