"""FLAC files whose header says too little."""

import numpy as np
import pytest
import soundfile
from encoding import encoded, music, needs_ffmpeg

from synthgen_tf import audio
from synthgen_tf.audio.flac import samples_by_last_frame

pytestmark = pytest.mark.filterwarnings("error")


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
    content = bytearray((tmp_path / "x.flac").read_bytes())
    content[22:26] = (50_000).to_bytes(4, "big")
    (tmp_path / "x.flac").write_bytes(content)
    assert audio.probe(tmp_path / "x.flac").frames is None
    np.testing.assert_array_equal(audio.read(tmp_path / "x.flac")[0], sound)


def test_what_is_no_flac_file(tmp_path):
    (tmp_path / "x").write_bytes(b"fLaC")
    assert samples_by_last_frame(tmp_path / "x") == 0
    (tmp_path / "x").write_bytes(b"words")
    assert samples_by_last_frame(tmp_path / "x") == 0
