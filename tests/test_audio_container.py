"""What PyAV decodes: damage keeps time, lengths that are not there are told, masks."""

import numpy as np
import pytest
from encoding import PROTECTED, encoded, music, needs_ffmpeg, piped

from synthgen_tf import audio
from synthgen_tf.audio import refusals
from synthgen_tf.errors import InputError, InputWarning

pytestmark = [pytest.mark.filterwarnings("error"), needs_ffmpeg]


def spoiled(path, place, count):
    content = bytearray(path.read_bytes())
    at = int(len(content) * place)
    content[at : at + count] = bytes([255]) * count
    path.write_bytes(content)
    return path


def test_a_damaged_frame_of_aac_is_silent_and_the_rest_in_its_place(tmp_path):
    path = encoded(tmp_path / "x.m4a", music())
    whole = audio.read(path)[0]
    with pytest.warns(InputWarning, match=r"x\.m4a is damaged: \d of its pieces, the first at 1\."):
        read = audio.read(spoiled(path, 0.5, 30))[0]
    assert read.shape == whole.shape
    np.testing.assert_array_equal(read[:44_100], whole[:44_100])
    np.testing.assert_allclose(read[2 * 44_100 :], whole[2 * 44_100 :], atol=1e-3)
    lost = np.flatnonzero((read == 0).all(axis=1))
    assert len(lost) in range(1024, 4097)


def test_a_file_of_damage_is_refused(tmp_path):
    path = encoded(tmp_path / "x.m4a", music())
    content = path.read_bytes()
    at = content.index(b"mdat") + 4
    path.write_bytes(content[:at] + bytes([255]) * 20_000 + content[at + 20_000 :])
    with pytest.raises(InputError, match="damaged or cut off"):
        audio.read(path)


def test_copy_protection_is_told(tmp_path):
    path = encoded(tmp_path / "bought.mp4", music(), "-c:a", "aac", *PROTECTED)
    with pytest.raises(InputError, match=r"bought\.mp4 is copy-protected: expected a file without"):
        audio.read(path)
    # by chance, one file in some hundreds, what is encrypted looks like a frame of another format
    assert "copy-protected" in str(refusals.changed(path, (44_100, 2), (44_100, 8)))


def test_a_stretch_that_is_gone_is_told(tmp_path):
    path = encoded(tmp_path / "x.mkv", music(), "-c:a", "libvorbis")
    with pytest.warns(InputWarning, match=r"header states 3.0 s, 1.\d s can be decoded"):
        audio.read(spoiled(path, 0.5, 300))


def test_flac_of_unknown_length_is_whole(tmp_path):
    path = piped(tmp_path / "x.flac", music(), "-f", "flac")
    assert audio.probe(path).frames is None
    np.testing.assert_array_equal(audio.read(path)[0], music())
    np.testing.assert_array_equal(audio.read(path, 70_000, 999)[0], music()[70_000:70_999])


def test_mask_of_a_container(tmp_path):
    path = encoded(tmp_path / "x.m4a", music(channels=6))
    assert audio.probe(path).mask == 0x3F


@pytest.mark.parametrize("channels", [8, 16])  # 7.1, and what needs more pointers than a frame has
def test_more_channels_than_a_frame_of_ffmpeg_has_room_for(tmp_path, channels):
    samples = music(0.5, channels=channels)
    path = encoded(tmp_path / "x.mka", samples, "-c:a", "pcm_f32le")
    np.testing.assert_array_equal(audio.read(path)[0], samples)
