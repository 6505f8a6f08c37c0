"""Brass section and flute."""

import numpy as np

from ..dsp import Envelope, band_noise, fade_out, smooth_noise, time_axis, to_hz
from ..tables import cycles_of, make_bank, num_harmonics, read_bank
from .base import Engine, Stroke, stereo, sustain_frames


class Brass(Engine):
    """Two or three players whose tone grows brighter as it grows louder."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self.parameters = {
            "players": int(rng.integers(1, 4)),
            "formant_hz": float(rng.uniform(500, 1300)),
            "bell_hz": float(rng.uniform(1500, 3500)),
            "attack_seconds": float(rng.uniform(0.025, 0.08)),
            "scoop_semitones": float(rng.uniform(0.2, 0.9)),
            "vibrato_cents": float(rng.uniform(0, 14)),
            "width": float(rng.uniform(0.0, 0.9)),
        }
        self._banks: dict[int, np.ndarray] = {}

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time, 2) float32."""
        values, rng = self.parameters, self.rng
        frames = sustain_frames(stroke, 0.12)
        sides = [np.zeros(frames, np.float32), np.zeros(frames, np.float32)]
        count = values["players"]
        for player in range(count):
            sound = self._player(stroke, frames)
            place = values["width"] * (2 * player / (count - 1) - 1) if count > 1 else 0.0
            delay = int(rng.integers(0, 700)) if player else 0
            sound[delay:] = sound[: frames - delay].copy()
            sound[:delay] = 0.0
            sides[0] += np.float32(np.sqrt(0.5 - 0.5 * place)) * sound
            sides[1] += np.float32(np.sqrt(0.5 + 0.5 * place)) * sound
        return fade_out(stereo(*sides))

    def _player(self, stroke: Stroke, frames: int) -> np.ndarray:
        values, rng = self.parameters, self.rng
        time = time_axis(frames)
        attack = values["attack_seconds"] * rng.uniform(0.8, 1.4)
        envelope = Envelope(attack, 0.7, 0.75, 0.12).curve(frames, stroke.seconds)
        semitones = stroke.pitch + rng.normal(0, 0.06) + 0.05 * smooth_noise(rng, frames, 5.0)
        semitones = semitones - values["scoop_semitones"] * np.exp(-time / 0.03)
        depth = values["vibrato_cents"] / 100 * np.clip((time - 0.3) / 0.4, 0, 1)
        semitones += depth * np.sin(2 * np.pi * (5.2 * time + rng.random()))
        if stroke.pitch not in self._banks:
            self._banks[stroke.pitch] = self._bank(float(to_hz(stroke.pitch)))
        # A blip at the onset: the lips catch the note before it settles.
        loudness = stroke.velocity * envelope * (1 + 0.25 * np.exp(-time / 0.04))
        loudness *= 1 + 0.05 * smooth_noise(rng, frames, 9.0)
        sound = read_bank(self._banks[stroke.pitch], cycles_of(to_hz(semitones)), loudness)
        breath = 0.01 * band_noise(rng, frames, 800, 6000)
        return (sound + breath) * envelope * np.float32(stroke.velocity)

    def _bank(self, hz: float) -> np.ndarray:
        """Rows from softest to loudest: the spectrum opens towards the high harmonics."""
        values = self.parameters
        number = np.arange(1, num_harmonics(1.1 * hz) + 1)
        frequency = hz * number
        rows = []
        for loudness in np.linspace(0, 1, 8):
            edge = values["bell_hz"] * 2.0 ** (2.6 * loudness - 2.2)
            amplitude = 1.0 / (1.0 + (frequency / edge) ** 2)
            hill = np.log2(frequency / values["formant_hz"])
            amplitude *= 0.5 + np.exp(-(hill**2))
            rows.append(amplitude / np.sqrt(np.sum(amplitude**2) / 2) * np.exp(-0.5j * np.pi))
        return make_bank(np.array(rows))


class Flute(Engine):
    """Few harmonics, much breath, and a vibrato of the level rather than of the pitch."""

    takes = 3
    glides = True

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng)
        self.parameters = {
            "breath": float(rng.uniform(0.03, 0.16)),
            "second": float(rng.uniform(0.15, 0.6)),
            "third": float(rng.uniform(0.05, 0.35)),
            "vibrato_hz": float(rng.uniform(4.3, 5.8)),
            "vibrato": float(rng.uniform(0.05, 0.25)),
            "attack_seconds": float(rng.uniform(0.03, 0.1)),
        }

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time,) float32."""
        values, rng = self.parameters, self.rng
        frames = sustain_frames(stroke, 0.12)
        time = time_axis(frames)
        swing = np.sin(2 * np.pi * (values["vibrato_hz"] * time + rng.random()))
        swing *= np.clip((time - 0.2) / 0.4, 0, 1)
        semitones = stroke.pitch + 0.12 * swing + 0.04 * smooth_noise(rng, frames, 5.0)
        semitones = semitones + stroke.slide * np.exp(-time / 0.012)
        harmonics = np.array([1.0, values["second"], values["third"], 0.06, 0.03, 0.01])
        hz = to_hz(semitones)
        harmonics = harmonics[: num_harmonics(float(hz.max()))]
        soft = harmonics ** np.linspace(1.0, 2.0, len(harmonics))
        bank = make_bank(np.stack([soft, harmonics]) * np.exp(-0.5j * np.pi))
        envelope = Envelope(values["attack_seconds"], 1.0, 0.85, 0.12).curve(frames, stroke.seconds)
        blow = envelope * (1 + values["vibrato"] * swing) * stroke.velocity
        sound = read_bank(bank, cycles_of(hz), np.clip(blow, 0, 1))
        pitch_hz = float(to_hz(stroke.pitch))
        breath = band_noise(rng, frames, 0.8 * pitch_hz, 5 * pitch_hz)
        chiff = values["breath"] * (1 + 4 * np.exp(-time / 0.04))
        return fade_out(((sound + chiff * breath) * blow).astype(np.float32))
