"""The renderer against truths: ideal spectra, known pitches, sums, levels worked out by hand."""

import numpy as np
import pytest
from scipy import signal

from synthgen_tf.render.compose import compose
from synthgen_tf.render.dsp import SAMPLE_RATE, Envelope, decaying_modes, to_hz
from synthgen_tf.render.effects import delay, duck, pan
from synthgen_tf.render.engines import BAND, Synth, perform, sample_patch
from synthgen_tf.render.engines.synth_patch import ROLE_RANGES, Oscillator, SynthPatch
from synthgen_tf.render.harmony import Harmony
from synthgen_tf.render.mix import limiter_gain, master, quantise, rms_db
from synthgen_tf.render.score import STEMS, Note
from synthgen_tf.render.song import _balance_synth
from synthgen_tf.render.tables import cycles_of, make_bank, num_harmonics, read_bank
from synthgen_tf.render.waves import WAVES

# Composition.


def test_chords_are_the_ones_of_the_textbook():
    harmony = Harmony(0, "major")
    assert harmony.chord(0, 60) == [60, 64, 67]  # C E G
    assert harmony.chord(4, 60) == [62, 67, 71]  # G B D, folded into one octave
    assert harmony.chord(1, 60, 4) == [60, 62, 65, 69]  # D minor seventh
    assert harmony.pitch_near(5, 60) == 57  # A


def test_one_score_in_twelve_is_free_of_synth_and_none_is_all_synth():
    scores = [compose(np.random.default_rng([1, index]), 10.0) for index in range(300)]
    with_synth = [any(part.stem == "synth" for part in score.parts) for score in scores]
    # 300 draws at 0.92 have a standard deviation of 0.016.
    assert np.mean(with_synth) == pytest.approx(0.92, abs=0.05)
    for score in scores:
        assert any(part.stem != "synth" for part in score.parts)
        for part in score.parts:
            starts = [note.start_seconds for note in part.notes]
            assert starts == sorted(starts)
            assert starts
            assert max(starts) < 10.0
            assert all(0 < note.velocity <= 1 and note.seconds > 0 for note in part.notes)


# Oscillators, envelopes and engines.


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


def plain_patch(**changes) -> SynthPatch:
    """A patch with one oscillator, an open filter and nothing that moves."""
    values = {
        "role": "synth_lead",
        "timbre": 0,
        "oscillators": (Oscillator("saw", 0.5, 0.0, 1.0),),
        "unison": 1,
        "detune_cents": 0.0,
        "width": 0.0,
        "sub_gain": 0.0,
        "noise_gain": 0.0,
        "cutoff_octaves": 9.0,
        "sweep_octaves": 0.0,
        "quality": 0.7,
        "poles": 2,
        "lfo_hz": 1.0,
        "lfo_octaves": 0.0,
        "vibrato_hz": 5.0,
        "vibrato_cents": 0.0,
        "tremolo": 0.0,
        "glide_seconds": 0.0,
        "amplitude": Envelope(0.001, 1.0, 1.0, 0.01),
        "filter": Envelope(0.001, 1.0, 1.0, 0.01),
    }
    return SynthPatch(**(values | changes))


@pytest.mark.parametrize("wave", WAVES)
def test_synth_has_harmonics_and_nothing_between(wave):
    patch = plain_patch(oscillators=(Oscillator(wave, 0.5, 0.0, 1.0),))
    engine = Synth(np.random.default_rng(0), patch)
    note = Note(0.0, 2.0, 93, 1.0)  # 1760 Hz: many harmonics lie near Nyquist
    sound = perform(engine, [note], 2 * SAMPLE_RATE)[SAMPLE_RATE // 2 :][:SAMPLE_RATE, 0]
    _, between = line_levels(sound.astype(np.float64), 1760.0)
    assert 10 * np.log10(between + 1e-15) < -65


def test_filter_is_the_analogue_low_pass():
    levels = []
    for octaves in (9.0, 1.0):
        patch = plain_patch(cutoff_octaves=octaves, quality=3.0)
        notes = [Note(0.0, 2.0, 45, 1.0)]  # 110 Hz, so the lower cutoff is 220 Hz
        sound = perform(Synth(np.random.default_rng(0), patch), notes, 2 * SAMPLE_RATE)
        levels.append(line_levels(sound[SAMPLE_RATE // 2 :][:SAMPLE_RATE, 0], 110.0)[0][:20])
    ratio = np.arange(1, 21) / 2.0
    expected = 1 / np.abs(1 + 1j * ratio / 3.0 - ratio**2)
    # Between two stored cutoffs cycles are blended, which rounds the resonance off a little.
    difference_db = 20 * np.log10(levels[1] / levels[0] / expected)
    assert np.abs(difference_db).max() < 1.5


def test_glide_starts_on_the_note_before():
    patch = plain_patch(glide_seconds=0.1)
    notes = [Note(0.0, 0.4, 57, 1.0), Note(0.5, 0.5, 69, 1.0)]
    sound = perform(Synth(np.random.default_rng(0), patch), notes, SAMPLE_RATE)[:, 0]
    begin = measured_pitch(sound[SAMPLE_RATE // 2 :][:2000], 60)
    end = measured_pitch(sound[SAMPLE_RATE // 2 :][-6000:-1000], 69)
    assert 57 < begin < 64
    assert end == pytest.approx(69, abs=0.3)


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


@pytest.mark.parametrize(
    "name", ["acoustic_guitar", "distorted_guitar", "piano", "organ", "brass", "flute", "voice"]
)
def test_instruments_play_in_tune(name):
    """By the comb of all harmonics; `test_render_band` checks the lowest one of every engine."""
    pitch = {"flute": 76}.get(name, 57)
    notes = [Note(0.0, 1.5, pitch, 0.8)]
    # The organ's longest pipes sound an octave below the key.
    sounding = pitch - 12 if name == "organ" else pitch
    sound = perform(BAND[name](np.random.default_rng(4)), notes, 2 * SAMPLE_RATE).sum(axis=1)
    steady = sound[SAMPLE_RATE // 2 : 3 * SAMPLE_RATE // 2]
    tolerance = 0.4 if name in ("voice", "solo_strings", "flute") else 0.15
    assert measured_pitch(steady, sounding) == pytest.approx(sounding, abs=tolerance)


@pytest.mark.parametrize("role", ROLE_RANGES)
def test_random_patches_sound_and_are_finite(role):
    for seed in range(3):
        rng = np.random.default_rng([8, seed])
        engine = Synth(rng, sample_patch(rng, role, "train"))
        notes = [Note(-0.1, 0.5, 50, 0.7), Note(0.4, 0.3, 62, 0.9)]
        sound = perform(engine, notes, SAMPLE_RATE)
        assert sound.shape == (SAMPLE_RATE, 2)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert rms_db(sound) > -50


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


def test_decaying_modes_are_the_sum_written_out():
    hz, level = np.array([100.0, 1234.5, 30000.0]), np.array([1.0, 0.5, 9.0])
    seconds, phase = np.array([0.5, 0.1, 1.0]), np.array([0.0, 1.0, 0.0])
    time = np.arange(5000) / SAMPLE_RATE
    expected = sum(
        level[mode]
        * 1000.0 ** (-time / seconds[mode])
        * np.sin(2 * np.pi * hz[mode] * time + phase[mode])
        for mode in (0, 1)  # the third lies above Nyquist
    )
    np.testing.assert_allclose(decaying_modes(hz, level, seconds, phase, 5000), expected, atol=1e-5)


def test_notes_before_zero_are_cut_and_not_moved():
    patch = plain_patch()
    whole = perform(Synth(np.random.default_rng(0), patch), [Note(0.0, 0.5, 60, 1.0)], 20000)
    cut = perform(Synth(np.random.default_rng(0), patch), [Note(-0.1, 0.5, 60, 1.0)], 20000)
    np.testing.assert_array_equal(cut[:15000], whole[4410 : 4410 + 15000])


# Effects and mix.


def test_delay_echoes_cross_over_and_fade():
    sound = np.zeros((1000, 2), np.float32)
    sound[0, 0] = 1.0
    echoed = delay(sound, 100 / SAMPLE_RATE, feedback=0.5, wet=0.4)
    assert echoed[100, 1] == pytest.approx(0.4)
    assert echoed[200, 0] == pytest.approx(0.2)
    assert np.count_nonzero(echoed[:250]) == 3


def test_duck_and_pan_by_hand():
    sound = np.ones((SAMPLE_RATE, 2), np.float32)
    ducked = duck(sound, [0.5], depth=0.75, seconds=0.2)
    assert ducked[SAMPLE_RATE // 2, 0] == pytest.approx(0.25)
    assert ducked[SAMPLE_RATE // 2 - 1, 0] == 1.0
    assert ducked[round(0.71 * SAMPLE_RATE), 0] == 1.0
    np.testing.assert_allclose(pan(sound, -0.75)[0], [1.0, 0.5])


def test_limiter_holds_the_ceiling_and_leaves_the_quiet_alone():
    sound = 0.1 * np.random.default_rng(0).standard_normal((SAMPLE_RATE, 2)).astype(np.float32)
    sound[20000] = 3.0
    gain = limiter_gain(sound, 0.5)
    assert np.abs(sound * gain[:, None]).max() <= 0.5 + 1e-6
    assert gain[:15000].min() == 1.0
    assert gain[-1] > 0.99


def test_mastered_stems_still_sum_and_fit_into_16_bits():
    rng = np.random.default_rng(0)
    stems = {name: rng.standard_normal((8192, 2)).astype(np.float32) for name in STEMS}
    stems["bass"] = -0.99 * stems["drums"]  # nearly cancel: each is louder than their sum
    mastered = master(stems, -9.0, -0.1)
    before, after = sum(stems.values()), sum(mastered.values())
    # One gain curve for all: wherever a stem is scaled, so is the sum.
    np.testing.assert_allclose(after * stems["synth"], before * mastered["synth"], atol=1e-5)
    sounds = quantise(mastered)
    total = sum(sounds[name].astype(np.int64) for name in STEMS)
    np.testing.assert_array_equal(sounds["mixture"], total)


def test_a_lost_synth_is_turned_up():
    rng = np.random.default_rng(0)
    noise = {
        name: rng.standard_normal((44100, 2)).astype(np.float32) for name in ("drums", "synth")
    }
    stems = noise | {"synth": 0.001 * noise["synth"]}
    balanced, lift_db = _balance_synth(stems, -14.0)
    assert rms_db(balanced["synth"]) == pytest.approx(rms_db(stems["drums"]) - 21, abs=0.1)
    assert lift_db == pytest.approx(39, abs=0.2)
    assert _balance_synth(noise, -14.0)[1] == 0.0


def test_spectra_of_instruments_differ():
    """Long-term spectra in thirds of octaves: no two instruments are one sound by accident."""
    profiles = []
    for name in ("piano", "organ", "string_ensemble", "distorted_guitar", "voice", "brass"):
        notes = [Note(0.0, 1.0, 57, 0.8)]
        sound = perform(BAND[name](np.random.default_rng(2)), notes, SAMPLE_RATE)[:, 0]
        frequency, power = signal.welch(sound, SAMPLE_RATE, nperseg=4096)
        edges = np.geomspace(100, 8000, 20)
        bands = np.histogram(frequency, edges, weights=power)[0]
        profiles.append(10 * np.log10(bands / bands.sum() + 1e-9))
    for first in range(len(profiles)):
        for second in range(first):
            assert np.mean(np.abs(profiles[first] - profiles[second])) > 2.0
