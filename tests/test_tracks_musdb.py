"""MUSDB18 and MUSDB18-HQ: real and written stem files, splits, genres, what is in `other`."""

import shutil
import unicodedata
from collections import Counter

import numpy as np
import pytest
import soundfile

from synthgen_tf.demo import musdb_excerpt
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import MIXTURE, detect_kind, read_tracks, scan_tracks
from synthgen_tf.tracks.musdb import SONGS, validation_tracks

STREAMS = [MIXTURE, "drums", "bass", "other", "vocals"]
# stempeg leaves its pipes open
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="stempeg needs ffmpeg")


def write_waves(folder, stems=tuple(STREAMS), frames=2_000):
    """A song of MUSDB18-HQ whose stems sum to its mixture; returns the samples."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(len(folder.name))
    samples = {stem: random.uniform(-0.1, 0.1, (frames, 2)).astype(np.float32) for stem in stems}
    samples[MIXTURE] = sum(samples[stem] for stem in stems if stem != MIXTURE)
    for stem in stems:
        soundfile.write(folder / f"{stem}.wav", samples[stem], 44_100, subtype="FLOAT")
    return samples


@pytest.fixture(scope="module")
def musdb18(tmp_path_factory):
    """Root of four songs that stempeg wrote, and the samples that went in, (stems, time, 2)."""
    import stempeg

    root = tmp_path_factory.mktemp("musdb18")
    time = np.arange(3 * 44_100 + 500) / 44_100
    tones = np.stack([0.1 * np.sin(2 * np.pi * hz * time) for hz in (220, 440, 660, 880)])
    stems = np.repeat(np.stack([tones.sum(axis=0), *tones])[:, :, None], 2, axis=2)
    first = root / "train" / "Music Delta - Disco.stem.mp4"
    first.parent.mkdir()
    (root / "test").mkdir()
    writer = stempeg.StreamsWriter(bitrate="256k")
    stempeg.write_stems(str(first), stems, sample_rate=44_100, writer=writer)
    others = ["train/Meaxic - Take A Step", "test/PR - Oh No", "test/Unheard - Of"]
    for name in others:
        shutil.copy(first, root / f"{name}.stem.mp4")
    return root, stems


@needs_ffmpeg
def test_stems_that_stempeg_writes(musdb18):
    root, stems = musdb18
    assert detect_kind(root) == "musdb18"
    tracks = {track.name: track for track in read_tracks(root)}
    assert {name: (track.split, track.genre) for name, track in tracks.items()} == {
        "Music Delta - Disco": ("train", "Pop"),
        "Meaxic - Take A Step": ("valid", "Rock"),
        "PR - Oh No": ("test", "Electronic"),
        "Unheard - Of": ("test", None),
    }
    track = tracks["Music Delta - Disco"]
    assert (track.sample_rate, track.channels, track.subtype) == (44_100, 2, "AAC")
    assert track.parts() == ["bass", "drums", "other", "vocals"]
    assert 0 <= track.frames - stems.shape[1] < 1024  # AAC fills up its last packet
    for stream, stem in enumerate(STREAMS):
        samples = track.read(stem)
        assert samples.shape == (track.frames, 2)
        inner = slice(1024, stems.shape[1] - 1024)  # coding blurs a sudden start and end
        np.testing.assert_allclose(samples[inner], stems[stream][inner], atol=0.01)
        part = track.read(stem, 30_000, 5_000)
        np.testing.assert_allclose(part, samples[30_000:35_000], atol=1e-6)
        blocks = list(track.blocks(stem, 10_000))
        assert {len(block) for block in blocks[:-1]} == {10_000}
        np.testing.assert_array_equal(np.concatenate(blocks), samples)


@needs_ffmpeg
def test_index_splits_and_samples_are_musdbs(musdb18):
    import musdb

    root, _ = musdb18
    tracks = {(track.split, track.name): track for track in read_tracks(root)}
    for split, choice in [
        ("train", {"subsets": ["train"], "split": "train"}),
        ("valid", {"subsets": ["train"], "split": "valid"}),
        ("test", {"subsets": ["test"]}),
    ]:
        songs = list(musdb.DB(root=str(root), **choice))
        assert [song.name for song in songs] == [n for s, n in sorted(tracks) if s == split]
    song = songs[0]
    track = tracks["test", song.name]
    assert track.parts() == sorted(song.sources)
    assert track.sample_rate == song.rate
    for stem, theirs in [(MIXTURE, song), *song.sources.items()]:
        song.chunk_start, song.chunk_duration = 0, None
        np.testing.assert_allclose(track.read(stem), theirs.audio, atol=2**-15)
        song.chunk_start, song.chunk_duration = 1.0, 0.5
        np.testing.assert_allclose(track.read(stem, 44_100, 22_050), theirs.audio, atol=2**-15)


@needs_ffmpeg
def test_real_excerpt(tmp_path):
    import stempeg

    track = musdb_excerpt(tmp_path)
    assert detect_kind(tmp_path) == "musdb18"
    assert (track.name, track.split) == ("The Easton Ellises - Falcon 69", "test")
    assert track.genre == "Pop/Rock"
    whole, rate = stempeg.read_stems(stempeg.example_stem_path())
    assert rate == track.sample_rate
    for stream, stem in enumerate(STREAMS):
        samples = track.read(stem)
        assert samples.shape == whole[stream].shape
        np.testing.assert_allclose(samples, whole[stream], atol=1e-6)


@needs_ffmpeg
def test_bad_stem_files_are_listed(musdb18, tmp_path):
    import stempeg

    root, stems = musdb18
    (tmp_path / "test").mkdir()
    whole = (root / "test" / "Unheard - Of.stem.mp4").read_bytes()
    (tmp_path / "test" / "Whole - Song.stem.mp4").write_bytes(whole)
    (tmp_path / "test" / "Short - Song.stem.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "test" / "._Whole - Song.stem.mp4").write_bytes(b"what a Mac leaves behind")
    (tmp_path / "test" / "No - Song.stem.mp4").write_bytes(b"text")
    three = str(tmp_path / "test" / "Three - Streams.stem.mp4")
    stempeg.write_stems(three, stems[:3], sample_rate=44_100, writer=stempeg.StreamsWriter())
    scan = scan_tracks(tmp_path)
    assert [track.name for track in scan.tracks] == ["Whole - Song"]
    assert len(scan.problems) == 3
    assert "Short - Song.stem.mp4 is cut off" in scan.problems["test/Short - Song"]
    assert "No - Song.stem.mp4 is not audio" in scan.problems["test/No - Song"]
    assert (
        "3 audio streams: expected mixture, drums, bass, other, vocals"
        in (scan.problems["test/Three - Streams"])
    )


def test_musdb18hq(tmp_path):
    named = sorted(validation_tracks())
    assert len(named) == 14
    samples = write_waves(tmp_path / "train" / "Steven Clark - Bounty")
    write_waves(tmp_path / "train" / named[3])
    write_waves(tmp_path / "test" / named[4])
    assert detect_kind(tmp_path) == "musdb18hq"
    tracks = {track.name: track for track in read_tracks(tmp_path)}
    assert {name: track.split for name, track in tracks.items()} == {
        "Steven Clark - Bounty": "train",
        named[3]: "valid",
        named[4]: "test",
    }
    track = tracks["Steven Clark - Bounty"]
    assert track.genre == "Pop"
    assert track.holds == {"other": ("clean electric guitar", "piano", "synthesizer")}
    assert "synth" not in track.holds  # the target is `other` here, whatever sounds in it
    for stem in STREAMS:
        np.testing.assert_array_equal(track.read(stem), samples[stem])


def test_musdb18hq_problems(tmp_path):
    for name in ("a", "b", "c"):
        write_waves(tmp_path / "train" / name)
    (tmp_path / "train/a/bass.wav").unlink()
    soundfile.write(tmp_path / "train/b/bass.wav", np.zeros((1_500, 2)), 44_100)
    scan = scan_tracks(tmp_path)
    assert [track.name for track in scan.tracks] == ["c"]
    assert "lacks bass.wav" in scan.problems["train/a"]
    assert "frames of" in scan.problems["train/b"]


def test_five_stems_of_another_name_are_a_folder(tmp_path):
    write_waves(tmp_path / "train" / "song", (*STREAMS, "synth"))
    assert detect_kind(tmp_path) == "folder"


def test_genres_of_all_songs():
    import csv

    with SONGS.open(encoding="utf-8", newline="") as file:
        rows = {row["track"]: row for row in csv.DictReader(file)}
    assert len(rows) == 150
    genres = Counter(row["genre"] for row in rows.values())
    assert (genres["Pop/Rock"], genres["Electronic"], genres["Reggae"]) == (72, 8, 2)
    known = [row["other"].split("|") for row in rows.values() if row["other"]]
    assert len(known) == 46
    assert sum("synthesizer" in sounds for sounds in known) == 16
    assert validation_tracks() <= set(rows)
    assert not any("synthesizer" in rows[name]["other"] for name in validation_tracks())


@pytest.mark.parametrize(
    "name",
    [
        "Actions - Devil\u2019s Words",  # a typographic quote
        "actions - devils words",
        unicodedata.normalize("NFD", "Áctions - Devil's Wörds"),
    ],
)
def test_names_that_copying_has_changed(tmp_path, name):
    write_waves(tmp_path / "train" / name)
    (track,) = read_tracks(tmp_path, "musdb18hq")
    assert track.genre == "Pop/Rock"


def test_validation_names_that_copying_has_changed(tmp_path):
    write_waves(tmp_path / "train" / "Johnny Lokke - Promises \uff06 Lies".upper())
    (track,) = read_tracks(tmp_path, "musdb18hq")
    assert track.split == "valid"


def test_no_ffmpeg_is_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    track = musdb_excerpt(tmp_path / "root")
    assert track.read("other", 100_000, 50).any()


def test_empty_root_of_a_named_kind(tmp_path):
    with pytest.raises(InputError, match=r"kind musdb18: expected train\|test/.*\.stem\.mp4"):
        read_tracks(tmp_path, "musdb18")
