"""`prepare` and the store it writes, against NumPy, other routes to the same bytes, and kills."""

import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from synthgen_tf import audio
from synthgen_tf.cli.commands import app
from synthgen_tf.config import load_config
from synthgen_tf.data.prepare import prepare
from synthgen_tf.data.store import (
    active_seconds,
    is_store,
    read_record,
    read_store,
    stored_track,
)
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import MIXTURE, read_tracks, scan_tracks

SYNTHGEN = Path(sys.executable).with_name("synthgen")
CONFIG = load_config()


def noise(frames=50_000, channels=2, seed=0, level=0.1):
    """float32 (time, channels), on the grid of 16 bits."""
    random = np.random.default_rng(seed)
    steps = np.rint(random.standard_normal((frames, channels)) * level * 32768)
    return steps.astype(np.float32) / np.float32(32768)


def write_song(folder, stems, rate=44_100, subtype="FLOAT"):
    folder.mkdir(parents=True)
    for stem, samples in stems.items():
        soundfile.write(folder / f"{stem}.wav", samples, rate, subtype=subtype)


def good_song(folder, seed=0, **options):
    synth, drums = noise(seed=seed), noise(seed=seed + 100)
    write_song(folder, {"synth": synth, "drums": drums, MIXTURE: synth + drums}, **options)


def tree(root):
    """Every file below a folder, hidden ones too, with its bytes; folders with None."""
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
    }


def dated(root):
    """Give all files below a folder one time of change, so that copies have one fingerprint."""
    for file in root.rglob("*.wav"):
        os.utime(file, ns=(10**18, 10**18))
    return root


def settings(**changes):
    return load_config(settings=[f"{key}={value}" for key, value in changes.items()])


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture(scope="module")
def stored(songs, tmp_path_factory):
    """A store of the rendered songs."""
    out = tmp_path_factory.mktemp("prepared") / "store"
    report = prepare(songs, out, CONFIG)
    assert (report.made, report.problems, report.removed) == (6, {}, [])
    return out


def test_16_bit_sources_come_out_bit_by_bit(songs, stored):
    tracks, sources = read_store(stored), read_tracks(songs)
    assert [(t.split, t.name) for t in tracks] == [(t.split, t.name) for t in sources]
    for track, source in zip(tracks, sources, strict=True):
        assert set(track.stems) == set(source.stems)
        assert (track.genre, track.holds) == (source.genre, dict(source.holds))
        assert (track.sample_rate, track.frames, track.channels) == (44_100, source.frames, 2)
        for stem, (file,) in track.stems.items():
            assert audio.probe(file).subtype == track.subtype == "PCM_16"
            np.testing.assert_array_equal(track.read(stem), source.read(stem))


def test_the_index_tells_what_numpy_measures(stored):
    index = json.loads((stored / "index.json").read_text())
    assert (index["format"], index["version"]) == ("synthgen store", 1)
    assert (index["sample_rate"], index["kind"], index["labels"]) == (44_100, "rendered", {})
    for entry in index["tracks"]:
        folder = stored / entry["split"] / entry["name"]
        assert json.loads((folder / "track.json").read_text())["track"] == entry
        assert (entry["gain_db"], entry["clipped"]) == (0.0, 0)
        for stem, measured in entry["stems"].items():
            samples, _ = soundfile.read(folder / f"{stem}.wav", dtype="int16")
            assert measured["crc32"] == zlib.crc32(samples.tobytes())
            scaled = samples.astype(np.float64) / 32768
            if not scaled.any():
                assert (measured["rms_db"], measured["peak_db"]) == (None, None)
                assert set(measured["levels"]) == {100}
                continue
            assert measured["rms_db"] == round(10 * math.log10(np.mean(scaled**2)), 2)
            assert measured["peak_db"] == round(20 * math.log10(np.abs(scaled).max()), 2)
            with np.errstate(divide="ignore"):
                powers = [np.mean(part**2) for part in np.split(scaled, 6)]
                levels = np.clip(-10 * np.log10(powers), 0, 100)
            assert measured["levels"] == np.rint(levels).tolist()


def test_active_seconds(tmp_path):
    loud = noise(3 * 8000, 1, level=0.1)
    loud[8000:16_000] = 0.0
    quiet = np.repeat([35, 33, 29], 8000)[:-1, None] / np.float32(32768)  # -59.4, -59.9, -61.1 dB
    write_song(tmp_path / "data/train/song", {"synth": loud[:-1], "pad": quiet}, 8000)
    (track,) = prepare(
        tmp_path / "data", tmp_path / "out", settings(**{"model.sample_rate": 8000})
    ).tracks
    assert active_seconds(track, "synth").tolist() == [True, False, True]
    assert track.levels["synth"].tolist() == [20, 100, 20]
    assert track.levels["pad"].tolist() == [59, 60, 61]
    assert active_seconds(track, "pad").tolist() == [True, False, False]
    assert active_seconds(track, "organ").tolist() == [False] * 3
    (source,) = read_tracks(tmp_path / "data")
    assert active_seconds(source, "synth").tolist() == [False] * 3


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (16_000, 2)])
def test_other_rates_are_resampled_and_mono_stays_mono(tmp_path, rate, channels):
    synth = noise(rate + 77, channels)
    write_song(tmp_path / "data/train/song", {"synth": synth}, rate)
    prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    (track,) = read_store(tmp_path / "out")
    expected = audio.as_stored(audio.resample(synth, rate, 44_100), "PCM_16")
    assert (track.sample_rate, track.channels) == (44_100, channels)
    assert track.frames == round(len(synth) * 44_100 / rate)
    assert len(track.levels["synth"]) == 2
    np.testing.assert_array_equal(track.read("synth"), expected)


@pytest.mark.parametrize(
    ("subtype", "difference_db", "fits"),
    [("PCM_16", -33, True), ("PCM_16", -27, False), ("MP3", -13, True), ("MP3", -7, False)],
)
def test_stems_must_sum_to_the_mixture(tmp_path, subtype, difference_db, fits):
    stems = {"synth": noise(), "drums": noise(seed=1)}
    mixture = stems["synth"] + stems["drums"]
    wrong = mixture + noise(seed=2, level=10 ** (difference_db / 20) * np.sqrt(0.02))
    folder = tmp_path / "data/train/song"
    folder.mkdir(parents=True)
    for stem, samples in {**stems, MIXTURE: wrong}.items():
        if subtype == "MP3":
            with audio.Writer(folder / f"{stem}.mp3", 44_100, 2) as writer:
                writer.write(samples.astype(np.float32))
        else:
            soundfile.write(folder / f"{stem}.wav", samples, 44_100, subtype=subtype)
    report = prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    assert len(report.tracks) == fits
    if not fits:
        reason = report.problems["train/song"]
        assert "drums, synth do not sum" in reason
        assert f"expected {-30 if subtype == 'PCM_16' else -10} at most" in reason


def test_stems_one_sample_late_do_not_sum(songs, tmp_path):
    track = read_tracks(songs)[0]
    stems = {stem: track.read(stem) for stem in track.stems}
    write_song(tmp_path / "data/train/right", stems)
    late = {stem: np.roll(stems[stem], 1, axis=0) for stem in track.parts()}
    write_song(tmp_path / "data/train/late", {**stems, **late})
    report = prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    assert list(report.problems) == ["train/late"]


def test_a_mixture_that_was_clamped_is_the_sum(tmp_path):
    loud = noise(level=0.5)
    stems = {"synth": loud, "drums": loud, MIXTURE: np.clip(2 * loud, -1, 1)}
    write_song(tmp_path / "data/train/song", stems)
    assert not prepare(tmp_path / "data", tmp_path / "out", CONFIG).problems


def test_the_real_musdb18_excerpt_sums_within_the_tolerance(tmp_path):
    import stempeg

    (tmp_path / "data/train").mkdir(parents=True)
    excerpt = tmp_path / "data/train/The Easton Ellises - Falcon 69.stem.mp4"
    excerpt.symlink_to(stempeg.example_stem_path())
    report = prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    assert report.problems == {}
    (track,), (source,) = report.tracks, read_tracks(tmp_path / "data")
    assert set(track.stems) == {"drums", "bass", "other", "vocals", MIXTURE}
    for stem in track.stems:
        expected = audio.as_stored(source.read(stem), "PCM_16")
        np.testing.assert_array_equal(track.read(stem), expected)
    # -10 dB is the limit for coded stems, this is what there is
    total = sum(source.read(part) for part in source.parts())
    mixture = np.clip(source.read(MIXTURE), -1, 1)
    beyond = np.clip(total, -1, 1) - mixture
    assert -22 < 10 * math.log10(np.mean(beyond**2) / np.mean(mixture**2)) < -20


def test_a_few_samples_beyond_full_scale_clamp(tmp_path):
    synth = noise(level=0.1)
    synth[:50] = 1.5
    synth[50] = -1.0, 1.0  # full scale itself is not beyond
    write_song(tmp_path / "data/train/song", {"synth": synth, "drums": noise(seed=1)})
    (track,) = prepare(tmp_path / "data", tmp_path / "out", CONFIG).tracks
    assert (track.clipped, track.gain_db) == (100, 0.0)
    np.testing.assert_array_equal(track.read("synth"), audio.as_stored(synth, "PCM_16"))
    assert read_store(tmp_path / "out")[0].clipped == 100


def test_many_samples_beyond_full_scale_turn_the_whole_track_down(tmp_path):
    synth, drums = noise(level=0.1), noise(seed=1, level=0.1)
    synth[:51] = 1.5
    stems = {"synth": synth, "drums": drums, MIXTURE: synth + drums}
    write_song(tmp_path / "data/train/song", stems)
    (track,) = prepare(tmp_path / "data", tmp_path / "out", CONFIG).tracks
    peak_db = 20 * math.log10(np.abs(stems[MIXTURE]).max())
    assert track.clipped == 0
    assert peak_db < -track.gain_db < peak_db + 0.11
    for stem, samples in stems.items():
        gain = np.float32(32768 * 10 ** (track.gain_db / 20))
        np.testing.assert_array_equal(track.read(stem) * 32768, np.rint(samples * gain))


def spoil(root):
    """A song for every way to be bad; `<split>/<name>` and words of the reason."""
    whole = root / "train/whole"
    good_song(whole)
    for name in ("cut", "text", "empty", "nan", "wide", "short", "slow", "late"):
        shutil.copytree(whole, root / "train" / name)
    cut = root / "train/cut/synth.wav"
    cut.write_bytes(cut.read_bytes()[:-1000])
    (root / "train/text/drums.wav").write_text("no sound at all\n" * 100)
    (root / "train/empty/drums.wav").write_bytes(b"")
    nan = noise()
    nan[44_500, 1] = np.nan
    soundfile.write(root / "train/nan/drums.wav", nan, 44_100, subtype="FLOAT")
    for stem in ("synth", "drums", MIXTURE):
        soundfile.write(root / f"train/wide/{stem}.wav", noise(channels=3), 44_100)
    soundfile.write(root / "train/short/synth.wav", noise(frames=49_000), 44_100)
    soundfile.write(root / "train/slow/synth.wav", noise(), 22_050)
    late = np.roll(noise(), 500, axis=0)
    soundfile.write(root / "train/late/synth.wav", late, 44_100, subtype="FLOAT")
    return {
        "cut": "synth.wav is cut off",
        "text": "drums.wav is not audio",
        "empty": "drums.wav is empty",
        "nan": "not finite at frame 44500",
        "wide": "3 channels",
        "short": "frames",
        "slow": "sample_rate",
        "late": "do not sum",
    }


def test_bad_tracks_are_told_and_the_good_ones_are_ready(tmp_path):
    reasons = spoil(tmp_path / "data")
    result = invoke("prepare", tmp_path / "data", tmp_path / "out", "--jobs", "1")
    assert result.exit_code == 1
    assert [track.name for track in read_store(tmp_path / "out")] == ["whole"]
    assert [path.name for path in (tmp_path / "out/train").iterdir()] == ["whole"]
    lines = [line for line in result.stderr.splitlines() if "train/" in line]
    assert len(lines) == len(reasons)
    for name, words in reasons.items():
        (line,) = [line for line in lines if f"train/{name}:" in line]
        assert words in line
    # the same again: still told, still code 1, and the store is left alone
    before = (tmp_path / "out/index.json").stat()
    assert invoke("prepare", tmp_path / "data", tmp_path / "out", "--jobs", "1").exit_code == 1
    assert (tmp_path / "out/index.json").stat() == before


def test_tracks_that_cannot_serve_are_told_and_no_error(tmp_path, monkeypatch):
    for name in ("bleeding", "good"):
        good_song(tmp_path / "data/train" / name)

    def scan(*arguments):
        found = scan_tracks(*arguments)
        kept = [track for track in found.tracks if track.name == "good"]
        return replace(found, tracks=kept, left_out={"train/bleeding": "its stems bleed"})

    prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    monkeypatch.setattr(sys.modules[prepare.__module__], "scan_tracks", scan)
    result = invoke("prepare", tmp_path / "data", tmp_path / "out", "--jobs", "1")
    assert result.exit_code == 0
    assert "left out train/bleeding: its stems bleed" in result.stderr
    assert "removed" not in result.stdout
    assert [track.name for track in read_store(tmp_path / "out")] == ["good"]


def test_without_a_good_track_there_is_no_store(tmp_path):
    good_song(tmp_path / "data/train/song")
    shutil.copytree(tmp_path / "data", tmp_path / "bad")
    (tmp_path / "bad/train/song/synth.wav").write_bytes(b"")
    result = invoke("prepare", tmp_path / "bad", tmp_path / "out", "--jobs", "1")
    assert result.exit_code == 1
    assert "synth.wav is empty" in result.stderr
    assert not (tmp_path / "out").exists()
    # nor is there one when all that stood in it has become bad
    prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    (tmp_path / "data/train/song/synth.wav").write_bytes(b"")
    report = prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    assert (report.tracks, list(report.problems), report.removed) == ([], ["train/song"], [])
    assert tree(tmp_path / "out") == {}


def test_any_number_of_jobs_writes_the_same_bytes(songs, stored, tmp_path):
    prepare(songs, tmp_path / "two", CONFIG, jobs=2)
    assert tree(tmp_path / "two") == tree(stored)


def test_a_finished_store_is_left_alone(songs, stored):
    before = {path: path.stat() for path in stored.rglob("*")}
    result = invoke("prepare", songs, stored)
    assert result.exit_code == 0
    assert "nothing to do" in result.stdout
    assert {path: path.stat() for path in stored.rglob("*")} == before


def test_the_table_tells_splits_and_target_activity(songs, stored):
    rows = {}
    for line in invoke("prepare", songs, stored).stdout.splitlines():
        cells = [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")]
        rows[cells[0]] = cells[1:]
    tracks = read_store(stored)
    for split, count in (("train", 4), ("valid", 1), ("test", 1), ("all", 6)):
        chosen = [track for track in tracks if split in (track.split, "all")]
        share = np.mean([active_seconds(track, "synth") for track in chosen])
        assert rows[split] == [
            str(count),
            f"{count * 6 / 3600:.2f}",
            "100 %",
            f"{100 * share:.0f} %",
            "0",
            "0",
        ]


def test_what_changed_in_the_source_changes_in_the_store(tmp_path):
    for seed, name in enumerate("abc"):
        good_song(tmp_path / "data/train" / name, seed)
    dated(tmp_path / "data")
    prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    kept = (tmp_path / "out/train/c/synth.wav").stat()
    shutil.rmtree(tmp_path / "data/train/a")
    shutil.rmtree(tmp_path / "data/train/b")
    good_song(tmp_path / "data/train/b", seed=7)
    good_song(tmp_path / "data/train/d", seed=8)
    report = prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    assert (report.made, report.removed) == (2, ["train/a"])
    assert (tmp_path / "out/train/c/synth.wav").stat() == kept
    prepare(tmp_path / "data", tmp_path / "fresh", CONFIG)
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


@pytest.fixture(scope="module")
def long_songs(tmp_path_factory):
    """Eight songs of 20 s that take a while, for they must be resampled."""
    root = tmp_path_factory.mktemp("long") / "data"
    for seed in range(8):
        synth = noise(20 * 48_000, seed=seed)
        write_song(root / f"train/song_{seed}", {"synth": synth, "drums": synth}, 48_000, "PCM_16")
    return root


def children(process):
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in path.read_text().split()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_killed_at_any_moment_it_goes_on_to_the_same_store(long_songs, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen([SYNTHGEN, "prepare", long_songs, out, "--jobs", "2"])
    deadline = time.monotonic() + 60
    while not list(out.glob("train/*/track.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    workers = children(process)
    process.kill()
    process.wait()
    finished = len(list(out.glob("train/*/track.json")))
    assert 1 <= finished < 8
    assert not (out / "index.json").exists()
    while any(Path(f"/proc/{worker}").exists() for worker in workers):  # they end by themselves
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert list(out.glob("train/.tmp_*"))
    assert is_store(out)
    with pytest.raises(InputError, match=r"unfinished.*prepare"):
        read_store(out)

    report = prepare(long_songs, out, CONFIG)
    assert (len(report.tracks), report.made) == (8, 8 - len(list(out.glob("x"))) - finished)
    prepare(long_songs, tmp_path / "unbroken", CONFIG, jobs=2)
    assert tree(out) == tree(tmp_path / "unbroken")


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_disk_that_fills_up_ends_in_one_line(long_songs, tmp_path, jobs):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = subprocess.run(
        [SYNTHGEN, "prepare", long_songs, tmp_path / "out", "--jobs", str(jobs)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small_files,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "cannot write" in done.stderr
    assert "room on the disk" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C as POSIX sends it")
def test_interrupted_it_leaves_finished_tracks_alone(long_songs, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(
        [SYNTHGEN, "prepare", long_songs, out, "--jobs", "1"], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not list(out.glob("train/*/track.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert len(errors.splitlines()) <= 1, errors
    assert {path.name for path in out.glob("train/*")} < {f"song_{i}" for i in range(8)}


@pytest.mark.parametrize("change", ["vanished", "cut", "track gone"])
def test_a_damaged_store_is_told_and_mended(tmp_path, change):
    good_song(tmp_path / "data/train/a")
    good_song(tmp_path / "data/test/b", seed=1)
    prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    before = tree(tmp_path / "out")
    file = tmp_path / "out/train/a/drums.wav"
    if change == "vanished":
        file.unlink()
    elif change == "cut":
        file.write_bytes(file.read_bytes()[:-2])
    else:
        shutil.rmtree(file.parent)
    with pytest.raises(InputError, match=r"train/a/drums\.wav .*`synthgen prepare` again"):
        read_store(tmp_path / "out")
    assert prepare(tmp_path / "data", tmp_path / "out", CONFIG).made == 1
    assert tree(tmp_path / "out") == before
    assert len(read_store(tmp_path / "out")) == 2


def change_index(out, **changes):
    for path in (out / "index.json", *out.glob("*/*/track.json")):
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_another_version_is_refused(tmp_path):
    good_song(tmp_path / "data/train/song")
    prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    change_index(tmp_path / "out", version=2)
    assert is_store(tmp_path / "out")
    with pytest.raises(InputError, match=r"version 2, expected .* version 1: prepare"):
        read_store(tmp_path / "out")
    with pytest.raises(InputError, match="version 2"):
        prepare(tmp_path / "data", tmp_path / "out", CONFIG)


@pytest.mark.parametrize("text", ["", "[]", '{"format":"synthgen store","version":1}'])
def test_a_damaged_index_is_refused(tmp_path, text):
    good_song(tmp_path / "data/train/song")
    prepare(tmp_path / "data", tmp_path / "out", CONFIG)
    (tmp_path / "out/index.json").write_text(text)
    with pytest.raises(InputError, match=r"index\.json .*delete .*prepare"):
        read_store(tmp_path / "out")


def bad_calls(root):
    """Calls that are refused, with words of the one line."""
    good_song(root / "data/train/song")
    for name in ("store", "other_kind", "noted"):
        prepare(root / "data", root / name, CONFIG)
    (root / "noted/train/song/notes.txt").write_text("mine")
    change_index(root / "other_kind", kind="slakh")
    (root / "file").write_text("mine")
    for name in ("holiday/photo.jpg", "own/train/song/synth.wav", "own2/index.json"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("mine")
    (root / "none").mkdir()
    data = root / "data"
    return {
        "no source": (["gone", "out"], ["gone", "does not exist"]),
        "nothing in it": (["none", "out"], ["none", "holds no tracks"]),
        "source is a store": (["store", "out"], ["is a prepared store"]),
        "same place": (["data", "data"], ["lies in the data set"]),
        "inside": (["data", "data/train/out"], ["lies in the data set"]),
        "a file": (["data", "file"], ["file is a file"]),
        "photos": (["data", "holiday"], ["photo.jpg is no part of a prepared store"]),
        "songs": (["data", "own"], ["own/train/song is no part"]),
        "an index": (["data", "own2"], ["index.json is no part"]),
        "a note": (["data", "noted"], ["notes.txt is no part"]),
        "another rate": (
            ["data", "store", "--set", "model.sample_rate=16000"],
            ["sample_rate 44100, now it is 16000"],
        ),
        "another kind": (["data", "other_kind"], ["kind 'slakh', now it is 'folder'"]),
        "unknown kind": (["data", "out", "--kind", "cd"], ["'cd'", "musdb18hq"]),
        "no jobs": (["data", "out", "--jobs", "0"], ["jobs is 0"]),
        "no folder": (["data", "file/out"], ["cannot write", "file/out"]),
    }, data


def test_bad_calls_are_one_line_and_change_nothing(tmp_path):
    calls, _ = bad_calls(tmp_path)
    before = tree(tmp_path)
    for name, ((source, out, *options), words) in calls.items():
        with pytest.raises(InputError) as caught:
            invoke("prepare", tmp_path / source, tmp_path / out, *options)
        message = str(caught.value)
        assert "\n" not in message, name
        for word in words:
            assert word in message, f"{name}: {word!r} is not in {message!r}"
        assert tree(tmp_path) == before, name


def test_the_index_of_12000_songs_opens_in_seconds(tmp_path):
    """All of `read_store` but for looking up the files, on an index of 800 hours."""
    measured = {"crc32": 1, "rms_db": -20.0, "peak_db": -1.0, "levels": [20] * 240}
    entry = {"split": "train", "genre": None, "holds": {}, "frames": 240 * 44_100, "channels": 2}
    entry |= {"gain_db": 0.0, "clipped": 0, "stems": dict.fromkeys("abcdef", measured)}
    tracks = [{"name": f"song {i}", **entry} for i in range(12_000)]
    head = {"format": "synthgen store", "version": 1, "sample_rate": 44_100}
    path = tmp_path / "index.json"
    path.write_text(json.dumps({**head, "tracks": tracks}, separators=(",", ":")))
    start = time.process_time()
    opened = [stored_track(path, 44_100, entry) for entry in read_record(path)["tracks"]]
    assert time.process_time() - start < 8
    assert opened[-1].levels["f"].sum() == 240 * 20
    assert opened[-1].levels["f"].base.__sizeof__() < 300  # bytes, not a list
