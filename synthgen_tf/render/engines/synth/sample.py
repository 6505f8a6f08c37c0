"""Draws patches for the soft synth."""

import numpy as np

from synthgen_tf.render.engines.base import draw_log
from synthgen_tf.render.engines.synth.characters import CHARACTERS, ROLES, Character, RoleRanges
from synthgen_tf.render.engines.synth.patch import (
    LFO_WAVES,
    Filter,
    Lfo,
    Oscillator,
    SynthPatch,
)
from synthgen_tf.render.signals.dsp import Envelope
from synthgen_tf.tracks import USUAL_SPLITS as SPLITS

LFO_BEATS = (0.25, 0.5, 0.75, 1.0, 2.0, 4.0, 8.0)
FALLING_KINDS = ("bandpass", "highpass")
"""Filters that take the fundamental away: their cutoffs lie lower, and no bass has them."""


def sample_patch(rng: np.random.Generator, role: str, split: str) -> SynthPatch:
    """Draw a patch for a role.

    Args:
        rng: source of all choices.
        role: one of `patch.SYNTH_ROLES`.
        split: one of `SPLITS`; decides which timbres can be drawn.
    """
    shares = {name: kind.shares.get(role, 0.0) for name, kind in CHARACTERS.items()}
    total = sum(shares.values())
    name = str(rng.choice(list(shares), p=[share / total for share in shares.values()]))
    kind, ranges = CHARACTERS[name], ROLES[role]
    bass = role == "synth_bass"

    def sometimes(chance: float, low: float, high: float) -> float:
        return float(rng.uniform(low, high)) if rng.random() < chance else 0.0

    sustain = kind.sustain or ranges.sustain
    if role in ("synth_pad", "synth_sweep"):
        sustain = ranges.sustain
    return SynthPatch(
        role=role,
        character=name,
        timbre=int(rng.integers(2**40)) * len(SPLITS) + SPLITS.index(split),
        oscillators=_sample_oscillators(rng, kind, ranges, bass),
        filter=_sample_filter(rng, kind, bass),
        amplitude=Envelope(
            draw_log(rng, *_slower(kind.attack, ranges.attack)),
            draw_log(rng, *(kind.decay or ranges.decay)),
            float(rng.uniform(*sustain)),
            draw_log(rng, *(kind.release or ranges.release)),
        ),
        modulation=_sample_modulation(rng, kind, ranges),
        lfo=_sample_lfo(rng, role),
        sub_gain=sometimes(max(kind.sub, 0.35 * bass), 0.2, 0.9),
        noise_gain=sometimes(kind.noise, 0.02, 0.5 if role == "synth_sweep" else 0.15),
        drive=draw_log(rng, 0.5, 6.0) if rng.random() < kind.drive else 0.0,
        pitch_sweep=sometimes(kind.pitch_sweep, 0.5, 14.0),
        vibrato_hz=float(rng.uniform(4.0, 6.8)),
        vibrato_cents=sometimes(kind.vibrato, 5.0, 40.0),
        drift_cents=sometimes(0.5, 0.5, 5.0),
        tremolo=sometimes(0.08, 0.2, 0.9),
        glide_seconds=draw_log(rng, 0.012, 0.12)
        if ranges.glides and rng.random() < kind.glide
        else 0.0,
    )


def _slower(first: tuple[float, float] | None, second: tuple[float, float]) -> tuple[float, float]:
    """Return the slower of two ranges: brass has an attack even as a pluck, and pads swell."""
    return second if first is None or second[0] > first[0] else first


def _sample_oscillators(
    rng: np.random.Generator, kind: Character, ranges: RoleRanges, bass: bool
) -> tuple[Oscillator, ...]:
    """Draw one to three oscillators, with no more voices in all than the role is allowed."""
    count = int(rng.choice(kind.oscillators))
    # Now and then a patch is mono all through, as older instruments are.
    wide = rng.random() < 0.75
    oscillators = []
    for number in range(count):
        interval = float(rng.choice(kind.intervals)) if number else 0.0
        if bass and interval > 12:
            interval = 12.0
        moves = rng.random() < kind.shape_motion
        swings = moves and rng.random() < 0.5
        unison = int(min(rng.choice(kind.unison), max(1, ranges.most_voices // count)))
        oscillators.append(
            Oscillator(
                wave=str(rng.choice(kind.waves)),
                shape=float(rng.random() * (0.4 if moves else 1.0)),
                shape_sweep=float(rng.uniform(0.2, 1.0)) if moves and not swings else 0.0,
                shape_swing=float(rng.uniform(0.1, 0.5)) if swings else 0.0,
                semitones=interval + (float(rng.normal(0, 0.07)) if number else 0.0),
                gain=float(rng.uniform(0.3, 1.0)) if number else 1.0,
                unison=unison,
                detune_cents=float(rng.uniform(*kind.detune)) * (0.6 if bass else 1.0),
                width=float(rng.uniform(*ranges.widths)) if wide else 0.0,
            )
        )
    return tuple(oscillators)


def _sample_filter(rng: np.random.Generator, kind: Character, bass: bool) -> Filter:
    name = str(rng.choice(kind.filters))
    if bass and name in FALLING_KINDS:
        name = "lowpass"
    cutoff = float(rng.uniform(*kind.cutoff))
    tracking = float(rng.choice([rng.uniform(0.0, 0.6), rng.uniform(0.6, 1.0), 1.0]))
    quality = draw_log(rng, *kind.quality)
    if name in FALLING_KINDS:
        cutoff, quality = min(cutoff, 2.5) - 1.0, min(quality, 3.0)
    return Filter(
        kind=name,
        quality=quality,
        # The range is meant above the keys that are played: those of a bass lie two octaves down.
        cutoff_octaves=cutoff - (2.0 * bass) * (1.0 - tracking),
        tracking=tracking,
        sweep_octaves=float(rng.uniform(*kind.sweep)),
        swing_octaves=float(rng.uniform(*kind.swing)) if rng.random() < kind.swinging else 0.0,
        touch=float(rng.uniform(0.0, 0.8)),
    )


def _sample_modulation(rng: np.random.Generator, kind: Character, ranges: RoleRanges) -> Envelope:
    attack = draw_log(rng, *ranges.attack) if rng.random() < 0.5 else 0.002
    decay = draw_log(rng, *kind.modulation_decay)
    if ranges.attack[0] > 0.05:
        attack, decay = draw_log(rng, 0.1, 3.0), draw_log(rng, 1.0, 6.0)
    sustain = float(rng.choice([0.0, rng.uniform(0.0, 0.7)]))
    return Envelope(attack, decay, sustain, draw_log(rng, *ranges.release))


def _sample_lfo(rng: np.random.Generator, role: str) -> Lfo:
    slow = role in ("synth_pad", "synth_sweep")
    beats = LFO_BEATS[3 if slow else 0 :]
    return Lfo(
        wave=str(rng.choice(LFO_WAVES, p=(0.5, 0.2, 0.12, 0.1, 0.08))),
        hz=draw_log(rng, 0.08, 1.5) if slow else draw_log(rng, 0.15, 8.0),
        beats=float(rng.choice(beats)) if rng.random() < 0.5 else 0.0,
        delay_seconds=float(rng.choice([0.0, 0.0, rng.uniform(0.1, 1.0)])),
    )
