"""Readers on the layouts as they lie on disk."""

import shutil

import numpy as np
import pytest
import soundfile

from synthgen_tf.errors import InputError
from synthgen_tf.tracks import MIXTURE, detect_kind, read_tracks
from synthgen_tf.tracks.musdb import validation_tracks

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="musdb needs ffmpeg")


def write_track(folder, stems, frames=2000, rate=44_100):
    """Noise stems and, for MUSDB, their mixture; returns the samples."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(len(folder.name))
    samples = {stem: random.uniform(-0.1, 0.1, (frames, 2)).astype(np.float32) for stem in stems}
    for stem, signal in samples.items():
        soundfile.write(folder / f"{stem}.wav", signal, rate, subtype="FLOAT")
    return samples


def test_rendered_songs(songs):
    tracks = read_tracks(songs)
    assert [track.split for track in tracks] == ["train"] * 4 + ["valid", "test"]
    track = tracks[0]
    assert track.parts() == ["bass", "drums", "other", "synth", "vocals"]
    assert (track.sample_rate, track.channels, track.subtype) == (44_100, 2, "PCM_16")
    assert track.frames == 6 * 44_100
    assert track.genre
    total = sum(track.read(part) for part in track.parts())
    np.testing.assert_allclose(track.read(MIXTURE), total, atol=1e-6)
    np.testing.assert_array_equal(track.read("drums", 500, 100), track.read("drums")[500:600])


def test_musdb18hq_keeps_the_named_validation_tracks(tmp_path):
    stems = ["drums", "bass", "other", "vocals", MIXTURE]
    named = sorted(validation_tracks())
    assert len(named) == 14
    for split, name in [("train", "Some Band - Song"), ("train", named[3]), ("test", named[4])]:
        write_track(tmp_path / split / name, stems)
    assert detect_kind(tmp_path) == "musdb18hq"
    splits = {track.name: track.split for track in read_tracks(tmp_path)}
    assert splits == {"Some Band - Song": "train", named[3]: "valid", named[4]: "test"}


@needs_ffmpeg
def test_musdb18_excerpt_is_decoded_like_ffmpeg_does(tmp_path):
    import stempeg

    from synthgen_tf.demo import musdb_excerpt

    track = musdb_excerpt(tmp_path)
    assert detect_kind(tmp_path) == "musdb18"
    assert track.split == "test"
    assert track.parts() == ["bass", "drums", "other", "vocals"]
    whole, rate = stempeg.read_stems(stempeg.example_stem_path())
    assert rate == track.sample_rate
    for i, stem in enumerate([MIXTURE, "drums", "bass", "other", "vocals"]):
        samples = track.read(stem)
        assert samples.shape == (track.frames, 2)
        frames = min(len(samples), whole.shape[1])
        np.testing.assert_allclose(samples[:frames], whole[i, :frames], atol=1e-6)


def test_folder_without_splits(tmp_path):
    written = {name: write_track(tmp_path / name, ["synth", "piano"]) for name in "abcd"}
    tracks = read_tracks(tmp_path)
    assert {t.name: t.split for t in tracks} == {
        "a": "test",
        "b": "valid",
        "c": "train",
        "d": "train",
    }
    mixture = written["a"]["synth"] + written["a"]["piano"]
    np.testing.assert_allclose(tracks[-1].read(MIXTURE), mixture, atol=1e-7)


def test_folder_with_splits(tmp_path):
    for split in ("train", "valid", "test"):
        write_track(tmp_path / split / "song", ["synth", "drums"])
    assert [track.split for track in read_tracks(tmp_path)] == ["train", "valid", "test"]


def test_missing_stem_is_named(tmp_path):
    write_track(tmp_path / "train" / "song", ["synth", "drums"])
    with pytest.raises(InputError, match=r"song has no stem 'organ'.*drums, synth"):
        read_tracks(tmp_path)[0].read("organ")


def test_stems_must_agree(tmp_path):
    write_track(tmp_path / "train" / "song", ["synth"])
    soundfile.write(tmp_path / "train/song/drums.wav", np.zeros((1999, 2)), 44_100)
    with pytest.raises(InputError, match=r"frames of .*synth\.wav is 2000.*drums\.wav 1999"):
        read_tracks(tmp_path)


def test_bad_roots(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_tracks(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no tracks of kind folder"):
        read_tracks(tmp_path)
    with pytest.raises(InputError, match=r"'musdb'.*musdb18hq"):
        read_tracks(tmp_path, "musdb")
