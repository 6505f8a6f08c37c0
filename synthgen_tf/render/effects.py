"""Effects of a single track. A chain is data: a list of dicts, as it stands in `song.json`.

Every dict has a `name` and the keyword arguments of the function of that name. All functions take
and return (time, 2) float32 of the same length.
"""

from collections.abc import Sequence

import numpy as np

from .dsp import SAMPLE_RATE, control_axis, from_control, to_frames
from .score import Curve, Part, Score
from .styles import STYLES

CHORUS_CHANCE = {"synth": 0.4, "other": 0.2, "vocals": 0.1, "bass": 0.05, "drums": 0.0}
DELAY_CHANCE = {"synth": 0.35, "other": 0.15, "vocals": 0.4, "bass": 0.0, "drums": 0.0}
DRIVE_CHANCE = {"synth": 0.2, "other": 0.04, "vocals": 0.1, "bass": 0.15, "drums": 0.2}
MIDI_DUCKING = 0.15
"""Probability that a synth ducks under the kick in a song whose style nobody knows."""

CENTRED_ROLES = ("drums", "bass", "synth_bass", "vocals")


def sample_effects(rng: np.random.Generator, part: Part, score: Score, mono: bool) -> list[dict]:
    """Draw the chain of one track.

    Args:
        rng: source of all choices.
        part: whose track it is.
        score: for tempo, style and kicks.
        mono: whether the dry track has no width of its own; synths then get some more often.
    """
    chain: list[dict] = []
    if rng.random() < DRIVE_CHANCE[part.stem]:
        chain.append({"name": "drive", "gain": float(rng.uniform(1.2, 6.0))})
    chance = CHORUS_CHANCE[part.stem]
    if part.stem == "synth" and part.role != "synth_bass" and mono:
        chance = 0.45
    if rng.random() < chance * (0.4 if part.role == "synth_bass" else 1.0):
        chorus = {"rate_hz": float(rng.uniform(0.15, 1.6)), "wet": float(rng.uniform(0.35, 0.75))}
        chain.append({"name": "chorus", "depth_seconds": float(rng.uniform(0.001, 0.004))} | chorus)
    if part.role != "synth_bass" and rng.random() < DELAY_CHANCE[part.stem]:
        beats = float(rng.choice([0.25, 0.5, 0.75, 1.0]))
        echo = {"seconds": 60.0 / score.bpm * beats, "wet": float(rng.uniform(0.1, 0.4))}
        chain.append({"name": "delay", "feedback": float(rng.uniform(0.15, 0.6))} | echo)
    ducking = _ducking(score) if part.stem == "synth" else 0.0
    if score.kick_seconds and rng.random() < ducking:
        duck = {"depth": float(rng.uniform(0.4, 0.95)), "seconds": float(rng.uniform(0.15, 0.4))}
        chain.append({"name": "duck"} | duck)
    if part.pan is not None:
        chain.append({"name": "pan", "place": round(part.pan, 3)})
    elif part.role not in CENTRED_ROLES:
        chain.append({"name": "pan", "place": float(np.clip(rng.normal(0, 0.3), -0.8, 0.8))})
    return chain


def _ducking(score: Score) -> float:
    style = STYLES.get(score.style)
    return style.ducking if style else MIDI_DUCKING


def apply_effects(
    sound: np.ndarray, chain: Sequence[dict], kick_seconds: Sequence[float]
) -> np.ndarray:
    """Run a track through its chain. (time, 2) to (time, 2), float32."""
    functions = {"drive": drive, "chorus": chorus, "delay": delay, "pan": pan}
    for effect in chain:
        values = {key: value for key, value in effect.items() if key != "name"}
        if effect["name"] == "duck":
            sound = duck(sound, kick_seconds, **values)
        else:
            sound = functions[effect["name"]](sound, **values)
    return sound


def fade(sound: np.ndarray, level: Curve) -> np.ndarray:
    """A track (time, 2) as the faders move; as it is where they do not."""
    if not level:
        return sound
    gain = np.interp(control_axis(len(sound)), *zip(*level, strict=True))
    return sound * from_control(gain, len(sound))[:, None]


def drive(sound: np.ndarray, gain: float) -> np.ndarray:
    """Soft clipping with `gain` in front of it, relative to the loud parts of the track."""
    loud = np.percentile(np.abs(sound[::16]), 99) + 1e-6
    return np.tanh(sound * np.float32(gain / loud)) * np.float32(loud)


def chorus(sound: np.ndarray, rate_hz: float, depth_seconds: float, wet: float) -> np.ndarray:
    """A moving copy on each side, opposite in motion; `wet` is 0 to 1."""
    frames = np.arange(len(sound))
    angle = 2 * np.pi * rate_hz / SAMPLE_RATE * frames
    result = sound.copy()
    for channel, shift in ((0, 0.0), (1, np.pi)):
        delay_frames = SAMPLE_RATE * (0.011 + depth_seconds * np.sin(angle + shift))
        place = frames - delay_frames
        index = np.maximum(place.astype(np.int32), 0)
        fraction = (place - index).astype(np.float32)
        dry = np.ascontiguousarray(sound[:, channel])
        moved = dry.take(index)
        moved += fraction * (dry.take(index + 1) - moved)
        moved[: int(delay_frames.max()) + 1] = 0.0
        result[:, channel] += np.float32(wet) * moved
    return result


def delay(sound: np.ndarray, seconds: float, feedback: float, wet: float) -> np.ndarray:
    """Echoes that change sides; each is `feedback` times the one before."""
    result = sound.copy()
    step, level, echo = to_frames(seconds), wet, sound
    start = step
    while start < len(sound) and level > 0.005:
        echo = echo[:, ::-1]
        result[start:] += np.float32(level) * echo[: len(sound) - start]
        start, level = start + step, level * feedback
    return result


def duck(
    sound: np.ndarray, kick_seconds: Sequence[float], depth: float, seconds: float
) -> np.ndarray:
    """Pull the level down by the share `depth` at every kick; it is back after `seconds`."""
    length = to_frames(seconds)
    dip = (1 - depth * (1 - np.linspace(0, 1, length)) ** 1.5).astype(np.float32)
    gain = np.ones(len(sound), np.float32)
    for onset in kick_seconds:
        start = max(0, to_frames(onset))
        part = gain[start : start + length]
        np.minimum(part, dip[: len(part)], out=part)
    return sound * gain[:, None]


def pan(sound: np.ndarray, place: float) -> np.ndarray:
    """Balance: -1 is left, 1 is right; the centre leaves the sound as it is."""
    return sound * np.sqrt(np.float32([1 - max(place, 0.0), 1 + min(place, 0.0)]))
