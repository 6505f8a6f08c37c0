"""Scores against songs whose right answers are known by construction."""

import json

import numpy as np
import pytest
import soundfile

from synthgen_tf.errors import InputError
from synthgen_tf.evaluate import evaluate, select_test_tracks, write_scores
from synthgen_tf.separate import Separator
from synthgen_tf.tracks import read_tracks


class Half:
    """A predictor that takes the mixture, at half the level, for the synth."""

    sample_rate, channels, segment, stem = 44_100, 2, 4096, "synth"
    identity = "half"

    def __call__(self, blocks):
        return 0.5 * blocks


@pytest.fixture
def scores(tmp_path):
    """Two songs of synth and drums that do not correlate, one of drums alone."""
    random = np.random.default_rng(0)
    time = np.arange(20_000) / 44_100
    synth = np.stack([np.sin(2 * np.pi * 441 * time)] * 2, axis=1)
    for name, drums_gain in [("a", 0.1), ("b", 0.5), ("silent", 0.5)]:
        folder = tmp_path / "test" / name
        folder.mkdir(parents=True)
        drums = np.repeat(random.choice([-1.0, 1.0], (20_000, 1)), 2, axis=1)
        target = np.zeros_like(synth) if name == "silent" else 0.1 * synth
        soundfile.write(folder / "synth.wav", target, 44_100, subtype="FLOAT")
        soundfile.write(folder / "drums.wav", drums_gain * drums, 44_100, subtype="FLOAT")
    tracks = select_test_tracks(read_tracks(tmp_path), "test", "synth")
    return evaluate(Separator(Half()), tracks, "synth")


def expected_snr(synth_power, drums_power, gain):
    """Of the scaled sum of two signals that do not correlate, against the first."""
    error = (1 - gain) ** 2 * synth_power + gain**2 * drums_power
    return 10 * np.log10(synth_power / error)


def test_scores_by_hand(scores):
    a, b, silent = scores["tracks"]
    assert a["snr"] == pytest.approx(expected_snr(0.005, 0.01, 0.5), abs=0.1)
    assert a["mixture_snr"] == pytest.approx(expected_snr(0.005, 0.01, 1.0), abs=0.1)
    assert a["snr_improvement"] == pytest.approx(a["snr"] - a["mixture_snr"], abs=1e-3)
    assert b["si_sdr"] == pytest.approx(10 * np.log10(0.005 / 0.25), abs=0.5)
    assert a["level_error"] == pytest.approx(10 * np.log10(0.25 * 0.015 / 0.005), abs=0.1)
    assert silent["snr"] is None
    assert silent["silence_level"] == pytest.approx(20 * np.log10(0.5), abs=0.01)


def test_medians(scores):
    a, b, _ = scores["tracks"]
    assert scores["median"]["model"]["snr"] == pytest.approx((a["snr"] + b["snr"]) / 2)
    assert scores["median"]["mixture"]["snr"] < scores["median"]["model"]["snr"]
    assert scores["median"]["silence"]["snr"] == 0
    assert scores["median"]["model"]["silence_level"] == pytest.approx(-6.02, abs=0.01)


def test_json_round_trip(scores, tmp_path):
    write_scores(tmp_path / "scores.json", scores)
    assert json.loads((tmp_path / "scores.json").read_text()) == scores


def test_genres(songs):
    tracks = [track for track in read_tracks(songs) if "synth" in track.stems][:2]
    scores = evaluate(Separator(Half()), tracks, "synth")
    assert set(scores["by_genre"]) == {track.genre for track in tracks}


def test_missing_target_or_split(songs):
    tracks = read_tracks(songs)
    with pytest.raises(InputError, match=r"no test track has a 'organ' stem.*synth"):
        select_test_tracks(tracks, "test", "organ")
    with pytest.raises(InputError, match=r"no dev track.*test, train, valid"):
        select_test_tracks(tracks, "dev", "synth")
