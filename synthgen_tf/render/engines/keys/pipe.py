"""Keys that let air through: pipe organ, accordion, harmonica."""

import numpy as np

from synthgen_tf.render.engines.base import draw, draw_log, stereo
from synthgen_tf.render.engines.body import levelled
from synthgen_tf.render.engines.keys.piano import Ringing
from synthgen_tf.render.signals.dsp import (
    LN_1000,
    SAMPLE_RATE,
    coloured_noise,
    control_axis,
    convolve,
    from_control,
    highpass,
    lowpass,
    noise,
    peaks,
    time_axis,
    to_frames,
    to_hz,
    wander,
)
from synthgen_tf.render.signals.wavetables import make_bank, num_harmonics, read_bank


def steady(bank: np.ndarray, hz: float, frames: int, start: float) -> np.ndarray:
    """One row of a bank at a constant pitch, (frames,)."""
    return read_bank(bank, start + hz / SAMPLE_RATE * np.arange(frames), 0.0)


def cycle_of(hz: float, levels) -> np.ndarray:
    """A bank of one row from a function of (harmonic numbers, Hz), at unit power."""
    number = np.arange(1, num_harmonics(hz) + 1)
    amplitude = levels(number, number * hz)
    amplitude = amplitude / np.sqrt(np.sum(amplitude**2) / 2)
    return make_bank((amplitude * np.exp(2j * np.pi * (0.37 * number**2 % 1)))[None, :])


# Fall of the harmonics, weight of the even ones, and attack in seconds at 440 Hz.
STOPS = {
    "principal": (1.3, 0.7, 0.05),
    "flute": (3.0, 0.5, 0.07),
    "gedackt": (2.0, 0.08, 0.05),
    "string": (0.8, 0.9, 0.12),
    "trumpet": (0.35, 1.0, 0.03),
    "oboe": (0.6, 0.8, 0.03),
}


class PipeOrgan(Ringing):
    """Ranks of pipes that speak one by one, and the church around them."""

    takes = 1
    layers = 1
    release_seconds = 0.12

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        footages = [1.0, 2.0]
        footages += [foot for foot in (0.5, 3.0, 4.0, 6.0, 8.0, 1.0) if rng.random() < 0.45]
        names = list(STOPS)
        self.parameters = {
            "ranks": [
                [footage, str(rng.choice(names, p=[0.35, 0.2, 0.15, 0.1, 0.12, 0.08]))]
                for footage in footages
            ]
        } | draw(
            rng,
            upper=(0.3, 0.9),
            chiff=(0.0, 0.5),
            wind=(0.002, 0.02),
            church_seconds=(0.8, 4.0),
            church=(0.2, 1.0),
            tuning_cents=(0.3, 3.0),
        )

    def loudness(self, velocity: float, force: float) -> float:
        """Organs know no velocity."""
        return 1.0

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """(frames, 2) float32."""
        values, rng = self.parameters, self.rng
        time = time_axis(frames)
        sides = np.zeros((2, frames), np.float32)
        for footage, stop in values["ranks"]:
            hz = float(to_hz(pitch + rng.normal(0, values["tuning_cents"] / 100))) * footage
            while hz > 7000:
                hz /= 2
            fall, even, attack = STOPS[stop]
            bank = cycle_of(hz, lambda n, _, f=fall, e=even: n**-f * np.where(n % 2, 1.0, e))
            pipe = steady(bank, hz, frames, rng.random())
            seconds = np.float32(attack * (440 / hz) ** 0.5 * rng.uniform(0.7, 1.3))
            speech = 1 - np.exp(-time / (0.4 * seconds))
            pipe *= speech
            length = min(frames, to_frames(6 * float(seconds)))
            chiff = coloured_noise(rng, length, 1.5 * hz, 6 * hz) * np.exp(-time[:length] / seconds)
            pipe[:length] += np.float32(values["chiff"]) * chiff * speech[:length]
            pipe *= np.float32(values["upper"] ** np.log2(max(footage, 1.0)))
            place = rng.uniform(-0.6, 0.6)
            sides += np.sqrt(np.array([[1 - place], [1 + place]], np.float32)) * pipe
        wind = np.float32(values["wind"]) * coloured_noise(rng, frames, 500, 6000)
        return (sides / np.float32(np.sqrt(len(values["ranks"]))) + wind * speech).T

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """The church."""
        frames = to_frames(self.parameters["church_seconds"])
        fall = np.exp(-LN_1000 / self.parameters["church_seconds"] * time_axis(frames))
        sides = []
        for side in (0, 1):
            walls = lowpass(noise(self.rng, frames), 4000.0, 1) * fall
            walls *= np.float32(self.parameters["church"] / np.sqrt(np.sum(walls**2)))
            walls[0] += 1.0
            sides.append(convolve(sound[:, side], walls))
        return levelled(highpass(stereo(*sides), 25.0))


class FreeReeds(Ringing):
    """Accordion or harmonica: buzzing tongues, beating ranks, and breath or bellows behind.

    Args:
        rng: source of the instrument's parameters and noise.
        kind: `accordion` or `harmonica`.
    """

    takes = 2
    layers = 2
    release_seconds = 0.06

    def __init__(self, rng: np.random.Generator, kind: str = "accordion"):
        super().__init__(rng)
        squeezed = kind == "accordion"
        ranks = [[1.0, 0.0]]
        if squeezed:
            beat = draw_log(rng, 3.0, 22.0)
            more = [[1.0, beat], [1.0, -beat], [0.5, 0.0], [2.0, 0.0]]
            ranks += [more[index] for index in np.flatnonzero(rng.random(4) < 0.5)]
        self.parameters = {"kind": kind, "ranks": ranks} | draw(
            rng,
            slope=(0.3, 0.9),
            even=(0.5, 1.0),
            box_hz=(700, 2200),
            box_db=(2, 9),
            edge_hz=(3500, 8000),
            attack_seconds=(0.012, 0.06),
            breath=(0.002, 0.02) if squeezed else (0.01, 0.05),
            swell=(0.1, 0.4),
            shake_hz=(4.0, 6.5),
            shake=(0.0, 0.12) if squeezed else (0.0, 0.5),
            scoop=(0.0, 0.0) if squeezed else (0.0, 0.5),
        )

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """(frames,) float32."""
        values, rng = self.parameters, self.rng
        time = time_axis(frames)
        # A reed that is pushed bends down, and speaks late.
        bend = values["scoop"] * rng.random() * np.exp(-control_axis(frames) / 0.05)
        sound = np.zeros(frames, np.float32)
        for footage, cents in values["ranks"]:
            hz = float(to_hz(pitch + (cents + rng.normal(0, 1.0)) / 100)) * footage
            edge = values["edge_hz"] * (0.6 + 0.4 * force)

            def levels(number, partial, edge=edge):
                even = np.where(number % 2, 1.0, values["even"])
                return even * number ** -values["slope"] / (1 + (partial / edge) ** 3)

            bank = cycle_of(hz, levels)
            cycles = np.cumsum(from_control(hz * 2 ** (-bend / 12), frames), dtype=np.float64)
            sound += read_bank(bank, cycles / SAMPLE_RATE + rng.random(), 0.0)
        sound /= np.float32(np.sqrt(len(values["ranks"])))
        breath = coloured_noise(rng, frames, 900, 7000)
        sound += np.float32(values["breath"]) * breath
        return sound * (1 - np.exp(-time / np.float32(values["attack_seconds"] / 2)))

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Bellows or breath swell all notes together; hands or box colour them."""
        values = self.parameters
        time = control_axis(len(sound))
        swell = 1 + values["swell"] * wander(self.rng, len(time), 0.8)
        # The hand over a harmonica shakes now and then, not always.
        when = np.clip(wander(self.rng, len(time), 0.5), 0, 1)
        swell *= 1 - values["shake"] * when * np.sin(2 * np.pi * values["shake_hz"] * time)
        gain = from_control(np.clip(swell, 0.3, 2.0), len(sound))
        mono = peaks(
            np.ascontiguousarray(sound[:, 0]) * gain, [(values["box_hz"], values["box_db"], 1.2)]
        )
        mono = levelled(highpass(mono, 80.0))
        return stereo(mono, mono)
