"""Files of every container that are cut in half: refused, or read with one line that says so."""

import pytest
from encoding import encoded, music, needs_ffmpeg, piped

from synthgen_tf import audio
from synthgen_tf.audio.truncation import promised_bytes
from synthgen_tf.errors import InputError

pytestmark = [pytest.mark.filterwarnings("error"), needs_ffmpeg]

STATING = {
    "x.webm": ["-c:a", "libopus"],
    "x.mkv": ["-c:a", "pcm_s16le"],
    "x.mka": ["-c:a", "flac"],
    "x.caf": ["-c:a", "pcm_s16le"],
    "x.au": [],
    "x.w64": [],
    "x.avi": ["-c:a", "pcm_s16le"],
    "x.wma": [],
    "x.m4a": [],
    "x.wav": [],
    "x.aiff": [],
}


@pytest.mark.parametrize("name", STATING)
def test_half_a_file_is_refused(tmp_path, name):
    path = encoded(tmp_path / name, music(), *STATING[name])
    whole = path.read_bytes()
    assert len(audio.read(path)[0]) >= 3 * 44_100 * 0.98
    for share in (0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match=r"cut off: its header promises \d+ bytes"):
            audio.probe(path)


@pytest.mark.parametrize("name", ["x.flac", "x.wv"])
def test_half_a_file_is_refused_as_it_is_decoded(tmp_path, name):
    path = encoded(tmp_path / name, music())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="cut off"):
        audio.read(path)


@pytest.mark.parametrize("format", ["webm", "matroska", "caf", "au", "w64", "avi"])
def test_lengths_that_were_left_open_promise_nothing(tmp_path, format):
    path = piped(tmp_path / "x.any", music(), "-f", format)
    promised = promised_bytes(path)
    assert promised is None or promised <= path.stat().st_size
    assert len(audio.read(path)[0]) >= 3 * 44_100
