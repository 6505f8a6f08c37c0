"""Plays one bowed string, or a few soloists when they are given chords."""

from collections.abc import Sequence

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import draw
from synthgen_tf.render.engines.body import in_front_of, levelled
from synthgen_tf.render.engines.bowed.sections import bow_rows, sample_strings, string_body
from synthgen_tf.render.engines.winds.line import ROWS, LinePlayer
from synthgen_tf.render.signals.dsp import highpass, peaks

SIZES = {"violin": 1.0, "viola": 1.3, "cello": 2.2, "contrabass": 3.5, "fiddle": 1.0, "erhu": 1.2}


class SoloStrings(LinePlayer):
    """A bowed soloist: late vibrato, bow noise, slides, and a body that the vibrato plays on.

    Args:
        rng: source of the player, the instrument and the noise.
        kind: a key of `SIZES`; where it is None, one that reaches the notes is taken.
    """

    noise_hz = (1500.0, 9000.0)

    def __init__(self, rng: np.random.Generator, kind: str | None = None):
        super().__init__(rng)
        folk = kind in ("fiddle", "erhu")
        self.parameters = {"kind": kind, "players": 1} | draw(
            rng,
            breath=(0.01, 0.07),
            chiff=(0.5, 5.0),
            attack_seconds=(0.03, 0.2),
            release_seconds=(0.1, 0.25),
            glide_seconds=(0.008, 0.05) if folk else (0.006, 0.03),
            scoop_semitones=(0.0, 1.2) if folk else (0.0, 0.3),
            drift_cents=(2.0, 7.0),
            vibrato_hz=(4.8, 6.8),
            vibrato_cents=(12, 45) if kind != "fiddle" else (0, 12),
            vibrato_delay_seconds=(0.05, 0.35),
            tongue=(0.1, 0.8),
            swell=(0.0, 0.8),
            tremble=(0.0, 0.12),
            width=(0.0, 0.6),
        )
        self._drawn = sample_strings(rng, 1.0)

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """Play a part as `LinePlayer.play` does, on an instrument chosen by the notes."""
        values = self.parameters
        if values["kind"] is None:
            lowest = min(note.pitch for note in notes)
            middle = np.mean([note.pitch for note in notes])
            fitting = {"violin": lowest >= 55, "viola": 48 <= lowest < 70 and middle < 74}
            fitting |= {"cello": lowest >= 36 and middle < 62, "contrabass": middle < 45}
            names = [name for name, fits in fitting.items() if fits] or ["cello"]
            values["kind"] = str(self.rng.choice(names))
        size = SIZES[values["kind"]]
        values |= self._drawn | {"body_hz": [hz / size for hz in self._drawn["body_hz"]]}
        return super().play(notes, frames)

    def rows(self, number: np.ndarray, hz: float, lane: int) -> np.ndarray:
        """Return the levels of a bowed string's harmonics from softest to loudest."""
        values = self.parameters
        return bow_rows(number, hz, values["brightness"], values["edge_hz"], ROWS)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add body and stage, and the hill of the bridge."""
        values = self.parameters
        response = peaks(string_body(self.rng, values), [(2500.0, values["bridge_db"], 1.0)])
        return levelled(highpass(in_front_of(sound, response), 40.0))
