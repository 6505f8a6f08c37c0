"""The soft synth: the sound the extractor shall find."""

from dataclasses import asdict

import numpy as np

from ..dsp import band_noise, fade_out, time_axis, to_hz
from ..tables import cycles_of, make_bank, num_harmonics, read_bank
from ..waves import lowpass_response, spectrum
from .base import Engine, Stroke, stereo, sustain_frames
from .synth_patch import Oscillator, SynthPatch

CUTOFF_LOW_HZ, CUTOFF_HIGH_HZ = 40.0, 20000.0
POSITIONS = 48
"""Cutoffs at which a cycle is stored, evenly in octaves: five an octave."""


class Synth(Engine):
    """Subtractive synth on band-limited wavetables.

    Oscillators with unison, a resonant low-pass with envelope and slow oscillator, sub, noise,
    vibrato, tremolo and glide.

    Args:
        rng: source of phases and noise.
        patch: the sound.
    """

    def __init__(self, rng: np.random.Generator, patch: SynthPatch):
        super().__init__(rng)
        self.patch = patch
        self.glides = patch.glide_seconds > 0
        self.parameters = asdict(patch)
        self._banks: dict[tuple, np.ndarray] = {}
        self._detunes = np.linspace(-1.0, 1.0, patch.unison) if patch.unison > 1 else np.zeros(1)
        # Voices alternate between the sides; of an odd number the middle one stays in the centre.
        sides = np.where(np.arange(patch.unison) % 2, -1.0, 1.0)
        self._pans = patch.width * np.where(self._detunes == 0.0, 0.0, sides)

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time, 2) float32."""
        patch, rng = self.patch, self.rng
        frames = sustain_frames(stroke, patch.amplitude.release_seconds)
        time = time_axis(frames)
        frequency = self._frequency(stroke, time)
        position = self._cutoff_position(stroke, time)
        left, right = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
        for oscillator in patch.oscillators:
            ratio = 2.0 ** (oscillator.semitones / 12)
            bank = self._bank(oscillator, float(frequency.max()) * ratio)
            cycles = cycles_of(frequency * ratio)
            for detune, pan in zip(self._detunes, self._pans, strict=True):
                factor = 2.0 ** (detune * patch.detune_cents / 1200)
                voice = read_bank(bank, cycles * factor + rng.random(), position)
                voice *= oscillator.gain / np.sqrt(patch.unison)
                left += np.float32(np.sqrt(0.5 - 0.5 * pan)) * voice
                right += np.float32(np.sqrt(0.5 + 0.5 * pan)) * voice
        sound = stereo(left, right)
        if patch.sub_gain:
            sub = np.sin(np.pi * cycles_of(frequency)).astype(np.float32)
            sound += patch.sub_gain * sub[:, None]
        if patch.noise_gain:
            top = min(float(to_hz(stroke.pitch)) * 2.0 ** (patch.cutoff_octaves + 1), 16000.0)
            for channel in (0, 1):
                sound[:, channel] += patch.noise_gain * band_noise(rng, frames, 60.0, top)
        return fade_out(sound * self._level(stroke, time)[:, None])

    def _frequency(self, stroke: Stroke, time: np.ndarray) -> np.ndarray:
        """Frequency curve in Hz: glide from the previous note, and vibrato."""
        patch = self.patch
        semitones = np.full(len(time), float(stroke.pitch))
        if stroke.slide:
            semitones += stroke.slide * np.exp(-time / patch.glide_seconds)
        if patch.vibrato_cents:
            depth = patch.vibrato_cents / 100 * np.minimum(time / 0.4, 1.0)
            semitones += depth * np.sin(2 * np.pi * patch.vibrato_hz * time)
        return to_hz(semitones)

    def _cutoff_position(self, stroke: Stroke, time: np.ndarray) -> np.ndarray | float:
        """Where the cutoff stands between the lowest (0) and the highest (1) stored one."""
        patch = self.patch
        octaves = np.log2(to_hz(stroke.pitch) / CUTOFF_LOW_HZ) + patch.cutoff_octaves
        curve = patch.filter.curve(len(time), stroke.seconds)
        octaves = octaves + patch.sweep_octaves * (0.4 + 0.6 * stroke.velocity) * curve
        if patch.lfo_octaves:
            phase = self.rng.random() if patch.lfo_hz > 0.7 else 0.25 * stroke.take
            octaves += patch.lfo_octaves * np.sin(2 * np.pi * (patch.lfo_hz * time + phase))
        return octaves / np.log2(CUTOFF_HIGH_HZ / CUTOFF_LOW_HZ)

    def _level(self, stroke: Stroke, time: np.ndarray) -> np.ndarray:
        """Amplitude envelope, velocity and tremolo."""
        patch = self.patch
        level = patch.amplitude.curve(len(time), stroke.seconds)
        level *= np.float32(stroke.velocity**1.3)
        if patch.tremolo:
            swing = 0.5 + 0.5 * np.cos(2 * np.pi * patch.lfo_hz * time)
            level = level * (1 - patch.tremolo * swing)
        return level.astype(np.float32)

    def _bank(self, oscillator: Oscillator, highest_hz: float) -> np.ndarray:
        """Cycles of an oscillator behind the filter at every stored cutoff."""
        # The filter is computed for the note's highest frequency; a glide moves it a little.
        key = (oscillator, round(12 * np.log2(highest_hz), 2))
        if key not in self._banks:
            margin = 2.0 ** (self.patch.detune_cents / 1200)
            harmonics = num_harmonics(highest_hz * margin)
            wave = spectrum(oscillator.wave, oscillator.shape, self.patch.timbre, harmonics)
            frequencies = highest_hz * np.arange(1, harmonics + 1)
            cutoffs = np.geomspace(CUTOFF_LOW_HZ, CUTOFF_HIGH_HZ, POSITIONS)[:, None]
            patch = self.patch
            response = lowpass_response(frequencies, cutoffs, patch.quality, patch.poles)
            self._banks[key] = make_bank(wave * response)
        return self._banks[key]
