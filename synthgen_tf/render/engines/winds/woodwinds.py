"""Woodwinds: flutes, clarinet, double reeds, saxophones."""

import numpy as np

from synthgen_tf.render.engines.base import draw, draw_log
from synthgen_tf.render.engines.body import in_front_of, levelled, near_walls
from synthgen_tf.render.engines.winds.line import ROWS, LinePlayer
from synthgen_tf.render.signals.dsp import (
    CONTROL,
    SAMPLE_RATE,
    control_axis,
    from_control,
    highpass,
)

# Fall of the harmonics when soft and loud, their upper edge in Hz when soft and loud, weight of
# the even ones, hills as (Hz, octaves, gain), breath, chiff, depth of vibrato in cents.
WINDS = {
    "flute": ((2.6, 1.3), (1500, 4000), 0.8, ((800, 1.2, 1.0),), (0.03, 0.14), (2, 8), (5, 25)),
    "piccolo": ((2.6, 1.5), (3000, 8000), 0.8, (), (0.03, 0.12), (2, 8), (5, 20)),
    "recorder": ((2.2, 1.4), (2500, 6000), 0.35, (), (0.01, 0.05), (2, 6), (0, 12)),
    "pan flute": ((2.8, 1.8), (1500, 3500), 0.25, (), (0.12, 0.35), (5, 20), (5, 30)),
    "ocarina": ((3.5, 2.5), (1500, 3000), 0.4, (), (0.02, 0.08), (2, 5), (5, 25)),
    "clarinet": (
        (1.3, 0.7), (1500, 4500), 0.08,
        ((1500, 0.8, 1.0),), (0.004, 0.02), (0, 2), (0, 8),
    ),
    "oboe": (
        (0.8, 0.35), (2500, 5000), 0.95,
        ((1100, 0.45, 3.0), (2900, 0.4, 2.0)), (0.003, 0.015), (0, 2), (4, 20),
    ),
    "english horn": (
        (0.9, 0.4), (2000, 4000), 0.95,
        ((930, 0.45, 3.0), (2200, 0.4, 1.5)), (0.003, 0.015), (0, 2), (4, 20),
    ),
    "bassoon": (
        (1.0, 0.5), (1200, 2800), 0.95,
        ((480, 0.5, 3.0), (1200, 0.5, 1.0)), (0.003, 0.02), (0, 2), (3, 15),
    ),
    "soprano sax": (
        (1.2, 0.4), (2000, 6500), 0.8,
        ((1400, 0.6, 1.5), (3200, 0.5, 1.0)), (0.01, 0.06), (1, 5), (8, 30),
    ),
    "alto sax": (
        (1.2, 0.4), (1500, 5500), 0.9,
        ((900, 0.6, 1.5), (2500, 0.5, 1.0)), (0.01, 0.08), (1, 6), (8, 32),
    ),
    "tenor sax": (
        (1.1, 0.4), (1200, 5000), 0.9,
        ((600, 0.6, 1.5), (1900, 0.6, 1.0)), (0.015, 0.1), (1, 6), (8, 32),
    ),
    "baritone sax": (
        (1.0, 0.4), (900, 4000), 0.9,
        ((400, 0.6, 1.5), (1300, 0.6, 1.0)), (0.015, 0.1), (1, 6), (4, 20),
    ),
    "bagpipe": ((0.3, 0.2), (3500, 5000), 0.9, ((1500, 0.6, 2.0),), (0.002, 0.01), (0, 1), (0, 4)),
}  # fmt: skip


class Wind(LinePlayer):
    """One woodwind player, or a few.

    Args:
        rng: source of the player, the instrument and the noise.
        kind: a key of `WINDS`.
        players: how many play the same line.
    """

    def __init__(self, rng: np.random.Generator, kind: str, players: int = 1):
        super().__init__(rng)
        fall, edge, even, _, breath, chiff, shake = WINDS[kind]
        flute = breath[1] >= 0.05 and "sax" not in kind
        sax = kind.endswith("sax")
        self.noise_hz = (700.0, 5000.0) if flute else (1200.0, 8000.0)
        self.parameters = {
            "kind": kind,
            "players": players,
            "fall": [float(limit + rng.normal(0, 0.12)) for limit in fall],
            "edge_hz": [float(limit * np.exp(rng.normal(0, 0.2))) for limit in edge],
            "even": float(even * rng.uniform(0.7, 1.2)),
            "hills": [
                [draw_log(rng, 0.88 * hz, 1.14 * hz), octaves, float(gain * rng.uniform(0.6, 1.4))]
                for hz, octaves, gain in WINDS[kind][3]
            ],
        } | draw(
            rng,
            breath=breath,
            chiff=chiff,
            attack_seconds=(0.02, 0.1),
            release_seconds=(0.06, 0.15),
            glide_seconds=(0.004, 0.015) if not sax else (0.006, 0.03),
            scoop_semitones=(0.0, 1.2) if sax else (0.0, 0.25),
            drift_cents=(1.0, 6.0),
            vibrato_hz=(4.4, 6.2),
            vibrato_cents=shake,
            vibrato_delay_seconds=(0.1, 0.5),
            tongue=(0.1, 0.9),
            swell=(0.0, 0.5),
            tremble=(0.05, 0.3) if flute else (0.0, 0.12),
            growl=(0.0, 0.45) if sax and rng.random() < 0.35 else (0.0, 0.0),
            width=(0.2, 0.8),
            room=(0.0, 0.2),
        )

    def rows(self, number: np.ndarray, hz: float, lane: int) -> np.ndarray:
        """See `LinePlayer.rows`."""
        values = self.parameters
        frequency = hz * number
        even = values["even"] + (1 - values["even"]) * np.clip(frequency / 6000, 0, 0.7)
        source = np.where(number % 2, 1.0, even)
        gain = 0.4 + sum(
            height * np.exp(-((np.log2(frequency / centre) / octaves) ** 2))
            for centre, octaves, height in values["hills"]
        )
        rows = []
        for loud in np.linspace(0, 1, ROWS):
            fall = np.interp(loud, [0, 1], values["fall"])
            edge = float(np.exp(np.interp(loud, [0, 1], np.log(values["edge_hz"]))))
            edge = max(edge, 1.5 * hz)
            rows.append(source * gain * number**-fall / (1 + (frequency / edge) ** 4))
        return np.array(rows)

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Growl, and the near walls."""
        values, rng = self.parameters, self.rng
        if values["growl"]:
            rate = rng.uniform(60, 110, len(control_axis(len(sound))))
            hum = np.sin(2 * np.pi * np.cumsum(rate) * CONTROL / SAMPLE_RATE)
            sound = sound * from_control(1 + values["growl"] * hum, len(sound))[:, None]
        walls = np.float32(values["room"]) * near_walls(rng, 0.3, 4000.0)
        walls[0] += 1.0
        return levelled(highpass(in_front_of(sound, walls), 60.0))
