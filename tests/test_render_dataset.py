"""Rendered data sets on disk: formats, levels, resuming, full disks, interrupts."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from synthgen_tf.cli.commands import app
from synthgen_tf.config import load_config
from synthgen_tf.data import prepare
from synthgen_tf.data.chain import training_examples
from synthgen_tf.data.draw import Dice
from synthgen_tf.data.select import select_tracks, stems_of
from synthgen_tf.data.song_table import SongTable
from synthgen_tf.data.store import active_seconds, read_store
from synthgen_tf.errors import InputError, OutputError
from synthgen_tf.render import render_songs
from synthgen_tf.render.compose.score import STEMS
from synthgen_tf.render.engines import SPLITS
from synthgen_tf.render.mixing.desk import rms_db
from synthgen_tf.render.mixing.loudness import levels_below_full_scale, stereo_correlation
from synthgen_tf.render.signals.dsp import SAMPLE_RATE
from synthgen_tf.render.song import split_of
from synthgen_tf.tracks import read_tracks
from synthgen_tf.train import train

SECONDS = 2.0
SONGS = 5
SEED = 53  # song 3 is free of synth; another seed will do if the composer changes
NAMES = ("mixture", *STEMS)


@pytest.fixture(scope="module")
def data_set(tmp_path_factory) -> Path:
    """Five short songs: one of them valid, one test, one free of synth."""
    out = tmp_path_factory.mktemp("rendered") / "songs"
    render_songs(out, SONGS, seconds=SECONDS, seed=SEED)
    return out


def read_song(folder: Path) -> dict[str, np.ndarray]:
    """All six sounds of a song, (time, 2) int64."""
    sounds = {}
    for name in ("mixture", *STEMS):
        values, rate = soundfile.read(folder / f"{name}.wav", dtype="int16")
        assert rate == SAMPLE_RATE
        sounds[name] = values.astype(np.int64)
    return sounds


def describe(folder: Path) -> dict:
    """song.json, which must be strict JSON: no NaN, no Infinity."""

    def refuse(constant: str):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads((folder / "song.json").read_text(), parse_constant=refuse)


def file_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_songs_have_the_promised_form(data_set):
    folders = sorted(data_set.glob("*/*"))
    assert len(folders) == SONGS
    for index, split in enumerate(["train", "valid", "test", "train", "train"]):
        folder = data_set / split / f"song_0053_{index:06d}"
        info = soundfile.info(folder / "mixture.wav")
        assert (info.subtype, info.channels) == ("PCM_16", 2)
        assert info.frames == SECONDS * SAMPLE_RATE
        assert describe(folder)["seed"] == [SEED, index]
        assert describe(folder)["split"] == split


def test_stems_sum_to_the_mixture_to_the_last_bit(data_set):
    for folder in data_set.glob("*/*"):
        sounds = read_song(folder)
        assert np.array_equal(sounds["mixture"], sum(sounds[stem] for stem in STEMS))
        assert np.abs(sounds["mixture"]).max() > 1000


def test_levels_and_label_tell_what_is_in_the_files(data_set):
    labels = {describe(folder)["has_synth"] for folder in data_set.glob("*/*")}
    assert labels == {True, False}
    for folder in data_set.glob("*/*"):
        sounds, description = read_song(folder), describe(folder)
        assert description["has_synth"] == bool(sounds["synth"].any())
        has_synth_track = any(track["stem"] == "synth" for track in description["tracks"])
        assert description["has_synth"] == has_synth_track
        for name, level_db in description["rms_db"].items():
            power = np.mean((sounds[name] / 32767) ** 2)
            if power == 0:
                assert level_db is None
            else:
                assert level_db == pytest.approx(10 * np.log10(power), abs=0.01)
        if description["has_synth"]:
            rest = sounds["mixture"] - sounds["synth"]
            assert description["rms_db"]["synth"] > -40
            assert description["rms_db"]["synth"] > rms_db(rest / 32767) - 25


def test_no_patch_is_in_two_splits(data_set):
    seen = {split: set() for split in SPLITS}
    for folder in data_set.glob("*/*"):
        for track in describe(folder)["tracks"]:
            seen[folder.parent.name].add(track["patch_id"])
            if track["instrument"] == "synth":
                timbre = track["parameters"]["timbre"]
                assert SPLITS[timbre % len(SPLITS)] == folder.parent.name
    assert all(seen.values())
    assert not seen["train"] & (seen["valid"] | seen["test"])
    assert not seen["valid"] & seen["test"]


def test_two_processes_write_the_same_bytes(data_set, tmp_path):
    folders = render_songs(tmp_path / "two", 3, seconds=SECONDS, seed=SEED, jobs=2)
    for folder in folders:
        assert file_bytes(folder) == file_bytes(data_set / folder.parent.name / folder.name)


def test_a_song_alone_is_the_song_in_the_set(data_set, tmp_path):
    (folder,) = render_songs(tmp_path / "one", 1, seconds=SECONDS, seed=SEED, first=4)
    assert file_bytes(folder) == file_bytes(data_set / "train" / "song_0053_000004")


def test_a_repeated_call_renders_only_what_is_missing(tmp_path):
    out = tmp_path / "songs"
    folders = render_songs(out, 3, seconds=1, seed=6)
    before = [file_bytes(folder) for folder in folders]
    times = {path: path.stat().st_mtime_ns for folder in folders for path in folder.iterdir()}
    for path in folders[1].iterdir():
        path.unlink()
    folders[1].rmdir()
    (folders[2] / "drums.wav").unlink()
    stale = folders[1].with_name(f".{folders[1].name}.tmp")
    stale.mkdir()
    (stale / "mixture.wav").write_bytes(b"half")

    assert render_songs(out, 3, seconds=1, seed=6) == folders
    assert [file_bytes(folder) for folder in folders] == before
    assert not stale.exists()
    for path in folders[0].iterdir():
        assert path.stat().st_mtime_ns == times[path]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"songs": 0}, "songs is 0; expected 1 or more"),
        ({"seconds": 0.5}, "seconds is 0.5; expected 1 or more"),
        ({"seconds": float("nan")}, "seconds is nan; expected 1 or more"),
        ({"jobs": 0}, "jobs is 0; expected 1 or more"),
        ({"seed": -1}, "seed is -1; expected 0 or more"),
        ({"first": -2}, "first is -2; expected 0 or more"),
    ],
)
def test_numbers_out_of_range_are_one_line(tmp_path, settings, line):
    songs = settings.pop("songs", 1)
    with pytest.raises(InputError) as caught:
        render_songs(tmp_path, songs, **settings)
    assert str(caught.value) == line
    assert not list(tmp_path.iterdir())


def test_foreign_folders_are_refused_and_left_alone(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(InputError, match=r"is a file; expected a folder"):
        render_songs(tmp_path / "file", 1)
    with pytest.raises(InputError, match=r"cannot be made \(Not a directory\); expected"):
        render_songs(tmp_path / "file" / "below", 1)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cat.jpg").write_text("cat")
    with pytest.raises(InputError, match=r"holds cat\.jpg; expected nothing but rendered songs"):
        render_songs(photos, 1)
    musdb = tmp_path / "musdb"
    (musdb / "train" / "A Classic Song").mkdir(parents=True)
    with pytest.raises(InputError, match=r"holds A Classic Song; expected"):
        render_songs(musdb, 1)
    assert [path.name for path in photos.iterdir()] == ["cat.jpg"]


def test_a_song_with_other_settings_is_refused(data_set):
    with pytest.raises(InputError, match=r"rendered with seconds 2\.0; expected 4\.0"):
        render_songs(data_set, 1, seconds=4, seed=SEED)


def test_a_song_folder_with_more_in_it_is_refused(tmp_path):
    (folder,) = render_songs(tmp_path, 1, seconds=1)
    (folder / "notes.txt").write_text("mine")
    (folder / "drums.wav").unlink()
    with pytest.raises(InputError, match=r"holds notes\.txt; expected only the files"):
        render_songs(tmp_path, 1, seconds=1)
    assert (folder / "notes.txt").read_text() == "mine"


def test_workers_need_no_tensorflow():
    code = "import sys, synthgen_tf.render; print({'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_split_is_by_index_alone():
    splits = [split_of(index) for index in range(20)]
    assert [index for index, split in enumerate(splits) if split == "valid"] == [1, 11]
    assert [index for index, split in enumerate(splits) if split == "test"] == [2, 12]


# Formats and levels.


@pytest.fixture(scope="module")
def sets(tmp_path_factory) -> dict[str, Path]:
    """The same four songs in both formats."""
    root = tmp_path_factory.mktemp("formats")
    for format in ("wav", "flac"):
        render_songs(root / format, 4, seconds=SECONDS, seed=SEED, format=format)
    return {format: root / format for format in ("wav", "flac")}


def test_flac_has_the_samples_of_wav_and_sums_exactly(sets):
    folders = sorted(sets["flac"].glob("*/song_*"))
    assert len(folders) == 4
    for folder in folders:
        twin = sets["wav"] / folder.parent.name / folder.name
        sounds = {}
        for name in NAMES:
            assert soundfile.info(folder / f"{name}.flac").subtype == "PCM_16"
            sounds[name], _ = soundfile.read(folder / f"{name}.flac", dtype="int16")
            wave, _ = soundfile.read(twin / f"{name}.wav", dtype="int16")
            assert np.array_equal(sounds[name], wave)
        total = sum(sounds[stem].astype(np.int32) for stem in STEMS)
        assert np.array_equal(total, sounds["mixture"])
        assert (folder / "song.json").read_bytes() == (twin / "song.json").read_bytes()
        size, other = (sum(f.stat().st_size for f in each.iterdir()) for each in (folder, twin))
        assert size < 0.8 * other


def test_the_other_format_is_refused_and_this_one_resumed(sets):
    before = {path: path.stat().st_mtime_ns for path in sets["flac"].glob("*/*/*")}
    with pytest.raises(InputError, match="rendered with format flac; expected wav: give another"):
        render_songs(sets["flac"], 4, seconds=SECONDS, seed=SEED)
    with pytest.raises(InputError, match="rendered with format wav; expected flac"):
        render_songs(sets["wav"], 4, seconds=SECONDS, seed=SEED, format="flac")
    with pytest.raises(InputError, match="format is 'mp3'; expected wav or flac"):
        render_songs(sets["flac"], 4, seconds=SECONDS, seed=SEED, format="mp3")
    (sets["flac"] / "describe.html").write_text("a page")
    assert len(render_songs(sets["flac"], 4, seconds=SECONDS, seed=SEED, format="flac")) == 4
    assert before == {path: path.stat().st_mtime_ns for path in sets["flac"].glob("*/*/*")}


def test_songs_are_read_and_prepared_alike_in_both_formats(sets, tmp_path):
    config = load_config("tiny", None, ["data.target=synth"])
    stores = {}
    for format, root in sets.items():
        report = prepare(root, tmp_path / format, config, None, 1)
        assert not report.problems
        stores[format] = read_store(tmp_path / format)
    for plain, wave, flac in zip(
        read_tracks(sets["flac"]), stores["wav"], stores["flac"], strict=True
    ):
        assert (plain.name, plain.subtype, plain.channels) == (wave.name, "PCM_16", 2)
        for stem in NAMES:
            assert np.array_equal(plain.read(stem), wave.read(stem))
            assert wave.stems[stem][0].read_bytes() == flac.stems[stem][0].read_bytes()
            # a song knows its levels without `prepare`, and they are what `prepare` finds
            assert plain.levels[stem].tolist() == wave.levels[stem].tolist()
        assert np.array_equal(active_seconds(plain, "synth"), active_seconds(wave, "synth"))


def test_examples_to_train_on_are_the_same_in_both_formats(sets):
    """WAV goes through tensorflow-io where that is installed, FLAC through soundfile."""
    settings = ["data.segment_seconds=0.5", "data.batch_size=8", "data.code=0"]
    config = load_config("tiny", settings=settings)
    batches = {}
    for format, root in sets.items():
        tracks = select_tracks(read_tracks(root), "train", config)
        batches[format] = next(iter(training_examples(tracks, config)))
    for wave, flac in zip(batches["wav"], batches["flac"], strict=True):
        assert np.any(wave)
        assert np.array_equal(wave, flac)


def test_cuts_of_unprepared_songs_look_for_the_synth(sets):
    """Two of the four songs can be trained on, and one of those is free of synth."""
    config = load_config("tiny", settings=["data.segment_seconds=0.5", "data.target_crops=1"])
    tracks = select_tracks(read_tracks(sets["flac"]), "train", config)
    assert [active_seconds(track, "synth").any() for track in tracks] == [True, False]
    stems = stems_of(tracks, config)
    found = Dice(len(stems), config).throw(range(30), SongTable.of_tracks(tracks, stems))
    assert set(found.songs[:, 0]) == {0}


def test_a_model_is_trained_and_scored_on_flac(sets, tmp_path):
    settings = ["data.segment_seconds=0.25", "data.batch_size=2", "data.valid_segments=1"]
    settings += ["training.epochs=1", "training.steps_per_epoch=1"]
    train(load_config("tiny", settings=settings), sets["flac"], tmp_path / "run")
    scores = {}
    for format, root in sets.items():
        out = tmp_path / f"{format}.json"
        arguments = ["--model", tmp_path / "run", "--data", root, "--out", out]
        result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
        assert result.exit_code == 0, result.output
        scores[format] = json.loads(out.read_text())
    assert len(scores["flac"]["tracks"]) == 1
    assert scores["flac"]["tracks"] == scores["wav"]["tracks"]


def test_levels_are_the_ones_worked_out_by_hand():
    sound = np.zeros((250, 2), np.int16)
    sound[:100] = -32768  # a square wave at full scale
    sound[100:200, 0] = 328  # -40 dB on one side: -43 dB over both
    assert levels_below_full_scale(sound, 100) == [0, 43, 100]
    sound[249, 1] = 1  # one step in a hundred samples: 90.3 + 20 dB
    assert levels_below_full_scale(sound, 100) == [0, 43, 100]


def test_correlation_of_left_and_right():
    rng = np.random.default_rng(0)
    left, other = rng.normal(size=(2, 100_000)).astype(np.float32)
    assert stereo_correlation(np.stack([left, 0.3 * left], 1)) == 1.0
    assert stereo_correlation(np.stack([left, -left], 1)) == -1.0
    # two parts in common and one each of their own: 4 of 5 of the power
    assert stereo_correlation(np.stack([2 * left + other, 2 * left - other], 1)) == pytest.approx(
        0.6, abs=0.01
    )
    assert stereo_correlation(np.stack([left, 0 * left], 1)) is None


def test_songs_of_earlier_versions_have_no_levels_and_wrong_ones_are_refused(tmp_path):
    (folder,) = render_songs(tmp_path, 1, seconds=1, seed=SEED)
    description = json.loads((folder / "song.json").read_text())
    levels = description.pop("levels")
    (folder / "song.json").write_text(json.dumps(description))
    (track,) = read_tracks(tmp_path)
    assert not active_seconds(track, "synth").any()
    for wrong, line in (
        (levels | {"synth": [1, 2]}, "levels of 2 seconds of synth"),
        (7, "no des"),
    ):
        (folder / "song.json").write_text(json.dumps(description | {"levels": wrong}))
        with pytest.raises(InputError, match=line):
            read_tracks(tmp_path)


# The disk and the user.


def test_a_full_disk_is_one_line_and_leaves_no_half_song(tmp_path, monkeypatch):
    render_songs(tmp_path, 1, seconds=1, seed=SEED)
    write = Path.write_bytes

    def full(path, content):
        if path.name == "vocals.wav":
            write(path, content[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"cannot write .*\(No space left on device\): check"):
        render_songs(tmp_path, 4, seconds=1, seed=SEED)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.glob("*/*")] == ["song_0053_000000"]
    assert len(render_songs(tmp_path, 2, seconds=1, seed=SEED)) == 2


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match=r"cannot be made \(Permission denied\)"):
        render_songs(tmp_path / "songs", 1, seconds=1)


def test_more_jobs_than_cores_are_capped_aloud(tmp_path):
    result = CliRunner().invoke(
        app, ["render", str(tmp_path), "--songs", "1", "--seconds", "1", "--jobs", "1000"]
    )
    cores = os.cpu_count()
    assert result.exit_code == 0
    assert f"1000 jobs asked for, {cores} cores: {cores} are used" in result.stderr


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_is_one_line_and_leaves_no_half_song(tmp_path, jobs):
    out = tmp_path / "songs"
    code = "from synthgen_tf.cli import main; main()"
    arguments = ["render", out, "--songs", "200", "--seconds", "2", "--jobs", str(jobs)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not any(out.glob("train/song_*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all processes
    _, stderr = process.communicate(timeout=60)
    lines = [line for line in stderr.splitlines() if not line.startswith("rendering songs")]
    assert (process.returncode, lines[-1]) == (130, "synthgen: interrupted")
    assert "Traceback" not in stderr
    assert not list(out.glob("*/.*"))
    for folder in out.glob("*/*"):
        assert len(list(folder.iterdir())) == 7
