"""Streams of `.stem.mp4`, whole and in parts, against ffmpeg's own decoding."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from synthgen_tf import audio
from synthgen_tf.audio import stem_file
from synthgen_tf.errors import InputError

pytestmark = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="compares with ffmpeg")

STEP = 2.0**-15


def excerpt():
    """A real MUSDB song's first six seconds, which stempeg carries."""
    import stempeg

    return Path(stempeg.example_stem_path())


def ffmpeg(*arguments):
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *map(str, arguments)], capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def as_ffmpeg(path, stream):
    """float32 (time, 2) of one stream."""
    samples = ffmpeg("-i", path, "-map", f"0:{stream}", "-f", "f32le", "-")
    return np.frombuffer(samples, np.float32).reshape(-1, 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files as encoders and editors leave them; noise, for that is where they differ most."""
    folder = tmp_path_factory.mktemp("stem_files")
    random = np.random.default_rng(3)
    swell = 1 + np.sin(np.arange(130_000) / 4_000)[:, None]
    for stream in range(5):
        noise = 0.1 * swell * random.standard_normal((130_000, 2))
        with audio.Writer(folder / f"{stream}.wav", 44_100, 2) as writer:
            writer.write(noise.astype(np.float32))
    streams = [word for i in range(5) for word in ("-i", folder / f"{i}.wav")]
    streams += [word for i in range(5) for word in ("-map", i)]
    # low rates leave noise to the decoder
    ffmpeg(*streams, "-c:a", "aac", "-b:a", "96k", folder / "noisy.stem.mp4")
    ffmpeg(*streams, "-c:a", "aac", "-b:a", "256k", folder / "clear.stem.mp4")
    ffmpeg(*streams, "-c:a", "alac", folder / "lossless.stem.mp4")
    edit = ["-ss", 0.05, "-t", 2.1, "-i", folder / "clear.stem.mp4", "-map", 0, "-c", "copy"]
    ffmpeg(*edit, folder / "edited.stem.mp4")
    ffmpeg("-i", excerpt(), "-map", "0:a", "-c", "copy", folder / "excerpt.stem.mp4")
    return folder


FILES = ["excerpt", "clear", "noisy", "lossless", "edited"]


@pytest.mark.parametrize("name", FILES)
def test_whole_streams_are_ffmpegs(folder, name):
    path = folder / f"{name}.stem.mp4"
    infos = stem_file.probe(path)
    assert len(infos) == 5
    for stream, info in enumerate(infos):
        expected = as_ffmpeg(path, stream)
        samples = np.concatenate(list(stem_file.decode(path, stream)))
        assert samples.dtype == np.float32
        assert info.frames == len(expected) == len(samples)
        assert (info.sample_rate, info.channels) == (44_100, 2)
        assert np.abs(samples - expected).max() < STEP / 2


@pytest.mark.parametrize("name", FILES)
def test_any_part_is_the_same_part_of_the_whole(folder, name):
    path = folder / f"{name}.stem.mp4"
    whole = as_ffmpeg(path, 3)
    random = np.random.default_rng(0)
    starts = [0, 1, 1023, 1024, 2047, 4097, 5000, *random.integers(0, len(whole) - 1, 20)]
    for start in map(int, starts):
        frames = int(random.integers(1, 30_000))
        samples = stem_file.read(path, 3, start, frames)
        expected = whole[start : start + frames]
        assert samples.shape == expected.shape
        assert np.abs(samples - expected).max() < STEP / 2, start


def test_noise_left_to_the_decoder_is_in_these_files(folder):
    """Else the test above shows nothing: here a part alone is not that part of the whole."""
    import av

    with av.open(folder / "noisy.stem.mp4") as source:
        stream = source.streams.audio[3]
        source.seek(80 * 1024, stream=stream)
        frames = list(source.decode(stream))[5:40]
    part = np.concatenate([frame.to_ndarray().T for frame in frames])
    whole = as_ffmpeg(folder / "noisy.stem.mp4", 3)[frames[0].pts :][: len(part)]
    assert np.abs(part - whole).max() > 100 * STEP


def test_past_the_end_there_is_nothing(folder):
    path = folder / "clear.stem.mp4"
    frames = stem_file.probe(path)[0].frames
    assert stem_file.read(path, 0, frames - 3, 10).shape == (3, 2)
    assert stem_file.read(path, 0, frames + 5, 10).shape == (0, 2)
    assert stem_file.read(path, 0, 5, 0).shape == (0, 2)


def test_stempeg_agrees():
    import stempeg

    stems, _ = stempeg.read_stems(str(excerpt()), dtype=np.float32)
    for stream, expected in enumerate(stems):
        samples = np.concatenate(list(stem_file.decode(excerpt(), stream)))
        np.testing.assert_allclose(samples, expected, atol=STEP / 2)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97, 0.9999])
@pytest.mark.parametrize("header", ["behind", "in front"])
def test_a_file_cut_off_anywhere_is_refused(folder, tmp_path, share, header):
    source = folder / "clear.stem.mp4"
    if header == "in front":
        front = tmp_path / "front.stem.mp4"
        ffmpeg("-i", source, "-map", 0, "-c", "copy", "-movflags", "faststart", front)
        source = front
    whole = source.read_bytes()
    short = tmp_path / "short.stem.mp4"
    short.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"short\.stem\.mp4 is (cut off|not audio)"):
        stem_file.probe(short)


def test_a_file_that_changes_is_looked_at_again(folder, tmp_path):
    path = tmp_path / "song.stem.mp4"
    shutil.copy(folder / "clear.stem.mp4", path)
    longer = stem_file.probe(path)[0].frames
    shutil.copy(folder / "edited.stem.mp4", path)
    assert stem_file.probe(path)[0].frames < longer
    path.unlink()
    with pytest.raises(InputError, match="does not exist"):
        stem_file.read(path, 0, 0, 100)


def test_damaged_packets_are_named(folder, tmp_path):
    content = bytearray((folder / "clear.stem.mp4").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    path = tmp_path / "zeros.stem.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"zeros\.stem\.mp4 cannot be decoded at byte \d+"):
        list(stem_file.decode(path, 0))


def test_what_cannot_be_read_in_parts_is_refused(folder, tmp_path):
    fragments = tmp_path / "fragments.stem.mp4"
    flags = ["-c", "copy", "-movflags", "frag_keyframe+empty_moov"]
    ffmpeg("-i", folder / "clear.stem.mp4", "-map", 0, *flags, fragments)
    with pytest.raises(InputError, match="without fragments, convert it"):
        stem_file.probe(fragments)
    other = tmp_path / "mp3.stem.mp4"
    ffmpeg("-i", folder / "0.wav", "-c:a", "mp3", other)
    with pytest.raises(InputError, match=r"stream of mp3.*expected aac or alac"):
        stem_file.probe(other)


def test_streams_must_have_one_length(folder, tmp_path):
    path = tmp_path / "uneven.stem.mp4"
    inputs = ["-i", folder / "0.wav", "-t", 1, "-i", folder / "1.wav"]
    ffmpeg(*inputs, "-map", 0, "-map", 1, "-c:a", "aac", path)
    with pytest.raises(InputError, match=r"streams that differ, 0 is \d+ frames.* 1 is \d+ frames"):
        stem_file.probe(path)
