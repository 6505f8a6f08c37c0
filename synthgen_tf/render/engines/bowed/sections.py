"""Sections of bowed strings: held, trembling, or plucked with the finger."""

from dataclasses import replace

import numpy as np

from synthgen_tf.render.engines.base import Engine, Stroke, draw, draw_log, sustain_frames
from synthgen_tf.render.engines.body import in_front_of, levelled, mixed, near_walls, wooden_body
from synthgen_tf.render.engines.plucked.strings import PluckedString
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    Envelope,
    coloured_noise,
    control_axis,
    fade_out,
    from_control,
    highpass,
    peaks,
    to_hz,
    wander,
)
from synthgen_tf.render.signals.wavetables import make_bank, num_harmonics, read_bank

LOOP_FRAMES = 100_000
"""More than two seconds: longer than any beat between players that one could recognise."""

DESKS = 5
"""Players that are told apart; more of them sound the same."""


def bow_rows(number: np.ndarray, hz: float, brightness: float, edge_hz: float, rows: int):
    """Levels of the harmonics of a bowed string from soft to loud, (rows, harmonics)."""
    result = []
    for loud in np.linspace(0, 1, rows):
        edge = edge_hz * (0.35 + 0.65 * loud)
        fall = brightness + 0.5 * (1 - loud)
        result.append(number**-fall / (1 + (hz * number / edge) ** 3))
    return np.array(result)


def string_body(rng: np.random.Generator, values: dict) -> np.ndarray:
    """The response of instruments and stage, (time, 2), from `sample_strings` and a width."""
    body = wooden_body(
        rng,
        values["body_hz"],
        direct=values["direct"],
        bright_hz=values["bright_hz"],
        quality=values["quality"],
    )
    walls = near_walls(rng, values["stage_seconds"], 5000.0)
    response = mixed(body, np.float32(values["stage"]) * walls)
    middle = response.mean(axis=1, keepdims=True)
    return middle + np.float32(values["width"]) * (response - middle)


def sample_strings(rng: np.random.Generator, size: float = 1.0) -> dict:
    """Draw body, bow and stage; `size` is 1 for a violin and more for what is larger."""
    lows = ((255, 300), (420, 490), (530, 580))
    return {"body_hz": [draw_log(rng, low / size, high / size) for low, high in lows]} | draw(
        rng,
        direct=(0.15, 0.6),
        bright_hz=(2000, 5500),
        quality=(12, 25),
        stage_seconds=(0.25, 1.2),
        stage=(0.0, 0.5),
        brightness=(0.85, 1.35),
        edge_hz=(4000, 10000),
        bridge_db=(-2.0, 6.0),
    )


def endless(loop: np.ndarray, start: int, frames: int) -> np.ndarray:
    """`frames` of a loop (..., time) from `start` on."""
    rounds = -(-(start + frames) // loop.shape[-1])
    return np.concatenate([loop[..., start:], *[loop] * (rounds - 1)], axis=-1)[..., :frames]


class StringEnsemble(Engine):
    """A section of strings: several players, each with a pitch and a vibrato of his own.

    Args:
        rng: source of players, instruments and noise.
        trembling: whether all play tremolo.
    """

    takes = 2

    def __init__(self, rng: np.random.Generator, *, trembling: bool = False):
        super().__init__(rng)
        size = float(rng.choice([1.0, 1.0, 1.4, 2.2]))
        self.parameters = {"trembling": trembling, "size": size} | sample_strings(rng, size)
        self.parameters |= draw(
            rng,
            spread_cents=(4.0, 14.0),
            vibrato_cents=(4.0, 24.0),
            vibrato_hz=(4.8, 6.2),
            attack_seconds=(0.04, 0.2) if trembling else (0.05, 0.5),
            release_seconds=(0.12, 0.5),
            bow=(0.01, 0.06),
            bite=(0.0, 4.0),
            width=(0.5, 1.0),
            muted=(0.0, 1.0),
            tremolo_hz=(9.0, 13.0),
        )
        self._loops: dict[tuple, np.ndarray] = {}
        self._bow = coloured_noise(rng, LOOP_FRAMES, 1500, 9000)

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time, 2) float32."""
        values, rng = self.parameters, self.rng
        frames = sustain_frames(stroke, values["release_seconds"])
        loud = stroke.velocity > 0.6
        if (stroke.pitch, loud) not in self._loops:
            self._loops[stroke.pitch, loud] = self._loop(float(to_hz(stroke.pitch)), loud)
        start = int(rng.integers(LOOP_FRAMES))
        sound = endless(self._loops[stroke.pitch, loud], start, frames).T
        # Short notes need a bow stroke that is over before they are, and that bites.
        attack = min(values["attack_seconds"], 0.4 * stroke.seconds + 0.01)
        envelope = Envelope(attack, 2.0, 0.85, values["release_seconds"])
        level = envelope.curve(frames, stroke.seconds)
        bite = np.exp(-np.arange(frames, dtype=np.float32) / np.float32(0.03 * SAMPLE_RATE))
        bow = values["bow"] * (1 + values["bite"] * bite) * endless(self._bow, start, frames)
        level *= 1 + 0.12 * from_control(wander(rng, len(control_axis(frames)), 2.0), frames)
        sound = (sound + bow[:, None]) * (level * np.float32(stroke.velocity**1.3))[:, None]
        return fade_out(sound.astype(np.float32, copy=False))

    def _loop(self, hz: float, loud: bool) -> np.ndarray:
        """An endless section of one pitch, (2, LOOP_FRAMES)."""
        values, rng = self.parameters, self.rng
        number = np.arange(1, num_harmonics(1.04 * hz) + 1)
        levels = bow_rows(number, hz, values["brightness"], values["edge_hz"], 2)[int(loud)]
        levels /= np.sqrt(np.sum(levels**2) / 2)
        bank = make_bank((levels * np.exp(2j * np.pi * rng.random(len(number))))[None, :])
        sides = np.zeros((2, LOOP_FRAMES), np.float32)
        phase = np.arange(LOOP_FRAMES, dtype=np.float32) * np.float32(2 * np.pi / LOOP_FRAMES)
        seconds = LOOP_FRAMES / SAMPLE_RATE
        for desk in range(DESKS):
            # Whole numbers of everything fit into the loop, so its ends meet.
            cents = rng.normal(0, values["spread_cents"])
            turns = round(hz * 2 ** (cents / 1200) * seconds)
            shakes = round(values["vibrato_hz"] * rng.uniform(0.88, 1.12) * seconds)
            depth = values["vibrato_cents"] * rng.uniform(0.5, 1.3) / 1731.0
            cycles = turns / (2 * np.pi) * phase.astype(np.float64) + rng.random()
            for times, size in ((shakes, depth), (2, 0.002), (5, 0.002)):
                swing = np.sin(times * phase + np.float32(rng.uniform(0, 7)))
                # A sine on the frequency is a smaller one on the phase.
                cycles += turns * size / (2 * np.pi * times) * swing
            player = read_bank(bank, cycles, 0.0) * self._stroking(phase, seconds)
            place = values["width"] * (2 * desk / (DESKS - 1) - 1)
            sides += np.sqrt(np.array([[1 - place], [1 + place]], np.float32) / DESKS) * player
        return sides

    def _stroking(self, phase: np.ndarray, seconds: float) -> np.ndarray:
        """How one player's level changes in the loop."""
        values, rng = self.parameters, self.rng
        if not values["trembling"]:
            return 1 + np.float32(0.25) * np.sin(3 * phase + np.float32(rng.uniform(0, 7)))
        times = round(values["tremolo_hz"] * rng.uniform(0.9, 1.1) * seconds)
        wobble = np.float32(1.5) * np.sin(4 * phase + np.float32(rng.uniform(0, 7)))
        return np.float32(0.25) + np.abs(np.sin(0.5 * times * phase + wobble))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Bodies and stage; now and then mutes on the bridges."""
        values = self.parameters
        bridge_db = -9.0 if values["muted"] > 0.88 else values["bridge_db"]
        response = peaks(string_body(self.rng, values), [(2600.0, bridge_db, 0.8)])
        return levelled(highpass(in_front_of(sound, response), 40.0))


class PizzicatoStrings(PluckedString):
    """A section that plucks: short, woody, never quite together."""

    strum_seconds = (0.0, 0.004)

    def __init__(self, rng: np.random.Generator):
        super().__init__(
            rng,
            ring_seconds=(0.5, 1.4),
            loss_hz=(400, 1300),
            slope=(0.8, 1.4),
            place=(0.12, 0.3),
            edge_hz=(1500, 4500),
            width=(0.2, 1.0),
            scrape=(0.01, 0.05),
            tuning_cents=(4.0, 10.0),
        )
        self.parameters |= sample_strings(rng, float(rng.choice([1.0, 1.5, 2.2])))
        self.parameters["players"] = int(rng.integers(1, 5))
        self.parameters["apart_seconds"] = float(rng.uniform(0.003, 0.014))

    def _strum(self, chords):
        notes = []
        for note in super()._strum(chords):
            for _ in range(self.parameters["players"]):
                late = abs(self.rng.normal(0, self.parameters["apart_seconds"]))
                notes.append(replace(note, start_seconds=note.start_seconds + float(late)))
        return notes

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Bodies and stage."""
        response = string_body(self.rng, self.parameters)
        return levelled(highpass(in_front_of(sound, response), 40.0))
