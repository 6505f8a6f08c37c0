"""Instruments that are no synths, against what is known of the real ones."""

import json

import numpy as np
import pytest
from scipy import signal

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines import BAND, PROGRAMS, perform
from synthgen_tf.render.engines.drums.drums import HIGHEST, LOWEST, DrumKit
from synthgen_tf.render.engines.keys.organ import Organ
from synthgen_tf.render.engines.plucked.amp import CHARACTERS, amplify, sample_amplifier
from synthgen_tf.render.engines.voice.singers import Voice
from synthgen_tf.render.engines.voice.tract import SIZE, articulate, through_mouth, upper_response
from synthgen_tf.render.engines.voice.words import CONSONANTS, VOWELS, Syllable, draw_lyrics
from synthgen_tf.render.engines.winds.line import lanes
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    coloured_noise,
    from_control,
    minimum_phase,
    ring_modes,
    to_hz,
)

UNPITCHED = [name for name in BAND if name.endswith("drums")] + ["spoken_voice"]
PITCHED = [name for name in BAND if name not in UNPITCHED]
LOW = ("bass", "tuba", "cello", "bassoon", "baritone", "trombone", "timpani")


def pitch_of(name: str) -> int:
    """A pitch the instrument plays with ease."""
    return 40 if any(word in name for word in LOW) else 64


def rendered(name: str, notes: list[Note], seconds: float, seed: int = 1) -> np.ndarray:
    return perform(BAND[name](np.random.default_rng(seed)), notes, int(seconds * SAMPLE_RATE))


def level_at(sound: np.ndarray, hz: float) -> float:
    """Amplitude of a steady sine of that frequency, under a Hann window."""
    time = np.arange(len(sound)) / SAMPLE_RATE
    window = np.hanning(len(sound))
    return 2 * np.abs(np.sum(sound * window * np.exp(-2j * np.pi * hz * time))) / window.sum()


def db(ratio: float) -> float:
    return 20 * np.log10(ratio + 1e-12)


def fundamental(sound: np.ndarray, near: float) -> float:
    """MIDI pitch of the strongest line within two semitones of `near`."""
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    low, high = (int(to_hz(near + reach) * size / SAMPLE_RATE) for reach in (-2, 2))
    peak = low + np.argmax(spectrum[low:high])
    return 69 + 12 * np.log2(peak * SAMPLE_RATE / size / 440)


# The tools.


def test_ring_modes_are_the_sum_written_out():
    rng = np.random.default_rng(0)
    hz, seconds = rng.uniform(100, 15000, 40), rng.uniform(0.01, 3.0, 40)
    hz[0] = 30000.0  # above Nyquist, so left out
    levels, phases = rng.uniform(0, 1, (2, 40)), rng.uniform(0, 6, 40)
    sound = ring_modes(hz, levels, seconds, phases, 60000)
    assert sound.shape == (60000, 2)
    time = np.arange(60000)[:, None] / SAMPLE_RATE
    modes = 1000.0 ** (-time / seconds) * np.sin(2 * np.pi * hz * time + phases)
    for side in (0, 1):
        np.testing.assert_allclose(sound[:, side], modes[:, 1:] @ levels[side, 1:], atol=2e-3)


def test_minimum_phase_has_the_curve_and_comes_at_once():
    points = [(20.0, -30.0), (100.0, 0.0), (4000.0, 0.0), (8000.0, -40.0), (22050.0, -80.0)]
    response = minimum_phase(points)
    spectrum = np.abs(np.fft.rfft(response, SAMPLE_RATE))
    for hz, level_db in ((1000, 0.0), (4000, 0.0), (5657, -20.0), (8000, -40.0)):
        assert db(spectrum[hz]) == pytest.approx(level_db, abs=1.0)
    assert np.sum(response[:40] ** 2) > 0.9 * np.sum(response**2)


def test_coloured_noise_lies_in_its_band():
    sound = coloured_noise(np.random.default_rng(0), SAMPLE_RATE, 1000.0, 4000.0, 2)
    assert np.std(sound) == pytest.approx(1.0, abs=1e-3)
    hz, power = signal.welch(sound, SAMPLE_RATE, nperseg=4096)
    inside = power[(hz > 1500) & (hz < 3000)].mean()
    assert power[(hz > 150) & (hz < 250)].mean() < 0.01 * inside
    assert power[hz > 18000].mean() < 0.02 * inside


def test_control_curves_are_linear_in_between():
    np.testing.assert_allclose(from_control(np.arange(5.0), 200), np.arange(200) / 64, atol=1e-6)


# All instruments.


@pytest.mark.parametrize("name", PITCHED)
def test_every_instrument_is_in_tune(name):
    pitch = pitch_of(name)
    sound = rendered(name, [Note(0.6, 1.5, pitch, 0.8)], 2.6).sum(axis=1)
    begin = 0.7 if name in ("xylophone", "pizzicato_strings", "muted_guitar") else 1.0
    steady = sound[int(begin * SAMPLE_RATE) : int(2.0 * SAMPLE_RATE)]
    sounding = pitch + 12 * (name == "glockenspiel")
    tolerance = 0.45 if name in ("voice", "choir", "erhu", "fiddle", "lead_guitar") else 0.25
    assert fundamental(steady, sounding) == pytest.approx(sounding, abs=tolerance)


@pytest.mark.parametrize("name", BAND)
def test_every_instrument_is_clean_and_repeatable(name):
    pitches = (36, 38, 42) if name in UNPITCHED else [pitch_of(name) + step for step in (0, 4, 7)]
    notes = [Note(0.2 + 0.4 * index, 0.35, pitch, 0.8) for index, pitch in enumerate(pitches)]
    notes += [Note(1.5, 0.6, pitch, 0.9) for pitch in pitches]
    engine = BAND[name](np.random.default_rng([5, len(name)]))
    sound = perform(engine, notes, 3 * SAMPLE_RATE)
    again = perform(BAND[name](np.random.default_rng([5, len(name)])), notes, 3 * SAMPLE_RATE)
    np.testing.assert_array_equal(sound, again)
    assert sound.shape == (3 * SAMPLE_RATE, 2)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert np.abs(sound.mean(axis=0)).max() < 0.004
    assert -32 < db(np.sqrt(np.mean(sound**2))) < -8
    peak = np.abs(sound).max()
    assert peak < 6
    # Nothing begins or breaks off with a jump.
    assert np.abs(sound[0]).max() < 0.05 * peak
    assert np.abs(sound[-1]).max() < 0.15 * peak
    json.dumps(engine.parameters, allow_nan=False)


@pytest.mark.parametrize("name", ["piano", "organ", "clean_guitar", "string_ensemble", "choir"])
def test_chords_hold_all_their_tones(name):
    chord = (60, 64, 69)
    sound = rendered(name, [Note(0.6, 1.5, pitch, 0.8) for pitch in chord], 2.6).sum(axis=1)
    steady = sound[int(0.8 * SAMPLE_RATE) : int(2.0 * SAMPLE_RATE)]
    hz, power = signal.welch(steady, SAMPLE_RATE, nperseg=16384)
    loudest = power.max()
    for pitch in chord:
        near = np.abs(12 * np.log2((hz + 1e-9) / to_hz(pitch))) < 0.5
        assert power[near].max() > 1e-3 * loudest


@pytest.mark.parametrize(
    "name", ["acoustic_drums", "distorted_guitar", "piano", "organ", "voice", "string_ensemble"]
)
def test_no_two_instruments_of_a_name_are_alike(name):
    """Long-term spectra in thirds of octaves differ by decibels, not by chance."""
    profiles, patches = [], set()
    for seed in range(6):
        engine = BAND[name](np.random.default_rng([3, seed]))
        pitches = (36, 38, 42) if name in UNPITCHED else (52, 59, 64)
        notes = [Note(0.6 + 0.5 * index, 0.45, pitch, 0.8) for index, pitch in enumerate(pitches)]
        sound = perform(engine, notes, 2 * SAMPLE_RATE + SAMPLE_RATE // 2)[:, 0]
        hz, power = signal.welch(sound, SAMPLE_RATE, nperseg=4096)
        bands = np.histogram(hz, np.geomspace(80, 12000, 22), weights=power)[0]
        profiles.append(10 * np.log10(bands / bands.sum() + 1e-8))
        patches.add(engine.patch_id)
    assert len(patches) == 6
    for first in range(6):
        for second in range(first):
            assert np.mean(np.abs(profiles[first] - profiles[second])) > 1.5


def test_every_programme_has_an_instrument():
    assert set(PROGRAMS.values()) <= set(BAND)
    synths = {38, 39, 50, 51, 54, 62, 63, *range(80, 104)}
    assert set(range(120)) - set(PROGRAMS) == synths | {118, 119}
    assert PROGRAMS[0] == "piano"
    assert PROGRAMS[30] == "distorted_guitar"
    assert PROGRAMS[73] == "flute"
    assert PROGRAMS[108] == "kalimba"


# Guitars and organ.


@pytest.mark.parametrize("character", ["crunch", "high gain", "fuzz"])
def test_a_distorted_fifth_has_tones_that_no_string_plays(character):
    rng = np.random.default_rng(0)
    amplifier = sample_amplifier(rng, character) | {"hiss_db": -200.0}
    amplifier["cabinet"] = amplifier["before"] = [[20.0, 0.0], [22050.0, 0.0]]
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    strings = [np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (600.0, 900.0)]
    together = amplify(rng, strings[0] + strings[1], amplifier)
    apart = amplify(rng, strings[0], amplifier) + amplify(rng, strings[1], amplifier)
    # 2 * 600 - 900 and 2 * 900 - 600 are the products of third order.
    for hz in (300.0, 1200.0):
        assert db(level_at(together, hz) / level_at(together, 600.0)) > -25
    assert db(level_at(apart, 300.0) / level_at(apart, 600.0)) < -70


def test_a_distorted_tone_does_not_fold_back():
    rng = np.random.default_rng(0)
    amplifier = sample_amplifier(rng, "lead") | {"hiss_db": -200.0, "gain": 20.0, "shape": "tube"}
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    sound = amplify(rng, np.sin(2 * np.pi * 1000.0 * time).astype(np.float32), amplifier)
    spectrum = np.abs(np.fft.rfft(sound[:SAMPLE_RATE] * np.hanning(SAMPLE_RATE)))
    between = np.arange(len(spectrum)) % 1000
    lines = spectrum[(between < 4) | (between > 996)]
    others = spectrum[(between > 20) & (between < 980)]
    assert db(np.sqrt(np.sum(others**2) / np.sum(lines**2))) < -45


def test_amplifiers_cut_what_a_loudspeaker_cuts():
    rng = np.random.default_rng(2)
    for character in CHARACTERS:
        hiss = coloured_noise(rng, SAMPLE_RATE, 40.0, 18000.0)
        sound = amplify(rng, hiss, sample_amplifier(rng, character))
        hz, power = signal.welch(sound, SAMPLE_RATE, nperseg=4096)
        middle = power[(hz > 200) & (hz < 2000)].mean()
        limit = 12000 if character.endswith("bass") else 9000
        assert power[hz > limit].mean() < 0.02 * middle


def test_takes_of_a_doubled_guitar_differ():
    for seed in range(20):
        engine = BAND["distorted_guitar"](np.random.default_rng(seed))
        if engine.parameters["takes_apart"]:
            break
    sound = perform(engine, [Note(0.1, 1.0, 45, 0.9), Note(0.1, 1.0, 52, 0.9)], SAMPLE_RATE)
    assert 0.02 < np.corrcoef(sound.T)[0, 1] + 1 < 1.9


def test_drawbars_are_the_organ_s_partials():
    organ = Organ(np.random.default_rng(0))
    organ.parameters |= {
        "drawbars": [8, 0, 8, 6, 0, 0, 0, 0, 4],
        "percussion": 0.0,
        "leak": 0.0,
    }
    # A fifth of a second: wheels are half a cent off now and then.
    steady = organ.ring(69, 1.0, SAMPLE_RATE)[-SAMPLE_RATE // 5 :]
    reference = level_at(steady, 440.0)
    for footage, bar in zip(Organ.FOOTAGES, organ.parameters["drawbars"], strict=True):
        level = db(level_at(steady, 440.0 * footage) / reference)
        if bar:
            assert level == pytest.approx(3.0 * (bar - 8), abs=0.5)
        else:
            assert level < -60


# Drums.


@pytest.mark.parametrize("electronic", [False, True])
def test_every_percussion_number_sounds_and_is_another_one(electronic):
    kit = DrumKit(
        np.random.default_rng(4), electronic=electronic, kind="analogue" if electronic else "dry"
    )
    numbers = range(LOWEST, HIGHEST + 1)
    profiles = []
    for number in numbers:
        sound = kit.play([Note(0.0, 0.2, number, 0.9)], SAMPLE_RATE)[:, 0]
        assert db(np.abs(sound).max()) > -30
        hz, _, power = signal.spectrogram(sound, SAMPLE_RATE, nperseg=512)
        bands = np.array(
            [power[(hz >= low) & (hz < 2 * low)].sum(axis=0) for low in 86 * 2 ** np.arange(8)]
        )
        level = 10 * np.log10(bands + 1e-9 * bands.max())
        profiles.append(level - level.max())
    for first in range(len(profiles)):
        for second in range(first):
            heard = np.maximum(profiles[first], profiles[second]) > -50
            difference = np.abs(profiles[first] - profiles[second])[heard]
            assert np.mean(difference) > 1.0, (LOWEST + first, LOWEST + second)


@pytest.mark.parametrize("number", [0, 27, 34, 82, 87, 127])
def test_other_numbers_get_the_nearest_piece(number):
    sound = rendered("acoustic_drums", [Note(0.0, 0.2, number, 0.9)], 0.5)
    assert np.abs(sound).max() > 0.01


def test_the_closed_hat_shuts_the_open_one():
    kit = DrumKit(np.random.default_rng(0), electronic=False, kind="dry")
    alone = kit.play([Note(0.0, 0.2, 46, 0.9)], SAMPLE_RATE)
    shut = kit.play([Note(0.0, 0.2, 46, 0.9), Note(0.2, 0.1, 42, 0.4)], SAMPLE_RATE)
    late = slice(int(0.5 * SAMPLE_RATE), int(0.7 * SAMPLE_RATE))
    assert np.std(shut[late]) < 0.2 * np.std(alone[late])


def test_harder_blows_are_brighter():
    for name, number in (("acoustic_drums", 49), ("acoustic_drums", 36), ("piano", 57)):
        engine = BAND[name](np.random.default_rng(1))
        centres = []
        for velocity in (0.2, 1.0):
            sound = engine.play([Note(0.0, 0.6, number, velocity)], SAMPLE_RATE)[:, 0]
            hz, power = signal.welch(sound, SAMPLE_RATE, nperseg=4096)
            centres.append(np.sum(hz * power) / np.sum(power))
        assert centres[1] > 1.05 * centres[0]


# Voices.


@pytest.mark.parametrize("vowel", VOWELS)
def test_vowels_have_their_formants(vowel):
    frames = SAMPLE_RATE // 2
    click = np.zeros(frames, np.float32)
    click[4096] = 1.0
    formants = np.tile(np.array(VOWELS[vowel]), (frames // 64 + 2, 1))
    heard = through_mouth(click, formants, 1.0, np.ones(SIZE // 2 + 1))[4096:]
    spectrum = np.abs(np.fft.rfft(heard, SAMPLE_RATE))  # one bin a hertz
    tops = signal.argrelmax(spectrum[:4000])[0]
    for formant in VOWELS[vowel]:
        assert np.abs(tops - formant).min() < 0.06 * formant


def test_singers_sing_the_vowel_that_is_written():
    """Between ee and ah the energy moves from around 1 kHz to around 2.5 kHz."""
    balance = {}
    for vowel in ("ee", "ah"):
        voice = Voice(np.random.default_rng(3))
        voice._lyrics = [[Syllable((), (vowel,))]]
        sound = perform(voice, [Note(0.6, 1.2, 50, 0.8)], 2 * SAMPLE_RATE)[:, 0]
        hz, power = signal.welch(sound, SAMPLE_RATE, nperseg=4096)
        balance[vowel] = db(
            np.sqrt(power[(hz > 1900) & (hz < 3000)].sum() / power[(hz > 650) & (hz < 1400)].sum())
        )
    assert balance["ee"] > balance["ah"] + 15


def test_consonants_hiss_before_the_beat():
    voice = Voice(np.random.default_rng(3))
    voice.parameters |= {"takes": 1, "inhale": 0.0, "melisma": 0.0}
    voice._lyrics = [[Syllable(("s",), ("ah",))]]
    starts = (0.6, 1.1, 1.6)
    notes = [Note(start, 0.45, 55, 0.8) for start in starts]
    sound = perform(voice, notes, int(2.4 * SAMPLE_RATE))[:, 0]
    for start in starts:
        shares = []
        for begin, end in ((start - 0.08, start - 0.03), (start + 0.1, start + 0.3)):
            part = sound[int(begin * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
            hz, power = signal.welch(part, SAMPLE_RATE, nperseg=1024)
            shares.append(power[hz > 4000].sum() / power.sum())
        assert shares[0] > 0.5
        assert shares[1] < 0.1


def test_stops_are_silent_before_they_burst():
    time = np.arange(1000) * 64 / SAMPLE_RATE
    words = [Syllable(("t",), ("ah",)), Syllable(("t",), ("ah",))]
    starts, ends = np.array([0.4, 0.9]), np.array([0.8, 1.3])
    speech = articulate(np.random.default_rng(0), starts, ends, words, time)
    assert np.interp(0.6, time, speech.voicing) == pytest.approx(1.0)
    assert np.interp(0.86, time, speech.voicing) < 0.05
    burst = speech.hisses[1]
    assert 0.86 < burst.start_seconds < 0.9
    assert burst.consonant is CONSONANTS["t"]


def test_lyrics_are_drawn_and_vary():
    songs = [draw_lyrics(np.random.default_rng(seed), None) for seed in range(8)]
    syllables = {syllable for song in songs for line in song for syllable in line}
    assert len(syllables) > 100
    assert {name for syllable in syllables for name in syllable.onset} > {"s", "m", "t", "l", "b"}


def test_a_trained_voice_rings():
    plain, ringing = (np.abs(upper_response(1.0, ring, 20000.0)) for ring in (0.0, 1.0))
    bins = slice(int(2600 * SIZE / SAMPLE_RATE), int(3400 * SIZE / SAMPLE_RATE))
    assert np.sum(ringing[bins] ** 2) > 3 * np.sum(plain[bins] ** 2)


def test_lines_of_a_chorale_cross_no_further_than_they_must():
    notes = [Note(start, 0.9, pitch, 0.7) for start in (0.0, 1.0, 2.0) for pitch in (50, 60, 70)]
    lines = lanes(notes)
    assert [{note.pitch for note in line} for line in lines] == [{50}, {60}, {70}]


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
