"""The soft synth against ideal spectra, analogue filters and known pitches."""

from dataclasses import replace

import numpy as np
import pytest

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines import SPLITS, Synth, perform, sample_patch
from synthgen_tf.render.engines.synth.characters import CHARACTERS
from synthgen_tf.render.engines.synth.patch import (
    LFO_WAVES,
    SYNTH_ROLES,
    Filter,
    Lfo,
    Oscillator,
    SynthPatch,
)
from synthgen_tf.render.mixing.desk import rms_db
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, Envelope, to_hz
from synthgen_tf.render.signals.filters import FILTERS, filter_moving, response
from synthgen_tf.render.signals.waves import WAVES, spectra
from synthgen_tf.render.signals.wavetables import cycles_of, make_bank, num_harmonics, read_bank

SAW = Oscillator("saw", 0.625, 0.0, 0.0, 0.0, 1.0, 1, 0.0, 0.0)
"""At this shape a saw falls by exactly 6 dB an octave."""
OPEN = Filter("lowpass", 0.7, 6.2, 0.0, 0.0, 0.0, 0.0)
AT_ONCE = Envelope(0.001, 1.0, 1.0, 0.01)
PLAIN = SynthPatch(
    role="synth_lead",
    character="plain",
    timbre=0,
    oscillators=(SAW,),
    filter=OPEN,
    amplitude=AT_ONCE,
    modulation=AT_ONCE,
    lfo=Lfo("sine", 1.0, 0.0, 0.0),
    sub_gain=0.0,
    noise_gain=0.0,
    drive=0.0,
    pitch_sweep=0.0,
    vibrato_hz=5.0,
    vibrato_cents=0.0,
    drift_cents=0.0,
    tremolo=0.0,
    glide_seconds=0.0,
)
"""One oscillator, an open filter and nothing that moves."""


def played(patch: SynthPatch, notes: list[Note], seconds: float = 1.0, **options) -> np.ndarray:
    synth = Synth(np.random.default_rng(0), patch, **options)
    return perform(synth, notes, round(seconds * SAMPLE_RATE))


def line_levels(sound: np.ndarray, hz: float) -> tuple[np.ndarray, float]:
    """Amplitudes of the harmonics of `hz`, and the power between them relative to all.

    `hz` must fit a whole number of times into the sound.
    """
    spectrum = np.abs(np.fft.rfft(sound)) * (2 / len(sound))
    step = round(hz * len(sound) / SAMPLE_RATE)
    lines = spectrum[step::step]
    power = np.sum(spectrum[1:] ** 2)
    return lines, 1 - np.sum(lines**2) / power


@pytest.mark.parametrize("hz", [100.0, 440.0, 1000.0, 4410.0])
def test_table_oscillator_is_the_ideal_band_limited_saw(hz):
    harmonics = num_harmonics(hz)
    assert harmonics * hz < SAMPLE_RATE / 2
    number = np.arange(1, harmonics + 1)
    bank = make_bank((-1j / number)[None, :])
    sound = read_bank(bank, cycles_of(np.full(SAMPLE_RATE, hz)), 0.0)
    lines, between = line_levels(sound.astype(np.float64), hz)
    # Linear interpolation dulls the top by at most a quarter of a decibel, and nothing folds back.
    np.testing.assert_allclose(lines[:harmonics], 1 / number, rtol=0.03)
    assert 10 * np.log10(between + 1e-15) < -70


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("drive", [0.0, 3.0])
def test_synth_has_harmonics_and_nothing_between(wave, drive):
    patch = replace(PLAIN, oscillators=(replace(SAW, wave=wave, shape=0.5),), drive=drive)
    note = Note(0.0, 2.0, 93, 1.0)  # 1760 Hz: many harmonics lie near Nyquist
    sound = played(patch, [note], 2.0)[SAMPLE_RATE // 2 :][:SAMPLE_RATE, 0]
    _, between = line_levels(sound.astype(np.float64), 1760.0)
    assert 10 * np.log10(between + 1e-15) < -62


def test_waves_are_what_they_are_called():
    def levels(wave: str, shape: float) -> np.ndarray:
        spectrum = spectra(wave, np.array([shape]), 7, 8, 100.0)[0]
        # The timbre's own colour is the same for all waves.
        saw = spectra("saw", np.array([0.625]), 7, 8, 100.0)[0]
        plain = np.abs(spectrum) / np.abs(saw) / np.arange(1, 9)
        return plain / plain[0]

    np.testing.assert_allclose(levels("saw", 0.625), 1 / np.arange(1, 9), rtol=1e-4)
    square = [1, 0, 1 / 3, 0, 1 / 5, 0, 1 / 7, 0]
    np.testing.assert_allclose(levels("pulse", 0.0), square, atol=1e-6)
    np.testing.assert_allclose(levels("triangle", 0.0), np.square(square), atol=1e-6)
    narrow = np.abs(np.sin(np.pi * np.arange(1, 9) * 0.27)) / np.arange(1, 9)
    np.testing.assert_allclose(levels("pulse", 0.5), narrow / narrow[0], rtol=1e-4)
    vowels = spectra("vowel", np.array([0.0, 1.0]), 7, 40, 100.0)
    assert np.argmax(np.abs(vowels[0])) != np.argmax(np.abs(vowels[1]))


@pytest.mark.parametrize("kind", FILTERS)
def test_filters_have_the_responses_of_their_names(kind):
    low, cutoff, high = 20 * np.log10(np.abs(response(kind, np.array([0.01, 1.00001, 100.5]), 4.0)))
    expected = {
        "lowpass": (0, 12, -80),
        "steep lowpass": (0, 9, -160),
        "bandpass": (-49, 3, -49),
        "highpass": (-80, 12, 0),
        "notch": (0, -90, 0),
        "comb": (0, 0, -23.6),
    }[kind]
    assert low == pytest.approx(expected[0], abs=1.5)
    assert cutoff == pytest.approx(expected[1], abs=0.5) or (kind == "notch" and cutoff < -80)
    assert high == pytest.approx(expected[2], abs=1.0)


def test_filter_is_the_analogue_low_pass():
    levels = []
    for octaves, quality in ((6.2, 0.7), (-0.25, 3.0)):
        patch = replace(PLAIN, filter=replace(OPEN, cutoff_octaves=octaves, quality=quality))
        sound = played(patch, [Note(0.0, 2.0, 45, 1.0)], 2.0)  # 110 Hz
        levels.append(line_levels(sound[SAMPLE_RATE // 2 :][:SAMPLE_RATE, 0], 110.0)[0][:20])
    ratio = 110 * np.arange(1, 21) / (261.6256 * 2**-0.25)  # octaves about the middle C
    expected = 1 / np.abs(1 + 1j * ratio / 3.0 - ratio**2)
    np.testing.assert_allclose(20 * np.log10(levels[1] / levels[0] / expected), 0.0, atol=0.3)


def test_envelope_opens_the_filter_in_time():
    opening = replace(OPEN, cutoff_octaves=0.0, sweep_octaves=3.0)
    patch = replace(PLAIN, filter=opening, modulation=Envelope(1.0, 1.0, 1.0, 0.1))
    sound = played(patch, [Note(0.0, 2.0, 48, 1.0)], 2.0)
    for second in (0.25, 0.5, 0.75):
        part = sound[round(second * SAMPLE_RATE) - 2048 :][:4096, 0] * np.hanning(4096)
        spectrum = np.abs(np.fft.rfft(part))
        hz = np.fft.rfftfreq(4096, 1 / SAMPLE_RATE)
        saw = played(PLAIN, [Note(0.0, 2.0, 48, 1.0)], 2.0)[40000:44096, 0] * np.hanning(4096)
        ratio = spectrum[hz > 100] / (np.abs(np.fft.rfft(saw))[hz > 100] + 1e-3)
        # At the cutoff a filter of this quality is 3 dB down.
        lines = [round(130.8 * line * 4096 / SAMPLE_RATE) for line in range(1, 40)]
        known = np.array([spectrum[line] for line in lines])
        plain = np.array([np.abs(np.fft.rfft(saw))[line] for line in lines])
        down = np.argmax(known / plain < 0.7)
        assert 130.8 * down == pytest.approx(261.6 * 2 ** (3 * second), rel=0.2), ratio.max()


def test_part_opens_the_filter_over_its_notes():
    patch = replace(PLAIN, filter=replace(OPEN, cutoff_octaves=0.0))
    notes = [Note(0.0, 0.9, 60, 1.0), Note(1.0, 0.9, 60, 1.0)]
    dark = played(patch, notes, 2.0)
    swept = played(patch, notes, 2.0, cutoff=((0.0, 0.0), (0.95, 0.0), (1.0, 2.0)))
    np.testing.assert_allclose(swept[:SAMPLE_RATE], dark[:SAMPLE_RATE], atol=1e-6)
    lines = line_levels(swept[50000:][:22050, 0], 261.6256)[0][:8]
    before = line_levels(dark[50000:][:22050, 0], 261.6256)[0][:8]
    assert lines[4] > 4 * before[4]


def test_glide_starts_on_the_note_before_and_cuts_it():
    patch = replace(PLAIN, glide_seconds=0.1)
    notes = [Note(0.0, 0.6, 57, 1.0), Note(0.5, 0.5, 69, 1.0)]
    sound = played(patch, notes)[:, 0]
    begin = measured_pitch(sound[SAMPLE_RATE // 2 :][:2000], 60)
    end = measured_pitch(sound[SAMPLE_RATE // 2 :][-6000:-1000], 69)
    assert 57 < begin < 64
    assert end == pytest.approx(69, abs=0.3)


def test_bend_moves_the_pitch():
    sound = played(PLAIN, [Note(0.0, 1.0, 60, 1.0, ((0.0, 0.0), (0.3, 2.0)))])[:, 0]
    assert measured_pitch(sound[20000:40000], 62) == pytest.approx(62, abs=0.05)


def measured_pitch(sound: np.ndarray, near: float, reach: float = 5.0) -> float:
    """MIDI pitch within `reach` of `near` at which the harmonic comb holds most energy."""
    size = 1 << 18
    window = np.hanning(len(sound))
    spectrum = np.abs(np.fft.rfft((sound - sound.mean()) * window, size)) ** 0.5
    candidates = np.arange(near - reach, near + reach, 0.02)
    bins = np.outer(to_hz(candidates), np.arange(1, 7)) * size / SAMPLE_RATE
    # Multiples of half the pitch count against it: they belong to the octave below.
    between = np.outer(to_hz(candidates), np.arange(0.5, 6)) * size / SAMPLE_RATE
    score = spectrum[np.rint(bins).astype(int)].sum(axis=1)
    score -= 0.5 * spectrum[np.rint(between).astype(int)].sum(axis=1)
    return float(candidates[np.argmax(score)])


def test_unison_is_as_wide_as_its_patch():
    wide = replace(SAW, unison=7, detune_cents=20.0, width=1.0)
    for width, low, high in ((0.0, 0.999, 1.0), (1.0, -0.5, 0.5)):
        patch = replace(PLAIN, oscillators=(replace(wide, width=width),))
        sound = played(patch, [Note(0.0, 2.0, 57, 1.0)], 2.0)
        assert low <= np.corrcoef(sound.T)[0, 1] <= high + 1e-6


@pytest.mark.parametrize("wave", LFO_WAVES)
def test_lfo_keeps_the_tempo(wave):
    patch = replace(PLAIN, lfo=Lfo(wave, 9.9, 0.5, 0.0), tremolo=1.0)
    sound = played(patch, [Note(0.0, 4.0, 69, 1.0)], 4.0, bpm=150.0)
    level = np.abs(sound[:, 0]).reshape(-1, 441).max(axis=1)
    spectrum = np.abs(np.fft.rfft(level[20:380] - level[20:380].mean()))
    # Half a beat at 150 beats a minute is 5 Hz: line 18 of 3.6 seconds. Steps have no line.
    if wave != "steps":
        assert np.argmax(spectrum) == 18
    else:
        assert np.ptp(level) > 0.1


def test_a_moving_filter_at_rest_is_the_filter():
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(30000).astype(np.float32)
    same = filter_moving(sound, lambda middles, bins: np.ones((len(middles), bins.shape[1])))
    np.testing.assert_allclose(same, sound, atol=1e-5)
    late = filter_moving(sound, lambda middles, bins: np.exp(-2j * np.pi * 5 * bins) + 0 * middles)
    np.testing.assert_allclose(late[2000:-2000], np.roll(sound, 5)[2000:-2000], atol=0.02)


@pytest.mark.parametrize("role", SYNTH_ROLES)
def test_random_patches_sound_and_are_finite(role):
    for seed in range(6):
        rng = np.random.default_rng([8, seed])
        engine = Synth(rng, sample_patch(rng, role, "train"))
        notes = [Note(-0.1, 0.5, 50, 0.7), Note(0.4, 0.3, 62, 0.9)]
        sound = perform(engine, notes, SAMPLE_RATE)
        assert sound.shape == (SAMPLE_RATE, 2)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert rms_db(sound) > -50
        assert np.abs(sound).max() < 10


def test_every_character_and_split_is_drawn_and_no_patch_twice():
    patches = [
        sample_patch(np.random.default_rng([index, number]), role, SPLITS[index % 3])
        for index in range(300)
        for number, role in enumerate(SYNTH_ROLES)
    ]
    assert {patch.character for patch in patches} == set(CHARACTERS)
    assert len({patch.timbre for patch in patches}) == len(patches)
    for split in SPLITS:
        mine = {sample_patch(np.random.default_rng(k), "synth_pad", split).timbre for k in range(9)}
        assert {timbre % 3 for timbre in mine} == {SPLITS.index(split)}


def test_notes_before_zero_are_cut_and_not_moved():
    whole = played(PLAIN, [Note(0.0, 0.5, 60, 1.0)])[:20000]
    cut = played(PLAIN, [Note(-0.1, 0.5, 60, 1.0)])[:20000]
    np.testing.assert_array_equal(cut[:15000], whole[4410 : 4410 + 15000])


def test_envelope_by_hand():
    curve = Envelope(0.1, 0.2, 0.5, 0.3).curve(2 * SAMPLE_RATE, 1.0)

    def at(seconds: float) -> float:
        return float(curve[round(seconds * SAMPLE_RATE)])

    half_life = np.log(2) / np.log(1000)  # of a fall by 60 dB, as a share of its time
    assert at(0.0) == 0.0
    assert at(0.05) == pytest.approx(0.5, abs=1e-4)
    assert at(0.1) == pytest.approx(1.0, abs=1e-3)
    assert at(0.1 + 0.2 * half_life) == pytest.approx(0.75, abs=1e-3)
    assert at(0.3) == pytest.approx(0.5 + 0.5 / 1000, abs=1e-4)
    assert at(0.99) == pytest.approx(0.5, abs=1e-4)
    assert at(1.0 + 0.3 * half_life) == pytest.approx(0.25, abs=1e-3)
    assert at(1.3) == pytest.approx(0.5 / 1000, abs=1e-5)
