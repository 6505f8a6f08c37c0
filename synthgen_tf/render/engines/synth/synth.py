"""The soft synth: the sound the extractor shall find."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from synthgen_tf.render.compose.score import Curve, Note
from synthgen_tf.render.engines.base import LONGEST_NOTE_SECONDS, Engine, add_at, stereo
from synthgen_tf.render.engines.synth.patch import SynthPatch
from synthgen_tf.render.engines.synth.voices import MIDDLE_C, add_voices, filtered_noise
from synthgen_tf.render.signals.dsp import (
    control_axis,
    fade_out,
    from_control,
    to_frames,
    to_hz,
    wander,
)
from synthgen_tf.render.signals.wavetables import cycles_of

LOWEST_CUTOFF, HIGHEST_CUTOFF = -3.6, 6.2
"""Octaves about the middle C between which cutoffs are held: 21 Hz to 19 kHz."""

HANDOVER_SECONDS = 0.008
"""Time in which one key of a gliding line gives way to the next."""


@dataclass(frozen=True)
class Key:
    """One key as the synth hears it; equal keys share one sound.

    Attributes:
        pitch, seconds, velocity, bend: see `Note`; rounded so that keys repeat.
        slide: semitones from here to where a gliding line comes from.
        tied: whether the line was still sounding, so that nothing is attacked anew.
        cut: whether the next key takes the line over, so that nothing rings on.
        opening: octaves by which the part opens the filter at the key's onset and end.
        take: which of the engine's takes.
    """

    pitch: int
    seconds: float
    velocity: float
    bend: Curve
    slide: int
    tied: bool
    cut: bool
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
            after = notes[index + 1] if self.glides and index + 1 < len(notes) else None
            slide = before.pitch - note.pitch if before else 0
            end, cut = note.start_seconds + note.seconds, False
            if after and _overlap(note, after):
                end, cut = after.start_seconds, True
            length = float(np.clip(round(end - note.start_seconds, 2), 0.03, LONGEST_NOTE_SECONDS))
            key = Key(
                note.pitch,
                length,
                (int(note.velocity * 7.999) + 1) / 8,
                note.bend,
                slide if abs(slide) <= 24 else 0,
                before is not None and _overlap(before, note),
                cut,
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
        begin, end = (float(value) for value in np.round(4 * octaves) / 4)
        return begin, end

    def _sounded(self, key: Key) -> np.ndarray:
        """The sound of one key, (time, 2) float32."""
        patch, rng = self.patch, self.rng
        release = HANDOVER_SECONDS if key.cut else patch.amplitude.release_seconds + 0.01
        frames = to_frames(key.seconds + release)
        time = control_axis(frames)
        movement = self._envelope(patch.modulation, time, key)
        swing = self._lfo(time)
        semitones = self._pitch(key, time, movement)
        cutoff = self._cutoff_octaves(key, time, movement, swing)
        sound = np.zeros((2, frames), np.float32)
        for oscillator in patch.oscillators:
            shape = oscillator.shape + oscillator.shape_sweep * movement
            shape = np.clip(shape + oscillator.shape_swing * swing, 0.0, 1.0)
            add_voices(sound, oscillator, patch, semitones, cutoff, shape, rng)
        if patch.sub_gain:
            hz = from_control(to_hz(semitones - 12.0), frames)
            sound += patch.sub_gain * np.sin(2 * np.pi * cycles_of(hz)).astype(np.float32)
        if patch.noise_gain:
            for side in sound:
                side += patch.noise_gain * filtered_noise(rng, patch.filter, cutoff, frames)
        level = self._level(key, frames, time, swing)
        return fade_out(stereo(sound[0] * level, sound[1] * level), HANDOVER_SECONDS)

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
        if key.tied:
            handover = to_frames(HANDOVER_SECONDS)
            level[:handover] *= np.linspace(0, 1, handover, dtype=np.float32)[:frames]
        if patch.tremolo:
            level *= from_control(1 - patch.tremolo * (0.5 + 0.5 * swing), frames)
        return level


def _overlap(first: Note, second: Note) -> bool:
    """Whether a line still sounds when its next note begins."""
    return first.start_seconds + first.seconds > second.start_seconds - 0.005
