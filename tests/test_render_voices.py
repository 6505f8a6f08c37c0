"""Recorded voices: flite or Festival speaks, a vocoder sings; vowels on their notes, pitch as
written."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from synthgen_tf.render.casting import sample_engine
from synthgen_tf.render.compose.score import Note, Part
from synthgen_tf.render.engines.base import perform
from synthgen_tf.render.engines.voice import speech
from synthgen_tf.render.engines.voice.festival import PHONES, FestivalVoice, has_festival
from synthgen_tf.render.engines.voice.flite import FliteVoice
from synthgen_tf.render.engines.voice.singers import Voice
from synthgen_tf.render.engines.voice.speech import SpeechError, SpeechVoice, Spoken
from synthgen_tf.render.engines.voice.vocoded import RecordedVoice, brightened, places_in
from synthgen_tf.render.engines.voice.words import CONSONANTS, GLIDES, VOWELS, Syllable
from synthgen_tf.render.recorded import Recorded, find_recorded, listed
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_frames
from synthgen_tf.render.sources import Sources

pytest.importorskip("pyworld")
SLT = FliteVoice("slt", Path("/usr/bin/flite_cmu_us_slt"), "0" * 64, "Flite licence")
DITA = FestivalVoice(
    "czech_dita", Path("/usr/share/festival/voices/czech/czech_dita"), "1" * 64, "GPL-3.0-or-later"
)
VOICES = [
    FestivalVoice(row.file.name, row.file, "2" * 64, row.licence)
    for row in listed()
    if row.kind == "festival"
]
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


def silent_without(voice: SpeechVoice) -> None:
    """Skip a test on a machine that does not hold a voice, or not what speaks with it."""
    if not voice.file.exists() or (isinstance(voice, FestivalVoice) and not has_festival()):
        pytest.skip(f"{voice.name} is not installed")


@pytest.mark.parametrize("voice", [SLT, *VOICES], ids=lambda voice: voice.name)
def test_a_voice_speaks_every_sound_that_words_have(voice):
    silent_without(voice)
    syllables = [Syllable((each,), ("ah",)) for each in CONSONANTS]
    syllables += [Syllable(("d",), (each,), ("d",)) for each in VOWELS]
    syllables += [Syllable(("d",), each, ("d",)) for each in GLIDES.values()]
    for few in (syllables[:12], syllables[12:24], syllables[24:]):
        spoken = voice.speak(few)
        assert len(spoken.vowels) == len(few)
        assert (np.diff(spoken.vowels.ravel()) >= 0).all()
        assert 0 < spoken.first <= spoken.vowels[0, 0]
        assert spoken.vowels[-1, 1] <= spoken.last <= len(spoken.sound) / spoken.rate
        for begin, end in np.round(spoken.vowels * spoken.rate).astype(int):
            assert np.abs(spoken.sound[begin:end]).max() > 0.02


@pytest.mark.parametrize("voice", [SLT, DITA], ids=lambda voice: voice.name)
def test_a_voice_sings_the_tune(voice):
    import pyworld

    silent_without(voice)
    engine = RecordedVoice(np.random.default_rng(2), voice)
    sound = perform(engine, TUNE, to_frames(4.5))
    assert sound.shape == (to_frames(4.5), 2)
    assert np.isfinite(sound).all()
    again = perform(RecordedVoice(np.random.default_rng(2), voice), TUNE, to_frames(4.5))
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


def test_voices_with_highs_are_given_none():
    time = np.arange(32_000) / 32_000
    voiced = np.sin(2 * np.pi * 5000 * time)
    spectrum = np.abs(np.fft.rfft(brightened(voiced, 32_000, SAMPLE_RATE, 1.0)))
    assert spectrum[[8800, 12_600]].max() < 0.01 * spectrum[5000]


@pytest.mark.parametrize("voice", [SLT, DITA], ids=lambda voice: voice.name)
def test_another_singer_takes_over_where_a_voice_fails(voice, monkeypatch, capsys):
    def fails(*_, **__):
        raise subprocess.TimeoutExpired(voice.program, 60)

    monkeypatch.setattr(speech.subprocess, "run", fails)
    with pytest.raises(SpeechError, match=f"{voice.program}'s voice {voice.name} fails"):
        voice.speak([Syllable((), ("ah",))])
    sound = perform(RecordedVoice(np.random.default_rng(0), voice), TUNE, to_frames(4.5))
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


def test_every_voice_has_a_language_that_is_known():
    assert {voice.file.parent.name for voice in VOICES} == set(PHONES)


def test_without_festival_its_voices_are_told_as_missing(monkeypatch):
    rows = [row for row in listed() if row.kind == "festival" and row.file.exists()]
    if not rows:
        pytest.skip("no voice of Festival is installed")
    monkeypatch.setattr("synthgen_tf.render.recorded.has_festival", lambda: False)
    recorded, missing = find_recorded()
    assert "festival" in missing
    assert not any(isinstance(voice, FestivalVoice) for _, voice in recorded.voices)
