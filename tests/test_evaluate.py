"""Scores against songs whose right answers are known by construction."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from synthgen_tf.errors import InputError, OutputError
from synthgen_tf.evaluate import (
    Estimates,
    evaluate,
    make_room_for_scores,
    oracle,
    read_scores,
    score_files,
    select_test_tracks,
    separated_by,
    write_scores,
)
from synthgen_tf.evaluate.oracle import ideal_ratio_mask
from synthgen_tf.evaluate.scores import interval_of_median
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
    return evaluate(separated_by(Separator(Half())), tracks, "synth")


def expected_snr(synth_power, drums_power, gain):
    """Of the scaled sum of two signals that do not correlate, against the first."""
    error = (1 - gain) ** 2 * synth_power + gain**2 * drums_power
    return 10 * np.log10(synth_power / error)


def test_scores_by_hand(scores):
    a, b, silent = scores["tracks"]
    estimate, mixture = a["estimate"], a["mixture"]
    assert estimate["snr"] == pytest.approx(expected_snr(0.005, 0.01, 0.5), abs=0.1)
    assert estimate["nmse"] == pytest.approx(10 ** (-estimate["snr"] / 10), rel=1e-3)
    assert mixture["snr"] == pytest.approx(expected_snr(0.005, 0.01, 1.0), abs=0.1)
    assert estimate["snr_improvement"] == pytest.approx(estimate["snr"] - mixture["snr"], abs=1e-3)
    assert b["estimate"]["si_sdr"] == pytest.approx(10 * np.log10(0.005 / 0.25), abs=0.5)
    level = 10 * np.log10(0.25 * 0.015 / 0.005)
    assert estimate["level_error"] == pytest.approx(level, abs=0.1)
    assert a["silence"] == {
        "snr": 0.0,
        "nmse": 1.0,
        "si_sdr": None,
        "level_error": None,
        "snr_improvement": pytest.approx(-mixture["snr"]),
        "si_sdr_improvement": None,
    }
    assert mixture["si_sdr_improvement"] == 0.0
    assert estimate["si_sdr_improvement"] == pytest.approx(0.0, abs=1e-3)  # a gain buys none
    assert [track["split"] for track in scores["tracks"]] == ["test"] * 3
    assert "snr" not in silent["estimate"]
    assert silent["estimate"]["silence_level"] == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert silent["mixture"]["silence_level"] == 0.0


def test_mixture_at_its_best_gain_by_hand(scores):
    """Of signals that do not correlate: g = 0.005 / 0.015 = 1/3, rho^2 = 1/3, SNR 1.76 dB."""
    a, b, silent = scores["tracks"]
    assert a["best_gain"]["snr"] == pytest.approx(10 * np.log10(3 / 2), abs=0.05)
    assert a["best_gain"]["level_error"] == pytest.approx(10 * np.log10(1 / 3), abs=0.1)
    assert a["best_gain"]["si_sdr_improvement"] == pytest.approx(0.0, abs=1e-3)
    for track in (a, b):
        ratio = 10 ** (track["mixture"]["si_sdr"] / 10)
        assert track["best_gain"]["snr"] == pytest.approx(10 * np.log10(1 + ratio), abs=1e-3)
        assert track["best_gain"]["snr"] > max(track["estimate"]["snr"], 0)
        rise = track["oracle_irm"]["si_sdr"] - track["mixture"]["si_sdr"]
        assert track["oracle_irm"]["si_sdr_improvement"] == pytest.approx(rise, abs=1e-3)
    assert "best_gain" not in silent
    assert list(scores["median"]) == ["estimate", "mixture", "best_gain", "silence", "oracle_irm"]


@pytest.mark.parametrize("level", [1e-11, 1e-9])
def test_target_that_nobody_hears_counts_as_silent(tmp_path, level):
    folder = tmp_path / "test" / "song"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).standard_normal((5_000, 2))
    soundfile.write(folder / "synth.wav", level * noise, 44_100, subtype="FLOAT")
    soundfile.write(folder / "drums.wav", 0.1 * noise, 44_100, subtype="FLOAT")
    scores = evaluate(separated_by(Separator(Half())), read_tracks(tmp_path), "synth")
    (track,) = scores["tracks"]
    assert track["estimate"] == {"silence_level": pytest.approx(-6.02, abs=0.01)}


def test_estimate_that_is_not_finite_is_told(tracks_of_noise):
    with pytest.raises(InputError, match="estimate of song one holds values that are not finite"):
        evaluate(lambda track, mixture: np.nan * mixture, tracks_of_noise, "synth")


def test_medians_and_intervals(scores):
    a, b, _ = (track["estimate"] for track in scores["tracks"])
    median, interval = scores["median"], scores["interval"]
    assert scores["count"] == 3
    assert median["estimate"]["snr"] == pytest.approx((a["snr"] + b["snr"]) / 2, abs=1e-3)
    assert interval["estimate"]["snr"] == [b["snr"], a["snr"]]
    assert median["mixture"]["snr"] < median["estimate"]["snr"] < median["oracle_irm"]["snr"]
    assert median["silence"]["snr"] == 0
    assert median["estimate"]["silence_level"] == pytest.approx(-6.02, abs=0.01)


def test_bootstrap_interval_is_scipys():
    from scipy.stats import bootstrap

    values = np.random.default_rng(3).normal(size=40)
    found = bootstrap((values,), np.median, method="percentile", random_state=1)
    expected = found.confidence_interval
    np.testing.assert_allclose(interval_of_median(values), expected, atol=0.06)
    assert interval_of_median([1.5]) == [1.5, 1.5]


def test_files_round_trip(scores, tmp_path):
    _, table = write_scores(tmp_path / "scores.json", scores)
    assert read_scores(tmp_path / "scores.json") == scores
    assert json.loads((tmp_path / "scores.json").read_text()) == scores
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["a", "b", "silent"]
    assert [row["split"] for row in rows] == ["test"] * 3
    assert float(rows[0]["estimate_snr"]) == scores["tracks"][0]["estimate"]["snr"]
    assert rows[2]["estimate_snr"] == ""
    assert float(rows[2]["estimate_silence_level"]) == pytest.approx(-6.02, abs=0.01)


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("scores.json", ("scores.json", "scores.csv", "scores_museval")),
        ("s.csv", ("s.json", "s.csv", "s_museval")),
        ("S.JSON", ("S.JSON", "S.csv", "S_museval")),
        ("plain", ("plain", "plain.csv", "plain_museval")),
        ("m.v1.5", ("m.v1.5", "m.v1.5.csv", "m.v1.5_museval")),
        ("m.v1.6.json", ("m.v1.6.json", "m.v1.6.csv", "m.v1.6_museval")),
    ],
)
def test_files_of_scores_have_names_of_their_own(out, expected):
    assert tuple(path.name for path in score_files(Path("x") / out)) == expected


def test_room_for_scores_is_made_or_refused(tmp_path):
    make_room_for_scores(tmp_path / "new" / "folder" / "scores.json")
    assert (tmp_path / "new" / "folder").is_dir()
    (tmp_path / "file").touch()
    for out, problem in {
        tmp_path / "new" / "folder": "is a folder",
        tmp_path / "file" / "below" / "scores.json": "cannot make folder",
    }.items():
        with pytest.raises(OutputError, match=problem):
            make_room_for_scores(out)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', '{"format": 99}'])
def test_other_files_are_no_scores(tmp_path, content):
    (tmp_path / "scores.json").write_text(content)
    with pytest.raises(InputError, match=r"scores\.json (holds no scores|has format)"):
        read_scores(tmp_path / "scores.json")


def test_oracle_of_signals_in_bins_of_their_own():
    """Tones an octave apart do not meet in any bin: the mask takes them apart almost wholly."""
    time = np.arange(44_100) / 44_100
    low, high = (np.stack([np.sin(2 * np.pi * f * time)] * 2, 1) for f in (441, 4410))
    estimate = ideal_ratio_mask(low, low + high, 44_100)
    assert estimate.shape == low.shape
    assert np.square(estimate - low)[4096:-4096].mean() < 1e-6
    same = ideal_ratio_mask(0.5 * low, low, 44_100)
    np.testing.assert_allclose(same, 0.5 * low, atol=1e-4)
    assert ideal_ratio_mask(low[:5], low[:5], 44_100).shape == (5, 2)


@pytest.mark.parametrize("frames", [30_000, 3 * 8192, 8192, 8193, 5_000])
def test_oracle_in_blocks_is_that_of_the_whole(monkeypatch, frames):
    random = np.random.default_rng(0)
    target, rest = random.standard_normal((2, frames, 2)).astype(np.float32)
    whole = ideal_ratio_mask(target, target + rest, 44_100)
    monkeypatch.setattr(oracle, "BLOCK", 8192)
    in_blocks = ideal_ratio_mask(target, target + rest, 44_100)
    np.testing.assert_allclose(in_blocks, whole, atol=1e-6)


def test_snr_is_musevals_and_si_sdr_fast_bss_evals(tracks_of_noise, tmp_path):
    """SNR is museval's SDR over one window as long as the track, SI-SDR that of fast_bss_eval."""
    import museval
    from fast_bss_eval.numpy import si_sdr

    track = tracks_of_noise[0]
    truth, mixture = track.read("synth"), track.read("mixture")
    estimate = 0.5 * truth + 0.2 * mixture
    scores = evaluate(lambda track, mixture: estimate, [track], "synth")
    pairs = [np.stack([truth, mixture - truth]), np.stack([estimate, mixture - estimate])]
    sdr = museval.evaluate(*pairs, win=len(truth), hop=len(truth))[0][0, 0]
    found = scores["tracks"][0]["estimate"]
    assert found["snr"] == pytest.approx(sdr, abs=1e-3)
    flat = truth.reshape(1, -1).astype(float), estimate.reshape(1, -1).astype(float)
    assert found["si_sdr"] == pytest.approx(si_sdr(*flat, zero_mean=False)[0], abs=1e-3)


@pytest.fixture
def tracks_of_noise(tmp_path):
    """A song of three seconds, of two noises; the names of its estimates are musdb's."""
    random = np.random.default_rng(1)
    folder = tmp_path / "data" / "test" / "song one"
    folder.mkdir(parents=True)
    for name in ("synth", "drums"):
        sound = random.normal(scale=0.1, size=(3 * 44_100, 2))
        soundfile.write(folder / f"{name}.wav", sound, 44_100, subtype="FLOAT")
    return read_tracks(tmp_path / "data")


def test_museval_files_are_those_of_museval_by_hand(tracks_of_noise, tmp_path):
    import museval

    (track,) = tracks_of_noise
    truth, mixture = track.read("synth"), track.read("mixture")
    estimate = 0.5 * truth + 0.2 * np.roll(mixture, 3, axis=0)
    estimate += np.random.default_rng(2).normal(scale=0.01, size=truth.shape).astype(np.float32)
    scores = evaluate(lambda track, mixture: estimate, [track], "synth", tmp_path / "bss")
    pairs = [np.stack([truth, mixture - truth]), np.stack([estimate, mixture - estimate])]
    sdr, isr, sir, sar = museval.evaluate(*pairs, win=44_100, hop=44_100)
    store = museval.EvalStore()
    store.add_eval_dir(tmp_path / "bss")
    table = store.agg_frames_tracks_scores()
    for name, values in {"SDR": sdr, "ISR": isr, "SIR": sir, "SAR": sar}.items():
        for i, stem in enumerate(("synth", "rest")):
            assert table[stem, name] == pytest.approx(np.median(values[i]), abs=1e-2)
        found = scores["tracks"][0]["estimate"][name.lower()]
        assert found == pytest.approx(np.median(values[0]), abs=1e-2)
    content = json.loads((tmp_path / "bss" / "test" / "song one.json").read_text())
    assert [target["name"] for target in content["targets"]] == ["synth", "rest"]
    assert len(content["targets"][0]["frames"]) == 3


# Estimates made elsewhere


@pytest.mark.parametrize(
    "file", ["song one/synth.wav", "test/song one/synth.flac", "htdemucs/song one/synth.wav"]
)
def test_estimates_in_the_layouts_of_others(tracks_of_noise, tmp_path, file):
    (track,) = tracks_of_noise
    path = tmp_path / "estimates" / file
    path.parent.mkdir(parents=True)
    soundfile.write(path, 0.5 * track.read("mixture"), 44_100, subtype="PCM_24")
    found = evaluate(Estimates(tmp_path / "estimates", "synth", [track]), [track], "synth")
    expected = evaluate(separated_by(Separator(Half())), [track], "synth")
    assert found["median"]["estimate"]["snr"] == pytest.approx(
        expected["median"]["estimate"]["snr"], abs=1e-3
    )


def test_estimates_that_do_not_fit_are_told(tracks_of_noise, tmp_path):
    (track,) = tracks_of_noise
    root = tmp_path / "estimates"
    path = root / "x" / "song one" / "synth.wav"
    path.parent.mkdir(parents=True)
    soundfile.write(path, np.zeros((100, 2)), 44_100)
    with pytest.raises(InputError, match=r"lacks estimates of 1 of 1 tracks.*song one.*--stem"):
        Estimates(root, "vocals", [track])
    for samples, rate in ((np.zeros((100, 2)), 48_000), (np.zeros((100, 1)), 44_100)):
        soundfile.write(path, samples, rate)
        with pytest.raises(InputError, match=f"{samples.shape[1]} channels at {rate} Hz"):
            Estimates(root, "synth", [track])
    other = root / "y" / "song one" / "synth.wav"
    other.parent.mkdir(parents=True)
    soundfile.write(other, np.zeros((100, 2)), 44_100)
    with pytest.raises(InputError, match="2 estimates of song one"):
        Estimates(root, "synth", [track])


@pytest.mark.parametrize("more", [-1, 1, -100_000, 7])
def test_estimates_of_another_length_are_padded_or_cut(tracks_of_noise, tmp_path, more):
    (track,) = tracks_of_noise
    path = tmp_path / "estimates" / "song one" / "synth.wav"
    path.parent.mkdir(parents=True)
    truth = track.read("synth")
    longer = np.pad(truth, ((0, max(more, 0)), (0, 0)))[: len(truth) + more]
    soundfile.write(path, longer, 44_100, subtype="FLOAT")
    estimates = Estimates(tmp_path / "estimates", "synth", [track])
    assert not estimates.told()
    found = evaluate(estimates, [track], "synth")["tracks"][0]["estimate"]["snr"]
    expected = 100.0
    if more < 0:
        expected = 10 * np.log10(np.square(truth).sum() / np.square(truth[more:]).sum())
    assert found == pytest.approx(expected, abs=1e-2)
    assert estimates.told().startswith(
        f"1 of 1 estimates had another length than their tracks, by up to {abs(more):,} frame"
    )


def test_every_split_or_one(tmp_path):
    """Two songs of one name, in two splits, are told apart in scores and estimates."""
    random = np.random.default_rng(2)
    for split, gain in {"valid": 0.5, "test": 1.0}.items():
        for root in ("data", "estimates"):
            (tmp_path / root / split / "song").mkdir(parents=True)
        noise = random.standard_normal((5_000, 2)) / 10
        folder = tmp_path / "data" / split / "song"
        soundfile.write(folder / "synth.wav", noise, 44_100, subtype="FLOAT")
        soundfile.write(folder / "drums.wav", noise[::-1], 44_100, subtype="FLOAT")
        file = tmp_path / "estimates" / split / "song" / "synth.wav"
        soundfile.write(file, gain * noise, 44_100, subtype="FLOAT")
    tracks = read_tracks(tmp_path / "data")
    assert len(select_test_tracks(tracks, "valid", "synth")) == 1
    tracks = select_test_tracks(tracks, "all", "synth")
    scores = evaluate(Estimates(tmp_path / "estimates", "synth", tracks), tracks, "synth")
    found = {track["split"]: track["estimate"]["snr"] for track in scores["tracks"]}
    assert found == {"valid": pytest.approx(6.02, abs=0.01), "test": pytest.approx(100, abs=0.1)}
    by_split = {
        name: part["median"]["estimate"]["snr"] for name, part in scores["by_split"].items()
    }
    assert by_split == found


def test_most_tracks_of_each_split_are_taken_evenly():
    tracks = [
        SimpleNamespace(name=f"{split}{i}", split=split, stems=("synth",))
        for split, count in {"train": 10, "far": 2}.items()
        for i in range(count)
    ]
    chosen = select_test_tracks(tracks, "all", "synth", most=3)
    assert [track.name for track in chosen] == ["train0", "train3", "train6", "far0", "far1"]
    with pytest.raises(InputError, match="--most is 0: expected 1 or more"):
        select_test_tracks(tracks, "all", "synth", most=0)


def test_genres(songs):
    tracks = [track for track in read_tracks(songs) if "synth" in track.stems][:2]
    scores = evaluate(separated_by(Separator(Half())), tracks, "synth")
    assert set(scores["by_genre"]) == {track.genre for track in tracks}


def test_missing_target_or_split(songs):
    tracks = read_tracks(songs)
    with pytest.raises(InputError, match=r"no test track has a 'organ' stem.*synth"):
        select_test_tracks(tracks, "test", "organ")
    with pytest.raises(InputError, match=r"no dev track.*test, train, valid or all"):
        select_test_tracks(tracks, "dev", "synth")
