"""The soft synth: the sound the extractor shall find.

A key's oscillators and filter are drawn as single cycles at the instants where they differ, and
read with pitch, unison and panorama: every movement of pulse width, wavetable, modulation index,
sync or cutoff costs a few more cycles, and nothing aliases.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import fft

from ..dsp import (
    SAMPLE_RATE,
    coloured_noise,
    control_axis,
    fade_out,
    from_control,
    to_frames,
    to_hz,
    wander,
)
from ..filters import filter_moving, response
from ..score import Curve, Note
from ..tables import cycles_of, make_bank, num_harmonics, read_bank
from ..waves import spectra
from .base import LONGEST_NOTE_SECONDS, Engine, add_at, stereo
from .synth_patch import Filter, Oscillator, SynthPatch

MIDDLE_C = 60
LOWEST_CUTOFF, HIGHEST_CUTOFF = -3.6, 6.2
"""Octaves about the middle C between which cutoffs are held: 21 Hz to 19 kHz."""

OCTAVES_A_ROW, SHAPE_A_ROW = 0.12, 0.025
"""How far cutoff and shape may move from one stored cycle to the next."""

MOST_ROWS = 400


@dataclass(frozen=True)
class Key:
    """One key as the synth hears it; equal keys share one sound.

    Attributes:
        pitch, seconds, velocity, bend: see `Note`; rounded so that keys repeat.
        slide: semitones from here to where a gliding line comes from.
        tied: whether the line was still sounding, so that nothing is attacked anew.
        opening: octaves by which the part opens the filter at the key's onset and end.
        take: which of the engine's takes.
    """

    pitch: int
    seconds: float
    velocity: float
    bend: Curve
    slide: int
    tied: bool
    opening: tuple[float, float]
    take: int


class Synth(Engine):
    """Polyphonic soft synth.

    Args:
        rng: source of phases, drift and noise.
        patch: the sound.
        bpm: tempo that synchronised movements follow.
        cutoff: octaves by which the filter is opened over the excerpt, see `Part.cutoff`.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        patch: SynthPatch,
        bpm: float = 120.0,
        cutoff: Curve = (),
    ):
        super().__init__(rng)
        self.patch = patch
        self.glides = patch.glide_seconds > 0
        self.parameters = asdict(patch)
        self._lfo_hz = bpm / 60 / patch.lfo.beats if patch.lfo.beats else patch.lfo.hz
        self._cutoff = np.array(cutoff).T if cutoff else None
        # Steps of a random LFO, the same for every key.
        self._steps = np.random.default_rng(patch.timbre).uniform(-1, 1, 64)

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """See `Engine.play`; (frames, 2) float32."""
        sound = np.zeros((2, frames), np.float32).T
        cache: dict[Key, np.ndarray] = {}
        for key, start_seconds in self._keys(notes):
            if key not in cache:
                cache[key] = self._sounded(key)
            add_at(sound, cache[key], to_frames(start_seconds))
        return sound

    def _keys(self, notes: Sequence[Note]) -> list[tuple[Key, float]]:
        """Notes as keys with their onsets in seconds."""
        counts: dict[int, int] = {}
        keys = []
        for index, note in enumerate(notes):
            count = counts[note.pitch] = counts.get(note.pitch, -1) + 1
            before = notes[index - 1] if self.glides and index else None
            slide = before.pitch - note.pitch if before else 0
            end = note.start_seconds + note.seconds
            if self.glides and index + 1 < len(notes):
                end = min(end, notes[index + 1].start_seconds)
            tied = before is not None and (
                before.start_seconds + before.seconds > note.start_seconds - 0.005
            )
            length = float(np.clip(round(end - note.start_seconds, 2), 0.03, LONGEST_NOTE_SECONDS))
            key = Key(
                note.pitch,
                length,
                (int(note.velocity * 7.999) + 1) / 8,
                note.bend,
                slide if abs(slide) <= 24 else 0,
                tied,
                self._opening(note.start_seconds, length),
                count % self.takes,
            )
            keys.append((key, note.start_seconds))
        return keys

    def _opening(self, start_seconds: float, seconds: float) -> tuple[float, float]:
        if self._cutoff is None:
            return 0.0, 0.0
        places = [start_seconds, start_seconds + seconds]
        octaves = np.interp(places, *self._cutoff)
        return tuple(float(value) for value in np.round(4 * octaves) / 4)

    def _sounded(self, key: Key) -> np.ndarray:
        """The sound of one key, (time, 2) float32."""
        patch, rng = self.patch, self.rng
        release = 0.02 if self.glides and key.tied else patch.amplitude.release_seconds
        frames = to_frames(min(key.seconds + release + 0.01, LONGEST_NOTE_SECONDS + release))
        time = control_axis(frames)
        movement = self._envelope(patch.modulation, time, key)
        swing = self._lfo(time)
        semitones = self._pitch(key, time, movement)
        cutoff = self._cutoff_octaves(key, time, movement, swing)
        sound = np.zeros((2, frames), np.float32)
        for oscillator in patch.oscillators:
            shape = oscillator.shape + oscillator.shape_sweep * movement
            shape = np.clip(shape + oscillator.shape_swing * swing, 0.0, 1.0)
            self._add_oscillator(sound, oscillator, semitones, cutoff, shape)
        if patch.sub_gain:
            hz = from_control(to_hz(semitones - 12.0), frames)
            sound += patch.sub_gain * np.sin(2 * np.pi * cycles_of(hz)).astype(np.float32)
        if patch.noise_gain:
            for side in sound:
                side += patch.noise_gain * _blown(rng, patch.filter, cutoff, frames)
        level = self._level(key, frames, time, swing)
        return fade_out(stereo(sound[0] * level, sound[1] * level))

    def _envelope(self, envelope, time: np.ndarray, key: Key) -> np.ndarray:
        """The modulation envelope; on a tied key it stays where it came to rest."""
        if key.tied:
            return np.full(len(time), envelope.sustain)
        return envelope.values(time, key.seconds)

    def _lfo(self, time: np.ndarray) -> np.ndarray:
        """The slow oscillator, -1 to 1."""
        lfo = self.patch.lfo
        turns = self._lfo_hz * time
        phase = turns % 1.0
        if lfo.wave == "sine":
            wave = np.sin(2 * np.pi * turns)
        elif lfo.wave == "triangle":
            wave = 1 - 4 * np.abs((phase + 0.25) % 1.0 - 0.5)
        elif lfo.wave == "saw":
            wave = 1 - 2 * phase
        elif lfo.wave == "square":
            wave = np.where(phase < 0.5, 1.0, -1.0)
        else:
            wave = self._steps[turns.astype(int) % len(self._steps)]
        return wave * np.minimum(1.0, (time + 1e-3) / (lfo.delay_seconds + 1e-3))

    def _pitch(self, key: Key, time: np.ndarray, movement: np.ndarray) -> np.ndarray:
        """Pitch curve in MIDI numbers: slide, bend, vibrato, sweep and drift."""
        patch = self.patch
        pitch = np.full(len(time), float(key.pitch))
        if key.slide and self.glides:
            pitch += key.slide * np.exp(-time / patch.glide_seconds)
        if key.bend:
            pitch += np.interp(time, *np.array(key.bend).T)
        if patch.vibrato_cents:
            depth = patch.vibrato_cents / 100 * np.minimum(time / 0.4, 1.0)
            pitch += depth * np.sin(2 * np.pi * patch.vibrato_hz * time)
        if patch.drift_cents:
            pitch += patch.drift_cents / 100 * wander(self.rng, len(time), 1.5)
        return pitch + patch.pitch_sweep * movement

    def _cutoff_octaves(
        self, key: Key, time: np.ndarray, movement: np.ndarray, swing: np.ndarray
    ) -> np.ndarray:
        """Cutoff in octaves above the middle C."""
        values = self.patch.filter
        base = values.cutoff_octaves + values.tracking * (key.pitch - MIDDLE_C) / 12
        force = 1 - values.touch * (1 - key.velocity)
        opening = np.interp(time, [0.0, key.seconds], key.opening)
        octaves = base + values.sweep_octaves * force * movement + opening
        return np.clip(octaves + values.swing_octaves * swing, LOWEST_CUTOFF, HIGHEST_CUTOFF)

    def _level(self, key: Key, frames: int, time: np.ndarray, swing: np.ndarray) -> np.ndarray:
        """Amplitude envelope, velocity and tremolo, (frames,) float32."""
        patch = self.patch
        level = patch.amplitude.curve(frames, key.seconds, tied=key.tied)
        level *= np.float32(key.velocity**1.3)
        if patch.tremolo:
            level *= from_control(1 - patch.tremolo * (0.5 + 0.5 * swing), frames)
        return level

    def _add_oscillator(
        self,
        sound: np.ndarray,
        oscillator: Oscillator,
        semitones: np.ndarray,
        cutoff: np.ndarray,
        shape: np.ndarray,
    ) -> None:
        """Add all voices of an oscillator to `sound`, (2, frames); curves are control curves."""
        frames = sound.shape[1]
        pitch = semitones + oscillator.semitones
        rows, position = _rows(cutoff, shape)
        bank = self._bank(oscillator, float(pitch.max()), *rows)
        place = position if np.ndim(position) == 0 else from_control(position, frames)
        cycles = cycles_of(from_control(to_hz(pitch), frames))
        spread = _spread(oscillator.unison)
        gain = oscillator.gain / np.sqrt(oscillator.unison)
        for number, detune in enumerate(spread):
            factor = 2.0 ** (detune * oscillator.detune_cents / 1200)
            voice = read_bank(bank, cycles * factor + self.rng.random(), place)
            # Voices alternate between the sides; of an odd number the middle one stays centred.
            pan = oscillator.width * np.sign(detune) * (1 if number % 2 else -1)
            sound[0] += np.float32(gain * np.sqrt(1 - pan)) * voice
            sound[1] += np.float32(gain * np.sqrt(1 + pan)) * voice

    def _bank(
        self, oscillator: Oscillator, highest: float, cutoff: np.ndarray, shape: np.ndarray
    ) -> np.ndarray:
        """Cycles of an oscillator behind the filter, one for every pair of cutoff and shape."""
        patch = self.patch
        hz = float(to_hz(highest))
        harmonics = num_harmonics(hz * 2.0 ** (oscillator.detune_cents / 1200))
        still = np.ptp(shape) == 0
        wave = spectra(oscillator.wave, shape[:1] if still else shape, patch.timbre, harmonics, hz)
        cutoff_hz = to_hz(MIDDLE_C) * 2.0 ** cutoff[:, None]
        ratio = hz * np.arange(1, harmonics + 1)[None] / cutoff_hz
        filtered = wave * response(patch.filter.kind, ratio, patch.filter.quality)
        if patch.drive:
            filtered = _saturated(filtered, patch.drive)
        return make_bank(filtered)


def _rows(cutoff: np.ndarray, shape: np.ndarray):
    """Choose the instants of two control curves whose cycles are stored.

    Returns:
        (cutoff, shape) at these instants, (rows,) each, and the control curve of the position in
        the bank, or a number where nothing moves.
    """
    moved = np.abs(np.diff(cutoff)) / OCTAVES_A_ROW + np.abs(np.diff(shape)) / SHAPE_A_ROW
    way = np.concatenate([[0.0], np.cumsum(moved)])
    if way[-1] < 0.2:
        return (cutoff[:1], shape[:1]), 0.0
    rows = int(min(np.ceil(way[-1]), MOST_ROWS - 1)) + 1
    places = np.linspace(0.0, way[-1], rows)
    points = np.interp(places, way, np.arange(len(way)))
    along = np.arange(len(way))
    chosen = np.interp(points, along, cutoff), np.interp(points, along, shape)
    return chosen, way / way[-1]


def _spread(voices: int) -> np.ndarray:
    """Where unison voices stand between -1 and 1: denser in the middle, as on the first one."""
    if voices == 1:
        return np.zeros(1)
    even = np.linspace(-1.0, 1.0, voices)
    return np.sign(even) * np.abs(even) ** 1.3


def _saturated(spectrum: np.ndarray, drive: float) -> np.ndarray:
    """Spectra (rows, harmonics) of cycles sent through a soft clipper."""
    harmonics = spectrum.shape[1]
    size = fft.next_fast_len(6 * harmonics + 2, real=True)
    cycles = fft.irfft(np.pad(spectrum, ((0, 0), (1, 0))), size, axis=1) * (size / 2)
    clipped = np.tanh(np.float32(drive) * cycles)
    return fft.rfft(clipped, axis=1)[:, 1 : harmonics + 1] * (2 / size)


def _blown(rng: np.random.Generator, values: Filter, cutoff: np.ndarray, frames: int) -> np.ndarray:
    """Noise behind the filter, (frames,) float32."""
    middle_hz = to_hz(MIDDLE_C)
    if np.ptp(cutoff) < 0.3:
        top = float(middle_hz * 2.0 ** cutoff.mean())
        return coloured_noise(rng, frames, 60.0, max(top, 200.0))
    step = SAMPLE_RATE * (control_axis(frames)[1])

    def moving(middles: np.ndarray, bins: np.ndarray) -> np.ndarray:
        hz = middle_hz * 2.0 ** np.interp(middles, step * np.arange(len(cutoff)), cutoff)
        return response(values.kind, bins * SAMPLE_RATE / hz, min(values.quality, 4.0))

    return filter_moving(rng.standard_normal(frames, dtype=np.float32), moving)
