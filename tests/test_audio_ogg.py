"""Ogg: streams that follow one another, the order of channels, files without an end."""

import numpy as np
import pytest
from encoding import decoded, encoded, music, needs_ffmpeg

from synthgen_tf import audio
from synthgen_tf.audio import ogg
from synthgen_tf.errors import InputError, InputWarning

pytestmark = [pytest.mark.filterwarnings("error"), needs_ffmpeg]

CODECS = {"x.ogg": "libvorbis", "x.opus": "libopus"}


@pytest.mark.parametrize("name", CODECS)
def test_chained_streams_are_all_read(tmp_path, name):
    parts = [
        encoded(tmp_path / f"{seconds}{name}", music(seconds, 48_000), rate=48_000)
        for seconds in (1.0, 0.5, 1.5)
    ]
    path = tmp_path / name
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    expected = np.concatenate([audio.read(part)[0] for part in parts])
    assert audio.probe(path).frames == len(expected) == 3 * 48_000
    np.testing.assert_allclose(audio.read(path)[0], expected, atol=1e-6)
    part = audio.read(path, 40_000, 50_000)[0]
    np.testing.assert_allclose(part, expected[40_000:90_000], atol=1e-6)


def test_a_change_of_rate_or_channels_is_told(tmp_path):
    one = encoded(tmp_path / "x.ogg", music()).read_bytes()
    other = encoded(tmp_path / "x.ogg", music(channels=1)).read_bytes()
    (tmp_path / "x.ogg").write_bytes(one + other)
    with pytest.raises(InputError, match=r"changes from \(44100, 2\) to \(44100, 1\)"):
        audio.probe(tmp_path / "x.ogg")


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8])
def test_channels_are_in_the_order_of_wav(tmp_path, name, channels):
    if name == "x.opus" and channels in (3, 4):
        pytest.skip("ffmpeg takes three channels for 2.1, four for 4.0, which Opus does not know")
    sound = music(1.0, 48_000, channels)
    path = encoded(tmp_path / name, sound, "-c:a", CODECS[name], rate=48_000)
    read, expected = audio.read(path)[0], decoded(path, channels)
    assert read.shape == expected.shape
    assert np.abs(read - expected).max() < 5e-3
    info = audio.probe(path)
    assert info.mask.bit_count() == info.channels == channels


def test_channels_without_meaning_stay_in_place():
    family = {0: None, 1: (0, 2, 1, 5, 3, 4), 255: None}
    for number, order in family.items():
        head = b"OpusHead" + bytes([1, 6]) + bytes(8) + bytes([number])
        assert ogg.order_of(head) == order


def test_a_file_without_an_end_is_read_and_told(tmp_path):
    path = encoded(tmp_path / "x.ogg", music())
    assert ogg.links(path)[0].ended
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(InputWarning, match=r"x\.ogg has no last page, it may be cut off"):
        read = audio.read(path)[0]
    assert 44_100 < len(read) < 2.5 * 44_100


def test_what_is_no_ogg_file(tmp_path):
    (tmp_path / "x.ogg").write_bytes(b"Ogg")
    assert ogg.links(tmp_path / "x.ogg") == ()
