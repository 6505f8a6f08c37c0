"""Random patches for the soft synth."""

from dataclasses import dataclass

import numpy as np

from ..dsp import Envelope
from ..waves import WAVES

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Oscillator:
    """One oscillator of a patch: see `waves.spectrum` for `wave` and `shape`."""

    wave: str
    shape: float
    semitones: float
    gain: float


@dataclass(frozen=True)
class SynthPatch:
    """Everything that makes one synth sound.

    Attributes:
        role: what the patch is for.
        timbre: seed of its spectra; its residue modulo 3 is the split, so that no patch and no
            spectrum of one split is ever in another.
        oscillators: one or two.
        unison: voices of each oscillator, spread over +-`detune_cents` and over the panorama.
        width: 0 mono to 1, how far apart voices are panned.
        sub_gain, noise_gain: a sine one octave below, and filtered noise, relative to 1.
        cutoff_octaves: cutoff of the low-pass above the played note, in octaves.
        sweep_octaves: how far the filter envelope opens it.
        quality, poles: resonance and slope of the filter.
        lfo_hz, lfo_octaves: a slow sine on the cutoff.
        vibrato_hz, vibrato_cents: a delayed sine on the pitch.
        tremolo: 0 to 1, depth of a sine on the level, at `lfo_hz`.
        glide_seconds: time constant of the slide from the previous note; 0 is none.
        amplitude, filter: envelopes.
    """

    role: str
    timbre: int
    oscillators: tuple[Oscillator, ...]
    unison: int
    detune_cents: float
    width: float
    sub_gain: float
    noise_gain: float
    cutoff_octaves: float
    sweep_octaves: float
    quality: float
    poles: int
    lfo_hz: float
    lfo_octaves: float
    vibrato_hz: float
    vibrato_cents: float
    tremolo: float
    glide_seconds: float
    amplitude: Envelope
    filter: Envelope


@dataclass(frozen=True)
class RoleRanges:
    """Lowest and highest value of what distinguishes one role's patches."""

    attack: tuple[float, float]
    decay: tuple[float, float]
    sustain: tuple[float, float]
    release: tuple[float, float]
    cutoff: tuple[float, float]
    sweep: tuple[float, float]
    unison: tuple[int, ...]
    glide_chance: float = 0.0


ROLE_RANGES = {
    "synth_lead": RoleRanges(
        (0.002, 0.06), (0.1, 1.2), (0.4, 1.0), (0.05, 0.5), (0.6, 5.0), (0, 3), (1, 1, 2, 3, 5, 7),
        0.45,
    ),
    "synth_pad": RoleRanges(
        (0.05, 1.2), (0.5, 3.0), (0.6, 1.0), (0.3, 2.0), (0.3, 4.0), (0, 3), (2, 3, 3, 5)
    ),
    "synth_arp": RoleRanges(
        (0.001, 0.02), (0.1, 0.9), (0.0, 0.7), (0.04, 0.5), (0.3, 4.2), (0.5, 4), (1, 1, 2, 3)
    ),
    "synth_pluck": RoleRanges(
        (0.001, 0.006), (0.15, 1.3), (0.0, 0.15), (0.1, 0.8), (0.0, 3.0), (1.5, 5), (1, 2, 2, 3)
    ),
    "synth_bass": RoleRanges(
        (0.001, 0.02), (0.1, 1.5), (0.3, 1.0), (0.03, 0.2), (0.2, 4.2), (0, 4), (1, 1, 1, 2, 3),
        0.25,
    ),
    "synth_stab": RoleRanges(
        (0.001, 0.01), (0.1, 0.7), (0.1, 0.6), (0.05, 0.5), (0.8, 4.8), (0.5, 3), (2, 3, 5, 7)
    ),
}  # fmt: skip

WAVE_SHARES = (0.36, 0.14, 0.14, 0.07, 0.13, 0.09, 0.07)


def sample_patch(rng: np.random.Generator, role: str, split: str) -> SynthPatch:
    """Draw a patch.

    Args:
        rng: source of all choices.
        role: a key of `ROLE_RANGES`.
        split: one of `SPLITS`; decides which timbres can be drawn.
    """
    ranges = ROLE_RANGES[role]
    bass = role == "synth_bass"
    timbre = int(rng.integers(2**40)) * len(SPLITS) + SPLITS.index(split)
    oscillators = [_sample_oscillator(rng, 0.0, 1.0)]
    if rng.random() < 0.45:
        interval = float(rng.choice([0, 12, -12, 7, 24], p=[0.35, 0.3, 0.2, 0.1, 0.05]))
        interval += float(rng.normal(0, 0.07))
        oscillators.append(_sample_oscillator(rng, interval, float(rng.uniform(0.3, 0.9))))

    def sometimes(chance: float, low: float, high: float) -> float:
        return float(rng.uniform(low, high)) if rng.random() < chance else 0.0

    return SynthPatch(
        role=role,
        timbre=timbre,
        oscillators=tuple(oscillators),
        unison=int(rng.choice(ranges.unison)),
        detune_cents=float(rng.uniform(4.0, 26.0)) * (0.5 if bass else 1.0),
        width=float(rng.uniform(0.0, 0.4) if bass or rng.random() < 0.4 else rng.uniform(0.5, 1.0)),
        sub_gain=sometimes(0.5 if bass else 0.15, 0.2, 0.8),
        noise_gain=sometimes(0.2, 0.01, 0.12),
        cutoff_octaves=float(rng.uniform(*ranges.cutoff)),
        sweep_octaves=float(rng.uniform(*ranges.sweep)),
        quality=float(rng.choice([0.7, rng.uniform(1.0, 3.0), rng.uniform(3.0, 9.0)])),
        poles=int(rng.choice([2, 4])),
        lfo_hz=float(2 ** rng.uniform(-3.0, 2.8)),
        lfo_octaves=sometimes(0.3, 0.15, 1.4),
        vibrato_hz=float(rng.uniform(4.0, 6.8)),
        vibrato_cents=sometimes(0.5 if role == "synth_lead" else 0.1, 6.0, 38.0),
        tremolo=sometimes(0.1, 0.2, 0.8),
        glide_seconds=sometimes(ranges.glide_chance, 0.015, 0.12),
        amplitude=_sample_envelope(rng, ranges),
        filter=_sample_envelope(rng, ranges),
    )


def _sample_oscillator(rng: np.random.Generator, semitones: float, gain: float) -> Oscillator:
    wave = str(rng.choice(WAVES, p=WAVE_SHARES))
    return Oscillator(wave, float(rng.random()), semitones, gain)


def _sample_envelope(rng: np.random.Generator, ranges: RoleRanges) -> Envelope:
    """Times are drawn on a logarithmic scale: 5 and 10 ms differ as much as 0.5 and 1 s."""

    def draw(limits: tuple[float, float]) -> float:
        return float(np.exp(rng.uniform(*np.log(limits))))

    sustain = float(rng.uniform(*ranges.sustain))
    return Envelope(draw(ranges.attack), draw(ranges.decay), sustain, draw(ranges.release))
