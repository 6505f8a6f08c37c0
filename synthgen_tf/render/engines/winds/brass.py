"""Plays brass: sections and soloists, open and muted."""

from collections.abc import Sequence

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import draw, draw_log
from synthgen_tf.render.engines.body import levelled, on_both
from synthgen_tf.render.engines.winds.line import ROWS, Curves, LinePlayer
from synthgen_tf.render.signals.dsp import convolve, highpass, minimum_phase

# Cutoff in Hz when soft and loud, and the hill of the bell: Hz, octaves, gain.
BRASS = {
    "trumpet": ((900, 6500), (1200, 0.9, 1.2)),
    "flugelhorn": ((600, 3000), (800, 1.0, 0.8)),
    "french horn": ((450, 2800), (420, 1.0, 1.0)),
    "trombone": ((550, 5500), (620, 1.0, 1.0)),
    "tuba": ((250, 1400), (240, 1.0, 1.0)),
}
MUTES = {
    "straight": [(100, -24), (500, -10), (1500, 2), (2600, 6), (5000, 0), (20000, -30)],
    "cup": [(100, -8), (400, 0), (900, 2), (1600, -4), (2600, -14), (6000, -26), (20000, -50)],
    "harmon": [(100, -30), (700, -18), (1300, -8), (1900, 8), (2700, -6), (5200, 2), (20000, -40)],
}


class Brass(LinePlayer):
    """A brass player or section: lips that buzz brighter as they blow harder.

    Args:
        rng: source of the players, instruments and noise.
        kind: a key of `BRASS`, or `section`: trumpets above trombones, several each.
        mute: a key of `MUTES`, `any`, or None.
    """

    noise_hz = (800.0, 6000.0)

    def __init__(self, rng: np.random.Generator, kind: str = "section", mute: str | None = None):
        super().__init__(rng)
        section = kind == "section"
        if mute == "any":
            mute = str(rng.choice(list(MUTES)))
        horns = kind == "french horn"
        self.parameters = {
            "kind": kind,
            "mute": mute,
            "players": int(rng.integers(2, 5)) if section else 1,
            "edge_factor": draw_log(rng, 0.75, 1.35),
            "bell_factor": draw_log(rng, 0.8, 1.25),
        } | draw(
            rng,
            breath=(0.002, 0.015),
            chiff=(0.0, 4.0),
            attack_seconds=(0.04, 0.1) if horns else (0.02, 0.07),
            release_seconds=(0.05, 0.16),
            glide_seconds=(0.005, 0.02),
            scoop_semitones=(0.0, 0.9),
            drift_cents=(2.0, 7.0),
            vibrato_hz=(4.5, 6.2),
            vibrato_cents=(0, 8) if section or horns else (0, 28),
            vibrato_delay_seconds=(0.2, 0.6),
            tongue=(0.3, 1.0),
            swell=(0.0, 0.7),
            tremble=(0.0, 0.1),
            lip=(0.1, 0.8),
            bite=(0.8, 1.6),
            width=(0.0, 0.9),
        )

    def rows(self, number: np.ndarray, hz: float, lane: int) -> np.ndarray:
        """Return the levels of a brass tone's harmonics from softest to loudest."""
        values = self.parameters
        kind = values["kind"]
        if kind == "section":
            kind = "trumpet" if hz > 290 else "trombone"
        (soft, loud), (centre, octaves, gain) = BRASS[kind]
        frequency = hz * number
        hill = np.log2(frequency / (centre * values["bell_factor"])) / octaves
        rows = []
        for level in np.linspace(0, 1, ROWS) ** values["bite"]:
            edge = values["edge_factor"] * soft * (loud / soft) ** level
            edge = max(edge, 1.2 * hz)
            rows.append((0.5 + gain * np.exp(-(hill**2))) / (1 + (frequency / edge) ** 2.5))
        return np.array(rows)

    def curves(self, notes: Sequence[Note]) -> Curves:
        """Return a phrase's curves; lips catch each note with a small blip in pitch and level."""
        curves = super().curves(notes)
        blip = self.parameters["lip"] * np.exp(-((curves.since - 0.02) ** 2) / 2e-4)
        curves.semitones[:] += 0.25 * blip * self.rng.choice([-1, 1])
        curves.level[:] *= 1 + 0.3 * blip
        return curves

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add the mute, if there is one."""
        mute = self.parameters["mute"]
        if mute:
            response = minimum_phase(MUTES[mute], 512)
            sound = on_both(sound, lambda side: convolve(side, response))
        return levelled(highpass(sound, 45.0))
