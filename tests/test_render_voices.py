"""Recorded voices: flite speaks, a vocoder sings; vowels on their notes, pitch as written."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from synthgen_tf.render.casting import sample_engine
from synthgen_tf.render.compose.score import Note, Part
from synthgen_tf.render.engines.base import perform
from synthgen_tf.render.engines.voice import flite
from synthgen_tf.render.engines.voice.flite import SpeechError, SpeechVoice, Spoken, speak
from synthgen_tf.render.engines.voice.singers import Voice
from synthgen_tf.render.engines.voice.vocoded import RecordedVoice, brightened, places_in
from synthgen_tf.render.engines.voice.words import CONSONANTS, VOWELS, Syllable
from synthgen_tf.render.recorded import Recorded
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_frames
from synthgen_tf.render.sources import Sources

pytest.importorskip("pyworld")
PROGRAM = Path("/usr/bin/flite_cmu_us_slt")
SLT = SpeechVoice("slt", PROGRAM, "0" * 64, "Flite licence")
needs_flite = pytest.mark.skipif(not PROGRAM.exists(), reason="flite speaks")
TUNE = [Note(0.5, 0.9, 57, 0.8), Note(1.5, 0.9, 64, 0.8), Note(2.5, 1.4, 60, 0.8)]


def test_vowels_begin_with_their_notes_and_consonants_keep_their_length():
    sound = np.zeros(round(1.6 * 16_000))
    spoken = Spoken(sound, 16_000, np.array([[0.3, 0.5], [0.7, 0.9]]), first=0.2, last=1.0)
    places = places_in(spoken, np.array([1.0, 2.0]), np.array([2.0, 3.0]), to_frames(4.0))

    def at(seconds):
        return places[round(seconds / 0.005)]

    assert at(0.5) == 0.0  # silence before
    assert at(0.9) == pytest.approx(0.2, abs=0.01)  # a consonant of 0.1 s before the first note
    assert at(1.0) == pytest.approx(0.3, abs=0.01)
    assert at(1.4) == pytest.approx(0.4, abs=0.01)  # half of the vowel, which is held for 0.8 s
    assert at(1.8) == pytest.approx(0.5, abs=0.01)
    assert at(2.0) == pytest.approx(0.7, abs=0.01)
    assert at(2.9) == pytest.approx(0.9, abs=0.01)
    assert at(3.0) == pytest.approx(1.0, abs=0.01)
    assert at(3.9) == pytest.approx(1.6, abs=0.01)  # silence after
    assert (np.diff(places) >= 0).all()


def test_short_notes_leave_their_vowels_time():
    spoken = Spoken(np.zeros(32_000), 16_000, np.array([[0.3, 0.5], [1.0, 1.2]]), 0.2, 1.4)
    places = places_in(spoken, np.array([1.0, 1.3]), np.array([1.3, 1.6]), to_frames(3.0))
    held = (places >= 0.3) & (places <= 0.5)
    assert 0.4 * 0.3 - 0.02 <= held.sum() * 0.005 <= 0.4 * 0.3 + 0.02


def test_highs_are_added_and_nothing_below_changes():
    time = np.arange(16_000) / 16_000
    voiced = np.sin(2 * np.pi * 1000 * time) + np.sin(2 * np.pi * 5000 * time)
    plain, bright = (brightened(voiced, 16_000, SAMPLE_RATE, amount) for amount in (0.0, 1.0))
    spectrum = [np.abs(np.fft.rfft(each)) / SAMPLE_RATE * 2 for each in (plain, bright)]
    assert spectrum[0][[1000, 5000]] == pytest.approx([1, 1], abs=0.01)
    assert spectrum[0][8800] < 0.01
    assert spectrum[1][[1000, 5000]] == pytest.approx([1, 1], abs=0.02)
    assert spectrum[1][[8800, 12_600]] == pytest.approx([0.5, 0.25], abs=0.05)


@needs_flite
def test_a_voice_speaks_every_sound_that_words_have():
    syllables = [Syllable((each,), ("ah",)) for each in CONSONANTS]
    syllables += [Syllable((), (each,)) for each in VOWELS]
    for few in (syllables[:12], syllables[12:24], syllables[24:]):
        spoken = speak(SLT, few)
        assert len(spoken.vowels) == len(few)
        assert (np.diff(spoken.vowels.ravel()) >= 0).all()
        assert 0 < spoken.first <= spoken.vowels[0, 0]
        assert spoken.vowels[-1, 1] <= spoken.last <= len(spoken.sound) / spoken.rate


@needs_flite
def test_a_voice_sings_the_tune():
    import pyworld

    engine = RecordedVoice(np.random.default_rng(2), SLT)
    sound = perform(engine, TUNE, to_frames(4.5))
    assert sound.shape == (to_frames(4.5), 2)
    assert np.isfinite(sound).all()
    again = perform(RecordedVoice(np.random.default_rng(2), SLT), TUNE, to_frames(4.5))
    np.testing.assert_array_equal(sound, again)
    mono = sound.mean(axis=1).astype(float)
    pitch, time = pyworld.harvest(mono, SAMPLE_RATE, f0_floor=80, f0_ceil=800)
    for note in TUNE:
        middle = note.start_seconds + 0.5 * note.seconds
        heard = pitch[(np.abs(time - middle) < 0.2 * note.seconds) & (pitch > 0)]
        written = 440 * 2 ** ((note.pitch - 69) / 12)
        assert abs(12 * np.log2(np.median(heard) / written)) < 0.6
    quiet = np.abs(mono[to_frames(4.4) :]).max()
    assert quiet < 0.1 * np.abs(mono).max()


def test_another_singer_takes_over_where_flite_fails(monkeypatch, capsys):
    def fails(*_, **__):
        raise subprocess.TimeoutExpired("flite", 60)

    monkeypatch.setattr(flite.subprocess, "run", fails)
    with pytest.raises(SpeechError, match="flite's voice slt fails"):
        speak(SLT, [Syllable((), ("ah",))])
    sound = perform(RecordedVoice(np.random.default_rng(0), SLT), TUNE, to_frames(4.5))
    assert np.abs(sound).max() > 0.01
    assert "another singer takes the phrase" in capsys.readouterr().err


def test_singers_of_a_split_have_its_own_voices():
    sources = Sources(recorded=Recorded(voices=((("train",), SLT),)))
    part = Part("vocals", "vocals", "voice", tuple(TUNE))

    def engines(split):
        return [
            sample_engine(np.random.default_rng(seed), part, 120.0, split, sources)
            for seed in range(200)
        ]

    recorded = [isinstance(engine, RecordedVoice) for engine in engines("train")]
    assert np.mean(recorded) == pytest.approx(0.7, abs=0.1)
    assert {type(engine) for engine in engines("test")} == {Voice}
    assert sources.digest != Sources().digest
