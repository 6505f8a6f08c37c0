"""Tracks, rendered songs, folders of stems, and roots that are none."""

import json

import numpy as np
import pytest
import soundfile

from synthgen_tf.errors import InputError
from synthgen_tf.tracks import KINDS, MIXTURE, detect_kind, read_tracks, scan_tracks


def write_track(folder, stems, frames=2000, rate=44_100, channels=2, ending="wav"):
    """Noise stems; returns the samples."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(len(folder.name))
    samples = {}
    for stem in stems:
        signal = random.integers(-3_000, 3_000, (frames, channels)).astype(np.int16)
        soundfile.write(folder / f"{stem}.{ending}", signal, rate, subtype="PCM_16")
        samples[stem] = signal.astype(np.float32) / 32768
    return samples


def test_rendered_songs(songs):
    scan = scan_tracks(songs)
    assert (scan.kind, scan.problems, scan.left_out) == ("rendered", {}, {})
    assert [track.split for track in scan.tracks] == ["train"] * 4 + ["valid", "test"]
    track = scan.tracks[0]
    assert track.parts() == ["bass", "drums", "other", "synth", "vocals"]
    assert (track.sample_rate, track.channels, track.subtype) == (44_100, 2, "PCM_16")
    assert track.frames == 6 * 44_100
    assert track.genre
    total = sum(track.read(part) for part in track.parts())
    np.testing.assert_allclose(track.read(MIXTURE), total, atol=1e-6)
    np.testing.assert_array_equal(track.read("drums", 500, 100), track.read("drums")[500:600])


def test_rendered_song_without_its_description_is_a_problem(tmp_path):
    for name in ("a", "b"):
        write_track(tmp_path / "train" / name, ["synth", "drums"])
    (tmp_path / "train/a/song.json").write_text(json.dumps({"style": "house"}))
    scan = scan_tracks(tmp_path)
    assert scan.kind == "rendered"
    assert [(track.name, track.genre) for track in scan.tracks] == [("a", "house")]
    assert "song.json is no description of a song" in scan.problems["train/b"]


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_folder_without_splits(tmp_path, ending):
    names = [f"{letter}" for letter in "abcdefghijkl"]
    written = {
        name: write_track(tmp_path / name, ["synth", "piano"], ending=ending) for name in names
    }
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/read.txt").write_text("no stems here")
    tracks = read_tracks(tmp_path)
    splits = {track.name: track.split for track in tracks}
    assert splits == dict.fromkeys(names, "train") | {
        "a": "test",
        "b": "valid",
        "k": "test",
        "l": "valid",
    }
    first = next(track for track in tracks if track.name == "a")
    mixture = written["a"]["synth"] + written["a"]["piano"]
    np.testing.assert_allclose(first.read(MIXTURE), mixture, atol=1e-7)
    np.testing.assert_array_equal(first.read("piano", 1_990, 100), written["a"]["piano"][1990:])


def test_folder_with_splits(tmp_path):
    for split in ("train", "valid", "test", "elsewhere"):
        write_track(tmp_path / split / "song", ["synth", "drums"])
    assert [track.split for track in read_tracks(tmp_path)] == ["train", "valid", "test"]


def test_missing_stem_is_named(tmp_path):
    write_track(tmp_path / "train" / "song", ["synth", "drums"])
    with pytest.raises(InputError, match=r"song has no stem 'organ'.*drums, synth"):
        read_tracks(tmp_path)[0].read("organ")


@pytest.mark.parametrize(
    ("frames", "channels", "rate", "words"),
    [
        (1999, 2, 44_100, r"frames of .*synth\.wav is 2000.*drums\.wav 1999"),
        (2000, 1, 44_100, r"channels of .*synth\.wav is 2.*drums\.wav 1"),
        (2000, 2, 48_000, r"sample_rate of .*synth\.wav is 44100.*drums\.wav 48000"),
    ],
)
def test_stems_must_agree(tmp_path, frames, channels, rate, words):
    write_track(tmp_path / "train" / "song", ["synth"])
    soundfile.write(tmp_path / "train/song/drums.wav", np.zeros((frames, channels)), rate)
    with pytest.raises(InputError, match=words):
        read_tracks(tmp_path)


def test_one_bad_track_does_not_hide_the_others(tmp_path):
    for name in ("a", "b", "c", "d"):
        write_track(tmp_path / "train" / name, ["synth", "drums"])
    cut = tmp_path / "train/a/synth.wav"
    cut.write_bytes(cut.read_bytes()[:500])
    (tmp_path / "train/b/drums.wav").write_bytes(b"")
    (tmp_path / "train/c/synth.wav").rename(tmp_path / "train/c/mixture.wav")
    (tmp_path / "train/c/drums.wav").unlink()
    scan = scan_tracks(tmp_path)
    assert [track.name for track in scan.tracks] == ["d"]
    assert list(scan.problems) == ["train/a", "train/b", "train/c"]
    reasons = list(scan.problems.values())
    for reason, words in zip(reasons, ["is cut off", "is empty", "holds no stems"], strict=True):
        assert words in reason
        assert "\n" not in reason
    with pytest.raises(InputError, match="cut off"):
        read_tracks(tmp_path)


def test_bad_roots(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_tracks(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no tracks of kind folder"):
        read_tracks(tmp_path)
    with pytest.raises(InputError, match=r"'musdb'.*musdb18hq"):
        read_tracks(tmp_path, "musdb")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_expects_of_an_empty_root(tmp_path, kind):
    with pytest.raises(InputError, match=f"no tracks of kind {kind}: expected .*/"):
        scan_tracks(tmp_path, kind)
    assert detect_kind(tmp_path) == "folder"


def test_flac_stems_of_unknown_length_are_counted(tmp_path):
    samples = write_track(tmp_path / "train" / "a", ["bass", "synth"], frames=4321, ending="flac")
    for file in tmp_path.rglob("*.flac"):
        content = bytearray(file.read_bytes())
        content[21] &= 0xF0  # the number of samples, 36 bits
        content[22:26] = bytes(4)
        file.write_bytes(content)
    (track,) = read_tracks(tmp_path)
    assert track.frames == 4321
    np.testing.assert_array_equal(track.read("synth"), samples["synth"])
