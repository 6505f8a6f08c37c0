"""Defines what makes one synth sound: all that the soft synth plays by, ready for JSON."""

from dataclasses import dataclass

from synthgen_tf.render.signals.dsp import Envelope

SYNTH_ROLES = (
    "synth_lead",
    "synth_pad",
    "synth_arp",
    "synth_pluck",
    "synth_bass",
    "synth_stab",
    "synth_keys",
    "synth_sweep",
)

LFO_WAVES = ("sine", "triangle", "saw", "square", "steps")


@dataclass(frozen=True)
class Oscillator:
    """An oscillator, played by several voices.

    Attributes:
        wave, shape: see `waves.spectra`.
        shape_sweep, shape_swing: how far the modulation envelope and the LFO move the shape.
        semitones: pitch above the key; a few cents off, as oscillators are.
        gain: level relative to the others.
        unison: voices, spread over +-`detune_cents` in pitch and over +-`width` (0 mono to 1) in
            the panorama.
    """

    wave: str
    shape: float
    shape_sweep: float
    shape_swing: float
    semitones: float
    gain: float
    unison: int
    detune_cents: float
    width: float


@dataclass(frozen=True)
class Filter:
    """A filter that all oscillators of a key run through.

    Attributes:
        kind, quality: see `filters.response`.
        cutoff_octaves: above the middle C.
        tracking: 0 to 1, how far the cutoff follows the key.
        sweep_octaves, swing_octaves: how far the modulation envelope and the LFO move the cutoff.
        touch: 0 to 1, how much of the sweep depends on the velocity.
    """

    kind: str
    quality: float
    cutoff_octaves: float
    tracking: float
    sweep_octaves: float
    swing_octaves: float
    touch: float


@dataclass(frozen=True)
class Lfo:
    """A slow oscillator, started anew by each key.

    Attributes:
        wave: one of `LFO_WAVES`.
        hz: rate, used where `beats` is 0.
        beats: length of a cycle in beats of the song; 0 runs free of the tempo.
        delay_seconds: how long it takes to reach full depth.
    """

    wave: str
    hz: float
    beats: float
    delay_seconds: float


@dataclass(frozen=True)
class SynthPatch:
    """A patch: everything that makes one synth sound.

    Attributes:
        role: what the patch is for.
        character: name of the family it was drawn from, see `characters`.
        timbre: seed of its spectra; its residue modulo 3 is the split, so that no patch and no
            spectrum of one split is ever in another.
        oscillators: one to three.
        filter, amplitude, modulation, lfo: as their names say; `modulation` sweeps the filter,
            shapes and pitch.
        sub_gain, noise_gain: a sine one octave below, and filtered noise, relative to 1.
        drive: 0 none; gain in front of a saturation of each key.
        pitch_sweep: semitones by which the modulation envelope raises the pitch at first.
        vibrato_hz, vibrato_cents: a delayed sine on the pitch.
        drift_cents: how far the tuning wanders.
        tremolo: 0 to 1, depth of the LFO on the level.
        glide_seconds: time constant of the slide from the previous note; 0 is none. A gliding
            line is monophonic: a key cuts the one before.
    """

    role: str
    character: str
    timbre: int
    oscillators: tuple[Oscillator, ...]
    filter: Filter
    amplitude: Envelope
    modulation: Envelope
    lfo: Lfo
    sub_gain: float
    noise_gain: float
    drive: float
    pitch_sweep: float
    vibrato_hz: float
    vibrato_cents: float
    drift_cents: float
    tremolo: float
    glide_seconds: float
