"""The renderer against truths: integer sums, ideal spectra, known pitches, equal bytes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synthgen_tf.errors import InputError
from synthgen_tf.render import render_songs
from synthgen_tf.render.compose import compose
from synthgen_tf.render.dsp import SAMPLE_RATE
from synthgen_tf.render.engines import SPLITS
from synthgen_tf.render.harmony import Harmony
from synthgen_tf.render.mix import rms_db
from synthgen_tf.render.score import STEMS
from synthgen_tf.render.song import split_of

SECONDS = 2.0
SONGS = 5
SEED = 38  # song 3 is free of synth; another seed will do if the composer changes


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


# The data set on disk.


def test_songs_have_the_promised_form(data_set):
    folders = sorted(data_set.glob("*/*"))
    assert len(folders) == SONGS
    for index, split in enumerate(["train", "valid", "test", "train", "train"]):
        folder = data_set / split / f"song_0038_{index:06d}"
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
    assert file_bytes(folder) == file_bytes(data_set / "train" / "song_0038_000004")


def test_a_repeated_call_renders_only_what_is_missing(tmp_path):
    out = tmp_path / "songs"
    folders = render_songs(out, 3, seconds=1, seed=5)
    before = [file_bytes(folder) for folder in folders]
    times = {path: path.stat().st_mtime_ns for folder in folders for path in folder.iterdir()}
    for path in folders[1].iterdir():
        path.unlink()
    folders[1].rmdir()
    (folders[2] / "drums.wav").unlink()
    stale = folders[1].with_name(f".{folders[1].name}.tmp")
    stale.mkdir()
    (stale / "mixture.wav").write_bytes(b"half")

    assert render_songs(out, 3, seconds=1, seed=5) == folders
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
