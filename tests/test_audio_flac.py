"""FLAC files whose header says too little."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from encoding import encoded, music, needs_ffmpeg

from synthgen_tf import audio
from synthgen_tf.audio.flac import _crc, samples_by_last_frame

pytestmark = pytest.mark.filterwarnings("error")


def with_total(path: Path, samples: int) -> Path:
    """Have the header of a file say that it holds so many samples."""
    content = bytearray(path.read_bytes())
    content[22:26] = samples.to_bytes(4, "big")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("seconds", [0.001, 0.05, 3.0, 60.0])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_the_last_frame_tells_the_length(tmp_path, seconds, subtype):
    sound = music(seconds)
    soundfile.write(tmp_path / "x.flac", sound, 44_100, subtype=subtype)
    assert samples_by_last_frame(tmp_path / "x.flac") == len(sound)
    assert audio.probe(tmp_path / "x.flac").frames == len(sound)


@needs_ffmpeg
def test_ffmpegs_frames_are_understood(tmp_path):
    sound = music(2.0, 96_000, 6)
    path = encoded(tmp_path / "x.flac", sound, rate=96_000)
    assert samples_by_last_frame(path) == len(sound)


def test_a_header_that_says_too_little_is_not_believed(tmp_path):
    sound = music()
    soundfile.write(tmp_path / "x.flac", sound, 44_100, subtype="PCM_16")
    with_total(tmp_path / "x.flac", 50_000)
    assert audio.probe(tmp_path / "x.flac").frames is None
    np.testing.assert_array_equal(audio.read(tmp_path / "x.flac")[0], sound)


def test_sound_that_looks_like_the_head_of_a_frame_is_none(tmp_path):
    noise = np.random.default_rng(0).integers(-(2**15), 2**15, 44_100, dtype=np.int16)
    # sync, 4096 samples at 44.1 kHz, mono, 16 bits, number 2000000, CRC-8; in sound left as it is
    head = bytes([0xFF, 0xF8, 0xC9, 0x08, *chr(0xF0000).encode()])
    head += bytes([_crc(head, 8, 0x07), 0])
    noise[44_000:44_005] = np.frombuffer(head[:10], ">i2")
    path = tmp_path / "x.flac"
    soundfile.write(path, noise, 44_100, subtype="PCM_16")
    assert head in path.read_bytes()
    assert samples_by_last_frame(path) == len(noise)
    assert audio.probe(path).frames == len(noise)
    assert samples_by_last_frame(with_total(path, 20_000)) == len(noise)


def test_bytes_after_the_last_frame_hide_one_frame_at_most(tmp_path):
    sound = music()
    path = tmp_path / "x.flac"
    soundfile.write(path, sound, 44_100, subtype="PCM_16")
    with with_total(path, 50_000).open("ab") as file:
        file.write(b"TAG" + bytes(125))
    assert len(sound) - 4096 <= samples_by_last_frame(path) <= len(sound)
    np.testing.assert_array_equal(audio.read(path)[0], sound)


def test_what_is_no_flac_file(tmp_path):
    (tmp_path / "x").write_bytes(b"fLaC")
    assert samples_by_last_frame(tmp_path / "x") == 0
    (tmp_path / "x").write_bytes(b"words")
    assert samples_by_last_frame(tmp_path / "x") == 0
