"""Tells what a preset is good for from how it sounds: left out, or the roles it can play."""

import re
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_hz

PITCHES = (52, 59)
HELD_SECONDS = 0.8
SECONDS = 2.0
"""Each preset is sounded at both pitches, held so long, and listened to so long."""

FRAME = 220
SILENT = 1e-3
FLAT_SHARE = 0.03
LEAST_TUNED = 0.5
LEAST_TRACKING = 0.8
SPECTRUM = 1 << 16
TENTHS = np.arange(1080)
LOWEST_HZ = 20.0
"""Where a scale of tenths of a semitone begins, and its places."""


@dataclass(frozen=True)
class Sounding:
    """What was heard of a preset, at the lower of both pitches.

    Attributes:
        attack, release: seconds to half the peak, and from the key's end to a tenth of it.
        held_db: level just before the key is let go, below the peak.
        register, centre: octaves from the key to the lowest strong partial, and to the centre of
            the spectrum.
        movement: octaves by which the centre moves while the key is held.
        tuned: share of the partials' energy that lies within 30 cents of a semitone.
        tracking: likeness of both spectra, a fifth apart, over the best likeness elsewhere.
        fault: why the preset cannot be used; empty where it can.
    """

    attack: float
    release: float
    held_db: float
    register: float
    centre: float
    movement: float
    tuned: float
    tracking: float
    fault: str


def listen(sounds: tuple[np.ndarray, np.ndarray]) -> Sounding:
    """Measure a preset by its sounds, (time, 2) each, at `PITCHES`."""
    low, high = (sound.mean(axis=1) for sound in sounds)
    peak = min(np.abs(low).max(), np.abs(high).max())
    if peak < SILENT:
        return Sounding(0, 0, 0, 0, 0, 0, 0, 0, "silent")
    top = np.abs(low).max()
    clips = top > 0.98 and np.mean(np.abs(low) > 0.999 * top) > FLAT_SHARE
    count = len(low) // FRAME
    envelope = np.sqrt((low[: count * FRAME].reshape(count, FRAME) ** 2).mean(axis=1))
    frame_seconds = FRAME / SAMPLE_RATE
    key_up = round(HELD_SECONDS / frame_seconds)
    most = envelope[:key_up].max() + 1e-9
    attack = int(np.argmax(envelope[:key_up] >= 0.5 * most))
    held = float(envelope[key_up - 20 : key_up].mean())
    after = np.flatnonzero(envelope[key_up:] > 0.1 * most)
    release = (after[-1] + 1) * frame_seconds if len(after) else 0.0

    start = min(attack * FRAME + 800, round(0.3 * SAMPLE_RATE))
    pieces = [sound[start : start + SAMPLE_RATE // 2] for sound in (low, high)]
    spectra = [np.abs(np.fft.rfft(each * np.hanning(len(each)), SPECTRUM)) for each in pieces]
    partials, energy = _partials(spectra[0])
    key = to_hz(PITCHES[0])
    tuned, register = _tuning(partials, energy, key)
    tracking = _tracking(*spectra)
    early, late = (
        _centre(low[round(at * SAMPLE_RATE) :][: SAMPLE_RATE // 5]) for at in (0.05, 0.55)
    )
    fault = "clips" if clips else ""
    if not fault and tracking < LEAST_TRACKING:
        fault = "does not follow the key"
    if not fault and tuned < LEAST_TUNED:
        fault = "out of tune"
    return Sounding(
        attack=round(attack * frame_seconds, 3),
        release=round(release, 3),
        held_db=round(float(20 * np.log10(held / most + 1e-6)), 1),
        register=round(register, 2),
        centre=round(float(np.log2(_centre(pieces[0]) / key)), 2),
        movement=round(float(np.log2(late / early)), 2),
        tuned=round(tuned, 2),
        tracking=round(tracking, 2),
        fault=fault,
    )


def roles_of(heard: Sounding, name: str, chords: bool) -> tuple[str, ...]:
    """Return the roles that a preset can play, none where it is to be left out.

    Args:
        heard: from `listen`.
        name: of the preset; only the word bass in it counts.
        chords: whether it plays several keys at a time.
    """
    if heard.fault:
        return ()
    held = heard.held_db > -9
    quick, short = heard.attack < 0.045, heard.release < 0.5
    named_bass = bool(re.search(r"bass?\b|\bsub\b", name.lower()))
    low = heard.register < -0.6 or heard.centre < 1.6 or named_bass
    high = heard.register > 0.6
    fits = {
        "synth_lead": heard.attack < 0.12 and held and heard.release < 1.0 and not named_bass,
        "synth_pad": chords and held and (heard.attack > 0.045 or heard.release > 0.4),
        "synth_arp": quick and short,
        "synth_pluck": chords and quick and heard.held_db <= -9,
        "synth_bass": heard.attack < 0.09 and short and low and not high,
        "synth_stab": chords and quick and short and heard.held_db > -25 and not named_bass,
        "synth_keys": chords and quick and -25 < heard.held_db < -1.5 and heard.release < 0.8,
        "synth_sweep": held and (heard.attack > 0.3 or abs(heard.movement) > 0.7),
    }
    roles = tuple(role for role, fit in fits.items() if fit)
    return roles or (("synth_pad" if chords else "synth_lead",) if held else ("synth_arp",))


def _partials(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Hz and energy of the peaks from 25 Hz to 4 kHz that are not below -40 dB."""
    hz = SAMPLE_RATE / SPECTRUM
    first, last = round(25 / hz), round(4000 / hz)
    window = 2 * round(4 / hz) + 1
    tops = spectrum == ndimage.maximum_filter1d(spectrum, window)
    tops[:first], tops[last:] = False, False
    places = np.flatnonzero(tops)
    places = places[spectrum[places] > 0.01 * spectrum[places].max(initial=1e-9)]
    return places * hz, spectrum[places].astype(np.float64) ** 2


def _tuning(partials: np.ndarray, energy: np.ndarray, key: float) -> tuple[float, float]:
    """Return the energy's share near a semitone, and octaves from key to lowest partial."""
    if not len(partials):
        return 0.0, 0.0
    semitones = 12 * np.log2(partials / key)
    near = np.abs(semitones - np.rint(semitones)) < 0.3
    strong = energy > 0.02 * energy.max()
    return float(energy[near].sum() / energy.sum()), float(semitones[strong][0] / 12)


def _tracking(low: np.ndarray, high: np.ndarray) -> float:
    """Return how like the spectra are, a fifth apart, over how like they are at their best lag."""
    hz = LOWEST_HZ * 2 ** (TENTHS / 120)
    scales = []
    for spectrum in (low, high):
        loudness = np.interp(hz, np.arange(len(spectrum)) * SAMPLE_RATE / SPECTRUM, spectrum)
        scale = ndimage.gaussian_filter1d(np.sqrt(loudness), 2.0)
        scales.append(scale - ndimage.gaussian_filter1d(scale, 25))
    padded = np.pad(scales[1], 200)
    likeness = np.array([scales[0] @ padded[start:][: len(hz)] for start in range(401)])
    fifth = 200 + 10 * (PITCHES[1] - PITCHES[0])
    best = likeness.max()
    return float(likeness[fifth - 5 : fifth + 6].max() / best) if best > 0 else 0.0


def _centre(sound: np.ndarray) -> float:
    """Return the centre of the spectrum in Hz, by octaves."""
    energy = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    hz = np.arange(len(energy)) * SAMPLE_RATE / len(sound)
    inside = (hz > 25) & (hz < 12000)
    weights = energy[inside] + 1e-20
    return float(2 ** (np.log2(hz[inside]) @ weights / weights.sum()))
