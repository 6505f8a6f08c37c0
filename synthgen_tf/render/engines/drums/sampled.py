"""A recorded kit at work: which take answers a stroke, tuned and damped as a producer would."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.render.engines.base import draw, draw_log
from synthgen_tf.render.engines.drums.drums import Kit, piece_of
from synthgen_tf.render.engines.drums.kits import RecordedKit
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, fade_out, read_at, to_frames

STAND_INS = {
    35: (36,), 40: (38,), 37: (38,), 39: (38,), 44: (42,), 46: (42,), 42: (44,),
    41: (45, 47, 50), 43: (45, 47, 50), 45: (47, 50), 47: (45, 50), 48: (50, 47, 45), 50: (47, 45),
    51: (59, 42), 53: (51, 42), 59: (51, 42), 49: (57, 52, 46), 57: (49, 52, 46), 52: (49, 57),
    55: (49, 57), 61: (60,), 60: (61,), 62: (63,), 64: (63,), 68: (67,), 67: (68,), 77: (76,),
    70: (54, 42), 54: (70, 42), 82: (70, 42), 69: (70, 42),
}  # fmt: skip
"""What is played where a kit lacks a piece."""

LONGEST_SECONDS = 6.0
DOUBLED = (36, 38, 39)
DOUBLED_CHANCE = 0.4
"""Of a drum machine's kick, snare and clap having a second one under them."""


class SampledKit(Kit):
    """A recorded kit.

    Args:
        rng: chooses among drums of one kind, and how each is tuned, damped and doubled.
        kit: from `read_kit`.
    """

    takes = 1

    def __init__(self, rng: np.random.Generator, kit: RecordedKit):
        super().__init__(rng)
        self._kit = kit
        self._pieces = {}
        tuning = float(rng.normal(0.0, 1.0))
        chosen = {}
        for number, pieces in kit.pieces:
            piece = pieces[int(rng.integers(len(pieces)))]
            twice = kit.machine and number in DOUBLED and rng.random() < DOUBLED_CHANCE
            second = pieces[int(rng.integers(len(pieces)))] if twice else None
            semitones = tuning + float(rng.normal(0.0, 0.7))
            damped = float(rng.uniform(0.1, 0.6)) if rng.random() < 0.2 else None
            self._pieces[number] = (piece, second, semitones, damped)
            chosen[str(number)] = {
                "drum": piece.name,
                "under_it": second.name if second else None,
                "semitones": round(semitones, 3),
                "damped_seconds": damped,
            }
        # Recordings bring a room of their own, and drum machines have none.
        roomy = not kit.machine and rng.random() < 0.4
        self.parameters = {
            "kind": kit.folder.name,
            "kit_sha256": kit.sha256,
            "kit_licence": kit.licence,
            **draw(rng, spread=(0.2, 1.0), squeeze=(0.0, 0.8)),
            "room": float(rng.uniform(0.03, 0.35)) if roomy else 0.0,
            "room_seconds": draw_log(rng, 0.2, 1.4),
            "drive": float(rng.uniform(0.2, 2.0)) if rng.random() < 0.4 else 0.0,
            "pieces": chosen,
        }

    def hit(self, number: int, force: float) -> np.ndarray:
        """(time, 2); silence where the kit has nothing like the piece."""
        played = next((each for each in candidates(number) if each in self._pieces), None)
        if played is None:
            return np.zeros((1, 2), np.float32)
        piece, second, semitones, damped = self._pieces[played]
        sound = _tuned(read_sample(self._kit.folder / piece.at(force)), semitones)
        if second is not None:
            under = 0.6 * _tuned(read_sample(self._kit.folder / second.at(force)), semitones)
            longer, shorter = (sound, under) if len(sound) >= len(under) else (under, sound)
            sound = longer.copy()
            sound[: len(shorter)] += shorter
            sound /= max(1e-3, float(np.abs(sound).max()))
        if damped is not None:
            sound = sound[: to_frames(damped)]
        return fade_out(sound.copy(), 0.01 if damped is None else 0.3 * damped)


def candidates(number: int) -> tuple[int, ...]:
    """A piece, and what may stand in for it."""
    number = piece_of(number)
    return (number, *STAND_INS.get(number, ()))


@lru_cache(maxsize=512)
def read_sample(path: Path) -> np.ndarray:
    """A one-shot at our rate, (time, 2) float32 with a peak of 1, from where it begins to sound.

    Raises:
        InputError: when it cannot be read or is silent.
    """
    sound, sample_rate = audio.read(path)
    sound = audio.resample(sound[: round(LONGEST_SECONDS * sample_rate)], sample_rate, SAMPLE_RATE)
    sound = np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound[:, :2]
    loudness = np.abs(sound).max(axis=1)
    peak = float(loudness.max(initial=0.0))
    if peak < 1e-4:
        raise InputError(f"drum sample {path} is silent: expected a drum, leave the kit out")
    begin = max(0, int(np.argmax(loudness > 0.02 * peak)) - to_frames(0.001))
    return np.ascontiguousarray(sound[begin:] / np.float32(peak), dtype=np.float32)


def _tuned(sound: np.ndarray, semitones: float) -> np.ndarray:
    """Played faster or slower, as a sampler tunes."""
    speed = 2.0 ** (semitones / 12)
    place = np.arange(int(len(sound) / speed)) * speed
    sides = [read_at(np.ascontiguousarray(side), place) for side in sound.T]
    return np.stack(sides, axis=1).astype(np.float32)
