"""Vital against itself and the pitch it is asked for; it is an extra, and need not be there."""

import sys

import numpy as np
import pytest

from synthgen_tf.errors import InputError
from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines import SPLITS, perform
from synthgen_tf.render.engines.vital import Vital, load_vita, sample_vital_patch
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_hz
from synthgen_tf.render.song import render_song
from synthgen_tf.render.sources import open_sources


def played(seed: int, controls: dict | None = None) -> np.ndarray:
    rng = np.random.default_rng(seed)
    patch = sample_vital_patch(rng, "synth_lead", "train")
    patch["controls"] |= controls or {}
    notes = [Note(0.0, 0.5, 57, 0.8), Note(0.5, 0.4, 64, 0.8)]
    return perform(Vital(rng, patch), notes, SAMPLE_RATE)


def test_patches_belong_to_their_split():
    for split in SPLITS:
        patch = sample_vital_patch(np.random.default_rng(0), "synth_pad", split)
        assert patch["timbre"] % 3 == SPLITS.index(split)


def test_without_vita_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "vita", None)
    with pytest.raises(InputError, match=r"pip install 'synthgen_tf\[vita\]'"):
        load_vita()


def test_vital_plays_the_same_whatever_was_played_before():
    pytest.importorskip("vita")
    first = played(1)
    assert first.shape == (SAMPLE_RATE, 2)
    assert np.isfinite(first).all()
    assert np.abs(first).max() > 0.01
    other = played(2)
    assert np.abs(other - first).max() > 0.01
    np.testing.assert_array_equal(played(1), first)
    assert np.float32(1e-38) * np.float32(0.01) > 0  # denormal numbers, which Vital turns off


def test_vital_plays_in_tune():
    pytest.importorskip("vita")
    plain = {"filter_1_on": 0.0, "distortion_on": 0.0, "chorus_on": 0.0}
    for number in (1, 2, 3):
        plain |= {f"osc_{number}_transpose": 0.0, f"osc_{number}_tune": 0.0}
        plain |= {f"osc_{number}_unison_detune": 0.0, f"osc_{number}_spectral_morph_type": 0.0}
        plain |= {f"osc_{number}_distortion_type": 0.0}
    sound = played(3, plain)[round(0.6 * SAMPLE_RATE) : round(0.85 * SAMPLE_RATE)].sum(axis=1)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    hz = to_hz(64)
    lines = [round(hz * line * (1 << 18) / SAMPLE_RATE) for line in range(1, 6)]
    on = sum(spectrum[line - 40 : line + 41].max() ** 2 for line in lines)
    between = sum(
        spectrum[round(hz * (line + 0.5) * (1 << 18) / SAMPLE_RATE)] ** 2 for line in range(1, 6)
    )
    assert on > 1000 * between


def test_vital_plays_its_share_of_the_synths_and_bad_shares_are_refused():
    pytest.importorskip("vita")
    song = render_song(7, 0, 2.0, open_sources(vital=1.0))
    synths = [track for track in song.description["tracks"] if track["stem"] == "synth"]
    assert synths
    assert all("controls" in track["parameters"] for track in synths)
    again = render_song(7, 0, 2.0, open_sources(vital=1.0))
    np.testing.assert_array_equal(song.sound["synth"], again.sound["synth"])
    with pytest.raises(InputError, match=r"--vital is 1\.5; expected a share"):
        open_sources(vital=1.5)
