"""mp3 to its end whatever its tag says, parts of it, and nothing on standard error."""

import subprocess
import sys

import numpy as np
import pytest
from encoding import decoded, encoded, music, needs_ffmpeg, piped

from synthgen_tf import audio
from synthgen_tf.audio import mpeg
from synthgen_tf.errors import InputError, InputWarning

pytestmark = [pytest.mark.filterwarnings("error"), needs_ffmpeg]

FRAME = 1152


def check_against_ffmpeg(path, channels=2):
    read, expected = audio.read(path)[0], decoded(path, channels)
    np.testing.assert_array_equal(read, expected)
    return len(read)


def test_vbr_from_a_pipe_has_no_tag_and_is_whole(tmp_path):
    loud_and_silent = np.concatenate([music(8.0), np.zeros((8 * 44_100, 2), np.float32)])
    path = piped(tmp_path / "x.mp3", loud_and_silent, "-q:a", "2", "-f", "mp3")
    frames = check_against_ffmpeg(path)
    assert len(loud_and_silent) <= frames <= len(loud_and_silent) + 3 * FRAME
    assert audio.probe(path).frames == frames


@pytest.mark.parametrize(
    "options", [["-q:a", "2"], ["-b:a", "128k"], ["-ar", "22050"], ["-ac", "1"]]
)
def test_frames_by_the_tag_are_exact(tmp_path, options):
    path = encoded(tmp_path / "x.mp3", music(), *options)
    info = audio.probe(path)
    assert info.subtype == "MPEG_LAYER_III"
    assert info.sample_rate == (22_050 if "-ar" in options else 44_100)
    assert info.frames == check_against_ffmpeg(path, info.channels) == 3 * info.sample_rate


@pytest.mark.parametrize("options", [["-q:a", "2"], ["-b:a", "320k"], ["-write_xing", "0"]])
def test_parts_are_those_of_the_whole(tmp_path, options):
    path = encoded(tmp_path / "x.mp3", music(), *options)
    whole = audio.read(path)[0]
    for start in (1, 1104, 1153, 20_000, 77_777, 132_000):
        part = audio.read(path, start, 3000)[0]
        assert np.abs(part - whole[start : start + 3000]).max() <= 2e-7


def test_joined_files_are_read_to_the_end(tmp_path):
    one = encoded(tmp_path / "x.mp3", music()).read_bytes()
    other = encoded(tmp_path / "x.mp3", music(2.0), "-q:a", "0").read_bytes()
    (tmp_path / "x.mp3").write_bytes(one + other)
    frames = check_against_ffmpeg(tmp_path / "x.mp3")
    assert 5 * 44_100 <= frames <= 5 * 44_100 + 4 * FRAME
    assert abs(audio.probe(tmp_path / "x.mp3").frames - frames) <= 4 * FRAME
    part = audio.read(tmp_path / "x.mp3", 200_000, 1000)[0]
    np.testing.assert_array_equal(part, decoded(tmp_path / "x.mp3", 2)[200_000:201_000])


def test_a_change_of_rate_or_channels_is_told(tmp_path):
    one = encoded(tmp_path / "x.mp3", music()).read_bytes()
    for options in (["-ac", "1"], ["-ar", "48000"]):
        other = encoded(tmp_path / "y.mp3", music(), *options).read_bytes()
        (tmp_path / "x.mp3").write_bytes(one + other)
        with pytest.raises(InputError, match=r"changes from \(44100, 2\) to"):
            audio.read(tmp_path / "x.mp3")


def test_cut_files_are_refused_by_their_tag(tmp_path):
    path = encoded(tmp_path / "x.mp3", music())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"cut off: its header promises 3.0 s, the file has 1\.\d"):
        audio.probe(path)


def test_what_begins_like_mp3_and_is_not(tmp_path):
    tag = b"ID3\4\0\0\0\0\0\4size"
    for name in ("x.flac", "x.aac"):
        path = encoded(tmp_path / name, music())
        path.write_bytes(tag + path.read_bytes())
        assert not mpeg.is_mpeg(path)
        assert len(audio.read(path)[0]) >= 3 * 44_100
    (tmp_path / "x.mp3").write_text("words in UTF-16" * 99, encoding="utf-16")
    with pytest.raises(InputError, match="not audio"):
        audio.read(tmp_path / "x.mp3")


@pytest.mark.parametrize("damage", ["noise", "junk", "tail"])
def test_libraries_print_nothing(tmp_path, damage):
    path = encoded(tmp_path / "x.mp3", music())
    content, noise = path.read_bytes(), np.random.default_rng(0).bytes(5000)
    middle = len(content) // 2
    path.write_bytes(
        {
            "noise": content[:middle] + noise[:300] + content[middle + 300 :],
            "junk": content[:middle] + noise + content[middle:],
            "tail": content + noise,
        }[damage]
    )
    script = (
        "import sys, warnings; from synthgen_tf import audio; warnings.simplefilter('ignore')\n"
        "audio.probe(sys.argv[1]); print(len(audio.read(sys.argv[1])[0])); "
        "audio.read_tags(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert abs(int(done.stdout) - 3 * 44_100) <= 16 * FRAME


def test_a_spoiled_frame_is_silent_and_told_once(tmp_path):
    path = encoded(tmp_path / "x.mp2", music())
    whole, content = audio.read(path)[0], bytearray(path.read_bytes())
    at = len(content) // 2
    content[at : at + 1500] = np.random.default_rng(0).bytes(1500)  # a header and its frame
    path.write_bytes(content)
    with pytest.warns(InputWarning, match=r"damaged: \d of its pieces, the first at 1\.\d s"):
        read = audio.read(path)[0]
    assert read.shape == whole.shape
    np.testing.assert_allclose(read[-20_000:], whole[-20_000:], atol=1e-4)
